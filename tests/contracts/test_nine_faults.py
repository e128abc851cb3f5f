"""Nine faults of the usual sample code: each truth fails on a small program that has the fault, and holds here.

The faulty programs are what one finds: a few lines that look right. They stand beside each truth so that the truth can
fail; what it is held against here is what a shop's front asks, over HTTP.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from core import shop as shops
from core.api import api
from core.build import build, open_shop
from core.domain.catalogue import Catalogue
from core.domain.events import STRENGTH
from core.domain.query import Request
from core.domain.rules import Rule
from core.domain.strategy import Strategy
from core.embed.sbert import unit_rows
from core.embed.weightless import WeightlessText
from core.evaluate import shown as evaluating
from core.rank.blend import blend_for
from core.rank.diversify import similarity
from core.shop import Shop
from core.store import source
from core.store.layout import Layout
from tests.shop.conftest import own_shop, small_shop  # noqa: F401  fixtures
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop, stock_the_shop

BAG = "handbags-aurel-black"
DAY = timedelta(days=1)
Answer = Mapping[str, Any]


def fails(truth: Callable[..., None], *faulty: Any, how: tuple[type[Exception], ...] = (AssertionError,)) -> None:
    """The truth notices the fault."""
    with pytest.raises(how):
        truth(*faulty)


class Front:
    """A shop as its front meets it."""

    def __init__(self, shop: Shop) -> None:
        shops.install(shop)
        self.shop, self.http = shop, TestClient(api, base_url="http://localhost")

    def get(self, path: str, **params: Any) -> Answer:
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        plain: Answer = answer.json()
        return plain

    def similar(self, item: str, **params: Any) -> Answer:
        return self.get("/recommend", item_id=item, **{"at": NOW.isoformat(), **params})

    def for_you(self, shopper: str, **params: Any) -> Answer:
        return self.get(f"/recommendations/{shopper}", **{"at": NOW.isoformat(), "explain": True, **params})

    def did(self, shopper: str, *acts: tuple[str, str, datetime]) -> None:
        """Acts as (kind, item, moment), each in a visit of its own."""
        for kind, item, at in acts:
            event = {"kind": kind, "item": item, "shopper": shopper, "session": f"{shopper}-{at}"}
            added, refused = self.shop.hear([{"id": f"{shopper}-{kind}-{item}-{at}", **event}], at=at)
            assert (added.new, list(refused.refused)) == (1, [])


def ids(answer: Answer) -> list[str]:
    return [one["id"] for one in answer["items"]]


@pytest.fixture(autouse=True)
def _nobody_serves() -> Iterator[None]:
    yield
    shops.install(None)


@pytest.fixture
def front(own_shop: Shop) -> Front:  # noqa: F811
    return Front(own_shop)


# -- 1: a diversifier that forgets what it picked ----------------------------------------------------------------------


def mmr_that_forgets(scores: np.ndarray, near: np.ndarray, lam: float, k: int) -> list[int]:
    """Each candidate is held against the last pick alone: two near copies alternate with anything in between."""
    left, picked = list(range(len(scores))), [int(np.argmax(scores))]
    left.remove(picked[0])
    while left and len(picked) < k:
        gains = [lam * scores[i] - (1 - lam) * near[i, picked[-1]] for i in left]
        picked.append(left.pop(int(np.argmax(gains))))
    return picked


def test_a_list_remembers_everything_that_it_picked(front: Front) -> None:
    anchors, lam, k = [f"{kind}-corvin-red" for kind in ("handbags", "boots", "coats", "knitwear")], 0.4, 10
    free = Strategy(brand_cap=None, band_cap=None)
    front.shop.publish_strategy("similar", free, who="Ines", why="Nothing but relevance and variety")
    view = front.shop.view()
    blend = blend_for(view.calibration, "item", free.weights, dict.fromkeys(view.signals, 1))

    def truth(order: Callable[[np.ndarray, np.ndarray, list[str], str], Sequence[int]]) -> None:
        for anchor in anchors:
            pool = front.similar(anchor, k=5 * k, lam=1)["items"]
            scores = np.array([one["score"] for one in pool])
            found = [one["id"] for one in pool]
            near = similarity(blend, view.signals, view.catalogue.rows(found)[None, :])[0].astype(np.float64)
            picked: list[int] = []
            for place in order(scores, near, found, anchor):
                left = [i for i in range(len(scores)) if i not in picked]
                gains = {i: lam * scores[i] - (1 - lam) * max((near[i, j] for j in picked), default=0.0) for i in left}
                assert gains[place] >= max(gains.values()) - 1e-4, f"{found[place]} is too like what was picked before"
                picked.append(place)

    def ours(scores: np.ndarray, near: np.ndarray, found: list[str], anchor: str) -> list[int]:
        return [found.index(item) for item in ids(front.similar(anchor, k=k, lam=lam))]

    truth(ours)
    fails(truth, lambda scores, near, found, anchor: mmr_that_forgets(scores, near, lam, k))


# -- 2: sums of scores on different scales -----------------------------------------------------------------------------


class Crowded(WeightlessText):
    """An encoder that sees what the other sees, all of it closer together: its cosines are a fifth of theirs + .8."""

    share = 0.2

    def encode(self, texts: Sequence[str]) -> Any:
        plain = super().encode(texts)
        plain[:, 0] = 0
        plain = unit_rows(plain)
        plain[:, 0] = math.sqrt(1 - self.share)
        plain[:, 1:] *= math.sqrt(self.share)
        return plain


class Spread(Crowded):
    share = 1.0


def shop_read_by(encoder: WeightlessText, data: Path) -> Shop:
    worker = PlainWorker()
    worker.text = encoder
    settings = stock_the_shop(data, boutique())
    build(settings, worker=worker, at=NOW)  # type: ignore[arg-type]
    return open_shop(settings, worker=worker)  # type: ignore[arg-type]


def raw_sum(shop: Shop, anchor: str, k: int = 10) -> list[str]:
    """.35 of one cosine and .35 of another and .3 of a share, just added up."""
    view, row = shop.view(), shop.snapshot.catalogue.row(anchor)
    attributes = view.signals["attributes"]
    total = np.zeros(len(view))
    for name, weight in (("text", 0.35), ("image", 0.35)):
        vectors = shop.snapshot.vectors[name].astype(np.float64)
        total += weight * (vectors @ vectors[row])
    total += 0.3 * attributes.scan(attributes.of_rows(np.array([row])))[0]
    order = [item for item in np.argsort(-total, kind="stable") if item != row]
    return [view.catalogue.ids[n] for n in order[:k]]


def test_a_signal_on_another_scale_leaves_the_order(tmp_path: Path, weightless: None) -> None:
    worlds = [shop_read_by(encoder(), tmp_path / encoder.__name__) for encoder in (Spread, Crowded)]
    anchors = [f"{kind}-{house}-navy" for kind in ("handbags", "boots", "coats") for house in ("corvin", "ferrand")]

    def truth(lists: Callable[[Shop, str], list[str]]) -> None:
        for anchor in anchors:
            one, other = (lists(world, anchor) for world in worlds)
            shared = sum(a == b for a, b in zip(one, other, strict=True))
            assert shared >= 9, "the same words on another scale make another list"  # one tie may fall otherwise

    truth(lambda world, anchor: ids(Front(world).similar(anchor, lam=1)))
    fails(truth, raw_sum)


# -- 3: owned, sold-out and anchor items returned ----------------------------------------------------------------------


def plain_neighbours(shop: Shop, liked: Sequence[str], k: int = 10) -> list[str]:
    """The nearest to the mean of a history: first of all, the history."""
    vectors = shop.snapshot.vectors["text"].astype(np.float64)
    mean = vectors[shop.snapshot.catalogue.rows(list(liked))].mean(axis=0)
    return [shop.snapshot.catalogue.ids[row] for row in np.argsort(-(vectors @ mean), kind="stable")[:k]]


def test_nobody_is_shown_what_they_own_what_is_sold_out_or_the_product_they_look_at(front: Front) -> None:
    shop = front.shop
    owned, viewed, anchor = "knitwear-corvin-red", "coats-corvin-red", "knitwear-ferrand-red"
    front.did("ann", ("purchase", owned, NOW - 9 * DAY), ("view", viewed, NOW - 5 * DAY))
    gone = [item for item in shop.catalogue().ids if "red" in item and item not in (owned, viewed, anchor)][:6]
    shop.take_stock([{"id": item, "stock": 0} for item in gone], who="till")
    later = {"at": (datetime.now(UTC) + DAY).isoformat(), "k": 60}
    family = shop.item(owned).family_id

    def truth(for_ann: Sequence[str], beside: Sequence[str]) -> None:
        for shown in (for_ann, beside):
            assert shown
            assert owned not in shown
            assert not any(shop.item(item).family_id == family for item in shown), "a colourway of what they own"
            assert not set(gone) & set(shown)
        assert anchor not in beside

    truth(
        ids(front.for_you("ann", **later)),
        ids(front.get("/recommendations/ann", placement="similar", item_id=anchor, **later)),
    )
    fails(truth, plain_neighbours(shop, [owned, viewed], 60), plain_neighbours(shop, [anchor], 60))
    nearest = plain_neighbours(shop, [anchor], 60)
    fails(truth, nearest[1:], [item for item in nearest if item not in (anchor, owned)])  # the anchor alone left out


# -- 4: whole-day truncation and division by zero on an empty history --------------------------------------------------


def whole_days(acts: Sequence[tuple[str, str, datetime]]) -> dict[str, float]:
    """Ages in whole days, shares of their sum."""
    weights = {item: STRENGTH[kind] * 0.5 ** ((NOW - at).days / 30) for kind, item, at in acts}
    total = sum(weights.values())
    assert abs(total / len(weights)) >= 0  # the mean that is printed to the log, and divides by nothing
    return {item: weight / total for item, weight in weights.items()}


def test_hours_count_and_nothing_at_all_is_a_history_too(front: Front) -> None:
    item, other = "handbags-aurel-black", "coats-corvin-red"
    hour = timedelta(hours=1)

    def by_http(acts: Sequence[tuple[str, str, datetime]]) -> dict[str, float]:
        shopper = f"s{time.monotonic_ns()}"
        front.did(shopper, *acts)
        answer = front.for_you(shopper)
        assert answer["items"]
        assert all(math.isfinite(one["score"]) for one in answer["items"] if one["score"] is not None)
        return {one["id"]: one["share"] for part in answer["interests"] for one in part["items"]}

    def hours(shares: Callable[..., dict[str, float]]) -> None:
        found = shares([("view", item, NOW - 23 * hour), ("view", other, NOW - 1 * hour)])
        assert found[other] / found[item] == pytest.approx(0.5 ** (-22 / 24 / 30), abs=1e-7)

    def half(shares: Callable[..., dict[str, float]]) -> None:
        found = shares([("view", item, NOW - 30 * DAY - 5 * hour), ("view", other, NOW - 5 * hour)])
        assert found[other] / found[item] == pytest.approx(2.0, abs=1e-7)
        found = shares([("save", item, NOW - 20 * hour), ("purchase", other, NOW - 60 * DAY - 20 * hour)])
        assert found[item] / found[other] == pytest.approx(2.0, abs=1e-7)

    def nothing(shares: Callable[..., dict[str, float]]) -> None:
        assert shares([]) == {}
        only_sent_back = shares([("purchase", item, NOW - 9 * DAY), ("return", item, NOW - 9 * DAY + hour)])
        assert item not in only_sent_back

    for truth in (hours, half, nothing):
        truth(by_http)
    fails(hours, whole_days)
    fails(nothing, whole_days, how=(AssertionError, ZeroDivisionError))


# -- 5: zeros for a missing picture ------------------------------------------------------------------------------------


def zeros_for_no_picture(shop: Shop, anchor: str, k: int = 10) -> list[str]:
    """Half of either cosine; where there is no picture, its vector is all zeros, and so is the cosine."""
    row, total = shop.snapshot.catalogue.row(anchor), np.zeros(len(shop.snapshot.catalogue))
    for name in ("text", "image"):
        vectors = np.where(shop.snapshot.present[name][:, None], shop.snapshot.vectors[name], 0.0)
        total += 0.5 * (vectors @ vectors[row])
    return [shop.snapshot.catalogue.ids[n] for n in np.argsort(-total, kind="stable") if n != row][:k]


def test_a_product_without_a_picture_has_its_share_of_the_places(tmp_path: Path, weightless: None) -> None:
    items = [replace(one, stock={"M": 3}, family_id=None) for one in boutique()]
    hidden = {items[n].id for n in np.random.default_rng(5).permutation(len(items))[: 3 * len(items) // 10].tolist()}
    settings = stock_the_shop(tmp_path, items)
    catalogue, meta = source.load_source(Layout(tmp_path))
    source.save_source(
        Layout(tmp_path),
        Catalogue.of([replace(one, pictures=()) if one.id in hidden else one for one in catalogue]), meta,
    )  # fmt: skip
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    shop = open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]
    assert int((~shop.snapshot.present["image"]).sum()) == len(hidden)
    shop.publish_strategy("similar", Strategy(brand_cap=None), who="Ines", why="No caps")
    front = Front(shop)

    def truth(lists: Callable[[Shop, str], list[str]]) -> None:
        shown = [item for one in items if one.id not in hidden for item in lists(shop, one.id)]
        share = sum(item in hidden for item in shown) / len(shown)
        assert 0.6 <= share / 0.3 <= 1.4, f"products without a picture have {share:.0%} of the places; 30 % is fair"

    truth(lambda shop, anchor: ids(front.similar(anchor, weights="text=.5,image=.5", lam=1)))
    fails(truth, zeros_for_no_picture)


# -- 6: a cache key without context, rules and arm ---------------------------------------------------------------------


class KeyedByShopper:
    """What asks the shop once for each shopper, and remembers."""

    def __init__(self, ask: Callable[..., Answer]) -> None:
        self.ask, self.kept = ask, dict[str, Answer]()

    def __call__(self, shopper: str, **params: Any) -> Answer:
        if shopper not in self.kept:
            self.kept[shopper] = self.ask(shopper, **params)
        return self.kept[shopper]


def test_a_kept_list_knows_its_context_its_rules_and_its_arm(front: Front) -> None:
    now = datetime.now(UTC)
    front.did("ann", *(("save", f"coats-{house}-red", now - 2 * DAY) for house in ("aurel", "corvin", "ferrand")))

    def ask(shopper: str, **params: Any) -> Answer:
        return front.get(f"/recommendations/{shopper}", k=20, **params)

    def context(get: Callable[..., Answer]) -> None:
        winter, summer = (get("ann", context=f"season={season}") for season in ("winter", "summer"))
        assert ids(winter) != ids(summer)

    def arm(get: Callable[..., Answer]) -> None:
        for name in ("a", "b", "a"):
            assert get("ann", arm=name)["arm"] == name

    def rules(get: Callable[..., Answer]) -> None:
        first = ids(get("ann"))[0]
        block = {"id": f"no-{first}", "kind": "block", "target": {"items": [first]}}
        before = [rule.as_json() for rule in front.shop.rules()]
        front.shop.publish_rules([Rule.from_json(one) for one in (*before, block)], who="Ines", why="Recalled")
        assert first not in ids(get("ann"))

    for truth in (context, arm, rules):
        truth(ask)
        truth(ask)  # from the cache as well
        fails(truth, KeyedByShopper(ask))


# -- 7: evaluation on lists never shown --------------------------------------------------------------------------------


def click_rate_of_lists_made_now(shop: Shop, events: pd.DataFrame) -> float:
    """The lists of today held against the clicks of yesterday: whatever else was clicked is a miss, and what was never
    shown may be a hit."""
    clicks = events[events["kind"] == "click"]
    found = [
        item in shop.recommend(Request(anchor=anchor, at=NOW)).ids
        for anchor, item in zip(clicks["anchor"], clicks["item"], strict=True)
    ]
    return float(np.mean(found))


def test_only_lists_that_were_shown_are_evaluated(front: Front) -> None:
    shop = front.shop
    now = datetime.now(UTC)
    shown_to: dict[str, list[str]] = {}
    posted: list[dict[str, Any]] = []
    for visit in range(8):  # shown to everybody; two of eight click
        listed = ids(front.similar(BAG, k=5))
        shown_to[f"v{visit}"] = listed
        base = {"session": f"v{visit}", "shopper": f"p{visit}", "placement": "similar", "anchor": BAG, "strategy": 1}
        posted += [
            {"id": f"i{visit}-{place}", "kind": "impression", "item": item, "position": place, **base}
            for place, item in enumerate(listed)
        ]
        if visit < 2:
            clicked = {"kind": "click", "item": listed[visit], "position": visit}
            posted.append({"id": f"c{visit}", **clicked, **base})
    # a click in a list that nobody was shown: an old tab, a robot, another page
    posted += [
        {"id": f"x{n}", "kind": "click", "item": shown_to["v0"][0], "session": f"w{n}", "placement": "similar",
         "anchor": BAG, "position": 0, "strategy": 1}
        for n in range(4)
    ]  # fmt: skip
    added, refused = shop.hear(posted, at=now)
    assert (added.new, list(refused.refused)) == (len(posted), [])
    events = shop.events.table(kinds=evaluating.KINDS, columns=evaluating.COLUMNS, simulated=shop.simulated)

    def truth(rate: float) -> None:
        assert rate == pytest.approx(2 / 8), "two of the eight lists that were shown were clicked"

    found = shop.shown_lists()
    (similar,) = found.parts
    assert (similar.placement, similar.lists, similar.unseen_clicks) == ("similar", 8, 4)
    assert similar.mrr.mean == pytest.approx((1 + 1 / 2) / 8)
    truth(similar.clicked.mean)
    fails(truth, click_rate_of_lists_made_now(shop, events))


# -- 8: a swap of one global among several -----------------------------------------------------------------------------


class Globals:
    """Ids, vectors and the name of the edition, replaced one after the other while others read them."""

    def __init__(self, shop: Shop) -> None:
        self.install(shop, pause=0)

    def install(self, shop: Shop, pause: float = 0.02) -> None:
        self.ids = shop.snapshot.catalogue.ids
        time.sleep(pause)  # what loading the next one takes
        self.vectors = shop.snapshot.vectors["text"]
        time.sleep(pause)
        self.name = shop.snapshot.id

    def ask(self, anchor: str) -> Answer:
        row = self.ids.index(anchor)
        order = np.argsort(-(self.vectors @ self.vectors[min(row, len(self.vectors) - 1)]), kind="stable")[:10]
        return {"snapshot": self.name, "items": [{"id": self.ids[n % len(self.ids)]} for n in order]}


def test_every_answer_is_of_one_edition_while_editions_change(tmp_path: Path, weightless: None) -> None:
    whole = boutique()
    fewer = [one for one in whole if one.brand != "Corvin"]
    editions = [open_small_shop(tmp_path / name, some) for name, some in (("one", whole), ("two", fewer))]
    assert editions[0].snapshot.id != editions[1].snapshot.id

    def truth(install: Callable[[Shop], None], ask: Callable[[str], Answer]) -> None:
        install(editions[0])
        expected = {}
        for edition in editions:
            install(edition)
            expected[edition.snapshot.id] = ids(ask(BAG))
        assert len(set(map(tuple, expected.values()))) == 2
        answers: list[Answer] = []
        faults: list[Exception] = []
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                try:
                    answers.append(ask(BAG))
                except Exception as error:  # noqa: BLE001 - whatever it is, a reader met it
                    faults.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for turn in range(20):
            install(editions[turn % 2])
            time.sleep(0.02)
        stop.set()
        for reader in readers:
            reader.join()
        assert not faults
        assert answers
        assert all(ids(answer) == expected[answer["snapshot"]] for answer in answers)

    http = TestClient(api, base_url="http://localhost")
    truth(
        shops.install, lambda anchor: http.get("/recommend", params={"item_id": anchor, "at": NOW.isoformat()}).json()
    )
    several = Globals(editions[0])
    fails(truth, several.install, several.ask)


# -- 9: index -1 read as the last item ---------------------------------------------------------------------------------


def index_read_as_it_comes(shop: Shop, kind: str, k: int) -> list[str]:
    """An index that pads with -1 where it has no more, and a list that is read at whatever it returns."""
    catalogue = shop.snapshot.catalogue
    some = [row for row in range(len(catalogue)) if catalogue.at_row(row).type == kind][:k]
    padded = np.full(k, -1)
    padded[: len(some)] = some
    return [catalogue.ids[row] for row in padded.tolist()]


def test_what_is_not_there_is_not_the_last_product_of_the_shop(front: Front) -> None:
    shop, k = front.shop, 60
    last = shop.catalogue().ids[-1]
    assert shop.item(last).type == "Totes"

    def truth(lists: Sequence[Sequence[str]]) -> None:
        for shown in lists:
            assert shown
            assert last not in shown
            assert len(shown) == len(set(shown)) < k
            assert all(shop.item(item).type == "Boots" for item in shown)

    boots = {"filter": "type=Boots", "k": k}
    front.did("ann", ("view", "a-product-that-is-gone", NOW - 3 * DAY), ("save", "boots-aurel-black", NOW - 2 * DAY))
    liked = [one["id"] for part in front.for_you("ann")["interests"] for one in part["items"]]
    assert liked == ["boots-aurel-black"]
    front.did("bob", ("view", "a-product-that-is-gone", NOW - 3 * DAY))
    assert front.for_you("bob")["preset"] == "none"
    truth([
        ids(front.similar(BAG, **boots)), ids(front.get("/search", q="boots", at=NOW.isoformat(), **boots)),
        ids(front.for_you("ann", **boots)),
    ])  # fmt: skip
    fails(truth, [index_read_as_it_comes(shop, "Boots", k)])
