"""The tower as open_clip builds it, what it carries during training, and how it is shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.embed.tower.augment import MEAN, STD

Tensor = Any  # torch is imported where it is used

NAME = "compact CLIP"
ARCHITECTURE = "mobilenetv1_100"
DIM = 384
FEATURES = 1024  # of the trunk, before the projection
IMAGE_SIZE = 96
TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
SCALES = ("titles", "phrases", "types", "colours", "shades", "photos")
CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"


def new_tower() -> Any:
    """open_clip's own image tower with fresh weights; [n, 3, h, w] -> [n, DIM], not normalised."""
    from open_clip.timm_model import TimmModel

    return TimmModel(ARCHITECTURE, DIM, IMAGE_SIZE, pool="avg", proj="")


def new_learner(types: int, colours: int, photo_classes: int, heads: Mapping[str, int], frozen: int = 0) -> Any:
    """A module that holds `tower`, the `scales` of the losses and the heads of training.

    frozen: how many of the first groups of layers stay as they are: the stem, then one for each further group.

    forward(pictures) -> (features before the projection [n, FEATURES], unit vectors [n, DIM]); heads(features) -> dict.
    """
    import torch
    from torch import nn

    class Learner(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.tower = new_tower()
            self.scales = nn.ParameterDict({name: nn.Parameter(torch.tensor(2.659)) for name in SCALES})
            outputs = {"type": types, "colour": colours, "photo": photo_classes, "teacher": 1024, **heads}
            self.outputs = nn.ModuleDict({f"to_{name}": nn.Linear(FEATURES, size) for name, size in outputs.items()})
            trunk = self.tower.trunk
            self.kept = [trunk.conv_stem, trunk.bn1, *list(trunk.blocks)[: max(0, frozen - 1)]] if frozen else []
            for part in self.kept:
                part.requires_grad_(False)

        def train(self, mode: bool = True) -> Any:
            super().train(mode)
            for part in self.kept:
                part.eval()  # their running means are not moved either
            return self

        def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
            trunk = self.tower.trunk
            seen = trunk.forward_head(trunk.forward_features(pictures), pre_logits=True)
            return seen, nn.functional.normalize(trunk.get_classifier()(seen).float(), dim=1)

        def heads(self, seen: Tensor) -> dict[str, Tensor]:
            return {name.removeprefix("to_"): head(seen.float()) for name, head in self.outputs.items()}

    return Learner()


class Ema:
    """A running mean of a module's parameters and buffers; what is measured and shipped."""

    def __init__(self, module: Any, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.state: dict[str, Tensor] = {name: value.detach().clone() for name, value in module.state_dict().items()}

    def update(self, module: Any) -> None:
        import torch

        self.steps += 1
        keep = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            now = module.state_dict()
            floats = [name for name, value in now.items() if value.dtype.is_floating_point]
            torch._foreach_lerp_([self.state[n] for n in floats], [now[n] for n in floats], 1 - keep)
            for name in now.keys() - set(floats):
                self.state[name].copy_(now[name])


def export(tower_state: Mapping[str, Tensor], folder: Path, *, scale: float, note: str) -> Path:
    """Write `visual.*` and the config in open_clip's layout; returns the file of the weights.

    Weights are float16; what is one number a channel (normalisation) stays float32, because a small variance would
    vanish. scale: natural logarithm of the inverse temperature.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"visual.{name}": (value.half() if value.ndim > 1 and value.dtype == torch.float32 else value).contiguous()
        for name, value in tower_state.items()
    }
    beside = folder / f"{WEIGHTS}.part"
    save_file(tensors, str(beside), metadata={"format": "pt"})
    beside.replace(folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config(scale, note), indent=2) + "\n", encoding="utf-8")
    return folder / WEIGHTS


def config(scale: float, note: str) -> dict[str, Any]:
    """What open_clip needs to build the model; its text tower is the MiniLM of the machine, resolved at load."""
    return {
        "name": NAME,
        "note": note,
        "model_cfg": {
            "embed_dim": DIM,
            "init_logit_scale": round(scale, 5),
            "vision_cfg": {
                "timm_model_name": ARCHITECTURE,
                "timm_model_pretrained": False,
                "timm_pool": "avg",
                "timm_proj": "",
                "image_size": IMAGE_SIZE,
            },
            "text_cfg": {
                "hf_model_name": TEXT_MODEL,
                "hf_tokenizer_name": TEXT_MODEL,
                "hf_proj_type": None,
                "hf_pooler_type": "mean_pooler",
                "context_length": 77,
            },
            "custom_text": True,
        },
        "preprocess_cfg": {
            "mean": list(MEAN),
            "std": list(STD),
            "size": [IMAGE_SIZE, IMAGE_SIZE],
            "mode": "RGB",
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }
