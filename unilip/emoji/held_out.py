"""Scenes and prompts that training never sees, so that tests on them are fair.

Held out are one in twenty of all combinations (two different things with their colours and relation, a number of equal
things, a lone thing in a colour), and what a list of GenEval prompts asks for, which is kept as hashes.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
LIST = Path(__file__).with_name("held_out.txt")
SHARE = 20  # one combination in so many


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def pair_key(first: str, second: str, relation: str | None = None) -> str:
    """A key of two things, the same in both orders; `relation` is what the first is to the second."""
    if first <= second:
        return f"{first} {relation or 'and'} {second}"
    return f"{second} {OPPOSITE.get(relation, 'and')} {first}"


def any_held_out(keys: list[str]) -> bool:
    """Whether a scene with these keys (the most exact one first) is kept for testing."""
    if not keys:
        return False
    return int(digest(keys[0]), 16) % SHARE == 0 or any(digest(key) in listed() for key in keys)


def is_held_out_prompt(text: str) -> bool:
    """Whether a text is, letter by letter, one of the listed prompts."""
    return digest("prompt: " + text.strip().lower()) in listed()


@cache
def listed() -> frozenset[str]:
    return frozenset(LIST.read_text(encoding="ascii").split())


def keys_of_prompt(record: dict) -> list[str]:
    """The keys of one line of GenEval's metadata: its text and, except for a lone thing, the scene it asks for."""
    keys = ["prompt: " + record["prompt"].lower()]
    include = record["include"]
    if len(include) == 2:
        a, b = include
        if "position" in b:
            keys.append(pair_key(b["class"], a["class"], b["position"][0]))
        elif "color" in a:
            keys.append(pair_key(f"{a['color']} {a['class']}", f"{b['color']} {b['class']}"))
        else:
            keys.append(pair_key(a["class"], b["class"]))
    elif include[0]["count"] > 1:
        keys.append(f"{include[0]['count']} {include[0]['class']}")
    elif "color" in include[0]:
        keys.append(f"{include[0]['color']} {include[0]['class']}")
    return keys


def write_list(prompts: Path) -> None:
    """Rewrites the hashes from a file of GenEval's metadata (JSON lines)."""
    records = [json.loads(line) for line in prompts.read_text(encoding="utf-8").splitlines() if line.strip()]
    hashes = sorted({digest(key) for record in records for key in keys_of_prompt(record)})
    LIST.write_text("\n".join(hashes) + "\n", encoding="ascii")
