"""Chat pre-training for the small world: CLIP inside the LLM, conversations about pictures, and plans of new ones."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip import prompts
from unilip.emoji.captions import caption
from unilip.emoji.cells import FACTS as CELL_FACTS
from unilip.emoji.cells import cells
from unilip.emoji.edits import random_edit
from unilip.emoji.plans import FACTS, NONE, SLOTS, plan
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import Scene, random_scene, render
from unilip.pipeline import UniLIPPipeline, put_features
from unilip.training.clip import picture_tensor
from unilip.training.config import TrainingConfig
from unilip.training.stage import LENGTHS, Stage

# What matters most of a plan is what is there; most prompts leave places and sizes open.
FACT_WEIGHTS = {"background": 0.25, "style": 0.1, "name": 1.0, "color": 0.5, "x": 0.25, "y": 0.25, "size": 0.1}


class ChatStage(Stage):
    """Next-token loss on the answers, a small one on the questions, the cells and the plans.

    An answer of a few words says little about a picture and nothing about where in it it was to be seen. So each image
    token also learns what its cell shows (see `unilip.emoji.cells`), read from the projected features by linear heads
    that are dropped at the end; the LLM then finds there what it has to say next.

    A small LLM's last states tell the next word and little of what was read: the states of "an apple" and "a banana"
    hardly differ, and a DiT conditioned on them draws neither. Therefore the connector's queries learn here to plan:
    from a prompt, or a picture with an instruction, what will be in the picture (see `unilip.emoji.plans`), read from
    the LLM's last states at the first `SLOTS` queries by linear heads that are dropped at the end.

    Options: `turns` of a conversation; `comparisons`, the share of them that compare two things (see
    `unilip.emoji.questions.conversation`); `text_weight`, of the questions; `cell_weight`; `plan_weight`; `plans`, the
    share of pictures that are planned; `edits`, the share that is to be changed, the others are to be planned as they
    are.
    """

    name = "chat"
    stream = 2  # of the run's random numbers

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        width = self.mllm.config.text_config.hidden_size
        self.cell_head = nn.Linear(width, sum(CELL_FACTS.values()))
        self.plan_head = nn.Linear(width, sum(FACTS.values()))
        for head in (self.cell_head, self.plan_head):
            nn.init.zeros_(head.weight)  # what knows nothing yet is not to disturb what does

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        heads = [self.cell_head, self.plan_head]
        return {"mllm": ([self.mllm], 1.0), "plan": ([self.connector.queries, *heads], 1.0)}

    def choose(self, rng: np.random.Generator) -> tuple[Scene, str | None, Scene]:
        """A scene, an instruction (None: nothing is to be changed) and the scene after it."""
        if rng.random() < self.options["edits"]:
            edit = random_edit(rng)
            return edit.source, edit.instruction, edit.target
        scene = random_scene(rng)
        return scene, None, scene

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, self.stream, index))
        scene, instruction, target = self.choose(rng)
        said: list[tuple[str, bool]] = []  # pieces of text, and whether they are what the model answers
        block = prompts.image_block(self.pipeline.num_image_tokens)
        comparisons = self.options.get("comparisons", 0.0)
        for number, turn in enumerate(conversation(scene, rng, self.options["turns"], comparisons)):
            question = f"{block}\n{turn.question}" if number == 0 else turn.question
            said.append((f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n", False))
            said.append((f"{turn.answer}<|im_end|>", True))
            said.append(("\n", False))
        tokens = self.pipeline.tokenizer([text for text, _ in said], add_special_tokens=False).input_ids
        # A word weighs less in a long answer, or descriptions would drown what one word says: yes, no, a number.
        answers = [
            len(piece) ** -0.5 if answer else 0.0
            for piece, (_, answer) in zip(tokens, said, strict=True)
            for _ in piece
        ]
        return {
            "pixels": picture_tensor(render(scene)),
            "cells": torch.from_numpy(np.stack(list(cells(scene, self.pipeline.latent_size).values()), axis=-1)),
            "input_ids": torch.tensor([one for piece in tokens for one in piece]),
            "answers": torch.tensor(answers),
            "mask": torch.ones(len(answers), dtype=torch.long),
            "drawing": prompts.generation_prompt(caption(scene, rng)),
            "drawing_plan": plan_tensor(scene),
            "edit": prompts.edit_prompt(instruction, self.pipeline.num_image_tokens),
            "edit_plan": plan_tensor(target),
        }

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        padding = {"input_ids": self.pipeline.tokenizer.pad_token_id, "answers": 0.0, "mask": 0}
        longest = max(len(one["mask"]) for one in samples)
        longest += -longest % LENGTHS
        padded = {
            key: torch.stack([F.pad(one[key], (0, longest - len(one[key])), value=value) for one in samples])
            for key, value in padding.items()
        }
        batch = super().collate([{key: one[key] for key in one if key not in padded} for one in samples]) | padded
        for name in ("drawing", "edit"):
            batch[name] = self.pipeline.tokenize(batch[name][: self.planned(len(samples))], LENGTHS)
        return batch

    def planned(self, pictures: int) -> int:
        """How many of so many pictures are planned."""
        return max(1, round(self.options["plans"] * pictures))

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        return self.losses(batch, self.features(batch["pixels"]))

    def losses(self, batch: dict[str, Any], features: torch.Tensor) -> dict[str, torch.Tensor]:
        """All losses on the features of a batch's pictures."""
        answer, text = self.conversations(batch, features)
        cell, shown = self.shown(features, batch["cells"].flatten(1, 2))
        some = slice(self.planned(len(features)))
        drawing_states = self.pipeline.prompt_states(batch["drawing"])[0]
        drawing_plan, drawing = self.plans(drawing_states, batch["drawing_plan"][some])
        edit_states = self.pipeline.prompt_states(batch["edit"], features[some])[0]
        edit_plan, edit = self.plans(edit_states, batch["edit_plan"][some])
        loss = answer + self.options["text_weight"] * text + self.options["cell_weight"] * cell
        loss = loss + self.options["plan_weight"] * (drawing_plan + edit_plan)
        right = {f"drawing_{fact}_right": share for fact, share in drawing.items()}
        right |= {f"edit_{fact}_right": share for fact, share in edit.items()}
        right |= {f"cell_{fact}_right": share for fact, share in shown.items()}
        return {
            "loss": loss,
            "answer": answer,
            "text": text,
            "cell": cell,
            "drawing_plan": drawing_plan,
            "edit_plan": edit_plan,
            **right,
        }

    def conversations(self, batch: dict[str, Any], features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Weighted mean loss of a token of the answers, and the mean of one of all other text."""
        input_ids, mask = batch["input_ids"], batch["mask"]
        image_token = self.mllm.config.image_token_id
        embeddings = self.mllm.get_input_embeddings()(input_ids)
        embeddings = put_features(embeddings, input_ids == image_token, features)
        states = self.mllm.model.language_model(
            inputs_embeds=embeddings, attention_mask=mask, use_cache=False
        ).last_hidden_state
        targets = input_ids.masked_fill((mask == 0) | (input_ids == image_token), NONE)[:, 1:]
        logits = self.mllm.lm_head(states[:, :-1]).float()
        losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NONE, reduction="none")
        losses = losses.view_as(targets)
        weights = batch["answers"][:, 1:]
        text = (targets != NONE) & (weights == 0)
        return (weights * losses).sum() / weights.sum(), (text * losses).sum() / text.sum()

    def shown(self, features: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The mean loss of what is known of the cells, summed over the facts, and the share of right ones by fact, of
        cells with a thing.

        Args:
            truth: (batch, tokens, facts).
        """
        scores = self.cell_head(features).float().split(list(CELL_FACTS.values()), dim=-1)
        loss, right = 0.0, {}
        for fact, fact_scores, fact_truth in zip(CELL_FACTS, scores, truth.unbind(dim=-1), strict=True):
            known = fact_truth != NONE
            losses = cross_entropy_sum(fact_scores, fact_truth)
            loss = loss + losses / known.sum().clamp(min=1)
            there = known & (fact_truth > 0) if fact == "name" else known
            hits = (fact_scores.argmax(dim=-1) == fact_truth) & there
            right[fact] = hits.sum() / there.sum().clamp(min=1)
        return loss, right

    def plans(self, states: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The weighted loss of the plans, and the share of right names and colours of things.

        Args:
            states: (batch, tokens, LLM width), the LLM's last hidden states over text and queries.
            truth: (batch, SLOTS, facts).
        """
        first = states.shape[1] - self.connector.config.num_queries
        scores = self.plan_head(states[:, first : first + SLOTS]).float().split(list(FACTS.values()), dim=-1)
        loss, right = 0.0, {}
        for fact, fact_scores, fact_truth in zip(FACTS, scores, truth.unbind(dim=-1), strict=True):
            losses = cross_entropy_sum(fact_scores, fact_truth)
            loss = loss + FACT_WEIGHTS[fact] * losses / len(truth)
            if fact in ("name", "color"):
                there = fact_truth > 0  # not empty slots, and not natural colours
                hits = (fact_scores.argmax(dim=-1) == fact_truth) & there
                right[fact] = hits.sum() / there.sum().clamp(min=1)
        return loss, right


def cross_entropy_sum(scores: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Summed over what is known of the truth (batch, places), of scores (batch, places, classes)."""
    return F.cross_entropy(scores.flatten(0, 1), truth.flatten(), ignore_index=NONE, reduction="sum")


def plan_tensor(scene: Scene) -> torch.Tensor:
    """A scene's plan as one tensor, (SLOTS, facts)."""
    return torch.from_numpy(np.stack(list(plan(scene).values()), axis=-1))
