"""Short configurations of every stage, and stages over tiny pipelines of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import make_tiny_pipeline
from unilip.emoji import art
from unilip.training.config import read_config
from unilip.training.stage import Stage
from unilip.training.stages import STAGES

CONFIG = """
folder = "runs/short"
seed = 3
mixed_precision = "no"

[data]
kind = "emoji"
scenes = 3
edits = 2

[model]
vocab_size = 320
tokenizer_sentences = 10
rope_theta = 1000000.0
flow_shift = 2.0
guidance_scale = 3.0
vision = { hidden_size = 16, num_hidden_layers = 1, num_attention_heads = 2, intermediate_size = 32, \
image_size = [256, 256], patch_size = [16, 16] }
text = { hidden_size = 32, intermediate_size = 48, num_hidden_layers = 1, num_attention_heads = 2, \
num_key_value_heads = 1, max_position_embeddings = 512 }
connector = { num_hidden_layers = 1, num_queries = 8 }
decoder = { attention_head_dim = 8, block_out_channels = [8, 8, 8, 8, 8, 8], layers_per_block = [0, 1, 1, 1, 1, 1], \
scaling_factor = 1.0 }
transformer = { num_layers = 1, num_attention_heads = 1, attention_head_dim = 32, num_cross_attention_heads = 1, \
cross_attention_head_dim = 32, cross_attention_dim = 32, caption_channels = 32 }

[defaults]
steps = 4
batch_size = 4
learning_rate = 2e-3
warmup_steps = 1
workers = 0
log_every = 1
checkpoint_every = 2

[stages.clip.options]
cells = 12

[stages.chat.options]
turns = 2
text_weight = 0.2
cell_weight = 0.5
plan_weight = 0.5
plans = 0.5
edits = 0.5

[stages.principal.options]
pictures = 4
encoder_rate = 1.0
losses = { l2 = 1.0, distillation = 0.2 }

[stages.reconstruction1.options]
window = 4
whole_every = 2
losses = { l2 = 1.0, l1 = 0.2, edge = 0.2 }

[stages.reconstruction2.options]
window = 4
whole_every = 2
encoder_rate = 0.5
adversarial_from = 2
losses = { l2 = 1.0, distillation = 0.2, adversarial = 0.1, discriminator = 1.0 }

[stages.encoder.options]
window = 8
whole_every = 1
encoder_rate = 1.0
losses = { l2 = 1.0, distillation = 0.03 }

# It starts where latents and features are as they are to stay: only a small step does not leave them.
[stages.styles]
learning_rate = 2e-5
[stages.styles.options]
styles = ["pixel art"]
losses = { latent = 0.1, distillation = 0.001, told = 1.0 }

[stages.realignment.options]
turns = 2
text_weight = 0.2
cell_weight = 0.5
plan_weight = 0.5
plans = 0.5
edits = 0.5
latent_weight = 1.0

[stages.generation1.options]
part = 1
edits = 0.0
null_prompts = 0.1
draws = 2
shift = 0.0
train_transformer = false

[stages.generation2.options]
part = 2
edits = 1.0
null_prompts = 0.1
draws = 2
shift = 0.0
train_transformer = true

[stages.generation3.options]
part = 3
edits = 0.0
null_prompts = 0.1
draws = 1
shift = 0.0
train_transformer = true

[stages.decoder.options]
window = 4
whole_every = 2
losses = { l2 = 1.0 }

[stages.tuning.options]
turns = 2
text_weight = 0.2
plan_weight = 0.5
plans = 0.5
edits = 0.5
condition_weight = 1.0
null_prompts = 0.1
"""

needs_art = pytest.mark.skipif(not art.is_fetched(), reason="the emoji art is not fetched")


@pytest.fixture
def config_file(tmp_path) -> Path:
    path = tmp_path / "short.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def make_stage(config_file, tmp_path) -> Callable[..., Stage]:
    """Makes the stage of a name over a fresh tiny pipeline; its options are the embedded model's, then those above,
    then the keywords."""

    def make(name: str, folder: str = "run", **options) -> Stage:
        config = read_config(config_file, tmp_path / folder)
        own = config.stages[name].options
        own.update({**read_config("mini").stages[name].options, **own, **options})
        return STAGES[name](make_tiny_pipeline(), config)

    return make
