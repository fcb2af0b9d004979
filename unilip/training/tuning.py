"""After generation: the LLM learns on from conversations and plans, while what it gives the DiT stays."""

import copy
import re
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip import prompts
from unilip.emoji.plans import NONE
from unilip.emoji.scenes import Scene
from unilip.pipeline import UniLIPPipeline
from unilip.training.chat import ChatStage
from unilip.training.config import TrainingConfig
from unilip.training.stage import LENGTHS

HEAD_RATE = 20.0  # times the stage's learning rate


class TuningStage(ChatStage):
    """Not of the paper, but its self-distillation once more, for the LLM in place of the encoder.

    LLM and connector learn on from new conversations and plans. The condition that they make of prompts and
    instructions is held to that of frozen copies, so that the DiT, which rests, draws as before. The encoder rests too,
    and with it all latents. Every second prompt says "the" for "a" and is held to the condition of "a": of a picture
    yet to be drawn both mean the same.

    Options: `turns`, `text_weight`, `plan_weight`, `plans` and `edits` as in `ChatStage`; `condition_weight`, of the
    condition's squared error as a share of its variance; `null_prompts`, the share of null prompts among the others;
    `crowded`, the share of pictures that are certain to show three things or more, which are the hardest to ask about;
    `rebuilt`, the share that is seen as the model itself would draw it, softened by its latents: visitors ask about
    those, too.
    """

    name = "tuning"
    stream = 11

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        copies = {name: copy.deepcopy(getattr(pipeline, name)) for name in ("mllm", "connector")}
        self.copies = nn.ModuleDict(copies)
        self.original_pipeline = UniLIPPipeline(**{**pipeline.components, **copies})

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        # The heads that taught to plan are gone, and new ones are to read what is there before the LLM gives way.
        llm = [self.mllm.model.language_model, self.mllm.lm_head]
        return {"llm": ([*llm, self.connector], 1.0), "heads": ([self.plan_head], HEAD_RATE)}

    def choose(self, rng: np.random.Generator) -> tuple[Scene, str | None, Scene]:
        crowded = rng.random() < self.options["crowded"]
        while True:
            scene, instruction, target = super().choose(rng)
            if len(scene.things) > 2 or not crowded:
                return scene, instruction, target

    def sample(self, index: int) -> dict[str, Any]:
        sample = super().sample(index)
        if index % round(1 / self.options["null_prompts"]) == 0:
            sample["drawing"] = prompts.generation_prompt(None)
            sample["edit"] = prompts.edit_prompt(None, self.pipeline.num_image_tokens)
            for name in ("drawing_plan", "edit_plan"):
                sample[name] = torch.full_like(sample[name], NONE)
        sample["said"] = self.definite(sample["drawing"]) if index % 2 else sample["drawing"]
        return sample

    def definite(self, text: str) -> str:
        """A prompt in its template with "the" for "a", as many tokens long, or as it is where that is not to be had."""
        template, colon, prompt = text.partition(": ")
        said = template + colon + re.sub(r"\ban?\b", "the", prompt)
        lengths = {len(ids) for ids in self.pipeline.token_ids([text, said]).input_ids}
        return said if len(lengths) == 1 else text

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = super().collate(samples)
        return {**batch, "said": self.pipeline.tokenize(batch["said"][: self.planned(len(samples))], LENGTHS)}

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        features = super().features(pixels)
        if count := round(self.options["rebuilt"] * len(pixels)):
            # The last ones, as the first ones are planned: what is edited is seen as it is.
            features = torch.cat([features[:-count], super().features(self.rebuilt(features[-count:]))])
        return features

    @torch.no_grad()
    def rebuilt(self, features: torch.Tensor) -> torch.Tensor:
        """The pictures (batch, 3, height, width), uint8, that the decoder makes of image features."""
        pixels = self.decoder(features).float()
        return ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)

    def losses(self, batch: dict[str, Any], features: torch.Tensor) -> dict[str, torch.Tensor]:
        answer, text = self.conversations(batch, features)
        losses = {"loss": answer + self.options["text_weight"] * text, "answer": answer, "text": text}
        some = slice(self.planned(len(features)))
        for name, said, shown in (("drawing", batch["said"], None), ("edit", batch["edit"], features[some])):
            states, mask, positions = self.pipeline.prompt_states(said, shown)
            plan, right = self.plans(states, batch[f"{name}_plan"][some])
            condition = self.connector(states, self.connector.given(mask), positions)
            with torch.no_grad():
                wanted, given = self.original_pipeline.encode_prompt(batch[name], shown)
            error = relative_error(condition[given.bool()], wanted[given.bool()])
            losses["loss"] = losses["loss"] + self.options["plan_weight"] * plan
            losses["loss"] = losses["loss"] + self.options["condition_weight"] * error
            losses |= {f"{name}_plan": plan, f"{name}_condition": error}
            losses |= {f"{name}_{fact}_right": share for fact, share in right.items()}
        return losses


def relative_error(given: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Mean squared error as a share of the variance of what is wanted."""
    given, wanted = given.float(), wanted.float()
    return F.mse_loss(given, wanted) / wanted.var()
