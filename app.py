"""Opens the demo page: `python app.py --help`. The entry of the Space, too."""

import logging
import sys
from pathlib import Path

import torch

from unilip.checkpoints import EMBEDDED, NO_MEMORY, CheckpointError, display_name, load_pipeline
from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies

TILES = 12  # into which InternVL cuts a picture at most


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read_settings()
    source = settings.model or EMBEDDED
    try:
        pipeline = load_pipeline(source, device=settings.device, dtype=settings.dtype)
    except (CheckpointError, ValueError) as error:
        sys.exit(f"The model could not be loaded. {error}")
    except torch.OutOfMemoryError:
        sys.exit(f"The model could not be loaded. {NO_MEMORY}")
    pipeline.set_progress_bar_config(disable=True)
    embedded = Path(source).resolve() == EMBEDDED.resolve()
    name = display_name(source)
    if embedded:  # which has learned from pictures as one square each
        engine = Engine(pipeline, settings.queue_size, name)
    else:
        there = str(Path(source).resolve()) if Path(source).exists() else str(source)
        engine = Engine(pipeline, settings.queue_size, name, there, TILES)
    studies = Studies(settings.studies, settings.database)
    try:
        build_page(engine, name, embedded, studies).launch(**launch_options(settings))
    finally:
        engine.close()
        studies.close()


if __name__ == "__main__":
    main()
