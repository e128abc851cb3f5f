"""What the shop answers depends on the request and the versions in it, and on nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from core.build import build, open_shop, recalibrate
from core.domain.catalogue import Item, State
from core.domain.errors import BadRequest, UnknownItem
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.strategy import Strategy
from core.shop import Shop
from core.store import generations, source
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop, stock_the_shop

BAG = "handbags-aurel-black"


def test_a_list_says_all_it_depends_on(small_shop: Shop) -> None:
    plain = small_shop.recommend(Request(anchor=BAG, at=NOW)).as_json()
    assert plain["anchor"] == BAG
    assert plain["placement"] == "similar"
    assert plain["at"] == "2026-03-01T09:00:00Z"
    assert plain["snapshot"] == small_shop.snapshot.id
    assert {"calibration", "facts", "rules", "strategy"} <= set(plain)
    assert plain["encoders"]["text"].startswith("weightless")
    assert [one["rank"] for one in plain["items"]] == list(range(1, 11))
    assert all(set(one) >= {"id", "rank", "score", "origin", "contributions"} for one in plain["items"])


def test_the_score_shown_is_the_sum_of_the_contributions_shown(small_shop: Shop) -> None:
    for anchor in small_shop.snapshot.catalogue.ids[::10]:
        for one in small_shop.recommend(Request(anchor=anchor, at=NOW)).items:
            assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)


def test_one_list_and_the_same_among_many_are_the_same_bytes(small_shop: Shop) -> None:
    anchors = small_shop.snapshot.catalogue.ids[::7]
    many = {one.anchor: one.as_json() for one in small_shop.recommend_all(Request(at=NOW), anchors)}
    for anchor in anchors:
        assert json.dumps(small_shop.recommend(Request(anchor=anchor, at=NOW)).as_json()) == json.dumps(many[anchor])


def test_an_anchor_and_its_colourways_stay_out_of_their_own_list(small_shop: Shop) -> None:
    family = {item for item in small_shop.snapshot.catalogue.ids if item.startswith("handbags-aurel")}
    assert not family & set(small_shop.recommend(Request(anchor=BAG, at=NOW, k=60)).ids)


def test_sold_out_by_hand_is_gone_at_once_and_restocked_is_back(own_shop: Shop) -> None:
    first = own_shop.recommend(Request(anchor=BAG)).ids[0]
    own_shop.change_facts(first, {"stock": {"S": 0, "M": 0}}, who="Ines", why="last one sold")
    assert first not in own_shop.recommend(Request(anchor=BAG, k=100)).ids
    assert own_shop.item(first).state(NOW) == State.SOLD_OUT
    own_shop.change_facts(first, {"stock": {"S": 0, "M": 4}}, who="Ines")
    assert own_shop.recommend(Request(anchor=BAG)).ids[0] == first
    told = own_shop.facts_history(first)
    assert [(one.who, one.why) for one in told][:2] in (
        [("Ines", ""), ("Ines", "last one sold")],
        [("Ines", "last one sold"), ("Ines", "")],
    )


def test_the_past_is_computed_with_what_was_known_then(own_shop: Shop) -> None:
    before = own_shop.recommend(Request(anchor=BAG, at=NOW))
    own_shop.change_facts(before.ids[0], {"stock": {}}, who="Ines")
    assert own_shop.recommend(Request(anchor=BAG, at=NOW)).as_json() == before.as_json()


def test_facts_outlive_a_new_edition(own_shop: Shop) -> None:
    gone = own_shop.recommend(Request(anchor=BAG)).ids[0]
    own_shop.change_facts(gone, {"stock": {}}, who="Ines")
    settings = stock_the_shop(own_shop.settings.data, [*boutique(), Item("new-hat", title="Red hat", type="Hats")])
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    reopened = open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]
    assert "new-hat" in reopened.catalogue()
    assert reopened.item(gone).pieces == 0


def test_a_strategy_is_live_once_it_is_published(own_shop: Shop) -> None:
    before = own_shop.recommend(Request(anchor=BAG)).ids
    own_shop.publish_strategy(
        Placement.SIMILAR, Strategy(weights={"image": 1.0}, lam=1.0), who="Ines", why="bags lean on the picture"
    )
    after = own_shop.recommend(Request(anchor=BAG))
    assert after.ids != before
    assert all(set(one.contributions) <= {"base", "image"} for one in after.items)


def test_a_trial_is_nobody_elses_business(own_shop: Shop) -> None:
    live = own_shop.recommend(Request(anchor=BAG, at=NOW))
    own_shop.recommend(Request(anchor=BAG, at=NOW, strategy=Strategy(weights={"text": 1.0})))
    assert own_shop.recommend(Request(anchor=BAG, at=NOW)) == live


def test_before_its_date_a_product_is_nowhere_and_after_it_it_is_there(tmp_path: Path, weightless: None) -> None:
    coming = Item(
        "handbags-aurel-z", title="Aurel black handbags", brand="Aurel", type="Handbags", category=("Bags", "Handbags"),
        colour=("black",), release_at=NOW + timedelta(days=10), price=20000, currency="EUR",
    )  # fmt: skip
    shop = open_small_shop(tmp_path / "shop", [*boutique(), coming])
    anchor = "handbags-corvin-black"
    for at, there in ((NOW, False), (NOW + timedelta(days=9), False), (NOW + timedelta(days=11), True)):
        assert (coming.id in shop.recommend(Request(anchor=anchor, k=100, at=at)).ids) is there
        found = shop.search(Request(placement=Placement.SEARCH, words="black handbag", k=100, at=at)).ids
        assert (coming.id in found) is there


def test_search_knows_words_and_filters(small_shop: Shop) -> None:
    found = small_shop.search(Request(placement=Placement.SEARCH, words="red boots", k=4, at=NOW))
    assert {small_shop.item(one).type for one in found.ids} == {"Boots"}
    only = small_shop.search(
        Request(placement=Placement.SEARCH, words="red", k=20, at=NOW, filters=Filters({"brand": ("corvin",)}))
    )
    assert only.ids
    assert {small_shop.item(one).brand for one in only.ids} == {"Corvin"}


def test_the_glance_counts_what_is_there(small_shop: Shop) -> None:
    glance = small_shop.glance(NOW)
    items = list(small_shop.snapshot.catalogue)
    assert glance.items == len(items) == sum(glance.counts.values())
    assert set(glance.sold_out) == {item.id for item in items if item.pieces == 0}
    assert glance.houses == 5


def test_shown_in_is_the_lists_turned_round(small_shop: Shop) -> None:
    lists = {one.anchor: one.ids for one in small_shop.recommend_all(Request(at=NOW))}
    for item in small_shop.snapshot.catalogue.ids[::17]:
        told = {(one.anchor, one.rank) for one in small_shop.shown_in(item, at=NOW)}
        assert told == {(anchor, ids.index(item) + 1) for anchor, ids in lists.items() if item in ids}


def test_substitutes_are_asked_for_like_any_list(small_shop: Shop) -> None:
    asked = Request(placement=Placement.SUBSTITUTE, anchor=BAG, at=NOW, k=4)
    listing = small_shop.recommend(asked)
    assert listing.as_json()["placement"] == "substitute"
    assert {small_shop.item(one).type for one in listing.ids} == {"Handbags"}
    assert list(small_shop.recommend_all(asked, [BAG])) == [listing]
    assert small_shop.trace(asked).listing == listing
    assert small_shop.why_missing(asked, listing.ids[0]) is None
    assert small_shop.why_missing(asked, "boots-aurel-black").reason == "it is of another type"  # type: ignore[union-attr]
    assert small_shop.strategy(Placement.SUBSTITUTE).lam == 1.0


def test_wrong_questions_are_answered_with_what_is_wrong(small_shop: Shop) -> None:
    with pytest.raises(UnknownItem):
        small_shop.recommend(Request(anchor="nothing", at=NOW))
    with pytest.raises(BadRequest, match="title"):
        small_shop.change_facts(BAG, {"title": "x"}, who="Ines")


def test_the_same_source_in_another_order_is_the_same_edition(tmp_path: Path, weightless: None) -> None:
    one = open_small_shop(tmp_path / "one", boutique())
    other = open_small_shop(tmp_path / "other", list(reversed(boutique())))
    assert one.snapshot.id == other.snapshot.id
    again = build(one.settings, worker=PlainWorker(), at=NOW + timedelta(days=1))  # type: ignore[arg-type]
    assert again.kept
    assert again.snapshot == one.snapshot.id


def test_a_build_encodes_only_what_changed(tmp_path: Path, weightless: None) -> None:
    settings = stock_the_shop(tmp_path, boutique())
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    stock_the_shop(tmp_path, [*boutique(), Item("new-hat", title="Red hat", type="Hats", colour=("red",))])
    built = build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    assert built.encoded == {"text": 1, "image": 1}


def test_a_few_more_items_keep_the_calibration_and_a_fifth_more_draw_it_anew(tmp_path: Path, weightless: None) -> None:
    settings = stock_the_shop(tmp_path, boutique())
    first = build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    stock_the_shop(tmp_path, [*boutique(), Item("hat", title="Hat")])
    assert build(settings, worker=PlainWorker(), at=NOW).calibration == first.calibration  # type: ignore[arg-type]
    stock_the_shop(tmp_path, [*boutique(), *(Item(f"hat-{n}", title=f"Hat {n}") for n in range(40))])
    grown = build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    assert grown.calibration != first.calibration
    old, new = recalibrate(settings, worker=PlainWorker())  # type: ignore[arg-type]
    assert (old, new) == (grown.calibration, grown.calibration)


def test_a_shop_without_encoders_serves_from_details_and_says_so(tmp_path: Path) -> None:
    settings = stock_the_shop(tmp_path, boutique(), pictures=False)
    build(settings, worker=None, at=NOW, quick=True)
    shop = open_shop(settings)
    listing = shop.recommend(Request(anchor=BAG, at=NOW))
    assert len(listing.items) == 10
    assert all(set(one.contributions) == {"base", "attributes"} for one in listing.items)
    assert all(state.name is None and state.reason for state in shop.encoders().values())


@pytest.mark.parametrize("items", [[], [Item("one")], [Item("one"), Item("two")], [Item("a", price=None, title="x")]])
def test_the_smallest_shops_open(tmp_path: Path, weightless: None, items: list[Item]) -> None:
    shop = open_small_shop(tmp_path / "shop", items)
    assert shop.glance(NOW).items == len(items)
    for item in items:
        assert len(shop.recommend(Request(anchor=item.id, at=NOW)).ids) < max(2, len(items))
    assert shop.search(Request(placement=Placement.SEARCH, words="hat", at=NOW)).items == ()


def test_roll_back_brings_the_edition_before(own_shop: Shop) -> None:
    first = own_shop.snapshot.id
    settings = stock_the_shop(own_shop.settings.data, boutique()[:60])
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    assert generations.rollback(own_shop.layout).generation == first
    assert open_shop(settings).snapshot.id == first


def test_the_same_questions_are_the_same_bytes_in_every_process_with_any_number_of_threads(own_shop: Shop) -> None:
    asked = ["--data", str(own_shop.settings.data), "recommend", "--all", "--at", NOW.isoformat(), "--json"]
    told = {
        subprocess.run(
            [sys.executable, "-m", "core.cli", *asked], capture_output=True, check=True, env=_environment(threads)
        ).stdout
        for threads in ("1", "2")
    }
    here = [one.as_json() for one in own_shop.recommend_all(Request(at=NOW))]
    assert len(told) == 1
    assert [json.loads(line) for line in told.pop().splitlines()] == here


def test_hidden_pictures_change_no_score_when_pictures_do_not_count(tmp_path: Path, weightless: None) -> None:
    whole = open_small_shop(tmp_path / "shop")
    strategy = Strategy(weights={"text": 0.5, "attributes": 0.5}, lam=1.0)
    asked = Request(at=NOW, strategy=strategy, k=20)
    before = {one.anchor: {p.id: p.score for p in one.items} for one in whole.recommend_all(asked)}
    catalogue, meta = source.load_source(whole.layout)
    hidden = catalogue.with_changes({item: {"pictures": ()} for item in catalogue.ids[::3]})
    source.save_source(whole.layout, hidden, meta)
    build(whole.settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    after = open_shop(whole.settings)
    assert after.view(NOW).versions.calibration == whole.view(NOW).versions.calibration
    compared = 0
    for one in after.recommend_all(asked):
        for placed in one.items:
            if placed.id in before[one.anchor]:
                compared += 1
                assert placed.score == pytest.approx(before[one.anchor][placed.id], abs=1e-9)
    assert compared > 1000


def _environment(threads: str) -> dict[str, str]:
    import os

    return {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}


def test_a_damaged_calibration_is_drawn_anew_by_the_next_build(own_shop: Shop) -> None:
    calibration = own_shop.view(NOW).versions.calibration
    for file in (own_shop.layout.calibration / calibration).iterdir():
        file.write_bytes(b"damaged")
    built = build(own_shop.settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    assert built.calibration == calibration
    assert open_shop(own_shop.settings).recommend(Request(anchor=BAG, at=NOW)).items
