"""The lab through the shop: A | B, the map of trade-offs, judgements and steering."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from core.build import build, open_shop, studio_of
from core.domain.errors import BadRequest, ModelMissing, NotReady, UnknownItem
from core.domain.events import Event
from core.domain.query import Request
from core.domain.shoppers import hashed
from core.domain.strategy import Strategy
from core.lab.judgements import Found
from core.store import source
from core.store.events import EventStore
from core.store.layout import Layout
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop, stock_the_shop

BAG, TOTE = "handbags-aurel-black", "totes-corvin-navy"


@pytest.fixture(autouse=True)
def _without_weights(weightless):
    """The encoders of these shops know no words by heart."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("lab"))


def test_two_strategies_stand_side_by_side(shop):
    other = Strategy(weights={"attributes": 1.0}, lam=1.0)
    found = shop.compare(None, other, [BAG, TOTE], k=8, at=NOW)
    assert [one.anchor for one in found.moves] == [BAG, TOTE]
    for one in found.moves:
        assert one.before == shop.recommend(Request(anchor=one.anchor, k=8, at=NOW)).ids
        assert one.after == shop.recommend(Request(anchor=one.anchor, k=8, at=NOW, strategy=other)).ids
    with pytest.raises(UnknownItem):
        shop.compare(None, other, ["nobody"], at=NOW)


def test_a_sweep_is_made_once_and_then_found(shop):
    told = []
    assert shop.sweep(at=NOW, settings=15, anchors=12, kept_only=True) is None
    made = shop.sweep(at=NOW, settings=15, anchors=12, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (15, 15)
    assert made.basis == "details"
    again = shop.sweep(at=NOW, settings=15, anchors=12, kept_only=True)
    assert again.as_json() == made.as_json()


def test_a_stopped_sweep_leaves_nothing_behind(shop):
    assert shop.sweep(at=NOW, settings=20, anchors=12, stop=lambda: True) is None
    assert shop.sweep(at=NOW, settings=20, anchors=12, kept_only=True) is None


def test_a_change_of_facts_asks_for_another_sweep(tmp_path):
    shop = open_small_shop(tmp_path)
    shop.sweep(settings=10, anchors=8)
    assert shop.sweep(settings=10, anchors=8, kept_only=True) is not None
    shop.change_facts(BAG, {"price": 100}, who="Ada")
    assert shop.sweep(settings=10, anchors=8, kept_only=True) is None


def test_visits_beside_the_catalogue_are_what_relevance_is_held_against(tmp_path):
    settings, worker = stock_the_shop(tmp_path, boutique()), PlainWorker()
    catalogue, _ = source.load_source(Layout(tmp_path))
    rng = np.random.default_rng(0)
    rows = [
        (visit, str(item))
        for visit in range(150)
        for item in rng.choice([i for i in catalogue.ids if f"-{('aurel', 'corvin')[visit % 2]}-" in i], 3, False)
    ]
    with closing(studio_of(settings)) as studio:
        EventStore(studio).add(
            Event(hashed(b"salt", str(n), "e"), "view", NOW, item=item, session=hashed(b"salt", str(visit), "v"))
            for n, (visit, item) in enumerate(rows)
        )
    build(settings, worker=worker, at=NOW)
    shop = open_shop(settings, worker=worker)
    assert shop.behaviour.count == 150
    assert shop.sweep(at=NOW, settings=10, anchors=100).basis == "behaviour"


def test_thumbs_are_kept_with_the_strategy_they_were_given_under(shop):
    given = shop.judge(BAG, TOTE, 1, who="Ada", at=NOW)
    assert given in shop.judgements(anchor=BAG)
    assert given.strategy == shop.view().versions.strategy
    assert shop.learn(at=NOW).found is Found.FEW
    shop.judge(BAG, TOTE, 0, who="Ada", at=NOW)
    assert shop.judgements(anchor=BAG) == []
    with pytest.raises(UnknownItem):
        shop.judge(BAG, "nobody", 1, who="Ada")
    with pytest.raises(BadRequest):
        shop.judge(BAG, BAG, 1, who="Ada")


def test_a_list_is_steered_by_products_and_words_and_published_with_the_strategy(tmp_path, monkeypatch):
    shop = open_small_shop(tmp_path)
    monkeypatch.setattr(type(shop), "unread", {})
    steer = shop.steer([TOTE], ["loafers-aurel-red"], ["wool"], ["leather"], 0.8)
    assert set(steer.read) == {"text", "image"}
    shop.publish_strategy("similar", Strategy(steer=steer), who="Ada", why="more wool")
    again = open_shop(shop.settings, worker=None)
    listing = again.recommend(Request(anchor=BAG, at=NOW.replace(year=NOW.year + 5)))
    assert again.view().strategy.steer == steer
    told = next(note.text for note in listing.notes if note.code == "steered")
    assert "“wool”" in told
    assert "“leather”" in told
    with pytest.raises(UnknownItem):
        shop.steer(["nobody"])


def test_words_that_nobody_can_read_are_refused_and_products_still_steer(tmp_path, monkeypatch):
    shop = open_small_shop(tmp_path)
    monkeypatch.setattr(type(shop), "unread", {})
    deaf = open_shop(shop.settings, worker=None)
    with pytest.raises(ModelMissing, match="Steer by products"):
        deaf.steer(plus_words=["wool"])
    assert deaf.steer([TOTE]).plus == (TOTE,)
    monkeypatch.setattr(PlainWorker, "ready", False)
    with pytest.raises(NotReady, match="warming up"):
        shop.steer(plus_words=["wool"])
