"""`python -m unilip evaluate …`: one command a measure. Heavy modules load inside the commands, so that `--help` and
the other commands start at once."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    help="Measure a model: on fresh scenes of the emoji world, or on the field's benchmarks. On several GPUs: "
    "accelerate launch -m unilip evaluate ...; a run that was interrupted goes on in the same folder.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # which would take "[default: …]" for markup
)

ModelOption = Annotated[
    str | None, typer.Option("--model", help="Folder or hub id of the model. [default: the embedded model]")
]
DeviceOption = Annotated[str | None, typer.Option(help="cuda, mps or cpu. [default: the best there is]")]
DtypeOption = Annotated[str | None, typer.Option(help="float32, bfloat16 or float16. [default: fits the device]")]
SeedOption = Annotated[int, typer.Option(help="Picks the scenes and the noise.")]
StepsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Sampling steps.", show_default="the model's own, 20 of the released ones"),
]
GuidanceOption = Annotated[
    float | None,
    typer.Option(help="Strength of the guidance.", show_default="the model's own, 4.5 of the released ones"),
]
BatchOption = Annotated[int, typer.Option(min=1, help="Pictures made together.")]
OutOption = Annotated[
    Path | None,
    typer.Option(help="Folder for the results; a run that was interrupted goes on there. [default: below runs/]"),
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Only so many prompts, spread over the file.")]
OwnPixelsOption = Annotated[
    bool | None,
    typer.Option(
        "--own-pixels/--no-own-pixels",
        help="Whether an edit keeps its picture's own pixels where it changed nothing.",
        show_default="as the model does",
    ),
]
SheetOption = Annotated[Path | None, typer.Option(help="Also write a contact sheet to this PNG file.")]


def evaluate(
    name: str, model: str | None, device: str | None, dtype: str | None, out: Path | None,
    measure: Callable[[Any, Path, dict[str, Any]], dict[str, float]],
) -> None:  # fmt: skip
    """Loads the model, runs `measure` over it and prints its scores, also as `scores.json` in the run's folder."""
    from ..checkpoints import EMBEDDED, load_pipeline
    from ..emoji.art import ArtError
    from .processes import is_first, own_device
    from .records import EvaluationError, fingerprint

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    source = model or str(EMBEDDED)
    out = out or Path("runs") / "evaluation" / name / Path(source).name
    try:
        pipe = load_pipeline(source, device=own_device(device), dtype=dtype)
    except (ValueError, FileNotFoundError) as error:
        end(str(error))
    if name not in ("reconstruction", "edits-ceiling") and pipe.transformer is None:
        end(f"{source} can only reconstruct pictures: it is no complete checkpoint.")
    pipe.set_progress_bar_config(disable=True)
    try:
        scores = measure(pipe, out, {"model": source, "weights": fingerprint(source), "dtype": str(pipe.dtype)})
    except (ArtError, EvaluationError, FileNotFoundError) as error:
        end(str(error))
    if not is_first():
        return
    (out / "scores.json").write_text(json.dumps(scores, indent=2), encoding="utf-8")
    print_scores(scores)


