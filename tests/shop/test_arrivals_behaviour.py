"""What is kept takes after its neighbours in what shoppers do at once, long before the next build."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from core.build import build, keep, open_shop, remove
from core.domain.arrivals import Arrival
from core.domain.events import Event
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import EVENT, SESSION, hashed
from core.domain.strategy import Strategy
from core.rank import behaviour
from core.rank.behaviour import Behaviour, BehaviourSignal
from core.settings import Settings
from core.shop import Shop
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop

SALT = b"a salt of sixteen"
COAT = next(item for item in boutique() if item.id == "coats-aurel-black")
LIKE_IT = Arrival.from_json(
    {
        "id": "new-coat", "title": COAT.title, "brand": COAT.brand, "category": list(COAT.category), "type": COAT.type,
        "colour": list(COAT.colour), "description": COAT.description,
        "release_at": (NOW - timedelta(days=1)).isoformat(),
    }
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    """The boutique, in which thirty of sixty shoppers bought a black coat with a red tote."""
    opened = open_small_shop(tmp_path / "shop", [replace(one, stock={"S": 3}) for one in boutique()], pictures=False)
    made = []
    ids = opened.catalogue().ids
    for n in range(60):
        both = ("coats-aurel-black", "totes-corvin-red") if n < 30 else (ids[40 + n % 20], ids[60 + n % 20])
        for at, item in enumerate((*both, ids[7 + n % 30])):
            made.append(
                Event(
                    hashed(SALT, f"{n}-{at}", EVENT), "purchase", NOW - timedelta(days=1 + n), item=item,
                    shopper=hashed(SALT, f"s{n}"), session=hashed(SALT, f"v{n}", SESSION),
                )
            )  # fmt: skip
    opened.events.add(made)
    return rebuilt(opened)


def rebuilt(shop: Shop) -> Shop:
    build(Settings(data=shop.layout.data), worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    return open_shop(Settings(data=shop.layout.data), worker=PlainWorker())  # type: ignore[arg-type]


def kept(shop: Shop) -> Shop:
    settings = Settings(data=shop.layout.data)
    done = keep(settings, [LIKE_IT], who="Ines", why="new", worker=PlainWorker(), at=NOW, studio=shop.studio)  # type: ignore[arg-type]
    assert done.snapshot
    return open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]


def spoken_for(shop: Shop, anchor: str, item: str) -> float:
    signal, view = shop.view(NOW).signals["behaviour"], shop.view(NOW)
    assert isinstance(signal, BehaviourSignal)
    return float(signal.pairs(view.catalogue.rows([anchor]), view.catalogue.rows([item]))[0])


def test_what_is_kept_takes_after_what_it_reads_like_before_any_build(shop: Shop) -> None:
    before = {item: spoken_for(shop, "coats-aurel-black", item) for item in shop.catalogue().ids}
    grown = kept(shop)
    assert spoken_for(grown, "new-coat", "totes-corvin-red") > 0
    assert spoken_for(grown, "totes-corvin-red", "new-coat") > 0
    after = {item: spoken_for(grown, "coats-aurel-black", item) for item in before}
    assert after == before, "what the others are to each other stays"
    blend = Strategy(weights={"behaviour": 1.0}, lam=1.0, brand_cap=None)
    listing = grown.recommend(Request(anchor="new-coat", at=NOW, strategy=blend))
    told = [spoken_for(grown, "new-coat", item) for item in listing.ids]
    assert told == sorted(told, reverse=True)
    assert told[0] > 0
    assert any(one.contributions.get("behaviour") for one in listing.items)


def test_what_is_kept_has_a_list_of_what_goes_with_its_like(shop: Shop) -> None:
    asked = Request(Placement.TOGETHER, anchor="new-coat", at=NOW)
    at_once = kept(shop)
    listing = at_once.recommend(asked)
    assert "totes-corvin-red" in listing.ids
    assert {one.notes[-1].code for one in listing.items} == {"like_it"}
    before = shop.recommend(asked.changed(anchor="coats-aurel-black"))
    assert at_once.recommend(asked.changed(anchor="coats-aurel-black")).items == before.items
    assert set(listing.ids) == set(rebuilt(at_once).recommend(asked).ids)


def test_it_is_about_what_the_next_build_learns(shop: Shop) -> None:
    at_once, later = kept(shop), None
    ids = at_once.catalogue().ids
    first = {item: spoken_for(at_once, "new-coat", item) for item in ids if item != "new-coat"}
    later = rebuilt(at_once)
    learnt = {item: spoken_for(later, "new-coat", item) for item in first}
    assert max(learnt, key=lambda item: learnt[item]) == max(first, key=lambda item: first[item])
    assert np.corrcoef(list(first.values()), list(learnt.values()))[0, 1] > 0.9


def test_taken_back_it_leaves_no_trace(shop: Shop) -> None:
    grown = kept(shop)
    settings = Settings(data=shop.layout.data)
    remove(settings, ["new-coat"], who="Ines", why="no", worker=PlainWorker(), at=NOW, studio=grown.studio)  # type: ignore[arg-type]
    again = open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]
    assert again.snapshot.id == shop.snapshot.id
    assert again.recommend(Request(Placement.TOGETHER, anchor="coats-aurel-black", at=NOW)).ids


def test_new_items_take_from_neighbours_and_from_each_other_what_these_are_to_one_another() -> None:
    """Items 0 and 1 are bought together; 2 reads like 0, 3 like 1, and nobody met these."""
    acts = np.array([5, 5, 0, 0], dtype=np.int32)
    table = sparse.csr_matrix(np.array([[0, 2.0, 0, 0], [1.0, 0, 0, 0], [9.0, 0, 0, 0], [0, 0, 0, 0]]))
    model = Behaviour(
        table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data.astype(np.float32), acts,
        np.array([True, True, True, False]), "ease",
    )  # fmt: skip
    vectors = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32)
    made = behaviour.taken_in(model, np.array([2, 3]), [(vectors, np.ones(4, dtype=bool))])
    dense = sparse.csr_matrix((made.values, made.indices, made.indptr), shape=(4, 4)).toarray()
    assert dense[:2, :2].tolist() == table.toarray()[:2, :2].tolist()
    assert dense[2].tolist() == [0, 2, 0, 2], "what was there before is let go"
    assert dense[3].tolist() == [1, 0, 1, 0]
    assert dense[:, 2].tolist() == [0, 1, 0, 1]
    assert made.present.all()
    acted = behaviour.taken_in(model, np.array([0]), [(vectors, np.ones(4, dtype=bool))])
    assert acted is model, "what shoppers acted on speaks for itself"
    alone = behaviour.taken_in(model, np.array([3]), [])
    assert not alone.present[3]
