"""A study to try: two strengths of the guidance of the embedded model, over 30 edits of the example pictures."""

from dataclasses import asdict, replace
from pathlib import Path

from unilip.annotation.sampling import Settings
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import Store, Ticket

PICTURES = Path(__file__).resolve().parents[2] / "assets" / "examples"
SEED = 1
CONTESTANTS = {"gentle": Settings(guidance=1.5), "firm": Settings(guidance=6.0)}
# By picture: the kind of edit, as ImgEdit names them, and the instruction.
EDITS = {
    "cat-and-dog": (
        ("adjust", "make the cat green"),
        ("adjust", "make the dog purple"),
        ("add", "add a ball below the dog"),
        ("add", "add a red apple"),
        ("remove", "remove the cat"),
        ("remove", "remove the dog"),
        ("replace", "replace the dog with a horse"),
        ("background", "put them on the grass"),
        ("background", "change the background to light blue"),
        ("style", "turn the picture into a sketch"),
    ),
    "apples": (
        ("adjust", "make the left apple red"),
        ("adjust", "make the apples yellow"),
        ("remove", "remove one of the apples"),
        ("replace", "replace the apple on the right with a banana"),
        ("add", "add a cup above the apples"),
        ("background", "put the apples on the beach"),
        ("style", "make it grayscale"),
    ),
    "bus": (
        ("adjust", "make the bus red"),
        ("adjust", "make the bus smaller"),
        ("add", "add a car left of the bus"),
        ("replace", "replace the bus with a truck"),
        ("background", "change the background to snow"),
        ("background", "make it night"),
        ("action", "move the bus to the left"),
    ),
    "umbrella": (
        ("adjust", "make the umbrella blue"),
        ("remove", "remove the umbrella"),
        ("replace", "replace the teddy bear with a cat"),
        ("background", "put it in the desert"),
        ("extract", "keep only the teddy bear"),
        ("style", "make it look like pixel art"),
    ),
}


def make_example(store: Store, model: str | None = None) -> Ticket:
    """Makes the study; its pictures come from `running.run`.

    Args:
        model: whose settings are compared; None for the embedded model.

    Raises:
        StudyError: an example picture is missing.
    """
    edits = [(picture, *edit) for picture, edits in EDITS.items() for edit in edits]
    items = [
        Item(f"{number:02d}", instruction, kind, PICTURES / f"{picture}.png")
        for number, (picture, kind, instruction) in enumerate(edits, start=1)
    ]
    contestants = [
        Contestant(name, settings=asdict(replace(settings, model=model))) for name, settings in CONTESTANTS.items()
    ]
    return store.create("Gentle or firm guidance?", items, contestants, seed=SEED)
