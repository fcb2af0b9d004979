"""Loading: both layouts, reconstruction-only files, conversion, and one clear sentence for every fault."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.tiny import released_tensors, write_json, write_released
from unilip import checkpoints
from unilip.checkpoints import CheckpointError, computes_in_bfloat16, convert, load_pipeline, pick_device_and_dtype

COMPONENTS = ("mllm", "connector", "transformer", "decoder")
PICTURE = Image.new("RGB", (64, 32), "red")


@pytest.fixture(scope="module")
def released(tiny, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("released") / "model"
    write_released(tiny, folder)
    return folder


@pytest.fixture
def broken(released, tmp_path) -> Path:
    """A copy of the released folder to damage."""
    return Path(shutil.copytree(released, tmp_path / "broken"))


@pytest.fixture
def broken_own(tiny_folder, tmp_path) -> Path:
    """A copy of our own layout to damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "broken"))


def load(source):
    pipeline = load_pipeline(source, device="cpu", dtype="float32")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def assert_equal_weights(one, other, names=COMPONENTS):
    for name in names:
        before, after = getattr(one, name).state_dict(), getattr(other, name).state_dict()
        assert before.keys() == after.keys()
        assert all(torch.equal(before[key], after[key]) for key in before), name


def change_tensors(folder: Path, change):
    """Rewrites the shard that holds each tensor that `change(tensors)` touches."""
    for file in sorted(folder.glob("*.safetensors")):
        tensors = load_file(file)
        before = dict(tensors)
        change(tensors)
        if tensors.keys() != before.keys() or any(tensors[name] is not before[name] for name in tensors):
            save_file(tensors, file)


def test_the_released_layout_gives_the_same_model(tiny, released):
    loaded = load(released)
    assert_equal_weights(tiny, loaded)
    options = {"num_inference_steps": 2, "output_type": "pt"}
    draw = [pipe("a cat", generator=torch.Generator().manual_seed(0), **options).images for pipe in (tiny, loaded)]
    assert torch.equal(*draw)
    assert not loaded.mllm.training and not loaded.transformer.training


def test_a_single_file_without_index(tiny, broken):
    for file in broken.glob("model*"):
        file.unlink()
    save_file(released_tensors(tiny), broken / "model.safetensors")
    assert_equal_weights(tiny, load(broken))


def test_the_dtype_asked_for_arrives(released):
    loaded = load_pipeline(released, device="cpu", dtype="bfloat16")
    for name in COMPONENTS:
        assert {parameter.dtype for parameter in getattr(loaded, name).parameters()} == {torch.bfloat16}
    rotary = loaded.mllm.model.language_model.rotary_emb
    assert rotary.inv_freq.dtype == torch.float32  # bfloat16 positions would be wrong from the hundredth on


def test_a_checkpoint_without_head_shares_the_embedding(broken):
    change_tensors(broken, lambda tensors: tensors.pop("lm_head.weight", None))
    mllm = load(broken).mllm
    assert mllm.lm_head.weight is mllm.get_input_embeddings().weight


def test_a_checkpoint_with_head_keeps_both(released):
    mllm = load(released).mllm
    assert not torch.equal(mllm.lm_head.weight, mllm.get_input_embeddings().weight)


def test_an_embedding_with_spare_rows(broken):
    def grow(tensors):
        for name in ("lm_head.weight", "model.language_model.embed_tokens.weight"):
            if name in tensors:
                tensors[name] = torch.cat([tensors[name], torch.zeros(7, tensors[name].shape[1])])

    change_tensors(broken, grow)
    assert isinstance(load(broken).chat([{"role": "user", "content": "What?"}], max_new_tokens=2), str)


def test_conversion_writes_our_own_layout(tiny, released, tmp_path):
    convert(released, tmp_path / "new")
    assert (tmp_path / "new" / "model_index.json").is_file()
    assert_equal_weights(tiny, load(tmp_path / "new"))


def test_conversion_keeps_tied_weights(broken, tmp_path):
    change_tensors(broken, lambda tensors: tensors.pop("lm_head.weight", None))
    convert(broken, tmp_path / "new")
    mllm = load(tmp_path / "new").mllm
    assert mllm.lm_head.weight is mllm.get_input_embeddings().weight


