"""What other shoppers did: visits like this one, shoppers alike, and nothing that was not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from core.domain.catalogue import Catalogue, Item
from core.recommend.session import COMMON, NEIGHBOURS, Crowd, crowd, position_weights

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ITEMS = [f"i{n:02d}" for n in range(30)]
CATALOGUE = Catalogue.of([Item(item) for item in ITEMS])


def happened(seed: int, visits: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for visit in range(visits):
        begin = AT - timedelta(days=float(rng.uniform(1, 60)))
        for n, item in enumerate(rng.choice(ITEMS, int(rng.integers(1, 7)))):
            kind = ("view", "view", "save", "cart", "purchase", "impression")[int(rng.integers(6))]
            rows.append((begin + timedelta(minutes=n), kind, item, f"v{visit}", f"o{visit % 30}"))
    return pd.DataFrame(rows, columns=["at", "kind", "item", "session", "shopper"]).sort_values("at", kind="stable")


STRONG = {"view": 1.0, "save": 2.0, "cart": 3.0, "purchase": 4.0}


def by_hand(table: pd.DataFrame, group: str, mine: dict[str, float], owner: str | None = None) -> np.ndarray:
    """[n] what groups of acts like `mine` went on to, by plain loops over a table."""
    acts = table[table["kind"].isin(STRONG)]
    groups = {
        name: {item: max(STRONG[kind] for kind in some["kind"]) for item, some in part.groupby("item")}
        for name, part in acts.groupby(group)
    }
    owners = {name: part["shopper"].iloc[0] for name, part in acts.groupby(group)}
    popularity = {item: sum(item in some for some in groups.values()) for item in ITEMS}
    rare = {item: np.log1p(len(groups) / (1 + popularity[item])) for item in ITEMS}
    close = {
        name: sum(weight * rare[item] for item, weight in mine.items() if item in some) / np.sqrt(len(some))
        for name, some in groups.items()
        if owner is None or owners[name] != owner
    }
    near = sorted((name for name in close if close[name] > 0), key=lambda name: -close[name])[:NEIGHBOURS]
    out = np.zeros(len(ITEMS))
    for name in near:
        for item, strength in groups[name].items():
            out[ITEMS.index(item)] += close[name] * strength
    out /= np.sqrt([popularity[item] + COMMON for item in ITEMS])
    out[[ITEMS.index(item) for item in mine]] = 0.0
    return out / np.sqrt(np.square(out).mean())


@pytest.mark.parametrize("seed", range(8))
def test_visits_go_on_as_a_plain_count_says(seed: int) -> None:
    table = happened(seed)
    made, now = crowd(table, CATALOGUE), ["i03", "i11"]
    rows = CATALOGUE.rows(now)
    weights = position_weights(len(now))
    expected = by_hand(table, "session", dict(zip(now, weights.tolist(), strict=True)))
    np.testing.assert_allclose(made.goes_on(rows, weights, AT), expected, atol=1e-9)
    expected = by_hand(table, "shopper", dict(zip(now, weights.tolist(), strict=True)), "o3")
    np.testing.assert_allclose(made.alike(rows, weights, AT, "o3"), expected, atol=1e-9)


def test_the_order_of_the_table_within_a_moment_does_not_count() -> None:
    table = happened(1)
    table["at"] = table.groupby("session")["at"].transform("min")
    mixed = table.sample(frac=1.0, random_state=3).sort_values("at", kind="stable")
    rows, weights = CATALOGUE.rows(["i05"]), np.ones(1)
    one, other = (crowd(some, CATALOGUE).goes_on(rows, weights, AT) for some in (table, mixed))
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one, other)


def test_later_visits_are_not_known_yet() -> None:
    table = happened(2)
    until = AT - timedelta(days=30)
    past = table[table.groupby("session")["at"].transform("max") < until]
    rows, weights = CATALOGUE.rows(["i07"]), np.ones(1)
    whole = crowd(table, CATALOGUE).visits.near(rows, weights, until)
    assert len(whole[0]) == len(crowd(past, CATALOGUE).visits.near(rows, weights, until)[0])


def test_styles_are_shares_and_hold_nothing_that_is_liked_already() -> None:
    made = crowd(happened(3), CATALOGUE)
    rows = CATALOGUE.rows(["i01", "i02"])
    found, shares = made.styles(rows, np.array([0.5, 0.5]), AT)
    assert shares.sum() == pytest.approx(1.0)
    assert list(shares) == sorted(shares, reverse=True)
    assert not set(found.tolist()) & set(rows.tolist())


def test_strange_products_and_an_empty_record_are_no_fault() -> None:
    table = happened(4).assign(item="gone")
    made: Crowd = crowd(table, CATALOGUE)
    assert len(made.visits) == 0
    assert made.goes_on(CATALOGUE.rows(["i01"]), np.ones(1), AT) is None
    assert made.alike(np.empty(0, dtype=np.int64), np.empty(0), AT) is None
    assert len(made.styles(CATALOGUE.rows(["i01"]), np.ones(1), AT)[0]) == 0


def test_who_acts_on_everything_is_no_shopper() -> None:
    many = Catalogue.of([Item(f"i{n:03d}") for n in range(100)])
    rows = [(AT - timedelta(days=1), "view", f"i{n:03d}", "robot", "robot") for n in range(100)]
    table = pd.DataFrame(rows, columns=["at", "kind", "item", "session", "shopper"])
    assert len(crowd(table, many).visits) == 0
