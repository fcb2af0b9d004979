"""Questions about fresh scenes, over one turn and over several: the share of right answers by kind."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..emoji.questions import conversation, is_right
from ..emoji.scenes import Scene, random_scene, render
from ..pipeline import UniLIPPipeline
from .processes import is_first, own_share
from .records import Records, fresh_rng, share
from .sheets import contact_sheet

TURNS = (1, 3)  # scenes take these lengths of conversation in turn
MAX_NEW_TOKENS = 48
ON_SHEET = 32


def message(role: str, text: str, image: Image.Image | None = None) -> dict[str, Any]:
    picture = [{"type": "image", "image": image}] if image is not None else []
    return {"role": role, "content": [*picture, {"type": "text", "text": text}]}


def converse(pipe: UniLIPPipeline, scene: Scene, image: Image.Image, rng: np.random.Generator, turns: int) -> list:
    """Asks every question of one conversation, the model's own answers standing in the history, and returns a record
    of each turn."""
    messages: list[dict[str, Any]] = []
    records = []
    for question in conversation(scene, rng, turns):
        messages.append(message("user", question.question, None if messages else image))
        reply = str(pipe.chat(messages, max_new_tokens=MAX_NEW_TOKENS, do_sample=False))
        messages.append(message("assistant", reply))
        records.append(
            {
                "kind": question.kind, "question": question.question, "answer": question.answer, "reply": reply,
                "right": bool(is_right(question, reply)),
            }
        )  # fmt: skip
    return records


def evaluate_understanding(
    pipe: UniLIPPipeline, out: Path, scenes: int = 200, seed: int = 42, sheet: Path | None = None,
    settings: dict | None = None,
) -> dict[str, float]:  # fmt: skip
    """Shares of right answers: by kind, in the first and in later turns, and over all questions ("overall")."""
    records = Records(out, {"seed": seed, **(settings or {})})
    waiting = [place for place in range(scenes) if str(place) not in records.done]
    for place in tqdm(own_share(waiting), desc="understanding", disable=not is_first()):
        rng = fresh_rng(seed, place)
        scene = random_scene(rng)
        records.add(str(place), turns=converse(pipe, scene, render(scene), rng, TURNS[place % len(TURNS)]))
    records.gather()
    if not is_first():
        return {}
    if sheet is not None:
        shown = []
        for place in range(min(scenes, ON_SHEET)):
            turn = records.done[str(place)]["turns"][-1]
            caption = f"{'' if turn['right'] else 'WRONG: '}{turn['question']} {turn['reply']}"
            shown.append((render(random_scene(fresh_rng(seed, place))), caption))
        contact_sheet(sheet, [shown[start : start + 8] for start in range(0, len(shown), 8)])
    answers = [
        (number, turn) for place in range(scenes) for number, turn in enumerate(records.done[str(place)]["turns"])
    ]
    kinds = sorted({turn["kind"] for _, turn in answers})
    scores = {kind: share(turn["right"] for _, turn in answers if turn["kind"] == kind) for kind in kinds}
    scores["first turn"] = share(turn["right"] for number, turn in answers if number == 0)
    scores["later turns"] = share(turn["right"] for number, turn in answers if number > 0)
    scores["overall"] = share(turn["right"] for _, turn in answers)
    return scores
