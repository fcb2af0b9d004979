"""Generation stage 2 (paper, section 3.2): the DiT learns too, from drawings and edits."""

from unilip.training.generation import GenerationStage


class Generation2Stage(GenerationStage):
    """Drawings and edits together."""

    name = "generation2"
