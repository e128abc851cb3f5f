"""The simulated shoppers behave like shoppers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.demo import FOLDER, Boutique, load
from core.demo.events import COLUMNS, KINDS, PLACEMENTS

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def boutique() -> Boutique:
    return load(AT)


def test_events_are_marked_as_simulated_and_small_on_disk(boutique):
    assert boutique.events["simulated"].all()
    assert (FOLDER / "events.parquet").stat().st_size <= 3_000_000
    assert set(COLUMNS) - {"second"} | {"at", "simulated"} == set(boutique.events.columns)


def test_every_kind_of_event_occurs_in_a_plausible_measure(boutique):
    counts = boutique.events["kind"].value_counts()
    assert set(counts.index) == set(KINDS)
    assert (counts > 0).all()
    assert counts["impression"] > counts["click"] * 5 > 0
    assert counts["view"] > counts["cart"] > counts["purchase"] > counts["return"]
    assert counts["purchase"] > 1500
    assert 0.05 < counts["return"] / counts["purchase"] < 0.3


def test_impressions_and_clicks_carry_a_placement_and_a_position(boutique):
    lists = boutique.events[boutique.events["kind"].isin(["impression", "click"])]
    assert lists["placement"].notna().all()
    assert set(lists["placement"].unique()) <= set(PLACEMENTS)
    assert lists["position"].between(0, 7).all()
    clicks = lists[lists["kind"] == "click"]["position"].value_counts()
    assert clicks[0] > 1.5 * clicks[7]


def test_nothing_happens_to_a_product_before_its_release(boutique):
    release = {item.id: item.release_at for item in boutique.items}
    known = boutique.events[boutique.events["item"].notna()]
    assert all(at >= release[item] for at, item in zip(known["at"], known["item"].astype(str), strict=True))


def test_events_stand_in_order_of_time(boutique):
    assert boutique.events["at"].is_monotonic_increasing


def test_some_searches_find_nothing(boutique):
    searches = boutique.events.loc[boutique.events["kind"] == "search", "query"].dropna()
    assert (searches == "gift card").any()
    assert searches.nunique() > 200


def test_shoppers_have_tastes(boutique):
    """Two purchases of one shopper are of one house far more often than two of anybody."""
    house = {item.id: item.brand for item in boutique.items}
    bought = boutique.events[boutique.events["kind"] == "purchase"]
    brands = bought["item"].astype(str).map(house)
    chance = (brands.value_counts(normalize=True) ** 2).sum()
    same = pairs = 0
    for _, group in brands.groupby(bought["shopper"].astype(str)):
        mine = group.tolist()
        for n, a in enumerate(mine):
            for b in mine[n + 1 :]:
                same, pairs = same + (a == b), pairs + 1
    assert same / pairs > 2 * chance


def test_returns_and_reviews_follow_a_purchase_of_the_same_product(boutique):
    bought: set[tuple[str, str]] = set()
    for row in boutique.events[boutique.events["kind"].isin(["purchase", "return", "review"])].itertuples():
        if row.kind == "purchase":
            bought.add((row.shopper, row.item))
        else:
            assert (row.shopper, row.item) in bought
    reviews = boutique.events[boutique.events["kind"] == "review"]
    assert reviews["rating"].between(1, 5).all()
    assert reviews["text"].notna().all()
