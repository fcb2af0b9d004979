"""`python -m unilip train STAGE`: runs one stage of the recipe, from the stage before it."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from unilip.training.config import ConfigError

app = typer.Typer(help="Train UniLIP stage by stage.")
ORDER = ("clip", "chat", "reconstruction1", "reconstruction2", "generation1", "generation2", "generation3")


def run(
    stage: Annotated[str, typer.Argument(help=f"One of {', '.join(ORDER)}, in this order.")],
    config: Annotated[str, typer.Option(help="A TOML file, or mini, 1b, 3b.")] = "mini",
    folder: Annotated[
        Path | None, typer.Option(help="Keep the run here instead of in the configuration's folder.")
    ] = None,
):
    """Train one stage; an interrupted one goes on at its latest checkpoint, a finished one is left alone."""
    from unilip.training.loop import train
    from unilip.training.stages import load_stage

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        loaded = load_stage(stage, config, folder)
        if loaded is None:
            typer.echo(f"Stage {stage} is finished already.")
            return
        typer.echo(f"Trained pipeline: {train(*loaded)}")
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
