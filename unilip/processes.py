"""The processes of one run: one alone, or one for each GPU where `accelerate launch` or `torchrun` started several."""

from datetime import timedelta

from accelerate import PartialState
from accelerate.utils import parse_flag_from_env

# Others wait this long for one that indexes shards or encodes pictures; torch's own ten minutes would end such a run.
PATIENCE = timedelta(hours=12)


def process_state() -> PartialState:
    """Which of how many processes this is, and its device.

    accelerate looks for `ACCELERATE_USE_CPU`, which makes processes on a processor find each other, only in its
    `Accelerator`; whoever asks first decides, so it has to be looked for here as well."""
    return PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=PATIENCE)
