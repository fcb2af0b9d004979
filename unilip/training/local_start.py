"""A start for a small vision transformer that looks at neighbours first, as a convolution does.

From random weights a transformer needs millions of pictures to find out that neighbouring patches belong together. Here
some channels carry the position alone, and each head of the lower layers starts by attending to the patch at one fixed
offset (after Zheng et al. 2024, "Convolutional Initialization for Data-Efficient Vision Transformers"). The
architecture is unchanged, and everything can be unlearned.
"""

import torch

# One list a layer, one (down, right) offset a head, in patches; layers above keep their random start.
OFFSETS = (
    ((0, 1), (1, 0), (1, 1)),
    ((0, -1), (-1, 0), (-1, -1)),
    ((0, 2), (2, 0), (-1, 1)),
    ((0, -2), (-2, 0), (1, -1)),
)
SHARPNESS = 2.5
CONTENT = 0.25  # factor on the patch embedding, so that positions are not drowned by it


@torch.no_grad()
def start_locally(vision_tower: torch.nn.Module):
    """Sets positions, patch embedding and the attention of the lower layers of an InternVL vision tower with a square
    grid of patches; its last `head width` channels become position channels."""
    config = vision_tower.config
    grid = config.image_size[0] // config.patch_size[0]
    head_width = config.hidden_size // config.num_attention_heads
    content = config.hidden_size - head_width  # channels before the position channels
    frequencies = 20.0 ** -(torch.arange(head_width // 4) / (head_width // 4))  # radians a patch, from 1 to 1/20
    angles = torch.arange(grid)[:, None] * frequencies  # (grid, frequencies)
    axis = torch.cat([angles.sin(), angles.cos()], dim=1)
    positions = torch.cat([axis[:, None].expand(grid, grid, -1), axis[None].expand(grid, grid, -1)], dim=2).flatten(
        0, 1
    )  # (patches, head width): down, then right

    embeddings = vision_tower.embeddings
    embeddings.position_embeddings.zero_()
    embeddings.position_embeddings[0, 1:, content:] = positions
    embeddings.patch_embeddings.projection.weight[:content] *= CONTENT
    embeddings.patch_embeddings.projection.weight[content:] = 0
    for layer in vision_tower.encoder.layer:
        layer.attention.projection_layer.weight[content:] = 0
        layer.mlp.fc2.weight[content:] = 0
    for layer, offsets in zip(vision_tower.encoder.layer, OFFSETS, strict=False):
        attention = layer.attention
        for head, offset in zip(range(config.num_attention_heads), offsets, strict=False):
            rows = slice(head * head_width, (head + 1) * head_width)
            for projection in (attention.q_proj, attention.k_proj):
                projection.weight[rows] = 0
            attention.k_proj.weight[rows, content:] = SHARPNESS * torch.eye(head_width)
            attention.q_proj.weight[rows, content:] = SHARPNESS * rotation(offset, frequencies)


def rotation(offset: tuple[int, int], frequencies: torch.Tensor) -> torch.Tensor:
    """The matrix that turns the position channels of a patch into those of the patch at an offset."""
    blocks = []
    for shift in offset:
        cosines, sines = torch.diag((shift * frequencies).cos()), torch.diag((shift * frequencies).sin())
        blocks.append(torch.cat([torch.cat([cosines, sines], dim=1), torch.cat([-sines, cosines], dim=1)]))
    return torch.block_diag(*blocks)