def test_conversion_to_another_dtype(released, tmp_path):
    convert(released, tmp_path / "new", dtype="bfloat16")
    tensors = load_file(tmp_path / "new" / "transformer" / "diffusion_pytorch_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}


def test_conversion_overwrites_nothing(released, tmp_path):
    (tmp_path / "note.txt").write_text("precious")
    with pytest.raises(CheckpointError, match="not an empty folder"):
        convert(released, tmp_path)


def test_our_own_layout_needs_no_conversion(tiny_folder, tmp_path):
    with pytest.raises(CheckpointError, match="own layout already"):
        convert(tiny_folder, tmp_path / "new")


# Faults of the released layout.


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load(tmp_path / "absent")


def test_an_empty_folder(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load(tmp_path)


def test_a_single_file_that_is_no_checkpoint(released):
    with pytest.raises(CheckpointError, match="give its folder"):
        load(released / "model-00001-of-00002.safetensors")


def test_a_hub_id_without_network():
    with pytest.raises(CheckpointError, match="kanashi6/UniLIP-1B .*the hub cannot be reached"):
        load("kanashi6/UniLIP-1B")


def test_a_missing_shard(broken):
    (broken / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointError, match="model-00002-of-00002.safetensors is missing"):
        load(broken)


@pytest.mark.parametrize("kept", [0, 4, 0.5, 0.999])
def test_a_cut_shard(broken, kept):
    shard = broken / "model-00002-of-00002.safetensors"
    content = shard.read_bytes()
    shard.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(CheckpointError, match="model-00002-of-00002.safetensors is damaged or incomplete"):
        load(broken)


def test_a_missing_tensor(broken):
    change_tensors(broken, lambda tensors: tensors.pop("model.llm_connector.norm.weight", None))
    with pytest.raises(CheckpointError, match="model.llm_connector.norm.weight is missing"):
        load(broken)


@pytest.mark.parametrize(
    "name", ["model.vision_tower.encoder.layers.1.attn.qkv.weight", "model.dit.proj_out.bias", "model.latent_queries"]
)
def test_a_tensor_of_a_wrong_shape(broken, name):
    def cut(tensors):
        if name in tensors:
            tensors[name] = tensors[name][..., :-1].contiguous()

    change_tensors(broken, cut)
    with pytest.raises(CheckpointError, match=f"{name} .* has the shape"):
        load(broken)


def test_a_layer_too_many(broken):
    change_tensors(broken, lambda tensors: tensors.update({"model.llm_connector.layers.9.x": torch.zeros(1)}))
    with pytest.raises(CheckpointError, match="layers.9.x .* one too many"):
        load(broken)


def test_a_stray_tensor_is_only_reported(broken, caplog):
    change_tensors(broken, lambda tensors: tensors.update({"model.note": torch.zeros(1)}))
    load(broken)
    assert "model.note" in caplog.text


def test_an_unknown_size(broken):
    shutil.rmtree(broken / "components")
    with pytest.raises(CheckpointError, match="size of .* is unknown.*64 wide"):
        load(broken)


def test_no_config(broken):
    (broken / "config.json").unlink()
    with pytest.raises(CheckpointError, match="config.json"):
        load(broken)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json", "components/transformer_config.json"])
def test_damaged_settings(broken, name):
    path = broken / name
    path.write_text(path.read_text()[:40])
    with pytest.raises(CheckpointError, match=f"{Path(name).name} is damaged"):
        load(broken)


def test_another_models_config(broken):
    config = json.loads((broken / "config.json").read_text())
    del config["n_query"]
    write_json(broken / "config.json", config)
    with pytest.raises(CheckpointError, match="n_query"):
        load(broken)


@pytest.mark.parametrize("token", ["<IMG_CONTEXT>", "<img>"])
def test_a_tokenizer_without_the_image_tokens(broken, token):
    for path in broken.glob("*token*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace(token, "<other>"), encoding="utf-8")
    with pytest.raises(CheckpointError, match=f"tokenizer .* lacks the token {token}"):
        load(broken)


def test_a_tokenizer_larger_than_the_embedding(broken):
    def cut(tensors):
        for name in ("lm_head.weight", "model.language_model.embed_tokens.weight"):
            if name in tensors:
                tensors[name] = tensors[name][:-1].contiguous()

    change_tensors(broken, cut)
    with pytest.raises(CheckpointError, match="tokenizer .* rows"):
        load(broken)


def test_no_tokenizer(broken):
    (broken / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match="tokenizer is missing"):
        load(broken)


def test_a_damaged_tokenizer(broken):
    (broken / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match="tokenizer in .* is damaged"):
        load(broken)


# Faults of our own layout.


@pytest.mark.parametrize("name", COMPONENTS)
def test_own_layout_without_a_components_weights(broken_own, name):
    (weights,) = (broken_own / name).glob("*.safetensors")
    weights.unlink()
    with pytest.raises(CheckpointError, match=f"{weights.name} is missing"):
        load(broken_own)


@pytest.mark.parametrize("name", COMPONENTS)
def test_own_layout_with_cut_weights(broken_own, name):
    (weights,) = (broken_own / name).glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=f"{weights.name} is damaged"):
        load(broken_own)


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize("fault", ["missing", "surplus", "misshapen"])
def test_own_layout_with_weights_that_do_not_fit(broken_own, name, fault):
    (weights,) = (broken_own / name).glob("*.safetensors")
    tensors = load_file(weights)
    victim = sorted(tensors)[0]
    if fault == "missing":
        del tensors[victim]
    elif fault == "surplus":
        tensors["surplus.weight"] = torch.zeros(1)
    else:
        tensors[victim] = torch.zeros(3, 5)
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=f"{name}"):
        load(broken_own)


@pytest.mark.parametrize("name", ["model_index.json", "decoder/config.json", "tokenizer/tokenizer.json"])
def test_own_layout_with_damaged_settings(broken_own, name):
    (broken_own / name).write_text("{")
    with pytest.raises(CheckpointError):
        load(broken_own)


# Reconstruction-only files.


@pytest.fixture(scope="module")
def reconstruction_tensors(tiny) -> dict[str, torch.Tensor]:
    prefixes = {"model.vision_tower.": "encoder.", "model.multi_modal_projector.": "mlp1.", "model.vae_decoder.": ""}
    return {
        short + name.removeprefix(long): tensor.clone()
        for name, tensor in released_tensors(tiny).items()
        for long, short in prefixes.items()
        if name.startswith(long)
    }


@pytest.fixture
def reconstruction_file(released, reconstruction_tensors, tmp_path) -> Path:
    shutil.copy(released / "config.json", tmp_path)
    shutil.copytree(released / "components", tmp_path / "components")
    torch.save(reconstruction_tensors, tmp_path / "tiny_unilip.pth")
    return tmp_path / "tiny_unilip.pth"


def test_a_reconstruction_file_reconstructs_and_nothing_else(tiny, reconstruction_file):
    loaded = load(reconstruction_file)
    once, again = (pipe.reconstruct(PICTURE, output_type="pt").images for pipe in (tiny, loaded))
    assert torch.equal(once, again)
    for call in (lambda: loaded("a cat"), lambda: loaded.chat([{"role": "user", "content": "What?"}])):
        with pytest.raises(ValueError, match="only the encoder and the pixel decoder"):
            call()


def test_a_reconstruction_file_can_be_converted(tiny, reconstruction_file, tmp_path):
    convert(reconstruction_file, tmp_path / "new")
    loaded = load(tmp_path / "new")
    assert loaded.transformer is None and loaded.tokenizer is None
    once, again = (pipe.reconstruct(PICTURE, output_type="pt").images for pipe in (tiny, loaded))
    assert torch.equal(once, again)


class Attack:
    """Unpickling this would create a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_in_a_pickle_is_not_run(reconstruction_tensors, reconstruction_file, tmp_path):
    torch.save({**reconstruction_tensors, "attack": Attack(tmp_path / "trace")}, reconstruction_file)
    with pytest.raises(CheckpointError, match="holds more than tensors"):
        load(reconstruction_file)
    assert not (tmp_path / "trace").exists()


def test_a_cut_reconstruction_file(reconstruction_file):
    reconstruction_file.write_bytes(reconstruction_file.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="tiny_unilip.pth"):
        load(reconstruction_file)


def test_a_reconstruction_file_of_an_unknown_size(reconstruction_file):
    (reconstruction_file.parent / "config.json").unlink()
    with pytest.raises(CheckpointError, match="64 wide"):
        load(reconstruction_file)


def test_a_reconstruction_file_without_a_tensor(reconstruction_tensors, reconstruction_file):
    torch.save({k: v for k, v in reconstruction_tensors.items() if k != "down_mlp.0.bias"}, reconstruction_file)
    with pytest.raises(CheckpointError, match="down_mlp.0.bias is missing"):
        load(reconstruction_file)


# Device and dtype.


def test_device_and_dtype_as_asked():
    assert pick_device_and_dtype("cpu", "float32") == (torch.device("cpu"), torch.float32)
    assert pick_device_and_dtype("cpu", "bf16")[1] == torch.bfloat16
    assert pick_device_and_dtype("cpu", torch.float16)[1] == torch.float16


@pytest.mark.parametrize("capability, fast", [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_cards_run_in_bfloat16_where_they_compute_in_it(monkeypatch, capability, fast):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert computes_in_bfloat16(torch.device("cuda")) is fast


def test_the_cpu_runs_in_bfloat16_where_it_computes_in_it():
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    assert pick_device_and_dtype("cpu")[1] == (torch.bfloat16 if fast else torch.float32)


@pytest.mark.parametrize(("device", "dtype"), [("cpu", "int4"), ("toaster", None), ("cuda:99", None), ("xpu", None)])
def test_what_the_machine_lacks_is_named(device, dtype):
    with pytest.raises(ValueError, match=dtype or device):
        pick_device_and_dtype(device, dtype)


def test_the_embedded_model_is_where_it_belongs():
    assert checkpoints.EMBEDDED.parts[-2:] == ("assets", "unilip-mini")
