"""What whoever starts the demo can choose, by flags or by environment variables (flags win)."""

import argparse
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from unilip.annotation.cli import DEFAULT_FOLDER

DTYPES = ("bfloat16", "float16", "float32")
TRUE_WORDS = ("1", "true", "yes", "on")


@dataclass(frozen=True)
class Settings:
    """`None` leaves the choice to the program: the embedded model, the best device and its fastest number format,
    gradio's own host (127.0.0.1) and the first free port from 7860 up, a file for the studies."""

    model: str | None
    device: str | None
    dtype: str | None
    host: str | None
    port: int | None
    share: bool
    mcp: bool
    queue_size: int
    studies: Path
    database: str | None


def read_settings(arguments: list[str] | None = None) -> Settings:
    """Reads the command line (`sys.argv` by default) over the environment."""
    environment = os.environ
    parser = argparse.ArgumentParser(description="UniLIP in a browser: chat, create, edit, reconstruct, compare.")
    add = parser.add_argument
    add("--model", default=environment.get("UNILIP_MODEL"), help="folder or hub id of a model (default: the built-in)")
    add(
        "--device", default=environment.get("UNILIP_DEVICE"), help="cpu, cuda, cuda:1, mps (default: the best there is)"
    )
    add("--dtype", default=environment.get("UNILIP_DTYPE"), choices=DTYPES, help="number format of the weights")
    add("--host", default=environment.get("UNILIP_HOST"), help="address to listen on (default: 127.0.0.1)")
    add("--port", default=environment.get("UNILIP_PORT"), type=int, help="port (default: first free one from 7860)")
    add(
        "--share",
        action=argparse.BooleanOptionalAction,
        default=environment.get("UNILIP_SHARE", "").lower() in TRUE_WORDS,
        help="make a public link through gradio's servers (default: no)",
    )
    add(
        "--mcp",
        action=argparse.BooleanOptionalAction,
        default=environment.get("UNILIP_MCP", "").lower() in TRUE_WORDS,
        help="also serve the page's functions as tools for language models by MCP (default: no)",
    )
    add(
        "--queue-size",
        default=environment.get("UNILIP_QUEUE_SIZE", "20"),
        type=int,
        help="requests that may wait while the model works (default: 20)",
    )
    add(
        "--studies",
        default=environment.get("UNILIP_STUDIES", DEFAULT_FOLDER),
        type=Path,
        help=f"folder of the studies of the Compare tab (default: {DEFAULT_FOLDER})",
    )
    add(
        "--database",
        default=environment.get("UNILIP_DATABASE"),
        help="SQLAlchemy URL of a database for the studies, such as PostgreSQL's (default: a file in their folder)",
    )
    settings = Settings(**vars(parser.parse_args(arguments)))
    if settings.dtype not in (None, *DTYPES):
        parser.error(f"UNILIP_DTYPE is {settings.dtype!r}; it can be one of {', '.join(DTYPES)}.")
    if settings.mcp and find_spec("mcp") is None:
        parser.error('--mcp needs the package mcp: install it by pip install "gradio[mcp]".')
    if settings.queue_size < 1:
        parser.error(f"--queue-size is {settings.queue_size}; it must be at least 1.")
    return settings
