"""An edit with its picture's own pixels wherever it changed nothing: decoding softens all of a picture."""

import torch
import torch.nn.functional as F

NOTICEABLE = 0.12  # of the range of a colour channel: less is the sampler's inexactness
SHIFTED = 0.045  # of a whole area's colour, likewise
FINE, COARSE, SOFT = 1 / 100, 1 / 25, 1 / 200  # standard deviations of blurs, as shares of the edge


def with_own_pixels(edited: torch.Tensor, rebuilt: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Edits (batch, 3, edge, edge) in [0, 1] that keep their source's pixels where they show what is `rebuilt`.

    An edit is compared with its source as the decoder rebuilds it, so what decoding alone changes counts as no change.
    What did change is taken over with a margin and a soft border.
    """
    difference = edited - rebuilt
    changed = blurred(difference.abs().amax(dim=1, keepdim=True), FINE) > NOTICEABLE
    changed |= blurred(difference, COARSE).abs().amax(dim=1, keepdim=True) > SHIFTED
    margin = round(2 * FINE * edited.shape[-1])
    share = blurred(F.max_pool2d(changed.float(), 2 * margin + 1, stride=1, padding=margin), SOFT)
    return share * edited + (1 - share) * source


def blurred(pictures: torch.Tensor, deviation: float) -> torch.Tensor:
    """Pictures (batch, channels, edge, edge) after a Gaussian blur of so large a share of their edge."""
    sigma = deviation * pictures.shape[-1]
    reach = round(3 * sigma)
    steps = torch.arange(-reach, reach + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(pictures.shape[1], 1, 1, -1)
    padded = F.pad(pictures, (reach,) * 4, mode="replicate")
    rows = F.conv2d(padded, kernel, groups=pictures.shape[1])
    return F.conv2d(rows, kernel.transpose(2, 3), groups=pictures.shape[1])