def end(message: str) -> NoReturn:
    """Ends the program with one sentence instead of a stack trace."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)


def print_scores(scores: dict[str, float]) -> None:
    width = max(len(key) for key in scores)
    for key, value in scores.items():
        typer.echo(f"{key:<{width}}  {value:8.3f}")


@app.command()
def reconstruction(
    model: ModelOption = None,
    scenes: Annotated[int, typer.Option(min=1, help="Fresh scenes.")] = 500,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="Instead of scenes: all pictures below this folder, such as ImageNet's validation set, their middle "
            "cut to the model's size."
        ),
    ] = None,
    fid: Annotated[
        bool,
        typer.Option("--fid", help='Also rFID; needs pip install "torchmetrics[image]" torchvision.'),
    ] = False,
    seed: SeedOption = 42,
    batch_size: BatchOption = 16,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """PSNR (dB) and SSIM of pictures that only pass through the tokenizer: encode, decode."""

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .reconstruction import evaluate_reconstruction

        return evaluate_reconstruction(pipe, folder, scenes, seed, batch_size, sheet, settings, pictures, fid)

    evaluate("reconstruction", model, device, dtype, out, measure)


@app.command()
def understanding(
    model: ModelOption = None,
    scenes: Annotated[int, typer.Option(min=1, help="Fresh scenes, a conversation about each.")] = 200,
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Instead of scenes: a table (.tsv) of multiple-choice questions as VLMEvalKit gives them, such as "
            "MMBench_DEV_EN.tsv, MMVP.tsv or AI2D_TEST.tsv."
        ),
    ] = None,
    tiles: Annotated[
        int, typer.Option(min=1, help="With --questions: InternVL's tiles of each picture; 1 gives it as one square.")
    ] = 12,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many of the table's questions.")] = None,
    seed: SeedOption = 42,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Share of right answers to questions, by kind, in the first turn and in later ones.

    With a table of multiple-choice questions: by category, "overall", and "circular" where the options come in several
    orders, all of which must be right. The answers stand in predictions.tsv, which VLMEvalKit reads.
    """

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        if questions is not None:
            from .choices import evaluate_choices

            return evaluate_choices(pipe, folder, questions, tiles, limit, settings)
        from .understanding import evaluate_understanding

        return evaluate_understanding(pipe, folder, scenes, seed, sheet, settings)

    evaluate("understanding", model, device, dtype, out, measure)


