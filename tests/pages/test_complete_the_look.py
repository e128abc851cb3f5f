"""The stylist's board, run through `pages/main.py`: what it draws is what the shop composes, and links reopen it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.curation.desk import Desk
from core.domain.catalogue import Item
from core.domain.changes import Key
from core.domain.looks import ROLE_NAMES, LookRequest, LookStrategy, SavedLook
from core.domain.rules import Rule
from core.recommend.looks import learn, own
from core.shop import Shop
from tests.pages.conftest import Visit, part, words
from tests.worlds import NOW, boutique, open_small_shop

BOARD = "complete_the_look.py"
BAG = "handbags-aurel-black"


@pytest.fixture
def own_shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """A shop that serves, for a test that writes; everything in it is on sale."""
    items = [Item(**{**_fields(one), "stock": {"M": 3}}) for one in boutique()]
    shop = open_small_shop(tmp_path / "shop", items)
    shops.install(shop)
    yield shop
    shops.install(None)


def _fields(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Item.__dataclass_fields__}


def drawn(at: AppTest) -> dict:
    assert not at.exception, [one.value for one in at.exception]
    return part(at, "look:board")


def pieces(at: AppTest) -> dict[str, str]:
    """Role -> piece on the board."""
    return {tile["role"]: tile["id"] for tile in drawn(at)["tiles"] if tile["kind"] == "piece"}


def adds_up(shown: dict) -> None:
    """What is shown adds up to what is shown, and exactly so underneath."""
    exact = [float(one["exact"]) for one in shown["parts"]]
    assert sum(exact) == pytest.approx(float(shown["exact"]), abs=1e-9)
    told = [float(one["text"].replace("−", "-")) for one in shown["parts"]]
    assert sum(told) == pytest.approx(float(shown["sum"].replace("−", "-")), abs=1e-6)


def test_the_board_holds_the_looks_that_the_shop_composes(read_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    answer = read_shop.looks(LookRequest(BAG))
    assert [tab["name"] for tab in drawn(at)["tabs"]] == [f"Look {n + 1}" for n in range(len(answer.looks))]
    assert pieces(at) == {piece.role: piece.id for piece in answer.looks[0].pieces}
    anchor = drawn(at)["tiles"][0]
    assert (anchor["kind"], anchor["id"], anchor["zone"]) == ("anchor", BAG, "centre")


def test_the_parts_shown_add_up_to_the_score_of_the_look_and_of_each_piece(read_shop: Shop, visit: Visit) -> None:
    board = drawn(visit(BOARD, item=BAG))
    adds_up(board["card"]["sum"])
    for tile in board["tiles"]:
        if tile["kind"] == "piece":
            adds_up(tile["why"])
    first = read_shop.looks(LookRequest(BAG)).looks[0]
    assert float(board["card"]["sum"]["exact"]) == first.score


def test_a_required_place_that_nothing_fills_is_drawn_empty_with_its_name(read_shop: Shop, visit: Visit) -> None:
    unfilled = read_shop.looks(LookRequest(BAG)).looks[0].unfilled
    assert unfilled, "the small boutique sells neither dresses nor trousers"
    empty = {tile["role"]: tile for tile in drawn(visit(BOARD, item=BAG))["tiles"] if tile["kind"] == "unfilled"}
    assert set(empty) == set(unfilled)
    assert all(tile["roleName"] == ROLE_NAMES[role] for role, tile in empty.items())


def test_a_moved_slider_redraws_the_board_by_the_shops_own_function(read_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    assert ">Live<" in words(at)
    for name in ("worn_together", "occasion", "price", "words", "picture"):
        at.slider(key=f"look:w:{name}").set_value(0).run()
    assert "Trying (only you)" in words(at)
    alone = LookStrategy(weights={"colour": 20.0})
    first = read_shop.looks(LookRequest(BAG, strategy=alone)).looks[0]
    assert pieces(at) == {piece.role: piece.id for piece in first.pieces}
    at.slider(key="look:w:colour").set_value(0).run()
    assert "All parts are at 0" in words(at)
    at.button(key="look:reset").click().run()
    assert ">Live<" in words(at)
    assert pieces(at) == {piece.role: piece.id for piece in read_shop.looks(LookRequest(BAG)).looks[0].pieces}


def test_occasion_budget_and_houses_are_asked_of_the_shop(read_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    at.selectbox(key="look:houses").set_value("one house").run()
    assert all("-aurel-" in piece for piece in pieces(at).values())
    assert "Trying (only you)" in words(at)
    at.selectbox(key="look:houses").set_value("any").run()
    at.number_input(key="look:budget").set_value(600).run()
    catalogue = read_shop.catalogue()
    assert sum(catalogue.item(piece).price or 0 for piece in pieces(at).values()) <= 60_000
    assert "60000" in at.query_params["budget"]


def test_a_link_reopens_the_same_board(read_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    held = pieces(at)["shoes"]
    at.session_state["session"] = {
        **at.session_state["session"],
        "board": {**at.session_state["session"]["board"], "locked": {"shoes": held}, "chosen": "2",
                  "own": [["outer", "coats-ferrand-red"], ["shoes", held]]},
    }  # fmt: skip
    at.slider(key="look:w:colour").set_value(77).run()
    at.slider(key="look:diversity").set_value(90).run()
    assert pieces(at)["shoes"] == held
    again = AppTest.from_file(at._script_path, default_timeout=30)
    again.session_state["session"] = {"who": "Bo"}
    again.run()
    again.switch_page(BOARD)
    for name, values in at.query_params.items():
        again.query_params[name] = values
    again.run()
    assert drawn(again) == drawn(at)
    assert drawn(again)["tabs"][-1]["name"] == "Yours"


@pytest.mark.parametrize(
    "address",
    [
        {"piece": "cape:coats-aurel-red"}, {"piece": "outer:no-such-thing"}, {"lock": "shoes:"}, {"part": "colour:-5"},
        {"part": "__class__:5"}, {"budget": "1e9"}, {"look": "99"}, {"look": "own"}, {"houses": "<b>"},
        {"occasion": "x" * 5000}, {"diversity": "400"},
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_changes_nothing(address: dict[str, str], read_shop: Shop, visit: Visit) -> None:
    plain = drawn(visit(BOARD, item=BAG))
    assert drawn(visit(BOARD, item=BAG, **address)) == plain


def test_a_look_is_saved_with_name_and_note_and_opens_as_it_was(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    before = pieces(at)
    at.slider(key="look:w:colour").set_value(60).run()
    tried = pieces(at)
    at.session_state["save-look"] = True
    at.run()
    at.text_input(key="look:name").set_value("  Autumn   lunch ")
    at.text_area(key="look:note").set_value("For the window")
    at.button(key="look:save").click().run()
    kept = own_shop.saved_looks()[0]
    assert (kept.look.name, kept.look.note, kept.saved.who) == ("Autumn lunch", "For the window", "Ines")
    assert dict(kept.look.pieces) == tried
    assert kept.look.strategy.weights["colour"] == 60
    assert "Saved as “Autumn lunch”" in words(at)
    assert "autumn-lunch" in at.query_params["saved"]
    again = visit(BOARD, saved=kept.id)
    assert pieces(again) == tried
    assert again.slider(key="look:w:colour").value == 60
    assert before


def test_a_look_without_a_name_is_not_saved_and_says_why(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    at.session_state["save-look"] = True
    at.run()
    at.button(key="look:save").click().run()
    assert "saved under a name" in words(at)
    assert own_shop.saved_looks() == []


def saved(shop: Shop, name: str = "Autumn lunch") -> SavedLook:
    look = shop.looks(LookRequest(BAG)).looks[0]
    kept = SavedLook(name, BAG, tuple((piece.role, piece.id) for piece in look.pieces))
    shop.save_look(kept, who="Ines")
    return kept


def test_two_who_save_the_same_look_do_not_lose_each_others_work(own_shop: Shop, visit: Visit) -> None:
    saved(own_shop)
    at = visit(BOARD, saved="autumn-lunch")
    at.session_state["save-look"] = True
    at.run()
    own_shop.save_look(own_shop.saved_look("autumn-lunch").look.changed(note="Bo's"), who="Bo", id="autumn-lunch")
    at.text_area(key="look:note").set_value("Mine")
    at.button(key="look:save").click().run()
    assert "Bo saved it" in words(at)
    assert own_shop.saved_look("autumn-lunch").look.note == "Bo's"
    at.button(key="look:save-new").click().run()
    assert {one.look.note for one in own_shop.saved_looks()} == {"Bo's", "Mine"}


def test_a_broken_look_says_which_piece_is_gone_and_offers_the_best_in_its_place(own_shop: Shop, visit: Visit) -> None:
    look = saved(own_shop)
    gone = dict(look.pieces)["shoes"]
    own_shop.change_facts(gone, {"stock": {"M": 0}}, who="Ines", why="gone")
    board = drawn(visit(BOARD, saved="autumn-lunch"))
    tile = next(tile for tile in board["tiles"] if tile.get("id") == gone)
    assert tile["gone"]
    assert tile["badges"] == [["accent", "Sold out"]]
    (mend,) = board["mends"]
    assert "is sold out" in mend["title"]
    assert mend["options"]
    scores = [float(one["after"].replace("−", "-")) for one in mend["options"]]
    assert scores == sorted(scores, reverse=True), "the best look first"
    lines = {line["id"]: line for line in part(visit(), "today:lines")["lines"]}
    assert lines["broken_looks"]["href"] == "/complete-the-look?saved=autumn-lunch"
    listed = part(visit(BOARD, mode="saved"), "look:kept")["lines"]
    assert (listed[0]["go"], listed[0]["tone"]) == ("Mend", "warn")


def test_a_look_whose_product_is_gone_offers_what_can_stand_in_for_it(own_shop: Shop, visit: Visit) -> None:
    saved(own_shop)
    own_shop.change_facts(BAG, {"stock": {"M": 0}}, who="Ines", why="gone")
    (mend,) = drawn(visit(BOARD, saved="autumn-lunch"))["mends"]
    assert mend["id"] == BAG
    assert mend["options"]
    assert all(one["id"].startswith("handbags-") for one in mend["options"])


def test_a_look_that_is_not_there_says_so_and_leads_to_those_that_are(read_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, saved="nothing")
    assert "There is no saved look" in words(at)
    assert at.title[0].value == "Complete the Look"


def test_a_look_is_put_away_and_its_history_stays(own_shop: Shop, visit: Visit) -> None:
    saved(own_shop)
    at = visit(BOARD, saved="autumn-lunch")
    at.button(key="look:retire").click().run()
    assert "is put away" in words(at)
    assert own_shop.saved_looks() == []
    assert len(own_shop.studio.look_history("autumn-lunch")) == 2


def test_what_counts_is_kept_in_the_draft_published_there_and_taken_back(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    live = pieces(at)
    at.slider(key="look:w:colour").set_value(80).run()
    at.slider(key="look:w:picture").set_value(0).run()
    at.selectbox(key="look:houses").set_value("one house").run()
    tried = pieces(at)
    at.button(key="look:draft").click().run()
    assert "In draft" in words(at)
    assert "not live yet" in words(at), "the tray holds it"
    at.button(key="look:reset").click().run()
    assert pieces(at) == live == pieces(visit(BOARD, item=BAG, who="Bo"))
    at.button(key="look:take_draft").click().run()
    assert "In draft" in words(at)
    assert pieces(at) == tried

    desk = visit("publish.py")
    assert "Weights of Complete the Look" in words(desk)
    assert "one house alone" in words(desk)
    desk.text_input(key="publish:why").set_value("For the autumn window")
    desk.button(key="FormSubmitter:publish-Publish").click().run()
    assert "Published as number 1" in words(desk)
    assert pieces(visit(BOARD, item=BAG, who="Bo")) == tried
    desk.button(key="rollback-1").click().run()
    assert pieces(visit(BOARD, item=BAG, who="Bo")) == live


def test_a_shops_own_outfits_stand_beside_those_it_came_with(own_shop: Shop, visit: Visit) -> None:
    assert "Elsewhere" not in words(visit(BOARD, item=BAG))
    catalogue, tables = own_shop.snapshot.catalogue, own_shop.wardrobe().tables
    ids = own_shop.looks(LookRequest(BAG)).looks[0].ids
    counted = own.count_outfits(catalogue, tables, [(BAG, *ids)] * 3)
    folder = own_shop.layout.data / "looks"
    folder.mkdir()
    own.save(folder, counted)
    learn.save(folder, None, learn.Verdict(False, "300 <b> are needed."), counted, "")
    said = words(visit(BOARD, item=BAG))
    assert "Elsewhere" in said
    assert "outfits of your own" in said.lower()
    assert "300 &lt;b&gt; are needed." in said


def test_what_counts_is_not_made_live_without_a_comment(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    at.slider(key="look:w:colour").set_value(80).run()
    at.button(key="look:publish").click().run()
    assert "Say in a few words why" in words(at)
    assert "Trying (only you)" in words(at)
    assert own_shop.look_strategy() == LookStrategy()


def test_what_counts_is_made_live_for_everybody(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    at.slider(key="look:w:colour").set_value(80).run()
    tried = pieces(at)
    at.text_input(key="look:publish_why").set_value("Colour says more here")
    at.button(key="look:publish").click().run()
    assert ">Live<" in words(at)
    assert pieces(visit(BOARD, item=BAG, who="Bo")) == tried
    newest = own_shop.studio.strategy_history("look")[0]
    assert (newest.who, newest.why) == ("Ines", "Colour says more here")
    done = Desk(own_shop.studio, "Ines").publications.history()[0]
    assert (done.name, done.why) == ("Weights of Complete the Look", "Colour says more here")


def test_a_product_shows_its_look_and_leads_to_its_board(read_shop: Shop, visit: Visit) -> None:
    shown = part(visit("product.py", item=BAG), "product:look")["items"]
    assert [card["id"] for card in shown] == list(read_shop.looks(LookRequest(BAG)).looks[0].ids)


def test_names_and_notes_are_shown_as_they_are_written(own_shop: Shop, visit: Visit) -> None:
    harm = "<img src=x onerror=alert(1)> :red[x]"
    look = saved(own_shop, name=harm)
    own_shop.save_look(look.changed(note=harm), who="Ines", id=own_shop.saved_looks()[0].id)
    at = visit(BOARD, saved=own_shop.saved_looks()[0].id)
    said = re.sub(r"<style>.*?</style>", "", words(at), flags=re.S)
    assert "&lt;img src=x" in said
    assert "<img src=x" not in said
    assert drawn(at)["tabs"][-1]["name"] == harm, "the board writes it as text"


def test_a_piece_can_be_shaped_on_the_board_and_the_draft_is_seen_there(own_shop: Shop, visit: Visit) -> None:
    at = visit(BOARD, item=BAG)
    shown = [tile for tile in part(at, "look:board")["tiles"] if tile["kind"] == "piece"]
    assert all({"raise", "lower", "block"} <= {one["act"] for one in tile["menu"]} for tile in shown)
    gone = shown[0]["id"]
    scope = {"placements": ["look"], "anchors": [BAG]}
    rule = Rule.from_json({"id": "b", "kind": "block", "target": {"items": [gone]}, "scope": scope})
    Desk(own_shop.studio, "Ines").edit(Key("rule", "b"), rule.as_json(), says="Never", at=NOW)
    assert gone not in [tile.get("id") for tile in part(visit(BOARD, item=BAG), "look:board")["tiles"]]
    other = [tile.get("id") for tile in part(visit(BOARD, item=BAG, who="Bo"), "look:board")["tiles"]]
    assert gone in other, "a draft is seen by its owner alone"
