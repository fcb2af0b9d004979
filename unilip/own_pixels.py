"""An edit with its picture's own pixels wherever it changed nothing: decoding softens all of a picture."""

import torch
import torch.nn.functional as F

# Shares of the range of a colour channel, less than which is the sampler's inexactness: of a spot, of what adjoins a
# changed spot, and of the mean colour of a whole area.
NOTICEABLE, FAINT, SHIFTED = 0.12, 0.07, 0.045
FINE, COARSE, SOFT = 1 / 100, 1 / 25, 1 / 200  # standard deviations of blurs, as shares of the edge
REACH = 24  # steps of the margin's width that a change may spread over what is faint


def with_own_pixels(edited: torch.Tensor, rebuilt: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Edits (batch, 3, edge, edge) in [0, 1] that keep their source's pixels where they show what is `rebuilt`.

    An edit is compared with its source as the decoder rebuilds it, so what decoding alone changes counts as no change.
    What did change is taken over with a margin and a soft border.
    """
    difference = edited - rebuilt
    spots = blurred(difference.abs().amax(dim=1, keepdim=True), FINE)
    shifts = blurred(difference, COARSE).abs().amax(dim=1, keepdim=True)
    changed = ((spots > NOTICEABLE) | (shifts > SHIFTED)).float()
    faint = (spots > FAINT).float()
    margin = round(2 * FINE * edited.shape[-1])
    for _ in range(REACH):
        changed = torch.maximum(changed, widened(changed, margin) * faint)
    share = blurred(widened(changed, margin), SOFT)
    return share * edited + (1 - share) * source


def widened(masks: torch.Tensor, by: int) -> torch.Tensor:
    """Masks (batch, 1, edge, edge) with so many pixels more on each side."""
    return F.max_pool2d(masks, 2 * by + 1, stride=1, padding=by)


def blurred(pictures: torch.Tensor, deviation: float) -> torch.Tensor:
    """Pictures (batch, channels, edge, edge) after a Gaussian blur of so large a share of their edge."""
    sigma = deviation * pictures.shape[-1]
    reach = round(3 * sigma)
    steps = torch.arange(-reach, reach + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(pictures.shape[1], 1, 1, -1)
    padded = F.pad(pictures, (reach,) * 4, mode="replicate")
    # In autocast's bfloat16 oneDNN never ends where channels come last (AVX-512, torch 2.13).
    with torch.autocast(pictures.device.type, enabled=False):
        rows = F.conv2d(padded, kernel, groups=pictures.shape[1])
        return F.conv2d(rows, kernel.transpose(2, 3), groups=pictures.shape[1])
