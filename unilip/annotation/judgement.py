"""What one annotator said about one pair of pictures, as the statistics read it: no database, no identities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CHOICES = ("left", "right", "tie", "bad")  # "bad": neither is any good
UNDO = "undo"  # the choice of a record that takes a vote back
CRITERIA = ("instruction", "quality", "preservation")  # ImgEdit's three, 1 to 5
TAGS = ("not_followed", "over_edited", "identity_lost", "artefacts")


@dataclass(frozen=True)
class Judgement:
    """A vote that stands: undone ones are not among the judgements.

    Attributes:
        annotator: pseudonym.
        item: the item's id in the file that the study was made from.
        category: of the item, such as the kind of edit; "" where there is none.
        left, right: names of the contestants as they were shown.
        choice: one of CHOICES.
        repeat: whether this annotator had judged the same pair on this item before; such a vote measures the
            annotator and is not counted for the contestants.
        seconds: from showing the pair to the vote; None if the page did not tell.
        left_scores, right_scores: 1 to 5 by criterion, only those that were given.
        left_tags, right_tags: what went wrong, of TAGS.
        flagged: whether the owner has marked the annotator as not to be trusted.
    """

    annotator: str
    item: str
    category: str
    left: str
    right: str
    choice: str
    repeat: bool = False
    seconds: float | None = None
    left_scores: Mapping[str, int] = field(default_factory=dict)
    right_scores: Mapping[str, int] = field(default_factory=dict)
    left_tags: tuple[str, ...] = ()
    right_tags: tuple[str, ...] = ()
    flagged: bool = False
