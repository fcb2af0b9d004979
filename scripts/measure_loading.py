"""Peak memory of loading: makes a full-size random checkpoint in the released layout, loads it in a fresh process and
prints how much memory that took, as a multiple of the checkpoint. Run it as `python -m scripts.measure_loading`."""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from unilip.checkpoints import load_pipeline
from unilip.prompts import CONTROL_TOKENS
from unilip.released import EMBEDDING, INTERNVIT_300M, build_complete, find_places

VOCABULARY = 151_674
SHARD_BYTES = 1 << 30
SIZES = {  # Qwen2.5-0.5B and 1.5B, and the width of the DiT
    "1b": ({"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14}, 1152),
    "3b": ({"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12}, 2240),
}
MIB = 1 << 20


def make_checkpoint(folder: Path, size: str, dtype: torch.dtype):
    """Writes a random checkpoint of a published size, shard by shard."""
    text_config, dit_width = SIZES[size]
    config = {
        "vision_config": INTERNVIT_300M,
        "text_config": {**text_config, "num_key_value_heads": 2, "rope_theta": 1000000.0},
        "n_query": 256,
        "connect_layer": 6,
        "unilip_factor": 10.6,
    }
    known = {
        "model.dit.patch_embed.proj.weight": (dit_width,),
        EMBEDDING: (VOCABULARY,),
        "lm_head.weight": (VOCABULARY,),
    }
    modules, _ = build_complete(config, known, folder)
    shards: list[dict[str, torch.Tensor]] = [{}]
    weight_map, filled = {}, 0

    def flush():
        save_file(shards[-1], folder / f"model-{len(shards):05d}.safetensors")
        shards[-1] = {}

    for name, places in find_places(modules, reconstruction_only=False).items():
        tensor = torch.randn(places[0].shape, dtype=dtype) * 0.02
        if filled + tensor.nbytes > SHARD_BYTES:
            flush()
            shards.append({})
            filled = 0
        shards[-1][name] = tensor
        weight_map[name] = f"model-{len(shards):05d}.safetensors"
        filled += tensor.nbytes
    flush()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    vocabulary = {token: index for index, token in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|endoftext|>", additional_special_tokens=list(CONTROL_TOKENS)
    ).save_pretrained(folder)


def measure(folder: Path, dtype: str):
    """Loads the checkpoint and prints the peak of resident memory while that lasted."""
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    process = psutil.Process()
    before = peak = process.memory_info().rss
    done = threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    pipeline = load_pipeline(folder, device="cpu", dtype=dtype)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    after = process.memory_info().rss
    print(f"checkpoint             {size / MIB:9.0f} MiB")
    print(f"libraries, before      {before / MIB:9.0f} MiB")
    print(
        f"peak while loading     {(peak - before) / MIB:9.0f} MiB above that, {(peak - before) / size:.3f} x checkpoint"
    )
    print(f"peak of the process    {peak / MIB:9.0f} MiB, {peak / size:.3f} x checkpoint")
    print(f"after loading          {(after - before) / MIB:9.0f} MiB above, in {seconds:.1f} s, {pipeline.dtype}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1b")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--load", type=Path, help="measure the checkpoint in this folder instead of making one")
    arguments = parser.parse_args()
    if arguments.load:
        measure(arguments.load, arguments.dtype)
        return
    with tempfile.TemporaryDirectory() as folder:
        make_checkpoint(Path(folder), arguments.size, getattr(torch, arguments.dtype))
        command = [sys.executable, "-m", "scripts.measure_loading", "--load", folder, "--dtype", arguments.dtype]
        subprocess.run(command, check=True, cwd=Path(__file__).resolve().parent.parent)


if __name__ == "__main__":
    main()
