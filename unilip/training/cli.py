"""`python -m unilip train STAGE`: runs one stage of the recipe, from the stage before it."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from unilip.training.config import ConfigError
from unilip.weights import CheckpointError

app = typer.Typer(help="Train UniLIP stage by stage.", add_completion=False)
ORDER = (
    "clip",
    "chat",
    "principal",
    "reconstruction1",
    "reconstruction2",
    "encoder",
    "styles",
    "realignment",
    "generation1",
    "generation2",
    "generation3",
    "decoder",
    "tuning",
)


@app.command()
def run(
    stage: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join(ORDER)}, in this order; 1b and 3b start with reconstruction1. At the end, package "
            "writes the last finished stage's model, in bfloat16, with its recipe."
        ),
    ],
    config: Annotated[str, typer.Option(help="A TOML file, or mini, 1b, 3b.")] = "mini",
    folder: Annotated[
        Path | None, typer.Option(help="Keep the run here instead of in the configuration's folder.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="For package: the folder to write, instead of assets/unilip-mini.")
    ] = None,
):
    """Train one stage; an interrupted one goes on at its latest checkpoint, a finished one is left alone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if stage == "package":
            from unilip.training.package import package

            packaged = package(config, folder, to)
            typer.echo(f"Packaged pipeline: {packaged}")
            if (packaged / "README.md").is_file():
                typer.echo(
                    "Its README.md and the pictures there still tell of the model before: measure and write anew."
                )
            return
        from unilip.training.loop import train
        from unilip.training.stages import load_stage

        loaded = load_stage(stage, config, folder)
        if loaded is None:
            typer.echo(f"Stage {stage} is finished already.")
            return
        typer.echo(f"Trained pipeline: {train(*loaded)}")
    except (ConfigError, CheckpointError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
