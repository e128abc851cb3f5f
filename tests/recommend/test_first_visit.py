"""The list of a first visit: a ladder whose every item says where it comes from, under the rules of any list."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.curation.desk import Desk
from core.domain.catalogue import Item
from core.domain.changes import Change, Key
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Origin
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.quiz import Quiz
from core.domain.strategy import Strategy
from core.domain.visit import Visit
from core.recommend import first_visit
from core.recommend.first_visit import RUNGS, as_item, centre, mixed, rung_of
from core.recommend.trend import Acts, acts
from core.recommend.view import View
from core.shop import Shop
from core.store.publications import Publications
from tests.worlds import NOW, open_small_shop

KEY = Key("quiz", "first-visit")
DARK, WARM = ("coats-aurel-black", "boots-aurel-black"), ("knitwear-ferrand-red", "totes-corvin-red")
PICKS = ("loafers-norrland-navy", "handbags-talamone-brown")
QUIZ = Quiz.from_json({
    "questions": [
        {"id": "whom", "text": "Who is it for?", "kind": "single", "options": [
            {"id": "her", "label": "For her", "filters": {"audience": ["women"]}},
            {"id": "him", "label": "For him", "filters": {"audience": ["men"]}},
            {"id": "any", "label": "No matter"}]},
        {"id": "what", "text": "What do you look for?", "kind": "multi", "options": [
            {"id": "bags", "label": "Bags", "filters": {"category": ["Bags"]}},
            {"id": "shoes", "label": "Shoes", "filters": {"category": ["Shoes"]}},
            {"id": "cheap", "label": "Under 300", "filters": {"price_to": 30000}}]},
        {"id": "style", "text": "Which is you?", "kind": "picture", "options": [
            {"id": "dark", "label": "After dark", "style": list(DARK)},
            {"id": "warm", "label": "Warm", "style": list(WARM)}]},
    ],
    "picks": list(PICKS),
})  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The boutique with a quiz; tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        opened = open_small_shop(tmp_path_factory.mktemp("first") / "shop")
    publish(opened, QUIZ.as_json())
    return opened


@pytest.fixture
def own(tmp_path: Path, weightless: None) -> Shop:
    return open_small_shop(tmp_path / "shop")


def publish(shop: Shop, *documents: dict[str, Any]) -> None:
    desk = Publications(shop.studio)
    stood = desk.documents()
    keys = [Key("quiz" if one["kind"] == "quiz" else "rule", one["id"]) for one in documents]
    changes = [Change(key, stood.get(key), one, ("made",)) for key, one in zip(keys, documents, strict=True)]
    desk.publish(changes, name="First", who="Ines", at=NOW - timedelta(days=1), why="a first visit")


def ask(shop: Shop, visit: Visit | None = None, k: int = 10, **fields: Any) -> Listing:
    return shop.recommend(Request(Placement.COLD_START, k=k, at=NOW, visit=visit, **fields))


def answered(**answers: str | Sequence[str]) -> Visit:
    return Visit({key: (some,) if isinstance(some, str) else tuple(some) for key, some in answers.items()})


def rungs(listing: Listing) -> list[str | None]:
    return [rung_of(one) for one in listing.items]


def bought(*items: str) -> Acts:
    """Every product was bought by one shopper, the first by most."""
    rows = [(NOW - timedelta(days=1 + n), "purchase", item) for n, item in enumerate(items) for _ in range(20 - 3 * n)]
    return acts(pd.DataFrame(rows, columns=["at", "kind", "item"]), CATALOGUE.catalogue())


class _Kept:
    shop: Shop | None = None

    def catalogue(self) -> Any:
        assert self.shop is not None
        return self.shop.catalogue(NOW)


CATALOGUE = _Kept()


@pytest.fixture(autouse=True)
def _catalogue(shop: Shop) -> None:
    CATALOGUE.shop = shop


# -- what answers do -----------------------------------------------------------------------------------------------


def test_answers_filter_and_every_item_of_the_first_rung_passes_them(shop: Shop) -> None:
    listing = ask(shop, answered(whom="her", what=("bags", "shoes"), style="dark"))
    here = [shop.item(one.id) for one in listing.items if rung_of(one) == "quiz"]
    assert here
    assert all(item.category[0] in ("Bags", "Shoes") for item in here)
    assert all(item.audience in ("women", "unisex") for item in map(shop.item, listing.ids))


def test_answers_to_one_question_are_joined_by_or_and_questions_by_and(shop: Shop) -> None:
    listing = ask(shop, answered(what=("shoes", "cheap"), style="warm"), k=12)
    items = [shop.item(one.id) for one in listing.items if rung_of(one) == "quiz"]
    assert all(item.category[0] == "Shoes" or (item.price or 0) <= 30000 for item in items)
    assert {item.category[0] for item in items} == {"Bags", "Shoes"}


def test_a_style_draws_the_list_and_is_not_in_it(shop: Shop) -> None:
    dark, warm = ask(shop, answered(style="dark")), ask(shop, answered(style="warm"))
    assert set(dark.ids) != set(warm.ids)
    colours = [[shop.item(one).colour[0] for one in listing.ids] for listing in (dark, warm)]
    assert colours[0].count("black") > colours[1].count("black")
    assert colours[1].count("red") > colours[0].count("red")
    families = {shop.item(one).family_id for one in DARK}
    assert not families & {shop.item(one).family_id for one in dark.ids}
    assert any("closest to “After dark”" in note.text for one in dark.items for note in one.notes)


def test_contributions_add_up_to_the_score(shop: Shop) -> None:
    for one in ask(shop, answered(style=("warm", "dark")), k=20).items:
        if one.score is not None:
            assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)


def test_no_matter_leaves_everything_in(shop: Shop) -> None:
    with_it, without = ask(shop, answered(whom="any", style="dark")), ask(shop, answered(style="dark"))
    assert with_it.ids == without.ids


def test_an_answer_that_no_question_has_is_refused(shop: Shop, own: Shop) -> None:
    with pytest.raises(BadRequest, match="no question"):
        ask(shop, answered(mood="good"))
    with pytest.raises(BadRequest, match="asks no quiz"):
        ask(own, answered(style="dark"))


def test_a_style_whose_products_are_gone_says_so(own: Shop) -> None:
    plain = json.loads(json.dumps(QUIZ.as_json()).replace(DARK[0], "gone-1").replace(DARK[1], "gone-2"))
    publish(own, plain)
    listing = ask(own, answered(style="dark"))
    assert "style_gone" in {note.code for note in listing.notes}
    assert len(listing.items) == 10
    assert set(rungs(listing)) == {"quiz"}


# -- the taste -----------------------------------------------------------------------------------------------------


def test_the_taste_is_the_weighted_sum_of_quiz_and_what_was_looked_at(shop: Shop) -> None:
    view = shop.view(NOW)
    seen = ("totes-aurel-navy", "boots-corvin-brown")
    for count in (0, 1, 5, 40):
        visit = Visit(interactions=count)
        taste = mixed([(visit.weight, centre(view, DARK)), (1 - visit.weight, centre(view, seen))])
        for name in ("text", "image"):
            vectors = view.snapshot.vectors[name].astype(np.float64)
            sides = [vectors[view.catalogue.rows(list(some))].mean(axis=0) for some in (DARK, seen)]
            unit = [one / np.linalg.norm(one) for one in sides]
            wanted = visit.weight * unit[0] + (1 - visit.weight) * unit[1]
            np.testing.assert_allclose(taste.vectors[name], wanted / np.linalg.norm(wanted), atol=1e-12)
        assert sum(taste.shares.values()) == pytest.approx(1)


def test_the_list_goes_from_the_quiz_to_what_was_looked_at(shop: Shop) -> None:
    """With more and more interactions it comes closer to the list of what was looked at alone."""
    seen = ("totes-aurel-navy", "totes-norrland-navy")
    alone = set(ask(shop, Visit(seen=seen)).ids)
    shared = []
    for count in (2, 20, 1_000_000):
        listing = ask(shop, Visit({"style": ("warm",)}, seen, count))
        shared.append(len(alone & set(listing.ids)))
        assert not set(seen) & set(listing.ids)
    assert shared == sorted(shared)
    assert shared[-1] >= 8  # the products of the style and their colourways are not in it
    assert "quiz_weight" in {note.code for note in listing.notes}


def test_answers_stop_bounding_the_list_once_more_was_done_than_the_quiz_weighs(shop: Shop) -> None:
    answers, seen = {"whom": ("her",), "what": ("bags",), "style": ("warm",)}, ("knitwear-aurel-navy",)
    catalogue = shop.catalogue(NOW)

    def kinds(count: int) -> tuple[set[str], set[str | None], set[str]]:
        listing = ask(shop, Visit(answers, seen, count), k=10)
        first = [one.id for one in listing.items if rung_of(one) == "quiz"]
        roots = {catalogue.item(item).category[0] for item in first}
        return roots, {catalogue.item(item).audience for item in listing.ids}, {note.code for note in listing.notes}

    for count in (1, 5):
        roots, whom, said = kinds(count)
        assert roots == {"Bags"}
        assert "quiz_outgrown" not in said
    for count in (6, 500):
        roots, whom, said = kinds(count)
        assert roots - {"Bags"}, "what was looked at has its say"
        assert whom <= {"women", "unisex", None}, "whom it is for still bounds the list"
        assert "quiz_outgrown" in said


def test_details_of_a_taste_are_what_most_of_it_shares(shop: Shop) -> None:
    view = shop.view(NOW)
    item = as_item(view, centre(view, ("boots-aurel-black", "boots-corvin-black", "coats-aurel-red")))
    assert item.category == ("Shoes", "Boots")
    assert item.type == "Boots"
    assert item.colour == ("black",)
    apart = as_item(view, centre(view, ("boots-aurel-black", "coats-aurel-red")))
    assert apart.category == ()
    assert apart.type is None
    assert apart.colour == ()


# -- the ladder ----------------------------------------------------------------------------------------------------


def test_every_item_names_its_rung_in_the_order_of_the_ladder(shop: Shop) -> None:
    view = shop.view(NOW, Placement.COLD_START)
    visit = Visit({"whom": ("her",), "what": ("bags",), "style": ("dark",)}, came_for={"category": ("Boots",)})
    request = Request(Placement.COLD_START, k=30, at=NOW, visit=visit)
    listing = first_visit.first_list(view, request, bought("coats-aurel-black", "coats-norrland-red"))
    said = rungs(listing)
    assert None not in said
    assert set(said) == {"quiz", "context", "trending", "picks"}
    assert said == sorted(said, key=RUNGS.index)
    for one in listing.items:
        assert (one.origin is Origin.MODEL) == (rung_of(one) == "quiz")
    counted = {note.code: note.text for note in listing.notes if note.code.startswith("rung_")}
    assert counted["rung_quiz"].startswith(f"{said.count('quiz')} of {len(said)}")
    assert [one.id for one in listing.items if rung_of(one) == "picks"] == [
        item for item in PICKS if item not in [one.id for one in listing.items if rung_of(one) != "picks"]
        and shop.item(item).audience in ("women", "unisex")
    ]  # fmt: skip


def test_whom_the_visit_is_for_holds_on_every_rung(shop: Shop) -> None:
    view = shop.view(NOW, Placement.COLD_START)
    for visit in (answered(whom="him", what="bags"), Visit(audience="men"), Visit({"what": ("bags",)}, audience="men")):
        listing = first_visit.first_list(
            view, Request(Placement.COLD_START, k=60, at=NOW, visit=visit), bought("coats-aurel-black")
        )
        assert len(set(rungs(listing))) > 1 or not visit.answers
        assert {shop.item(one).audience for one in listing.ids} <= {"men", "unisex"}
    him = first_visit.first_list(view, Request(
        Placement.COLD_START, at=NOW, visit=Visit({"whom": ("him",)}, audience="women")))  # fmt: skip
    assert {shop.item(one).audience for one in him.ids} <= {"men", "unisex"}  # the answer goes first


def test_a_visit_of_which_nothing_is_known_sees_what_the_house_picked(shop: Shop, own: Shop) -> None:
    assert ask(shop).ids == PICKS
    assert set(rungs(ask(shop))) == {"picks"}
    assert "short" in {note.code for note in ask(shop).notes}
    window = ask(own)
    assert len(window.items) == 10
    assert set(rungs(window)) == {"window"}


def test_what_trends_stands_in_its_order(shop: Shop) -> None:
    view = shop.view(NOW, Placement.COLD_START)
    hot = ("boots-talamone-red", "handbags-aurel-black")
    listing = first_visit.first_list(view, Request(Placement.COLD_START, k=5, at=NOW), bought(*hot))
    assert listing.ids[:2] == hot
    assert set(rungs(listing)) == {"trending"}
    early = first_visit.first_list(view, Request(Placement.COLD_START, k=5, at=NOW - timedelta(days=9)), bought(*hot))
    assert "trending" not in rungs(early)  # nothing had been bought by then


def test_trend_halves_in_a_week_and_is_shrunk_towards_its_kind() -> None:
    table = pd.DataFrame(
        [(NOW - timedelta(days=7), "view", "boots-aurel-black"), (NOW, "view", "coats-aurel-black"),
         (NOW, "impression", "coats-aurel-red"), (NOW, "view", "nobody-knows-it")],
        columns=["at", "kind", "item"],
    )  # fmt: skip
    catalogue = CATALOGUE.catalogue()
    kinds = np.arange(len(catalogue))  # each a kind of its own, so that nothing is shrunk
    found = acts(table, catalogue).trend(kinds, NOW)
    assert found is not None
    old, new = (found[catalogue.row(one)] for one in ("boots-aurel-black", "coats-aurel-black"))
    assert old / new == pytest.approx(0.5, abs=1e-12)
    assert np.count_nonzero(found) == 2
    together = acts(table, catalogue).trend(np.zeros(len(catalogue), dtype=np.int64), NOW)
    assert together is not None
    assert (together > 0).all()
    assert together.max() < new


# -- which answer moved what ---------------------------------------------------------------------------------------


def test_what_an_answer_moved_is_the_list_with_it_against_the_list_without(shop: Shop) -> None:
    visit = answered(whom="her", what=("bags", "shoes"), style="dark")
    found = shop.first_visit(Request(at=NOW, visit=visit))
    assert found.listing == ask(shop, visit)
    assert [(one.question, one.option) for one in found.moved] == [
        ("whom", "her"), ("what", "bags"), ("what", "shoes"), ("style", "dark"),
    ]  # fmt: skip
    for one in found.moved:
        without = ask(shop, visit.without(one.question, one.option)).ids
        assert set(one.came) == set(found.listing.ids) - set(without)
        assert set(one.gone) == set(without) - set(found.listing.ids)
    assert not found.moved[3].silent
    assert sum(count for _, count in found.rungs) == 10
    nothing = shop.first_visit(Request(at=NOW, visit=answered(whom="any", style="dark")))
    assert nothing.moved[0].silent
    json.dumps(found.as_json(), allow_nan=False)


# -- rules ---------------------------------------------------------------------------------------------------------


def test_a_block_holds_on_every_rung(own: Shop) -> None:
    blocked = ("handbags-aurel-red", PICKS[0])
    publish(own, QUIZ.as_json(), {"id": "no", "kind": "block", "target": {"items": list(blocked)}})
    for visit in (None, answered(whom="her"), answered(style="warm"), Visit(seen=("boots-aurel-black",))):
        assert not set(blocked) & set(ask(own, visit, k=60).ids)


def test_a_pin_holds_its_place_also_where_lower_rungs_fill_the_list(own: Shop) -> None:
    pin = {"id": "up", "kind": "pin", "place": 4, "target": {"items": ["boots-norrland-brown"]},
           "scope": {"placements": ["cold_start"]}, "ends_at": None}  # fmt: skip
    many = [item for item in own.catalogue(NOW).ids if item.startswith("coats-")]
    publish(own, QUIZ.changed(picks=tuple(many)).as_json(), pin)
    for visit in (None, answered(whom="any", style="warm"), Visit(came_for={"type": ("Boots",)})):
        listing = ask(own, visit, k=6)
        assert listing.ids[3] == "boots-norrland-brown"
        assert listing.items[3].origin is Origin.PIN
    elsewhere = ask(own, answered(what="bags"), k=6)
    assert "boots-norrland-brown" not in elsewhere.ids  # an answer beats a pin
    assert "pin_asleep" in {note.code for note in elsewhere.notes}


def test_rules_for_an_audience_bear_on_visits_for_it(own: Shop) -> None:
    rule = {
        "id": "hers",
        "kind": "block",
        "target": {"filters": {"brand": ["Aurel"]}},
        "scope": {"audiences": ["women"]},
    }
    publish(own, QUIZ.as_json(), rule)
    hers, his = (ask(own, answered(whom=one, style="dark"), k=40) for one in ("her", "him"))
    assert "Aurel" not in {own.item(one).brand for one in hers.ids}
    assert "Aurel" in {own.item(one).brand for one in his.ids}


def test_new_products_get_their_room_and_are_named(own: Shop) -> None:
    """An exploration quota: at least 3 and at most 4 of ten places for what is new, on every rung."""
    rule = {"id": "new", "kind": "quota", "at_least": 3, "at_most": 4, "target": {"new_days": 45}}
    catalogue = own.catalogue(NOW)
    new = {one for one in catalogue.ids if NOW - timedelta(days=45) < catalogue.item(one).release_at <= NOW}  # type: ignore[operator]
    old = [one for one in catalogue.ids if one not in new]
    publish(own, QUIZ.changed(picks=(*old[:24], *sorted(new)[::2])).as_json(), rule)
    for visit in (None, answered(style="dark"), answered(whom="any")):
        listing = ask(own, visit)
        named = [one.id for one in listing.items if "new_here" in {note.code for note in one.notes}]
        assert set(named) == set(listing.ids) & new, visit
        assert 3 <= len(named) <= 4, visit
    around = own.recommend(Request(anchor="coats-talamone-red", at=NOW))
    assert {one.id for one in around.items if "new_here" in {n.code for n in one.notes}} == set(around.ids) & new


# -- truths about every first list ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_every_first_list_is_sound(shop: Shop, seed: int) -> None:
    draw = random.Random(seed)
    ids = shop.catalogue(NOW).ids
    answers = {
        question.id: tuple(draw.sample([one.id for one in question.options], draw.randint(0, question.limit)))
        for question in QUIZ.questions
    }
    visit = Visit(
        answers, tuple(draw.sample(ids, draw.randint(0, 4))), draw.choice([None, 0, 30]),
        draw.choice([{}, {"category": ("Shoes",)}]), draw.choice([None, "women", "girls"]),
    )  # fmt: skip
    k = draw.choice([1, 5, 10, 80])
    request = Request(
        Placement.COLD_START, k=k, at=NOW, visit=visit, exclude=tuple(draw.sample(ids, 5)),
        filters=draw.choice([Filters(), Filters({"brand": ("Aurel", "Ferrand")})]),
        strategy=draw.choice([None, Strategy(lam=1.0, brand_cap=None), Strategy(weights={"newness": 1.0})]),
    )  # fmt: skip
    view: View = shop.view(NOW, Placement.COLD_START)
    lately = draw.choice([None, bought(*draw.sample(ids, 5))])
    listing = first_visit.first_list(view, request, lately)
    catalogue = view.catalogue
    assert len(set(listing.ids)) == len(listing.ids) <= k
    assert [one.rank for one in listing.items] == list(range(1, len(listing.items) + 1))
    families = [catalogue.item(one).family_id for one in listing.ids]
    assert len(set(families)) == len(families)
    live = view.live(NOW)
    assert all(live[catalogue.row(one)] for one in listing.ids)
    assert not set(request.exclude) & set(listing.ids)
    assert not set(visit.seen) & set(listing.ids)
    if request.filters:
        assert {catalogue.item(one).brand for one in listing.ids} <= {"Aurel", "Ferrand"}
    assert all(rung_of(one) is not None for one in listing.items)
    assert len(listing.items) == k or {"short", "empty"} & {note.code for note in listing.notes}
    again = first_visit.first_list(shop.view(NOW, Placement.COLD_START), request, lately)
    assert json.dumps(again.as_json()) == json.dumps(listing.as_json())
    for item in draw.sample(ids, 3):
        missing = first_visit.why_missing(view, request, item, lately)
        assert (missing is None) == (item in listing.ids)


def test_a_trace_speaks_of_the_list_that_is_served(shop: Shop) -> None:
    visit = answered(whom="her", what="bags", style="dark")
    request = Request(Placement.COLD_START, at=NOW, visit=visit)
    told = shop.trace(request)
    assert told.listing == shop.recommend(request)
    dropped = told.stages[0].dropped
    assert dropped[DARK[0]]
    assert "answers" in " ".join(dropped.values())


def test_a_first_visit_has_one_list(shop: Shop) -> None:
    with pytest.raises(BadRequest, match="one list"):
        list(shop.recommend_all(Request(Placement.COLD_START, at=NOW)))
    with pytest.raises(BadRequest, match="Reasons are told"):
        shop.explain(Request(Placement.COLD_START, at=NOW), DARK[0])


# -- the quiz as a document ----------------------------------------------------------------------------------------


def test_a_quiz_is_drafted_seen_published_and_rolled_back(own: Shop) -> None:
    desk = Desk(own.studio, "Ines")
    desk.edit(KEY, QUIZ.as_json(), says="A quiz", at=NOW)
    assert own.quiz() is None
    assert own.quiz(draft=desk.standing()) == QUIZ
    visit = answered(style="warm")
    drafted = own.recommend(Request(Placement.COLD_START, visit=visit), draft=desk.standing())
    done = desk.publish("a quiz for whoever is new", NOW)
    assert own.quiz() == QUIZ
    assert own.recommend(Request(Placement.COLD_START, visit=visit)).ids == drafted.ids
    assert desk.publications.documents()[KEY] == QUIZ.as_json()
    own.rollback_rules(who="Ines")
    assert own.quiz() is None
    publications = Publications(own.studio)
    publications.rollback(publications.history()[0].version, who="Bo", at=NOW, why="back again")
    assert own.quiz() == QUIZ
    assert done.changes[0].key == KEY


def test_lists_around_products_know_nothing_of_the_quiz(own: Shop) -> None:
    before = own.recommend(Request(anchor=DARK[0], at=NOW))
    publish(own, QUIZ.as_json())
    after = own.recommend(Request(anchor=DARK[0], at=NOW))
    assert after.items == before.items
    assert after.notes == before.notes
    assert own.rules() == ()
    assert own.lint() == []


def test_a_quiz_that_makes_no_sense_is_not_published(own: Shop) -> None:
    with pytest.raises(BadRequest):
        publish(own, {**QUIZ.as_json(), "title": ""})
    with pytest.raises(BadRequest, match="carries the id"):
        Publications(own.studio).publish(
            [Change(Key("quiz", "other"), None, QUIZ.as_json(), ())], name="x", who="Ines", at=NOW, why="x"
        )


# -- a quiz to begin with ------------------------------------------------------------------------------------------


def test_a_proposed_quiz_speaks_of_what_the_shop_holds(shop: Shop) -> None:
    quiz = shop.proposed_quiz(NOW)
    assert Quiz.from_json(quiz.as_json()) == quiz == shop.proposed_quiz(NOW)
    catalogue = shop.catalogue(NOW)
    assert all(item in catalogue for item in quiz.items)
    assert {one.id for one in quiz.questions} >= {"whom", "budget", "style"}
    assert len(quiz.picks) == len({catalogue.item(one).brand for one in quiz.picks}) == 5
    styles = [option.style for option in quiz.question("style").options]
    assert len({item for style in styles for item in style}) == sum(map(len, styles))


def test_a_shop_of_which_nothing_is_known_is_asked_nothing(tmp_path: Path, weightless: None) -> None:
    bare = open_small_shop(tmp_path / "bare", [Item("only-one", title="A thing")], pictures=False)
    assert bare.proposed_quiz(NOW).questions == ()
    assert bare.recommend(Request(Placement.COLD_START, at=NOW)).ids == ("only-one",)
    assert ask(bare, Visit(seen=("only-one",))).ids == ()


def test_rules_for_first_visits_are_linted_as_for_lists_that_are_there(own: Shop) -> None:
    block = {"kind": "block", "target": {"filters": {"brand": ["Aurel"]}}}
    publish(
        own,
        {**block, "id": "fine", "scope": {"placements": ["cold_start"]}},
        {**block, "id": "idle", "scope": {"placements": ["cold_start"], "anchors": [DARK[0]]}},
    )
    found = [one for one in own.lint(at=NOW) if one.code == "no_such_list"]
    assert [one.rules for one in found] == [("idle",)]
    assert "a first visit stands beside no product" in found[0].text


def test_why_something_is_missing_speaks_of_its_rung(shop: Shop) -> None:
    view = shop.view(NOW, Placement.COLD_START)
    skipped = Request(Placement.COLD_START, k=1, at=NOW)
    missing = first_visit.why_missing(view, skipped, PICKS[1])
    assert missing is not None
    assert (missing.stage, missing.reason) == ("fill", "others came first on the rungs of the ladder that it is on")
    asked = Request(Placement.COLD_START, at=NOW, visit=answered(whom="him", what="bags", style="dark"))
    reasons = {
        item: first_visit.why_missing(view, asked, item)
        for item in ("handbags-aurel-black", "coats-aurel-black", "loafers-corvin-black")
    }
    said = {item: "" if one is None else one.reason for item, one in reasons.items()}
    for item in said:
        if shop.item(item).audience == "women":
            assert said[item] == "it is not for whom the visit is"
        elif shop.item(item).category[0] != "Bags":
            assert said[item] == "it does not match the answers"