@app.command()
def geneval(
    prompts: Annotated[Path, typer.Option(help="GenEval's metadata file: one JSON object a line.")],
    model: ModelOption = None,
    samples: Annotated[int, typer.Option(min=1, help="Pictures for each prompt.")] = 4,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    seed: SeedOption = 42,
    batch_size: BatchOption = 8,
    limit: LimitOption = None,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Share of pictures that are right by GenEval's rules, by tag, and the mean over the tags.

    The folder is the one that GenEval's scorer reads: 00000/metadata.jsonl and 00000/samples/0000.png for each prompt.
    Here the project's own judge of the emoji world looks for the objects, their number, colour and place; its
    verdicts stand in results.jsonl.
    """

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .geneval import evaluate_geneval

        return evaluate_geneval(
            pipe, folder, prompts, samples, steps, guidance, seed, batch_size, limit, sheet, settings=settings
        )

    evaluate("geneval", model, device, dtype, out, measure)


@app.command()
def wise(
    prompts: Annotated[
        list[Path], typer.Option(help="One of WISE's files, data/natural_science.json and so on; may be given again.")
    ],
    model: ModelOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    seed: SeedOption = 42,
    batch_size: BatchOption = 8,
    limit: LimitOption = None,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Pictures of WISE's prompts for its own scorer: PROMPT_ID.png in the folder of the results.

    WISE is scored by a large model, with a key of yours: python gpt_eval.py --json_path data/natural_science.json
    --image_dir OUT and so on for each file, then Calculate.py (github.com/PKU-YuanGroup/WISE).
    """

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .benchmarks import evaluate_wise

        return evaluate_wise(pipe, folder, prompts, steps, guidance, seed, batch_size, limit, sheet, settings)

    evaluate("wise", model, device, dtype, out, measure)


@app.command()
def imgedit(
    edits: Annotated[Path, typer.Option(help="ImgEdit's Benchmark/Basic/basic_edit.json.")],
    pictures: Annotated[Path, typer.Option(help="The folder of its pictures, singleturn/ of Benchmark.tar.")],
    model: ModelOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    seed: SeedOption = 42,
    batch_size: BatchOption = 8,
    limit: LimitOption = None,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """ImgEdit's edits for its own scorer: KEY.png in the folder of the results.

    ImgEdit is scored by a large model, with a key of yours: python basic_bench.py --result_img_folder OUT
    --edit_json basic_edit.json --origin_img_root PICTURES --prompts_json prompts.json, then step1_get_avgscore.py and
    step2_typescore.py (github.com/PKU-YuanGroup/ImgEdit, Benchmark/Basic).
    """

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .benchmarks import evaluate_imgedit

        return evaluate_imgedit(
            pipe, folder, edits, pictures, steps, guidance, seed, batch_size, limit, sheet, settings
        )

    evaluate("imgedit", model, device, dtype, out, measure)


@app.command()
def edits(
    model: ModelOption = None,
    each: Annotated[int, typer.Option(min=1, help="Edits of each of the nine kinds.")] = 50,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    own_pixels: OwnPixelsOption = None,
    seed: SeedOption = 42,
    batch_size: BatchOption = 8,
    out: OutOption = None,
    sheet: SheetOption = None,
    ceiling: Annotated[
        bool, typer.Option(help="Score the wanted pictures, rebuilt by the tokenizer: no edit can do better.")
    ] = False,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Share of edits that the judge finds right, by kind, and PSNR (dB) where nothing was to change."""

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .edits import evaluate_edits

        return evaluate_edits(
            pipe, folder, each, steps, guidance, seed, batch_size, sheet, settings=settings, own_pixels=own_pixels,
            ceiling=ceiling,
        )  # fmt: skip

    evaluate("edits-ceiling" if ceiling else "edits", model, device, dtype, out, measure)


@app.command()
def chains(
    model: ModelOption = None,
    chains: Annotated[int, typer.Option(min=1, help="Fresh scenes, each edited several times.")] = 50,
    length: Annotated[int, typer.Option(min=1, help="Edits in a row.")] = 3,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    own_pixels: OwnPixelsOption = None,
    seed: SeedOption = 42,
    batch_size: BatchOption = 8,
    out: OutOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Edits in a row, each on the result of the one before: the share of steps that the judge finds right, and of
    chains right in the first, the first two and all steps."""

    def measure(pipe: Any, folder: Path, settings: dict[str, Any]) -> dict[str, float]:
        from .chains import evaluate_chains

        return evaluate_chains(
            pipe, folder, chains, length, steps, guidance, seed, batch_size, sheet, settings=settings,
            own_pixels=own_pixels,
        )  # fmt: skip

    evaluate("chains", model, device, dtype, out, measure)


@app.command()
def judge(
    scenes: Annotated[int, typer.Option(min=1, help="Fresh labelled scenes.")] = 1000,
    seed: SeedOption = 42,
) -> None:
    """How often the judge itself is right on labelled scenes: sharp, blurred, and each in a style."""
    from dataclasses import replace

    from ..emoji.scenes import random_scene
    from ..emoji.vocabulary import STYLES
    from .judge import Judge
    from .judge_accuracy import blur, measure
    from .records import fresh_rng

    try:
        detector = Judge.load()
    except FileNotFoundError as error:
        end(str(error))
    fresh = [random_scene(fresh_rng(seed, place)) for place in range(scenes)]
    styled = [replace(scene, style=STYLES[1 + place % (len(STYLES) - 1)]) for place, scene in enumerate(fresh)]
    for name, seen, alter in (("sharp", fresh, None), ("blurred", fresh, blur), ("in a style", styled, None)):
        typer.secho(name, bold=True)
        print_scores(measure(detector, seen, alter))


@app.command()
def train_judge(
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run resumes.")] = Path("runs/judge"),
    scenes: Annotated[int, typer.Option(min=1000, help="Scenes to render, kept in the folder.")] = 40000,
    steps: Annotated[int, typer.Option(min=1, help="Training steps of 64 scenes.")] = 2400,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    only_style: Annotated[bool, typer.Option(help="Keep the judge under assets/ but for how it tells styles.")] = False,
) -> None:
    """Train the judge, from nothing, and put its weights in their place under assets/."""
    from .judge import WEIGHTS
    from .judge_training import train_judge as train

    out.mkdir(parents=True, exist_ok=True)
    log = logging.FileHandler(out / "train.log", encoding="utf-8")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=[log])
    train(out, scenes, steps, workers=workers, only_style_of=WEIGHTS if only_style else None).save(WEIGHTS)
    typer.echo(f"Wrote {WEIGHTS}.")
