"""For the heroes, words and picture tell different stories: measured with MiniLM and a small real vision backbone."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.demo import load
from core.domain.catalogue import ALLOWED_AUDIENCES, State

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DATA = Path(os.environ.get("VITRINE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")
BACKBONE = DATA / "mobilenet-v1-embedder" / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"


def _pictures(files: list[Path]) -> Any:
    """[n, 1024] unit rows."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(str(BACKBONE), num_threads=1)
    interpreter.allocate_tensors()
    into, out = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    rows = []
    for file in files:
        image = Image.open(file).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
        interpreter.set_tensor(into, np.asarray(image)[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(out).ravel().astype(np.float32))
    vectors = np.array(rows)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.models
@pytest.mark.data
@pytest.mark.slow
def test_words_only_and_picture_only_lists_of_a_hero_share_at_most_four_of_ten():
    if not BACKBONE.exists():
        pytest.skip(f"needs {BACKBONE.name} of VITRINE_TEST_DATA")
    from core.embed.registry import text_encoder, text_model_available
    from core.embed.template import item_text
    from core.settings import TEXT_TEMPLATE, Settings

    if not text_model_available(Settings())[0]:
        pytest.skip("needs the MiniLM weights")
    boutique = load(AT)
    items = [item for item in boutique.items if item.id in boutique.pictures]
    words = text_encoder(Settings()).encode([item_text(item, TEXT_TEMPLATE) for item in items])
    looks = _pictures([boutique.pictures[item.id][0] for item in items])
    families = np.array([item.family_id for item in items])
    live = np.array([item.state(AT) == State.LIVE for item in items])
    row_of = {item.id: row for row, item in enumerate(items)}
    for hero in boutique.stories["heroes"]:
        row = row_of[hero]
        guarded = np.array([item.audience in ALLOWED_AUDIENCES[items[row].audience] for item in items])
        allowed = live & guarded & (families != families[row])
        lists = []
        for vectors in (words, looks):
            order = np.argsort(-np.where(allowed, vectors @ vectors[row], -2.0), kind="stable")
            best: dict[str, int] = {}  # a style stands in a list once, with its best colourway
            for other in order:
                best.setdefault(str(families[other]), int(other))
            lists.append(set(list(best.values())[:10]))
        assert len(lists[0] & lists[1]) <= 4, hero
