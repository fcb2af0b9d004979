"""Generation stage 3 (paper, section 3.2): as stage 2, on a small set of high quality."""

from unilip.training.generation import GenerationStage


class Generation3Stage(GenerationStage):
    """A last, gentle pass."""

    name = "generation3"
