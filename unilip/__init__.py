"""UniLIP: one CLIP that understands, reconstructs, generates and edits pictures."""

__all__ = ["UniLIPPipeline"]


def __getattr__(name: str):
    # Imported on first use: torch, diffusers and transformers take seconds that `import unilip` need not.
    if name == "UniLIPPipeline":
        from unilip.pipeline import UniLIPPipeline

        return UniLIPPipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
