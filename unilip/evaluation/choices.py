"""Multiple-choice questions about pictures, from the tables in which VLMEvalKit (Duan et al. 2024) gives MMBench, MMVP,
AI2D, SEED-Bench and others: asked as InternVL asks them, and scored by the letter."""

import base64
import binascii
import io
import re
from pathlib import Path
from string import ascii_uppercase

import pandas as pd
from PIL import Image
from tqdm import tqdm

from ..images import PictureError, open_picture
from ..pipeline import UniLIPPipeline
from .processes import is_first, own_share
from .records import EvaluationError, Records, share, summary
from .understanding import message

ROTATION = 1_000_000  # the same question with its options in another order has an index so much greater
REFERENCE = 64  # a picture's text of at most so many characters is the index of the row that has it
MAX_NEW_TOKENS = 32


def read_questions(path: Path) -> pd.DataFrame:
    """The table by its index, all as text: "question", the options "A", "B" and so on, "answer", "image" (base64), and
    where there are such "hint" and "category".

    Raises EvaluationError for a file that is not such a table."""
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise EvaluationError(f"There is no file {path}.") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} is not a tab-separated table: {error}") from None
    lacking = [name for name in ("index", "question", "A", "B", "answer", "image") if name not in table]
    if lacking:
        raise EvaluationError(f"{path} has no column {lacking[0]}: it is not a table of multiple-choice questions.")
    return table.set_index("index")


def options(row: pd.Series) -> dict[str, str]:
    """The options that a question has, by their letter."""
    return {letter: row[letter] for letter in ascii_uppercase if row.get(letter)}


def as_asked(row: pd.Series) -> str:
    """InternVL's wording: hint, question, options, and how to answer."""
    lines = [row["hint"]] if row.get("hint") else []
    lines += [row["question"], *(f"{letter}. {text}" for letter, text in options(row).items())]
    return "\n".join([*lines, "Answer with the option's letter from the given choices directly."])


def chosen(reply: str, offered: dict[str, str]) -> str | None:
    """The letter of a reply: one that it begins with, else the only one that stands in it alone, else that of the
    option whose words it says. None if it chooses nothing, or more than one."""
    begins = re.match(r"\W*([A-Z])\b(?!')", reply)
    if begins and begins[1] in offered and (begins[1] != "A" or not re.match(r"\W*A [a-z]", reply)):
        return begins[1]
    alone = set(re.findall(r"(?<![\w'])([B-Z])(?![\w'])", reply)) & set(offered)
    if not alone:
        said = reply.strip().rstrip(".").casefold()
        alone = {letter for letter, text in offered.items() if text.strip().rstrip(".").casefold() == said}
    return alone.pop() if len(alone) == 1 else None


def picture(table: pd.DataFrame, index: str) -> Image.Image:
    """The picture of a question, its own or that of the row that it refers to."""
    data = table.at[index, "image"]
    if len(data) <= REFERENCE and data in table.index:
        data = table.at[data, "image"]
    try:
        return open_picture(io.BytesIO(base64.b64decode(data, validate=True)))
    except (binascii.Error, PictureError):
        raise EvaluationError(
            f"The picture of question {index} cannot be read: it must be one picture in base64."
        ) from None


def evaluate_choices(
    pipe: UniLIPPipeline, out: Path, path: Path, max_tiles: int = 12, limit: int | None = None,
    settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Asks every question of a table. The share of right answers ("overall"), by category where there are such, and
    where questions come with their options in several orders the share of those that are right in all ("circular", as
    MMBench counts). `limit` takes the first so many. The answers stand in `predictions.tsv` beside what was asked, with
    the column "prediction" that VLMEvalKit reads."""
    table = read_questions(path)
    table = table if limit is None else table.head(limit)
    asked = pd.util.hash_pandas_object(table).tolist()
    records = Records(out, {"questions": summary(asked), "max_tiles": max_tiles, **(settings or {})})
    waiting = [index for index in table.index if index not in records.done]
    for index in tqdm(own_share(waiting), desc="questions", disable=not is_first()):
        asked = message("user", as_asked(table.loc[index]), picture(table, index))
        reply = str(pipe.chat([asked], max_new_tokens=MAX_NEW_TOKENS, do_sample=False, max_tiles=max_tiles))
        records.add(index, reply=" ".join(reply.split()))  # one line of a table
    records.gather()
    if not is_first():
        return {}
    replies = [records.done[index]["reply"] for index in table.index]
    table.drop(columns="image").assign(prediction=replies).to_csv(out / "predictions.tsv", sep="\t")
    right = {
        index: chosen(reply, options(row)) == row["answer"].strip()
        for (index, row), reply in zip(table.iterrows(), replies, strict=True)
    }
    scores = {}
    if "category" in table:
        for name, rows in table.groupby("category"):
            scores[str(name)] = share(right[index] for index in rows.index)
    groups: dict[str, list[bool]] = {}
    for index, is_right in right.items():
        groups.setdefault(str(int(index) % ROTATION) if index.isdigit() else index, []).append(is_right)
    if len(groups) < len(right):
        scores["circular"] = share(all(group) for group in groups.values())
    scores["overall"] = share(right.values())
    return scores
