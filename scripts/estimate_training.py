"""A calculation on paper of what the recipe costs at the published sizes: floating-point operations counted over the
components without weights, memory of weights and optimizer. Run it as `python -m scripts.estimate_training`.

Nothing here was measured on a GPU. Hours follow from the operations by the share of a card's peak that training is
assumed to reach; time spent on reading pictures, on the losses' own networks (LPIPS, ConvNeXt, discriminator) and on
communication is not counted.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from scripts.measure_loading import SIZES, VOCABULARY
from unilip.released import EMBEDDING, INTERNVIT_300M, build_complete
from unilip.training.config import TrainingConfig, read_config

PROMPT_TOKENS = 100  # a long caption with its template
IMAGE_TOKENS, QUERIES = 256, 256
# Forward passes that a training step is worth: the backward pass costs two, one of them for the weights.
FROZEN, PASSED_THROUGH, LEARNING, CHECKPOINTED = 1, 2, 3, 4
GIB = 1 << 30


def build(size: str) -> dict[str, nn.Module]:
    """The components of a published size, without memory for weights."""
    text_config, dit_width = SIZES[size]
    config = {
        "vision_config": INTERNVIT_300M,
        "text_config": {**text_config, "num_key_value_heads": 2, "rope_theta": 1000000.0},
        "n_query": QUERIES,
        "connect_layer": 6,
        "unilip_factor": 10.6,
    }
    shapes = {
        EMBEDDING: (VOCABULARY, text_config["hidden_size"]),
        "model.dit.patch_embed.proj.weight": (dit_width, 32, 1, 1),
    }
    modules, _ = build_complete(config, shapes, Path("nowhere"))
    return {name: module.to("meta") for name, module in modules.items()}


def operations(run: Callable[[], object]) -> float:
    """Floating-point operations of a forward pass."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())


def forward_costs(modules: dict[str, nn.Module], edge: int) -> dict[str, float]:
    """Operations of one sample's forward pass through each component, by name; pictures have `edge` pixels."""
    model, width = modules["mllm"].model, modules["mllm"].config.text_config.hidden_size
    cells = edge // 28
    pixels = torch.empty(1, 3, edge, edge, device="meta")
    features = torch.empty(1, cells * cells, width, device="meta")

    def language(tokens: int) -> float:
        states = torch.empty(1, tokens, width, device="meta")
        mask = {"full_attention": None}  # a mask of its own would be looked at, and there is nothing to see
        return operations(lambda: model.language_model(inputs_embeds=states, attention_mask=mask, use_cache=False))

    def transformer(tokens: int) -> float:
        condition = torch.empty(1, tokens, 2304, device="meta")
        latents = torch.empty(1, 32, cells, cells, device="meta")
        return operations(lambda: modules["transformer"](latents, condition, timestep=torch.empty(1, device="meta")))

    drawing, editing = PROMPT_TOKENS + QUERIES, PROMPT_TOKENS + IMAGE_TOKENS + QUERIES
    return {
        "encoder": operations(lambda: model.get_image_features(pixel_values=pixels)),
        "decoder": operations(lambda: modules["decoder"](features)),
        "language": language(drawing),
        "language, edit": language(editing),
        # The connector is six layers of the language model's own shape.
        "connector": language(QUERIES) * 6 / modules["mllm"].config.text_config.num_hidden_layers,
        "transformer": transformer(drawing),
        "transformer, edit": transformer(editing),
    }


def stage_cost(name: str, recipe: TrainingConfig, costs: dict[int, dict[str, float]]) -> float:
    """Operations of a whole stage of the recipe."""
    stage = recipe.stages[name]
    samples = stage.steps * stage.batch_size
    if name.startswith("reconstruction"):
        sizes = [*stage.options["image_sizes"], [stage.steps, 0]]
        encoder = FROZEN if name == "reconstruction1" else LEARNING + FROZEN  # and the copy that it is held to
        total = 0.0
        for (first, edge), (end, _) in zip(sizes, sizes[1:], strict=False):
            cost = costs[edge]
            total += (end - first) * stage.batch_size * (encoder * cost["encoder"] + LEARNING * cost["decoder"])
        return total
    cost, edits = costs[448], stage.options["edits"]
    # The queries, which learn, are read by the language model: it is passed through, and computed twice to save memory.
    through, learning = (2 + PASSED_THROUGH - 1, CHECKPOINTED) if stage.gradient_checkpointing else (2, LEARNING)
    transformer = learning if stage.options["train_transformer"] else through
    drawing = cost["encoder"] + through * cost["language"] + transformer * cost["transformer"]
    editing = 2 * cost["encoder"] + through * cost["language, edit"] + transformer * cost["transformer, edit"]
    return samples * ((1 - edits) * drawing + edits * editing + LEARNING * cost["connector"])


def learning_parts(name: str, modules: dict[str, nn.Module]) -> list[nn.Module]:
    model = modules["mllm"].model
    parts = {
        "reconstruction1": [modules["decoder"]],
        "reconstruction2": [modules["decoder"], model.vision_tower, model.multi_modal_projector],
        "generation1": [modules["connector"]],
    }
    return parts.get(name, [modules["connector"], modules["transformer"]])


def parameters(parts) -> int:
    return sum(parameter.numel() for part in parts for parameter in part.parameters())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--peak", type=float, default=989, help="teraflops of the card in bfloat16 (H100: 989)")
    parser.add_argument("--share", type=float, default=0.35, help="part of the peak that training reaches")
    arguments = parser.parse_args()
    speed = arguments.peak * 1e12 * arguments.share * 3600
    print("| size | stage | steps x batch | operations a sample | weights, gradients, Adam | GPU hours |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in SIZES:
        modules, recipe = build(size), read_config(size)
        costs = {edge: forward_costs(modules, edge) for edge in (224, 448)}
        everything = parameters(modules.values())
        for name, stage in recipe.stages.items():
            total = stage_cost(name, recipe, costs)
            learning = parameters(learning_parts(name, modules))
            # float32: 4 bytes a weight; where it learns, 4 for its gradient and 8 for Adam's moments; the average too.
            held = 4 * everything + (12 + (4 if stage.ema_decay else 0)) * learning
            print(
                f"| {size} | {name} | {stage.steps:,} x {stage.batch_size} | "
                f"{total / stage.steps / stage.batch_size / 1e12:.1f} T | {held / GIB:.0f} GiB | {total / speed:,.0f} |"
            )


if __name__ == "__main__":
    main()
