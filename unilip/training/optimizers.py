"""The optimizers of a stage: AdamW, or Muon for the matrices and AdamW for the rest."""

from typing import Any

import torch

from unilip.checkpoints import computes_in_bfloat16
from unilip.training.config import ConfigError, StageConfig


class Muon(torch.optim.Muon):
    """torch's Muon (Jordan et al. 2024), which takes matrices alone, also for the kernels of convolutions.

    It orthogonalises the momentum of each matrix, so that rare directions learn too. Its steps are scaled to those of
    AdamW, so both share their rates. Matrices of one shape are orthogonalised together: one by one, a GPU would spend
    most of a small model's step on starting kernels.
    """

    def __init__(self, groups: list[dict[str, Any]]):
        self.originals = [one for group in groups for one in group["params"]]
        if not all(one.is_contiguous() for one in self.originals):
            raise ValueError("Muon's matrices have to be contiguous: a kernel in channels-last order has no flat view.")
        # Twins share their originals' memory, with all but the first dimension in one.
        groups = [
            {**group, "params": [torch.nn.Parameter(one.data.flatten(1)) for one in group["params"]]}
            for group in groups
        ]
        super().__init__(groups, adjust_lr_fn="match_rms_adamw")
        self.twins = [one for group in self.param_groups for one in group["params"]]

    def step(self, closure=None):
        self.move(self.directions())

    @torch.no_grad()
    def directions(self) -> list[tuple[dict[str, Any], list[torch.Tensor], list[torch.Tensor]]]:
        """What a step is made of, before rates and decay: a group, matrices of one shape, and where each goes."""
        directions = []
        for original, twin in zip(self.originals, self.twins, strict=True):
            twin.grad = None if original.grad is None else original.grad.flatten(1)
        for group in self.param_groups:
            matrices, gradients, momenta = [], [], []
            self._init_group(group, matrices, gradients, momenta)
            if not matrices:
                continue
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
            for shape in {one.shape for one in matrices}:
                chosen = [index for index, one in enumerate(matrices) if one.shape == shape]
                update = orthogonalised(torch.stack([updates[index] for index in chosen]), group).float()
                directions.append((group, [matrices[index] for index in chosen], list(update.unbind())))
        return directions

    @torch.no_grad()
    def move(self, directions: list[tuple[dict[str, Any], list[torch.Tensor], list[torch.Tensor]]]):
        """Decays the matrices and moves them along their directions, at their groups' rates."""
        for group, matrices, updates in directions:
            rate = 0.2 * max(matrices[0].shape) ** 0.5 * group["lr"]  # "match_rms_adamw"
            torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(matrices, updates, alpha=-rate)

    def zero_grad(self, set_to_none: bool = True):
        for original in self.originals:
            original.grad = None


def orthogonalised(matrices: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
    """The nearest orthogonal matrices (count, rows, columns), roughly, by `ns_steps` Newton-Schulz iterations with the
    group's `ns_coefficients`, in bfloat16 where that is fast."""
    a, b, c = group["ns_coefficients"]
    tall = matrices.shape[1] > matrices.shape[2]
    matrices = matrices.mT if tall else matrices
    if computes_in_bfloat16(matrices.device):
        matrices = matrices.bfloat16()
    matrices = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = matrices @ matrices.mT
        gram = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        matrices = torch.baddbmm(matrices, gram, matrices, beta=a)
    return matrices.mT if tall else matrices


def make_optimizers(groups: list[dict[str, Any]], config: StageConfig) -> list[torch.optim.Optimizer]:
    """Optimizers over the groups of `Stage.parameter_groups`."""
    if config.optimizer == "adamw":
        return [torch.optim.AdamW(groups, betas=config.betas, fused=True)]
    if config.optimizer != "muon":
        raise ConfigError(f"There is no optimizer {config.optimizer}: use adamw or muon.")
    matrices = [group for group in groups if group["matrices"]]
    others = [group for group in groups if not group["matrices"]]
    optimizers = []
    if matrices:
        optimizers.append(Muon(matrices))
    if others:
        optimizers.append(torch.optim.AdamW(others, betas=config.betas, fused=True))
    return optimizers
