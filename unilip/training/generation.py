"""What the generation stages share: prompts and latents of drawings and edits, and flow matching."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image
from torch import nn
from torch.func import functional_call

from unilip import prompts
from unilip.checkpoints import computes_in_bfloat16
from unilip.pipeline import UniLIPPipeline
from unilip.processes import process_state
from unilip.training.clip import picture_tensor
from unilip.training.config import TrainingConfig
from unilip.training.copying import copying_losses, first_cross_attention
from unilip.training.data import PixelExamples, open_source
from unilip.training.encodings import EncodedWorld, open_encodings
from unilip.training.stage import LENGTHS, Stage

# From this squared difference on, in latents of unit variance, a place has changed. What stays is encoded a little
# otherwise beside other things, by less than 0.02 nearly everywhere.
CHANGED = 0.05


class GenerationStage(Stage):
    """Flow matching on scaled latents under the dual condition; LLM, CLIP, projector and pixel decoder are frozen.

    Options: `edits`, the share of steps that edit; `null_prompts`, the share of prompts replaced by the null prompt;
    `draws`, noise levels for each condition (the condition is computed once for all of them); `shift` and `spread`
    (default 1), mean and standard deviation of the noise level's log odds; `train_transformer`, true, false, or a list
    of what the names of those of its parameters that learn have in them;
    `copy_weight`, of what `unilip.training.copying` shows to the DiT (default 0); `weigh_changes`, whether what an edit
    changes weighs the more, the smaller it is, see `change_weights` (default false); `half`, the DiT in bfloat16
    throughout, as it samples, and not only its products: less to read and write (default false; where the hardware
    computes in bfloat16).
    """

    def __init__(self, pipeline: UniLIPPipeline, config: TrainingConfig):
        super().__init__(pipeline, config)
        if process_state().device.type == "cpu":
            # Over so few tokens plain attention is several times as fast on a CPU as the fused kernel.
            for block in self.transformer.transformer_blocks:
                block.attn2.set_processor(AttnProcessor())
        self.source = open_source(
            config, self.options, ("captioned", "edited") if self.options["edits"] else ("captioned",)
        )
        self.examples: EncodedWorld | PixelExamples | None = None

    def learning(self) -> dict[str, tuple[list[nn.Module | nn.Parameter], float]]:
        groups = {"connector": ([self.connector], 1.0)}
        chosen = self.options["train_transformer"]
        if isinstance(chosen, list):
            named = self.transformer.named_parameters()
            groups["transformer"] = ([one for name, one in named if any(part in name for part in chosen)], 1.0)
        elif chosen:
            groups["transformer"] = ([self.transformer], 1.0)
        return groups

    def prepare(self, folder: Path):
        data = self.run.data
        if data["kind"] != "emoji":
            # Too many pictures to keep their encodings: each step encodes its own.
            self.examples = PixelExamples(self.source, self.pipeline, data["max_prompt_tokens"])
            return
        encodings = open_encodings(self.run, self.encode, self.config.workers)
        self.examples = EncodedWorld(encodings, self.run.seed)
        if self.decoder.config.scaling_factor == 1.0:
            # Diffusion wants latents of unit variance.
            deviation = float(np.asarray(encodings.scene_latents[:2000], dtype=np.float32).std())
            self.decoder.register_to_config(scaling_factor=round(1 / deviation, 4))

    def is_edit(self, step: int) -> bool:
        """Whether a step edits: whole steps do, so that all prompts of a batch have about one length."""
        return np.random.default_rng((self.run.seed, 6, step)).random() < self.options["edits"]

    def sample(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.run.seed, 7, self.options["part"], index))
        null_prompts, draws = self.options["null_prompts"], self.options["draws"]
        if self.is_edit(index // self.config.batch_size):
            example = self.examples.edit(rng, null_prompts)
            text = prompts.edit_prompt(example.prompt, self.pipeline.num_image_tokens)
        else:
            example = self.examples.drawing(rng, null_prompts)
            text = prompts.generation_prompt(example.prompt)
        edge = self.pipeline.latent_size
        shape = (draws, self.decoder.config.latent_channels, edge, edge)
        sample = {"text": text, **example.tensors}
        sample["noise"] = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        # Logit-normal density (Esser et al. 2024).
        levels = self.options["shift"] + self.options.get("spread", 1.0) * rng.standard_normal(draws)
        sample["sigmas"] = torch.from_numpy(1 / (1 + np.exp(-levels))).float()
        return sample

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = super().collate(samples)
        return {**batch, "tokens": self.pipeline.tokenize(batch.pop("text"), LENGTHS)}

    def forward(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        latents, features = batch.get("latents"), batch.get("features")
        if latents is None:
            latents = self.encode(batch["pixels"])[1].float()
            if "source_pixels" in batch:
                features = self.encode(batch["source_pixels"])[0]
        condition, mask = self.pipeline.encode_prompt(batch["tokens"], features)
        draws = self.options["draws"]
        condition, mask = condition.repeat_interleave(draws, dim=0), mask.repeat_interleave(draws, dim=0)
        latents = (latents * self.decoder.config.scaling_factor).repeat_interleave(draws, dim=0)
        noise, sigmas = batch["noise"].flatten(0, 1), batch["sigmas"].flatten()
        # The DiT is given whole timesteps, in training as in sampling.
        timesteps = (sigmas * 1000).long()
        weights = sigmas[:, None, None, None]
        noisy = (1 - weights) * latents + weights * noise
        with first_cross_attention(self.transformer) as seen:
            velocity = self.velocity(noisy, condition, mask, timesteps)
        squared = F.mse_loss(velocity.float(), noise - latents, reduction="none")
        loss = squared.mean()
        if features is None:
            return {"loss": loss, "draw": loss}
        losses = {"loss": loss, "edit": loss}
        weigh, copy_weight = self.options.get("weigh_changes"), self.options.get("copy_weight")
        if not (weigh or copy_weight):
            return losses
        # Computed in what the decoder holds, which at full scale need not be what the features come in.
        shown = self.decoder.encode(features.to(self.decoder.dtype)).float() * self.decoder.config.scaling_factor
        if weigh:
            changes = change_weights(shown.repeat_interleave(draws, dim=0), latents)
            losses["loss"] = (squared * changes).mean()
        if copy_weight:
            copying = self.copying(batch["tokens"]["input_ids"], shown, seen)
            losses |= {**copying, "loss": losses["loss"] + copy_weight * sum(copying.values())}
        return losses

    def velocity(
        self, latents: torch.Tensor, condition: torch.Tensor, mask: torch.Tensor, timesteps: torch.Tensor
    ) -> torch.Tensor:
        """What the DiT makes of noisy latents (batch, channels, h, w), scaled."""
        named = {"encoder_attention_mask": mask, "timestep": timesteps, "return_dict": False}
        if not (self.options.get("half") and computes_in_bfloat16(latents.device)):
            return self.transformer(latents, condition, **named)[0]
        weights = {name: one.to(torch.bfloat16) for name, one in self.transformer.named_parameters()}
        latents, condition = latents.to(torch.bfloat16), condition.to(torch.bfloat16)
        with torch.autocast(latents.device.type, enabled=False):
            return functional_call(self.transformer, weights, (latents, condition), named)[0]

    def copying(self, ids: torch.Tensor, shown: torch.Tensor, seen: dict[str, torch.Tensor]):
        """The losses of one draw of each edit, see `copying_losses`."""
        is_image = F.pad(ids == self.mllm.config.image_token_id, (0, self.connector.config.num_queries))
        states, condition = (seen[name][:: self.options["draws"]] for name in ("states", "condition"))
        return copying_losses(self.transformer.transformer_blocks[0].attn2, states, condition, is_image, shown)

    def write_sheet(self, path: Path):
        """Twelve drawings; where the stage edits, also six pictures, each above its edit."""
        rng, size = np.random.default_rng((self.run.seed, 98)), self.pipeline.image_size
        texts = [self.source.captioned(rng, size)[1] for _ in range(12)]
        generator = torch.Generator().manual_seed(0)
        self.pipeline.set_progress_bar_config(disable=True)
        images = self.pipeline(texts, generator=generator).images
        if self.options["edits"]:
            edits = [self.source.edited(rng, size) for _ in range(6)]
            sources, instructions = [edit[0] for edit in edits], [edit[2] for edit in edits]
            # What the DiT draws, not the picture's own pixels around it.
            drawn = self.pipeline(instructions, image=sources, generator=generator, own_pixels=False).images
            images += sources + drawn
            texts += instructions
        pixels = torch.stack([picture_tensor(image) for image in images])
        sheet = pixels.unflatten(0, (-1, 6)).permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
        Image.fromarray(sheet.numpy()).save(path)
        path.with_suffix(".txt").write_text("\n".join(texts) + "\n", encoding="utf-8")


def change_weights(shown: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """What the places of edits weigh, as in UniWorld-V1 (Lin et al. 2025): 1 where nothing changes, and where something
    does, 1 + log2 of how many times the picture is as large as all that changes. Else a DiT learns most from what
    stays, which it can copy, and least from small things.

    Args:
        shown, wanted: (batch, channels, h, w), scaled latents of the pictures before and after.

    Returns:
        (batch, 1, h, w).
    """
    changed = ((wanted - shown).square().mean(dim=1, keepdim=True) > CHANGED).float()
    share = changed.mean(dim=(2, 3), keepdim=True).clamp(min=1 / changed[0].numel())
    return 1 - changed * share.log2()
