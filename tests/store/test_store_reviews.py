"""Reviews come back as they were given, once each, and leave with the demo they were made up for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_store_studio import postgres, studio, where

from core.domain.errors import BadRequest
from core.domain.reviews import Review, ReviewSummary, ThemeSaid
from core.domain.shoppers import hashed
from core.store.events import Added
from core.store.reviews import ReviewStore
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def review(number: int, item: str = "bag", **fields: object) -> Review:
    plain = {"at": NOW + timedelta(hours=number), "rating": 4.5, "text": "Soft.", **fields}
    return Review(hashed(b"salt", str(number), "r"), item, **plain)  # type: ignore[arg-type]


def test_reviews_come_back_newest_first_and_the_last_word_of_one_counts(studio: Studio) -> None:
    store = ReviewStore(studio)
    given = [review(1), review(2, text=None), review(3, "tote", rating=None)]
    assert store.add(given) == Added(new=3)
    assert store.add([replace(given[0], rating=1.0)]) == Added(repeated=1)
    assert store.add([]) == Added()
    assert store.of("bag") == [given[1], replace(given[0], rating=1.0)]
    assert store.of("bag", limit=1) == [given[1]]
    assert store.all() == [replace(given[0], rating=1.0), given[1], given[2]]
    assert store.all(["tote", "gone"]) == [given[2]]
    assert store.count() == 3


def test_what_reviews_come_to_is_kept_by_product_and_leaves_with_the_demo(studio: Studio) -> None:
    store = ReviewStore(studio)
    store.add([review(1), review(2, "tote", simulated=True)])
    told = ReviewSummary("bag", 1, 4.5, {5: 1}, (ThemeSaid("soft", "Soft", 1, 1.0, "Soft."),))
    store.keep_summaries([told, ReviewSummary("tote", 1), replace(told, item="coat", mean=None)])
    store.keep_summaries([])
    store.keep_summaries([replace(told, count=2)])
    assert store.summary("bag") == replace(told, count=2)
    assert store.ratings() == {"bag": (4.5, 2)}
    assert store.drop_simulated() == 1
    assert (store.summary("tote"), store.count()) == (None, 1)


@pytest.mark.parametrize(
    "fields", [{"rating": 0.5}, {"rating": 5.5}, {"rating": None, "text": " "}, {"text": "x" * 6000}, {"item": ""}]
)
def test_a_review_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        review(1, **fields)  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="salted hash"):
        Review("jane", "bag", NOW, 5.0)
