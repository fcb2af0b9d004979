"""The optimizers of a stage: AdamW, or Muon for the matrices and AdamW for the rest."""

from typing import Any

import torch

from unilip.training.config import ConfigError, StageConfig


def make_optimizers(groups: list[dict[str, Any]], config: StageConfig) -> list[torch.optim.Optimizer]:
    """Optimizers over the groups of `Stage.parameter_groups`.

    Muon (Jordan et al. 2024) orthogonalises each matrix's momentum, so that rare directions learn too: on the small
    world's CLIP it needs less than half as many pictures. Its steps are scaled to AdamW's, so both share their rates.
    """
    if config.optimizer == "adamw":
        return [torch.optim.AdamW(groups, betas=config.betas, fused=True)]
    if config.optimizer != "muon":
        raise ConfigError(f"There is no optimizer {config.optimizer}: use adamw or muon.")
    matrices = [group for group in groups if group["matrices"]]
    others = [group for group in groups if not group["matrices"]]
    optimizers = []
    if matrices:
        optimizers.append(torch.optim.Muon(matrices, adjust_lr_fn="match_rms_adamw"))
    if others:
        optimizers.append(torch.optim.AdamW(others, betas=config.betas, fused=True))
    return optimizers
