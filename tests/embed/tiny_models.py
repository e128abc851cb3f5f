"""A CLIP of a few thousand numbers, drawn from a seed, in open_clip's layout: a model that a person could bring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONFIG: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


def tiny_folder(
    folder: Path, *, seed: int | None, name: str = "Tiny CLIP", words: dict[str, Any] | None = None
) -> Path:
    """A folder with the model of `seed`; seed None has nothing but zeros, and sees nothing.

    words: other settings of its text tower, which stands by itself then, as in the models of the hub.
    """
    import open_clip
    import torch
    from safetensors.torch import save_file

    config = {**CONFIG, "text_cfg": {**CONFIG["text_cfg"], **(words or {})}}
    with torch.random.fork_rng():
        torch.manual_seed(seed or 0)
        model = (open_clip.CustomTextCLIP if words else open_clip.CLIP)(**config)
    if seed is None:
        for part in model.parameters():
            part.data.zero_()
    folder.mkdir(parents=True)
    state = {part: tensor.contiguous() for part, tensor in model.state_dict().items()}
    save_file(state, str(folder / "open_clip_model.safetensors"))
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3, "size": [32, 32], "resize_mode": "squash"}
    if words:
        config["custom_text"] = True
    told = {"name": name, "model_cfg": config, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder
