"""Chat pre-training for the small world: CLIP inside the LLM, conversations about pictures."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from unilip import prompts
from unilip.emoji.captions import caption
from unilip.emoji.questions import conversation
from unilip.emoji.scenes import random_scene, render
from unilip.training.clip import picture_tensor
from unilip.training.stage import Stage

IGNORED = -100


class ChatStage(Stage):
    """Next-token loss on the answers; a small one on all other text, through which the LLM also learns the language of
    prompts, the frozen ground of generation."""

    name = "chat"

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        return {"mllm": ([self.mllm], 1.0)}

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, 2, index))
        scene = random_scene(rng)
        block = prompts.image_block(self.pipeline.num_image_tokens)
        said: list[tuple[str, bool]] = []  # pieces of text, and whether they are what the model answers
        for number, turn in enumerate(conversation(scene, rng, turns=self.options["turns"])):
            question = f"{block}\n{turn.question}" if number == 0 else turn.question
            said.append((f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n", False))
            said.append((f"{turn.answer}<|im_end|>", True))
            said.append(("\n", False))
        said.append((prompts.generation_prompt(caption(scene, rng)), False))
        tokens = self.pipeline.tokenizer([text for text, _ in said], add_special_tokens=False).input_ids
        input_ids = torch.tensor([one for piece in tokens for one in piece])
        answers = torch.tensor([answer for piece, (_, answer) in zip(tokens, said, strict=True) for _ in piece])
        return {"pixels": picture_tensor(render(scene)), "input_ids": input_ids, "answers": answers}

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        padded = {"input_ids": self.pipeline.tokenizer.pad_token_id, "answers": False}
        batch = super().collate([{"pixels": one["pixels"]} for one in samples])
        for key, value in padded.items():
            batch[key] = nn.utils.rnn.pad_sequence([one[key] for one in samples], batch_first=True, padding_value=value)
        batch["mask"] = nn.utils.rnn.pad_sequence(
            [torch.ones_like(one["input_ids"]) for one in samples], batch_first=True
        )
        return batch

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        input_ids, mask = batch["input_ids"], batch["mask"]
        image_token = self.mllm.config.image_token_id
        embeddings = self.mllm.get_input_embeddings()(input_ids)
        features = self.features(batch["pixels"])
        embeddings = embeddings.masked_scatter((input_ids == image_token)[..., None], features.to(embeddings.dtype))
        states = self.mllm.model.language_model(
            inputs_embeds=embeddings, attention_mask=mask, use_cache=False
        ).last_hidden_state
        targets = input_ids.masked_fill((mask == 0) | (input_ids == image_token), IGNORED)[:, 1:]
        wanted = targets != IGNORED
        losses = F.cross_entropy(self.mllm.lm_head(states[:, :-1][wanted]).float(), targets[wanted], reduction="none")
        answer = batch["answers"][:, 1:][wanted]
        answer_loss, text_loss = losses[answer].mean(), losses[~answer].mean()
        return {
            "loss": answer_loss + self.options["text_weight"] * text_loss,
            "answer": answer_loss,
            "text": text_loss,
        }
