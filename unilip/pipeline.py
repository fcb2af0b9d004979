"""UniLIPPipeline: text to image, editing, chat and reconstruction with one set of components."""

import math
import os
import threading
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import DiffusionPipeline, DPMSolverMultistepScheduler, SanaTransformer2DModel
from diffusers.pipelines.pipeline_utils import ImagePipelineOutput
from PIL import Image
from transformers import BatchEncoding, InternVLForConditionalGeneration, PreTrainedTokenizerBase

from unilip import images as pictures
from unilip import prompts
from unilip.chat import ChatMixin
from unilip.models.attention import ConditionAttention

# Loading a saved pipeline looks its components' modules up among those already imported.
from unilip.models.connector import Connector
from unilip.models.decoder import PixelDecoder
from unilip.one_change_at_a_time import separated
from unilip.restyling import drawn_first
from unilip.sampling import SamplingMixin, check_finite
from unilip.simple_instruction import simple_instruction
from unilip.simple_text import simplified

OUTPUT_TYPES = ("pil", "np", "pt", "latent")
TOKENIZING = threading.Lock()


class UniLIPPipeline(SamplingMixin, ChatMixin, DiffusionPipeline):
    """UniLIP (arXiv 2507.23278): one CLIP that understands, reconstructs, generates and edits pictures.

    Components:
        tokenizer: the LLM's, with InternVL's image tokens.
        mllm: InternVL with UniLIP's CLIP as vision tower.
        connector: learnable queries and bidirectional layers that make the DiT's condition.
        transformer: the SANA DiT.
        decoder: bottleneck and pixel decoder.
        scheduler: its configuration is used; every call makes a scheduler of its own, so calls share no state.
        guidance_scale, num_inference_steps, own_pixels: of calls that name none; the published ones unless a model
            draws better with others.
        latest_picture_only, simple_text, one_change_at_a_time: what a small model is spared: earlier pictures of a
            conversation, what people write around a request, and two changes at once, see `heard`,
            `unilip.simple_text` and `changes`.

    A reconstruction-only checkpoint has no tokenizer, connector, transformer and scheduler; then only `reconstruct`
    works. All geometry follows from the configurations: pictures are squares of `image_size` pixels.
    """

    model_cpu_offload_seq = "mllm->connector->transformer->decoder"
    _optional_components = ["tokenizer", "connector", "transformer", "scheduler"]

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        mllm: InternVLForConditionalGeneration,
        connector: Connector,
        transformer: SanaTransformer2DModel,
        decoder: PixelDecoder,
        scheduler: DPMSolverMultistepScheduler,
        guidance_scale: float = 4.5,
        num_inference_steps: int = 20,
        own_pixels: bool = False,
        latest_picture_only: bool = False,
        simple_text: bool = False,
        one_change_at_a_time: bool = False,
    ):
        super().__init__()
        self.register_modules(
            tokenizer=tokenizer,
            mllm=mllm,
            connector=connector,
            transformer=transformer,
            decoder=decoder,
            scheduler=scheduler,
        )
        for block in transformer.transformer_blocks if transformer is not None else ():
            block.attn2.set_processor(ConditionAttention())
        self.register_to_config(
            guidance_scale=guidance_scale,
            num_inference_steps=num_inference_steps,
            own_pixels=own_pixels,
            latest_picture_only=latest_picture_only,
            simple_text=simple_text,
            one_change_at_a_time=one_change_at_a_time,
        )
        self._interrupt = False

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike,
        device: str | torch.device | None = None,
        dtype: str | torch.dtype | None = None,
    ) -> "UniLIPPipeline":
        """Loads a folder or hub id in our own layout or in the released one; see `unilip.checkpoints.load_pipeline`."""
        from unilip.checkpoints import load_pipeline  # which builds pipelines, and so imports this module

        return load_pipeline(pretrained_model_name_or_path, device=device, dtype=dtype)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike, dtype: torch.dtype, **components: Any) -> "UniLIPPipeline":
        """Loads a folder that `save_pretrained` wrote; `components` are taken as given."""
        return super().from_pretrained(folder, dtype=dtype, local_files_only=True, **components)

    @property
    def image_size(self) -> int:
        """Edge of the square pictures that go in and come out, in pixels."""
        return self.mllm.config.vision_config.image_size[0]

    @property
    def num_image_tokens(self) -> int:
        """LLM tokens per picture or tile."""
        return self.latent_size**2

    @property
    def latent_size(self) -> int:
        """Edge of the latent, which has one cell per image token."""
        vision_config = self.mllm.config.vision_config
        return int(vision_config.image_size[0] // vision_config.patch_size[0] * self.mllm.config.downsample_ratio)

    @property
    def interrupt(self) -> bool:
        """Set to True, from any thread, to end a running sampler or chat at its next step; each call starts afresh."""
        return self._interrupt

    @interrupt.setter
    def interrupt(self, value: bool):
        self._interrupt = value

    def choose_sampling(self, steps: int | None, guidance_scale: float | None) -> tuple[int, float]:
        """The steps and the guidance scale that are wanted, or this model's own."""
        own = self.config
        return (
            own.num_inference_steps if steps is None else steps,
            own.guidance_scale if guidance_scale is None else guidance_scale,
        )

    def choose_own_pixels(self, own_pixels: bool | None) -> bool:
        """Whether edits keep their picture's own pixels: what is wanted, or this model's own choice."""
        return self.config.own_pixels if own_pixels is None else own_pixels

    def changes(self, text: str, edit: bool = True) -> list[str]:
        """What is made one after the other, each with all its steps: the text as it is, or, where
        `config.one_change_at_a_time` says so, each change that an instruction asks for (see
        `unilip.one_change_at_a_time`), and of a prompt for a picture in a style the picture and then its style (see
        `unilip.restyling`); instructions, with `config.simple_text`, in the words of `unilip.simple_instruction`."""
        simple, apart = self.config.simple_text, self.config.one_change_at_a_time
        if not edit:
            styled = drawn_first(simplified(text) if simple else text) if apart else []
            return styled or [text]
        reworded = simple_instruction if simple else str
        return separated(text, reworded) if apart else [reworded(text)]

    def encode_image(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Normalised pictures (batch, 3, image_size, image_size) to image features (batch, tokens, LLM width)."""
        self._onload(self.mllm)
        pixel_values = pixel_values.to(self._execution_device, self.mllm.dtype)
        return self.mllm.get_image_features(pixel_values=pixel_values).pooler_output

    def tokenize(self, texts: list[str], multiple_of: int = 1) -> dict[str, torch.Tensor]:
        """Prompts in their templates as "input_ids" and "attention_mask" (batch, tokens), padded on the right to a
        multiple of some length."""
        return dict(
            self.token_ids(
                texts, padding=True, padding_side="right", pad_to_multiple_of=multiple_of, return_tensors="pt"
            )
        )

    def token_ids(self, texts: str | list[str], **options: Any) -> BatchEncoding:
        """The tokenizer's answer to texts in their templates, one call at a time: a fast tokenizer keeps the padding of
        its latest call, so calls side by side would take each other's."""
        with TOKENIZING:
            return self.tokenizer(texts, add_special_tokens=False, **options)

    def encode_prompt(
        self, texts: list[str] | dict[str, torch.Tensor], image_features: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The DiT's dual condition (paper, section 3.2) from prompts in their templates.

        Args:
            texts: prompts of any lengths, see `unilip.prompts`, or what `tokenize` made of them.
            image_features: (batch, tokens, LLM width) for the one picture in each text of an edit.

        Returns:
            condition (batch, tokens, caption_channels) over padded text and queries, and its mask (batch, tokens).
        """
        hidden_states, mask, position_ids = self.prompt_states(texts, image_features)
        mask = self.connector.given(mask)
        return self.connector(hidden_states, mask, position_ids), mask

    def prompt_states(
        self, texts: list[str] | dict[str, torch.Tensor], image_features: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What the connector reads: the LLM's last hidden states (batch, tokens, LLM width) over padded text and
        queries, with the image features at the places of a picture; its mask and positions (batch, tokens)."""
        device = self._execution_device
        tokens = texts if isinstance(texts, dict) else self.tokenize(texts)
        input_ids, mask = tokens["input_ids"].to(device), tokens["attention_mask"].to(device)
        self._onload(self.mllm)
        if self.connector.queries.is_meta:  # offloaded layer by layer, and no layer's forward asks for these
            self._onload(self.connector)
        embeddings = self.mllm.get_input_embeddings()(input_ids)
        queries = self.connector.queries.to(device, embeddings.dtype).expand(len(input_ids), -1, -1)
        is_image = None
        if image_features is not None:
            is_image = input_ids == self.mllm.config.image_token_id
            embeddings = put_features(embeddings, is_image, image_features)

        mask = torch.cat([mask, mask.new_ones(queries.shape[:2])], dim=1)  # (batch, text + queries)
        position_ids = (mask.cumsum(dim=1) - 1).clamp(min=0)
        hidden_states = self.mllm.model.language_model(
            inputs_embeds=torch.cat([embeddings, queries], dim=1),
            attention_mask=mask,
            position_ids=position_ids,
            use_cache=False,
        ).last_hidden_state
        if is_image is not None and self.connector.config.picture == "features":
            # The connector sees what the encoder said of the picture, not what the LLM made of it.
            is_image = F.pad(is_image, (0, queries.shape[1]))
            hidden_states = put_features(hidden_states, is_image, image_features)
        return hidden_states, mask, position_ids

    def decode_latents(self, latents: torch.Tensor) -> torch.Tensor:
        """Scaled latents, also those of a callback, to pictures (batch, 3, image_size, image_size) in [0, 1]."""
        pixels = self._decode(latents / self.decoder.config.scaling_factor).clamp(-1, 1)
        return self._resize_square(pixels / 2 + 0.5)

    def _latents_of(self, image_features: torch.Tensor) -> torch.Tensor:
        """Unscaled latents of what `encode_image` gives."""
        self._onload(self.decoder)
        return self.decoder.encode(image_features.to(self.decoder.dtype)).float()

    def _decode(self, latents: torch.Tensor) -> torch.Tensor:
        # One picture at a time: the decoder's memory grows with its batch, its speed does not.
        self._onload(self.decoder)
        pixels = torch.cat([self.decoder.decode(one[None].to(self.decoder.dtype)).float() for one in latents])
        check_finite(pixels)  # as a picture it would be black
        return pixels

    def _resize_square(self, pixels: torch.Tensor) -> torch.Tensor:
        # The decoder makes 32 pixels of every image token, the encoder took fewer (28 of the released models).
        if pixels.shape[-1] == self.image_size:
            return pixels
        return F.interpolate(pixels, size=self.image_size, mode="bilinear", align_corners=False)

    def _onload(self, module: torch.nn.Module):
        # CPU offload moves a model in at its `forward`; parts of it that are called directly must ask for that.
        if hasattr(module, "_hf_hook"):
            module._hf_hook.pre_forward(module)

    def _require(self, *names: str):
        if any(getattr(self, name) is None for name in names):
            raise ValueError(
                "This checkpoint holds only the encoder and the pixel decoder: it can reconstruct pictures, but not "
                "chat, draw or edit. Load a complete checkpoint for that."
            )

    def check_inputs(
        self,
        prompt: str | list[str],
        image: Any = None,
        negative_prompt: str | list[str] | None = None,
        num_inference_steps: int = 20,
        guidance_scale: float = 4.5,
        num_images_per_prompt: int = 1,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        output_type: str = "pil",
    ) -> tuple[list[str], list[Any] | None, list[str | None]]:
        """Raises ValueError, before anything is computed, for arguments that `__call__` cannot honour; returns
        prompts, pictures (or None) and negative prompts as lists of one length."""
        prompt = [prompt] if isinstance(prompt, str) else prompt
        if not isinstance(prompt, (list, tuple)) or not prompt or not all(isinstance(text, str) for text in prompt):
            raise ValueError(f"`prompt` must be a string or a list of strings, got {type(prompt).__name__}.")
        if not all(text.strip() for text in prompt):
            raise ValueError("The prompt is empty: say what to draw or what to change.")
        image = image if image is None or isinstance(image, (list, tuple)) else [image]
        if image is not None:
            count = max(len(prompt), len(image))
            if not image or {len(prompt), len(image)} - {1, count}:
                raise ValueError(
                    f"{len(prompt)} prompts and {len(image)} pictures do not go together: give as many of one as of "
                    "the other, or a single one."
                )
            prompt = [*prompt] * (count // len(prompt))
            image = [*image] * (count // len(image))
        if negative_prompt is None or isinstance(negative_prompt, str):
            negative_prompt = [negative_prompt] * len(prompt)
        if len(negative_prompt) != len(prompt):
            raise ValueError(f"{len(negative_prompt)} negative prompts do not go with {len(prompt)} prompts.")
        # The null prompt is a text of its own, not the template with nothing in it.
        negative_prompt = [text if text and text.strip() else None for text in negative_prompt]
        for name, value in (
            ("num_inference_steps", num_inference_steps),
            ("num_images_per_prompt", num_images_per_prompt),
        ):
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"`{name}` must be a whole number from 1, got {value!r}.")
        if not math.isfinite(guidance_scale):
            raise ValueError(f"`guidance_scale` must be a finite number, got {guidance_scale!r}.")
        batch_size = len(prompt) * num_images_per_prompt
        if isinstance(generator, list) and len(generator) != batch_size:
            raise ValueError(f"{len(generator)} generators do not go with a batch of {batch_size} pictures.")
        shape = (batch_size, self.decoder.config.latent_channels, self.latent_size, self.latent_size)
        if latents is not None and tuple(latents.shape) != shape:
            raise ValueError(f"`latents` must have the shape {shape}, got {tuple(latents.shape)}.")
        if output_type not in OUTPUT_TYPES:
            raise ValueError(f"`output_type` must be one of {', '.join(OUTPUT_TYPES)}, got {output_type!r}.")
        return list(prompt), image, negative_prompt

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | list[str],
        image: Any = None,
        negative_prompt: str | list[str] | None = None,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        num_images_per_prompt: int = 1,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        output_type: str = "pil",
        letterbox: bool = False,
        keep_proportions: bool = True,
        own_pixels: bool | None = None,
        callback_on_step_end: Callable[["UniLIPPipeline", int, torch.Tensor, dict], dict] | None = None,
    ) -> ImagePipelineOutput:
        """Draws a picture from a prompt, or edits a picture by an instruction.

        Args:
            prompt: one or several prompts; with `image`, instructions. Each may take several turns, see `changes`.
            image: the picture to edit (anything `unilip.images.open_picture` takes), one for all prompts or one each;
                several pictures with one prompt are edited alike.
            negative_prompt: what to steer away from, in place of the null prompt; "" is the null prompt.
            num_inference_steps: sampling steps; None is as many as the model's own, `config.num_inference_steps`.
            guidance_scale: g of v = null + g (cond - null), paper section 3.3; 1 turns guidance off and saves half.
                None is the model's own, `config.guidance_scale`.
            num_images_per_prompt: pictures for each prompt, next to each other in the result.
            generator: seeds the noise; a list gives each picture of the batch its own, and picture i then equals the
                one made alone with generator i, but for a grey level where a batch is rounded in another way.
            latents: initial noise (batch, channels, latent_size, latent_size) instead of a generator's.
            output_type: "pil", "np" (batch, height, width, 3) and "pt" (batch, 3, height, width) in [0, 1], or
                "latent" for the scaled latents. Edits of different sizes come as a list.
            letterbox: pad the picture to a square instead of squashing it, and crop the result.
            keep_proportions: give an edit the proportions of its picture, the longer side `image_size`; False leaves
                the model's square.
            own_pixels: give an edit its picture's own pixels wherever it shows just what the decoder makes of the
                picture itself (see `unilip.own_pixels`); not of latents, and not where the whole picture gets another
                style. None is the model's own choice, `config.own_pixels`.
            callback_on_step_end: called as (pipeline, step, timestep, {"latents": ..., "estimate": ...}) after each
                step; what it returns under "latents" replaces the latents. The estimate is what the step expects of the
                finished latents, for `decode_latents`. Where there are several turns, steps are numbered through, and
                the latents are those of the pictures that have such a turn.

        Raises:
            ValueError: an argument that cannot be honoured, or a prompt that is too long.
            unilip.images.PictureError: a picture that cannot be used.
            FloatingPointError: the numbers grew too large on the way.
        """
        self._require("tokenizer", "connector", "transformer", "scheduler")
        num_inference_steps, guidance_scale = self.choose_sampling(num_inference_steps, guidance_scale)
        prompt, image, negative_prompt = self.check_inputs(
            prompt,
            image,
            negative_prompt,
            num_inference_steps,
            guidance_scale,
            num_images_per_prompt,
            generator,
            latents,
            output_type,
        )
        image = None if image is None else [pictures.open_picture(one) for one in image]
        texts = self._prompt_texts([*prompt, *negative_prompt], image is not None)
        self._check_lengths(texts, self.connector.config.num_queries)
        changes = [self.changes(text, edit=image is not None) for text in prompt]
        turns = max(map(len, changes))

        self._interrupt = False
        try:
            settings = {
                "num_inference_steps": num_inference_steps,
                "guidance_scale": guidance_scale,
                "own_pixels": image is not None and self.choose_own_pixels(own_pixels),
                "callback": callback_on_step_end,
                "decoded": output_type != "latent" or turns > 1,
            }
            source = None if image is None else self._to_squares(image, letterbox)
            first = [one[0] for one in changes]
            latents, squares = self._draw(
                first, negative_prompt, source, num_images_per_prompt, generator, latents, **settings
            )
            # Each picture goes on by itself with what is still to be changed.
            latents = latents.clone() if turns > 1 else latents  # a callback may have kept those of the last step
            changes, negative_prompt = (
                [one for one in ones for _ in range(num_images_per_prompt)] for ones in (changes, negative_prompt)
            )
            for turn in range(1, turns):
                if self._interrupt:
                    break
                some = [place for place, one in enumerate(changes) if len(one) > turn]
                latents[some], squares[some] = self._draw(
                    [changes[place][turn] for place in some],
                    [negative_prompt[place] for place in some],
                    pictures.to_pixel_values(pictures.to_output(squares[some], None, letterbox, "pil")),
                    1,
                    [generator[place] for place in some] if isinstance(generator, list) else generator,
                    None,
                    steps_before=turn * num_inference_steps,
                    **settings,
                )
        finally:
            self.maybe_free_model_hooks()
        if output_type == "latent":
            return ImagePipelineOutput(images=latents)
        sizes = None if image is None else [one.size for one in image for _ in range(num_images_per_prompt)]
        return ImagePipelineOutput(
            images=pictures.to_output(squares, sizes if keep_proportions else None, letterbox, output_type)
        )

    @torch.no_grad()
    def reconstruct(
        self,
        image: Any,
        output_type: str = "pil",
        letterbox: bool = False,
        keep_proportions: bool = True,
    ) -> ImagePipelineOutput:
        """Encodes pictures to latents and decodes them again: what the tokenizer keeps.

        Args:
            image: a picture or a list of pictures, as `unilip.images.open_picture` takes them.
            output_type: as in `__call__`; "latent" gives the scaled latents.
            letterbox: pad to a square instead of squashing, and crop the result.
            keep_proportions: as in `__call__`.
        """
        if output_type not in OUTPUT_TYPES:
            raise ValueError(f"`output_type` must be one of {', '.join(OUTPUT_TYPES)}, got {output_type!r}.")
        image = [pictures.open_picture(one) for one in (image if isinstance(image, (list, tuple)) else [image])]
        try:
            latents = self._latents_of(self.encode_image(self._to_squares(image, letterbox)))
            if output_type == "latent":
                return ImagePipelineOutput(images=latents * self.decoder.config.scaling_factor)
            # Unlike a generated picture, a reconstruction is resized first and clamped after, as it was measured.
            squares = (self._resize_square(self._decode(latents)) / 2 + 0.5).clamp(0, 1)
        finally:
            self.maybe_free_model_hooks()
        sizes = [one.size for one in image] if keep_proportions else None
        return ImagePipelineOutput(images=pictures.to_output(squares, sizes, letterbox, output_type))

    def _prompt_texts(self, texts: list[str | None], edit: bool) -> list[str]:
        texts = [None if text is None else self._as_read(text) for text in texts]
        if edit:
            return [prompts.edit_prompt(text, self.num_image_tokens) for text in texts]
        return [prompts.generation_prompt(text) for text in texts]

    def _as_read(self, text: str, by: str = "user") -> str:
        """A text as the model is given it; its own words it knows."""
        if self.config.simple_text and by == "user":  # first, since "<IMG>" in small letters is a control token
            text = simplified(text)
        return prompts.plain_text(text, self.tokenizer)

    def _check_lengths(self, texts: list[str], room: int):
        most = self.mllm.config.text_config.max_position_embeddings - room
        for text in texts:
            length = len(self.token_ids(text).input_ids)
            if length > most:
                raise ValueError(f"The text is too long: {length} tokens where the model can take {most}.")

    def _to_squares(self, image: list[Image.Image], letterbox: bool) -> torch.Tensor:
        fit = pictures.letterbox if letterbox else pictures.squash
        return pictures.to_pixel_values([fit(one, self.image_size) for one in image])


def put_features(states: torch.Tensor, is_image: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """States (batch, tokens, width) with a picture's features (batch, image tokens, width), in order, where `is_image`
    (batch, tokens). As `masked_scatter`, whose gradient though makes a GPU wait, which no CUDA graph may."""
    which = (is_image.cumsum(dim=1) - 1).clamp(min=0)
    placed = features.to(states.dtype).gather(1, which[..., None].expand_as(states))
    return torch.where(is_image[..., None], placed, states)
