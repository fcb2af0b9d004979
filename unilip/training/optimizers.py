"""The optimizers of a stage: AdamW, or Muon for the matrices and AdamW for the rest."""

from typing import Any

import torch

from unilip.training.config import ConfigError, StageConfig


class Muon(torch.optim.Muon):
    """torch's Muon (Jordan et al. 2024), which takes matrices alone, also for the kernels of convolutions.

    It orthogonalises the momentum of each matrix, so that rare directions learn too. Its steps are scaled to those of
    AdamW, so both share their rates.
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
        for original, twin in zip(self.originals, self.twins, strict=True):
            twin.grad = None if original.grad is None else original.grad.flatten(1)
        return super().step(closure)

    def zero_grad(self, set_to_none: bool = True):
        for original in self.originals:
            original.grad = None


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
