"""What lies in assets/models belongs together."""

from __future__ import annotations

import pytest

from core.embed import clip_files, minilm, registry
from core.embed.tower import zero_shot
from core.settings import Settings

FOLDER = clip_files.MODELS / clip_files.COMPACT


def test_the_confidences_that_ship_belong_to_the_weights_that_ship():
    if minilm.find_minilm(Settings()) is None:
        pytest.skip("needs the MiniLM files")
    card = registry.image_card(Settings(image_model="compact"))
    scales = zero_shot.fitted()
    assert card is not None
    assert scales is not None
    assert scales.key == card.key
    assert set(scales.of) == set(zero_shot.ATTRIBUTES)


def test_the_weights_that_ship_are_small_and_have_a_card():
    weights = clip_files.weights_in(FOLDER)
    assert weights is not None
    assert weights.stat().st_size < 12_000_000
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "carry no licence file at their source" in card
