"""Generation stage 1 (paper, section 3.2): drawings only."""

from unilip.training.generation import GenerationStage


class Generation1Stage(GenerationStage):
    """The dual condition is learned under a frozen DiT; where none comes pre-trained, it learns here too."""

    name = "generation1"
