"""Sampling: what `UniLIPPipeline` does between checked inputs and pictures, once for each change."""

from collections.abc import Callable

import torch
from diffusers.utils.torch_utils import randn_tensor

from unilip import images as pictures
from unilip.models.attention import same_condition
from unilip.own_pixels import with_own_pixels
from unilip.restyling import restyles


class SamplingMixin:
    """What `UniLIPPipeline` does with its connector, DiT and scheduler."""

    def _draw(
        self,
        prompt: list[str],
        negative_prompt: list[str | None],
        source: torch.Tensor | None,
        num_images_per_prompt: int,
        generator: torch.Generator | list[torch.Generator] | None,
        latents: torch.Tensor | None,
        num_inference_steps: int,
        guidance_scale: float,
        own_pixels: bool,
        callback: Callable[..., dict] | None,
        steps_before: int = 0,
        decoded: bool = True,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The scaled latents and, if they are to be decoded, the pictures (batch, 3, image_size, image_size) in [0, 1].

        Args:
            source: the normalised pictures (prompts, 3, image_size, image_size) that are to be changed.
            steps_before: what the callback's number of a step starts from.
        """
        texts = self._prompt_texts(prompt, source is not None)
        null_texts = self._prompt_texts(negative_prompt, source is not None)
        guided = guidance_scale != 1
        features = given = None
        if source is not None:
            features = self.encode_image(source)
            given = features.repeat(2 if guided else 1, 1, 1)
        condition, mask = self.encode_prompt(texts + null_texts if guided else texts, given)
        condition = condition.repeat_interleave(num_images_per_prompt, dim=0)
        mask = mask.repeat_interleave(num_images_per_prompt, dim=0)
        latents = self.prepare_latents(len(prompt) * num_images_per_prompt, generator, latents)

        # A scheduler keeps the state of its run; a copy for each call lets calls overlap.
        scheduler = type(self.scheduler).from_config(self.scheduler.config)
        scheduler.set_timesteps(num_inference_steps, device=latents.device)
        # Else it looks for the first whole timestep, which more than 500 steps have twice, and takes the second.
        scheduler.set_begin_index(0)
        with same_condition(num_images_per_prompt):
            for step, timestep in enumerate(self.progress_bar(scheduler.timesteps)):
                if self._interrupt:
                    break
                model_input = torch.cat([latents, latents]) if guided else latents
                velocity = self.transformer(
                    model_input.to(self.transformer.dtype),
                    encoder_hidden_states=condition.to(self.transformer.dtype),
                    encoder_attention_mask=mask,
                    # The released model only ever saw whole timesteps, cut, not rounded.
                    timestep=timestep.long().expand(len(model_input)),
                    return_dict=False,
                )[0].float()
                if guided:
                    velocity, null_velocity = velocity.chunk(2)
                    velocity = null_velocity + guidance_scale * (velocity - null_velocity)
                estimate = latents - scheduler.sigmas[step].to(latents.device) * velocity
                latents = scheduler.step(velocity, timestep, latents, return_dict=False)[0]
                if callback is not None:
                    tensors = {"latents": latents, "estimate": estimate}
                    changed = callback(self, steps_before + step, timestep, tensors) or {}
                    latents = changed.get("latents", latents)

        check_finite(latents)
        if not decoded:
            return latents, None
        squares = self.decode_latents(latents)
        if own_pixels:
            rebuilt = self.decode_latents(self._latents_of(features) * self.decoder.config.scaling_factor)
            source = pictures.from_pixel_values(source).to(squares)
            many = (one.repeat_interleave(num_images_per_prompt, dim=0) for one in (rebuilt, source))
            # Nothing stays in a new style, though pixel art, say, looks like its picture in places.
            whole = torch.tensor([restyles(one) for one in prompt], device=squares.device)
            whole = whole.repeat_interleave(num_images_per_prompt)[:, None, None, None]
            squares = torch.where(whole, squares, with_own_pixels(squares, *many))
        return latents, squares

    def prepare_latents(
        self,
        batch_size: int,
        generator: torch.Generator | list[torch.Generator] | None,
        latents: torch.Tensor | None,
    ) -> torch.Tensor:
        """Initial noise (batch, channels, latent_size, latent_size), float32 whatever the models' dtype, so that a seed
        means the same picture everywhere."""
        if latents is not None:
            return latents.to(self._execution_device, torch.float32)
        shape = (batch_size, self.decoder.config.latent_channels, self.latent_size, self.latent_size)
        return randn_tensor(shape, generator=generator, device=self._execution_device, dtype=torch.float32)


def check_finite(values: torch.Tensor):
    if not values.isfinite().all():
        raise FloatingPointError(
            "The picture came out as values that are not numbers: try a lower guidance scale or float32."
        )
