"""The command line: chat, generate, edit, reconstruct, convert, train, evaluate and study, without a browser."""

import logging
import random
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unilip.annotation.cli import app as study

# torch and the models take seconds to import: commands import them themselves, so that --help answers at once.
if TYPE_CHECKING:
    from PIL import Image

    from unilip.pipeline import UniLIPPipeline

logger = logging.getLogger(__name__)

MAX_SEED = 2**32 - 1
MIN_SSIM_EDGE = 11  # pixels; the window of SSIM

app = typer.Typer(
    help="UniLIP: one CLIP that understands, reconstructs, generates and edits pictures. For the page: python app.py",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Dtype(StrEnum):
    bfloat16 = "bfloat16"
    float16 = "float16"
    float32 = "float32"


Model = Annotated[
    str | None,
    typer.Option(
        envvar="UNILIP_MODEL",
        help="Folder or hub id of a model, such as kanashi6/UniLIP-1B; default: the embedded one.",
    ),
]
Device = Annotated[
    str | None, typer.Option(envvar="UNILIP_DEVICE", help="cpu, cuda, cuda:1, mps; default: the best there is.")
]
Precision = Annotated[
    Dtype | None,
    typer.Option(
        envvar="UNILIP_DTYPE", help="Number format of the weights; default: bfloat16 where the hardware has it."
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, max=MAX_SEED, help="Seed of the noise; default: a new one, printed.")]
Steps = Annotated[int | None, typer.Option(min=1, max=1000, help="Sampling steps; default: the model's own.")]
Guidance = Annotated[
    float | None,
    typer.Option(min=1, max=30, help="How closely to follow the words; 1 turns it off; default: the model's own."),
]
NumImages = Annotated[int, typer.Option(min=1, max=64, help="Pictures to make; picture i has the seed plus i.")]
NegativePrompt = Annotated[str | None, typer.Option(help="What to steer away from.")]
Output = Annotated[Path, typer.Option(file_okay=False, help="Folder for the PNG files.")]
OwnPixels = Annotated[
    bool | None,
    typer.Option(
        "--own-pixels/--no-own-pixels",
        help="Keep the picture's own pixels where the edit changed nothing; if not said, as the model does.",
    ),
]
Letterbox = Annotated[bool, typer.Option("--letterbox", help="Pad the picture to a square instead of squashing it.")]
PictureFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A PNG, JPEG, WebP, GIF, BMP or TIFF.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Ends the program with one sentence instead of a stack trace: code 2 for an input that cannot be used, 1 for
    anything that went wrong with the model or the machine."""
    import torch

    from unilip.checkpoints import NO_MEMORY, CheckpointError

    try:
        yield
    except (CheckpointError, torch.OutOfMemoryError, FloatingPointError, OSError) as error:
        code, message = 1, str(error)
        if isinstance(error, torch.OutOfMemoryError):
            message = f"{NO_MEMORY} Or ask for fewer pictures."
    except ValueError as error:
        code, message = 2, str(error)
    else:
        return
    logger.debug("The command failed", exc_info=True)
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(code)


def load(model: str | None, device: str | None, dtype: Dtype | None) -> "UniLIPPipeline":
    import diffusers
    import transformers

    from unilip.checkpoints import EMBEDDED, load_pipeline

    # Of all bars only those of downloads and of the sampler tell a person anything.
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    return load_pipeline(model or EMBEDDED, device=device, dtype=dtype)


def new_path(folder: Path, name: str) -> Path:
    """`folder`/`name`.png, or with -2, -3 and so on where that file exists: nothing is overwritten."""
    path, number = folder / f"{name}.png", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.png"
    return path


def save(pictures: list["Image.Image"], seeds: range, folder: Path, name: str):
    from unilip.lineage import save_png

    folder.mkdir(parents=True, exist_ok=True)
    for picture, seed in zip(pictures, seeds, strict=True):
        path = new_path(folder, f"{name}-{seed}")
        save_png(picture, path)
        typer.echo(f"{path} (seed {seed})")


def sample(
    pipeline: "UniLIPPipeline",
    model: str | None,
    prompt: str,
    image: Path | None,
    seed: int | None,
    count: int,
    num_inference_steps: int | None,
    guidance_scale: float | None,
    negative_prompt: str | None,
    letterbox: bool = False,
    own_pixels: bool | None = None,
) -> tuple[list["Image.Image"], range]:
    """Pictures from a prompt or an instruction, with their records, and the seed of each."""
    import torch

    from unilip.checkpoints import EMBEDDED, display_name
    from unilip.images import open_picture
    from unilip.lineage import Record, fingerprint, write_record

    num_inference_steps, guidance_scale = pipeline.choose_sampling(num_inference_steps, guidance_scale)
    first = random.randint(0, MAX_SEED) if seed is None else seed
    seeds = range(first, first + count)
    source = None if image is None else open_picture(image)
    output = pipeline(
        prompt,
        image=source,
        negative_prompt=negative_prompt,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        num_images_per_prompt=count,
        generator=[torch.Generator("cpu").manual_seed(one) for one in seeds],
        letterbox=letterbox,
        own_pixels=own_pixels,
    )
    made_by = ("create" if source is None else "edit", display_name(model or EMBEDDED), fingerprint(pipeline), prompt)
    own_pixels = source is not None and pipeline.choose_own_pixels(own_pixels)
    settings = (num_inference_steps, guidance_scale, negative_prompt or "", letterbox, own_pixels)
    records = [Record(*made_by, one, *settings).after(source) for one in seeds]
    return [write_record(*pair) for pair in zip(output.images, records, strict=True)], seeds


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help='What to draw, such as "a red cat left of a blue dog".')],
    num_images: NumImages = 1,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    negative_prompt: NegativePrompt = None,
    output: Output = Path("outputs"),
    model: Model = None,
    device: Device = None,
    dtype: Precision = None,
):
    """Draw pictures from a prompt."""
    with plain_errors():
        pipeline = load(model, device, dtype)
        pictures, seeds = sample(
            pipeline,
            model,
            prompt,
            None,
            seed,
            num_images,
            num_inference_steps=steps,
            guidance_scale=guidance,
            negative_prompt=negative_prompt or None,
        )
        name = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:60].strip("-") or "picture"
        save(pictures, seeds, output, name)


@app.command()
def edit(
    picture: PictureFile,
    instruction: Annotated[str, typer.Argument(help='What to change, such as "make the cat green".')],
    num_images: NumImages = 1,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    negative_prompt: NegativePrompt = None,
    letterbox: Letterbox = False,
    own_pixels: OwnPixels = None,
    output: Output = Path("outputs"),
    model: Model = None,
    device: Device = None,
    dtype: Precision = None,
):
    """Change a picture by an instruction.

    The result keeps the picture's proportions.
    """
    with plain_errors():
        pipeline = load(model, device, dtype)
        pictures, seeds = sample(
            pipeline,
            model,
            instruction,
            picture,
            seed,
            num_images,
            num_inference_steps=steps,
            guidance_scale=guidance,
            negative_prompt=negative_prompt or None,
            letterbox=letterbox,
            own_pixels=own_pixels,
        )
        save(pictures, seeds, output, f"{picture.stem}-edited")


@app.command()
def reconstruct(
    pictures: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="One or more pictures.")],
    letterbox: Letterbox = False,
    output: Output = Path("outputs"),
    model: Model = None,
    device: Device = None,
    dtype: Precision = None,
):
    """Encode pictures and decode them again.

    Prints PSNR and SSIM, which tell how much of the picture the model keeps.
    """
    with plain_errors():
        from PIL import Image

        from unilip.evaluation.metrics import psnr, ssim
        from unilip.images import open_picture

        pipeline = load(model, device, dtype)
        output.mkdir(parents=True, exist_ok=True)
        for file in pictures:
            before = open_picture(file)
            after = pipeline.reconstruct(before, letterbox=letterbox).images[0]
            path = new_path(output, f"{file.stem}-reconstructed")
            after.save(path)
            before = before.resize(after.size, Image.Resampling.BICUBIC)
            scores = f"PSNR {psnr(before, after):.2f} dB"
            if min(after.size) >= MIN_SSIM_EDGE:
                scores += f", SSIM {ssim(before, after):.3f}"
            typer.echo(f"{path} ({scores})")


@app.command()
def chat(
    question: Annotated[str | None, typer.Argument(help="A question; without one, a conversation starts.")] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option("--image", "-i", exists=True, dir_okay=False, help="A picture; may be repeated."),
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, max=8192, help="The answer's greatest length.")] = 512,
    temperature: Annotated[
        float, typer.Option(min=0, max=2, help="0 gives the likeliest answer, more gives variety.")
    ] = 0.0,
    top_p: Annotated[float, typer.Option(min=0.01, max=1, help="Share of likely words to choose among.")] = 1.0,
    max_tiles: Annotated[
        int, typer.Option(min=1, max=12, help="Cut pictures into up to so many tiles; 1 turns this off.")
    ] = 1,
    seed: Seed = None,
    model: Model = None,
    device: Device = None,
    dtype: Precision = None,
):
    """Ask about pictures.

    Without a question, a conversation starts, in which /image FILE shows a picture, /new starts again and /quit ends.
    """
    with plain_errors():
        from unilip.images import open_picture

        shown = [open_picture(file) for file in image or []]
        pipeline = load(model, device, dtype)
        options = {"max_new_tokens": max_new_tokens, "max_tiles": max_tiles}
        if temperature > 0:
            import torch

            seed = random.randint(0, MAX_SEED) if seed is None else seed
            torch.manual_seed(seed)
            typer.echo(f"(seed {seed})", err=True)
            options |= {"do_sample": True, "temperature": temperature, "top_p": top_p}
        if question is None:
            converse(pipeline, shown, options)
        else:
            say(pipeline, [user_turn(question, shown)], options)


def user_turn(text: str, pictures: list["Image.Image"]) -> dict[str, Any]:
    blocks = [{"type": "image", "image": picture} for picture in pictures]
    return {"role": "user", "content": [*blocks, {"type": "text", "text": text}]}


def say(pipeline: "UniLIPPipeline", messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Prints an answer while it is made, and returns it."""
    shown = [sum(block["type"] == "image" for block in turn["content"]) for turn in messages if turn["role"] == "user"]
    if pipeline.config.latest_picture_only and not any(shown):
        typer.echo("(This model talks about pictures alone, and has seen none: --image or /image shows one.)", err=True)
    elif pipeline.config.latest_picture_only and shown[-1] > 1:
        typer.echo("(This model looks at one picture at a time: its answer is about the last one.)", err=True)
    pieces = []
    # Closed also by Ctrl-C, which ends the generation.
    with closing(pipeline.chat(messages, stream=True, **options)) as stream:
        for piece in stream:
            pieces.append(piece)
            typer.echo(piece, nl=False)
    typer.echo()
    return "".join(pieces)


def converse(pipeline: "UniLIPPipeline", pictures: list["Image.Image"], options: dict[str, Any]):
    """Reads messages and answers them until /quit or the end of the input; Ctrl-C stops an answer."""
    from unilip.images import PictureError, open_picture

    messages: list[dict[str, Any]] = []
    typer.echo("/image FILE shows a picture, /new starts again, /quit ends.", err=True)
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            typer.echo()
            return
        command, _, rest = line.partition(" ")
        try:
            if command == "/quit":
                return
            elif command == "/new":
                messages, pictures = [], []
            elif command == "/image":
                pictures = [*pictures, open_picture(rest.strip().strip("\"'"))]
            elif line:
                turn = user_turn(line, pictures)
                answer = say(pipeline, [*messages, turn], options)
                messages = [*messages, turn, {"role": "assistant", "content": answer}]
                pictures = []
        except KeyboardInterrupt:
            typer.echo("\n(stopped)", err=True)
        except (PictureError, ValueError) as error:
            typer.echo(f"Error: {error}", err=True)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="A released checkpoint: folder or hub id.")],
    destination: Annotated[Path, typer.Argument(file_okay=False, help="A new folder.")],
    dtype: Annotated[Dtype | None, typer.Option(help="Number format to write; default: as it is.")] = None,
):
    """Write a released checkpoint in our layout."""
    with plain_errors():
        from unilip.checkpoints import convert as convert_checkpoint

        convert_checkpoint(source, destination, dtype=dtype)
        typer.echo(destination)


# These two have options of their own: all arguments are handed on unread.
HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=HANDED_ON, add_help_option=False)
def train(context: typer.Context):
    """Train a stage of the paper's recipe."""
    from unilip.training.cli import app as training

    typer.main.get_command(training)(context.args, prog_name=context.command_path)


@app.command(context_settings=HANDED_ON, add_help_option=False)
def evaluate(context: typer.Context):
    """Measure a model on a benchmark."""
    from unilip.evaluation.cli import app as evaluation

    typer.main.get_command(evaluation)(context.args, prog_name=context.command_path)


app.add_typer(study, name="study")
