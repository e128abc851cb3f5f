"""Products are ticked, chosen, kept as collections and made the target of rules; what stands is what was done."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.collections import KIND, Collection, collections_in
from core.domain.query import Request
from core.shop import Shop
from pages.kit import atlas, collections, deeds, engine, keeping, parts, selection, ticking
from tests.pages.conftest import Visit, part, words

CATALOGUE, MAP, RULES = "catalogue.py", "map.py", "curation_rules.py"
BAGS = ("handbags-aurel-black", "handbags-aurel-red", "handbags-corvin-black")
COAT, TOTE = "coats-aurel-black", "totes-aurel-black"


def desk(shop: Shop) -> Desk:
    return Desk(shop.studio, "Ines")


def kept(shop: Shop) -> dict[str, Collection]:
    return collections_in(desk(shop).standing())


def drafted(shop: Shop, *items: str, name: str = "Autumn window", note: str = "") -> Collection:
    one = Collection("autumn-window", name, note, items)
    desk(shop).edit(Key(KIND, one.id), one.as_json(), says="New", at=engine.now())
    return one


def press(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click().run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def with_ticks(visit: Visit, *items: str) -> AppTest:
    at = visit(CATALOGUE)
    at.session_state["ticked"] = {"ids": list(items)}
    at.run()
    return at


# -- ticking -------------------------------------------------------------------------------------------------------


def test_ticks_are_those_of_the_page_shown_and_those_of_other_pages_stay(
    read_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {"ids": [COAT, BAGS[0]], "shown": [*BAGS, TOTE], "heard": 3}
    monkeypatch.setattr(ticking.held, "of", lambda store: dict(state))
    monkeypatch.setattr(ticking.held, "put", lambda store, **changes: state.update(changes))

    def send(**sent: Any) -> bool:
        monkeypatch.setattr(parts, "event", lambda key, name="action": sent)
        return ticking.follow("catalogue:grid")

    assert send(type="tick", rev=4, on=[TOTE, BAGS[1], "not-on-this-page"])
    assert (state["ids"], state["heard"]) == ([COAT, BAGS[1], TOTE], 4)
    assert send(type="tick", rev="5", on=[TOTE])
    assert send(type="tick", rev=5, on=7)
    assert state["heard"] == 4, "what the browser could not mean changes nothing"
    assert not send(type="open", id=COAT)


def test_nothing_stands_at_the_foot_before_something_is_ticked(read_shop: Shop, visit: Visit) -> None:
    at = visit(CATALOGUE)
    assert "chosen</p>" not in words(at)
    assert {one["tick"] for one in part(at, "catalogue:grid")["items"]} == {False}
    at = with_ticks(visit, *BAGS, "gone-1")
    assert "3 chosen" in words(at)
    assert sum(one["tick"] for one in part(at, "catalogue:grid")["items"]) <= 3
    press(at, "Let go")
    assert "chosen</p>" not in words(at)


def test_all_that_was_found_can_be_chosen_at_once(read_shop: Shop, visit: Visit) -> None:
    at = visit(CATALOGUE, category="Bags")
    at.session_state["ticked"] = {"ids": [COAT]}
    at.run()
    press(at, next(one.label for one in at.button if one.label.startswith("All ")))
    ids = at.session_state["ticked"]["ids"]
    assert ids[0] == COAT
    bags = {item.id for item in read_shop.catalogue() if "Bags" in item.category}
    assert set(ids[1:]) == bags


# -- keeping -------------------------------------------------------------------------------------------------------


def test_ticked_products_become_a_collection_of_the_draft(own_shop: Shop, visit: Visit) -> None:
    at = with_ticks(visit, *BAGS)
    at.session_state["ticked-keep-0"] = True
    at.run()
    at.text_input(key="ticked:name").set_value("  Autumn   window ")
    at.text_input(key="ticked:note").set_value("For the corner")
    press(at, "Into my draft")
    assert kept(own_shop) == {"autumn-window": Collection("autumn-window", "Autumn window", "For the corner", BAGS)}
    assert "“Autumn window” is in your draft" in words(at)
    assert "chosen</p>" not in words(at), "what was done is done"
    assert "not live yet" in words(at), "the draft is in the head of the page"
    assert not engine.shop().view().rules, "nothing is live before it is published"


def test_a_name_is_proposed_from_what_they_share_and_no_two_collections_have_one(own_shop: Shop, visit: Visit) -> None:
    assert deeds_name(visit, BAGS[:2]) == "Handbags of Aurel"
    drafted(own_shop, TOTE, name="Handbags of Aurel")
    assert deeds_name(visit, BAGS[:2]) == "Handbags of Aurel 2"
    at = with_ticks(visit, *BAGS[:2])
    at.session_state["ticked-keep-0"] = True
    at.run()
    assert at.selectbox(key="ticked:into").options == ["A new collection", "Handbags of Aurel"]
    at.text_input(key="ticked:name").set_value("handbags of aurel")
    press(at, "Into my draft")
    assert "There is a collection" in words(at)
    assert len(kept(own_shop)) == 1
    assert "2 chosen" in words(at), "what could not be done stays chosen"
    at.selectbox(key="ticked:into").select("autumn-window").run()
    press(at, "Into my draft")
    assert kept(own_shop)["autumn-window"].items == (TOTE, *BAGS[:2])


def deeds_name(visit: Visit, ids: tuple[str, ...]) -> str:
    at = with_ticks(visit, *ids)
    at.session_state["ticked-keep-0"] = True
    at.run()
    return str(at.text_input(key="ticked:name").placeholder)


def test_nobody_without_a_name_changes_anything(own_shop: Shop, visit: Visit) -> None:
    at = visit(CATALOGUE, who="")
    at.session_state["ticked"] = {"ids": [*BAGS]}
    at.session_state["ticked-keep-0"] = True
    at.run()
    at.text_input(key="ticked:name").set_value("Autumn")
    press(at, "Into my draft")
    assert "Every change carries a name" in words(at)


# -- rules ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_begun_about_a_collection_and_follows_what_is_in_it(own_shop: Shop, visit: Visit) -> None:
    at = with_ticks(visit, *BAGS)
    at.session_state["ticked-rule-0"] = True
    at.run()
    at.radio(key="ticked:kind").set_value("block")
    at.text_input(key="ticked:rule-name").set_value("Autumn window")
    press(at, "Write the rule")
    assert at.title[0].value == "Curation Rules"
    assert "Never show products in the collection “Autumn window”." in words(at)
    assert "3 products match" in words(at).replace("\u00a0", " ")
    press(at, "Keep in my draft")
    mine = desk(own_shop)
    (rule,) = [plain for key, plain in mine.standing().items() if key.kind == "rule"]
    assert rule["target"] == {"collections": ["autumn-window"]}
    assert any(bag in own_shop.recommend(Request(anchor=TOTE, k=20)).ids for bag in BAGS)
    mine.publish("For the window", engine.now())
    assert not set(own_shop.recommend(Request(anchor=TOTE, k=20)).ids) & set(BAGS)
    shown = own_shop.recommend(Request(anchor=TOTE, k=5)).ids
    fuller = Collection("autumn-window", "Autumn window", "", (*BAGS, shown[0]))
    mine.edit(Key(KIND, fuller.id), fuller.as_json(), says="One more", at=engine.now())
    mine.publish("One more", engine.now())
    assert shown[0] not in own_shop.recommend(Request(anchor=TOTE, k=5)).ids, (
        "the rule knows nothing of it but its name"
    )


def test_a_few_products_can_be_named_one_by_one(own_shop: Shop, visit: Visit) -> None:
    at = with_ticks(visit, *BAGS[:2])
    at.session_state["ticked-rule-0"] = True
    at.run()
    at.session_state["ticked:how"] = deeds.NAMED
    at.run()
    press(at, "Write the rule")
    assert at.session_state["rules:form"]["items"] == list(BAGS[:2])
    assert at.session_state["rules:form"]["kind"] == "quota"
    assert kept(own_shop) == {}


def test_a_rule_about_what_is_kept_already_is_about_that_collection(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    at = with_ticks(visit, *reversed(BAGS))
    at.session_state["ticked-rule-0"] = True
    at.run()
    assert "About the collection “Autumn window”, which holds just these." in words(at)
    press(at, "Write the rule")
    assert at.session_state["rules:form"]["collections"] == ["autumn-window"]
    assert set(kept(own_shop)) == {"autumn-window"}, "no second one with the same products"


def test_a_link_begins_a_rule_about_a_collection(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    at = visit(RULES, new="boost", collection="autumn-window")
    assert at.session_state["rules:form"]["collections"] == ["autumn-window"]
    at = visit(RULES, new="boost", collection="no-such")
    assert at.session_state["rules:form"]["collections"] == []


# -- all of them, and one ------------------------------------------------------------------------------------------


def test_a_shop_without_collections_says_how_to_make_one(read_shop: Shop, visit: Visit) -> None:
    at = visit(MAP, mode="collections")
    assert "No collection yet" in words(at)


def test_a_collection_is_opened_by_a_link_renamed_emptied_and_taken_away(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS, "gone-1", note="For the corner")
    shelf = part(visit(MAP, mode="collections"), collections.SHELF)["items"]
    assert [(one["title"], one["brand"].replace("\u00a0", " ")) for one in shelf] == [("Autumn window", "4 products")]
    assert len(shelf[0]["images"]) == 3
    assert "1 not in the shop any more" in shelf[0]["note"]
    assert shelf[0]["href"] == "/map?mode=collections&collection=autumn-window"
    at = visit(MAP, mode="collections", collection="autumn-window")
    assert [one["id"] for one in part(at, "selection:grid")["items"]] == list(BAGS)
    assert "For the corner" in words(at)
    assert "Not in the shop any more: gone-1" in words(at)
    press(at, "Take these out")
    assert kept(own_shop)["autumn-window"].items == BAGS
    at.session_state["collection-rename-Autumn window"] = True
    at.run()
    at.text_input(key="collection:name:autumn-window").set_value("Winter window")
    press(at, "Into my draft")
    assert kept(own_shop)["autumn-window"].name == "Winter window"
    at.session_state["collection-drop"] = True
    at.run()
    press(at, "Take the collection away")
    assert kept(own_shop) == {}
    press(at, "Undo")
    assert kept(own_shop)["autumn-window"].name == "Winter window"


def test_one_product_is_taken_out_by_its_mark(own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    drafted(own_shop, *BAGS)
    at = visit(MAP, mode="collections", collection="autumn-window")
    card = part(at, "selection:grid")["items"][0]
    assert "remove" in [one["act"] for one in card["tools"]]
    monkeypatch.setattr(keeping, "_desk", lambda: desk(own_shop))
    monkeypatch.setattr(keeping, "standing", lambda: desk(own_shop).standing())
    keeping.take_out("autumn-window", [BAGS[0], "gone-2"])
    assert kept(own_shop)["autumn-window"].items == BAGS[1:]
    assert desk(own_shop).draft().edits[-1].says == "“Aurel black handbags” out of “Autumn window”."


def test_a_collection_that_is_published_and_taken_away_waits_to_be_put_back(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    desk(own_shop).publish("For the window", engine.now())
    rule = {"id": "r", "kind": "block", "target": {"collections": ["autumn-window"]}}
    desk(own_shop).edit(Key("rule", "r"), rule, says="New", at=engine.now())
    at = visit(MAP, mode="collections", collection="autumn-window")
    assert "Never show products in the collection “Autumn window”." in words(at)
    at.session_state["collection-drop"] = True
    at.run()
    assert "1 rule about it will match nothing" in words(at).replace("\u00a0", " ").replace("\\", "")
    press(at, "Take the collection away")
    (card,) = part(at, collections.SHELF)["items"]
    assert card["dim"]
    assert [one["act"] for one in card["tools"]] == ["back"]
    assert "Taken out" in [name for _, name in card["badges"]]
    found = visit(RULES)
    assert "no collection of that name is there" in words(found) + str(part(found, "rules:lint"))


def test_a_published_collection_is_told_on_publish_as_what_changed(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    assert "The collection “Autumn window”, with Aurel black handbags" in words(visit("publish.py"))
    desk(own_shop).publish("For the window", engine.now())
    drafted(own_shop, *BAGS[1:], COAT, name="Winter window")
    said = words(visit("publish.py"))
    assert "it gains Aurel black coats" in said
    assert "it loses Aurel black handbags" in said
    assert "it was called “Autumn window”" in said


# -- a selection ---------------------------------------------------------------------------------------------------


def test_a_selection_is_told_in_figures_audited_and_compared(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    at = visit(MAP, mode="collections", collection="autumn-window")
    found = own_shop.atlas.statistics(BAGS, engine.now())
    assert f"<dt>On sale</dt><dd>{found.states['live']}</dd>" in words(at)
    at.session_state["selection:audit"] = True
    at.run()
    for _ in range(40):
        if "Share of all places" in words(at):
            break
        at.run()
    shares = own_shop.atlas.exposure(engine.now().replace(minute=0, second=0, microsecond=0))
    got = float(shares[own_shop.catalogue().rows(BAGS)].sum())
    assert f"<dd>{100 * got:.1f}" in words(at) or f"<dd>{100 * got:.0f}" in words(at)
    at.session_state["selection:compare"] = True
    at.run()
    assert at.selectbox(key="selection:against").value == "rest"
    assert "handbags" in words(at).lower()
    press(at, "Hold these for later")
    at = press(at, "All collections")


def test_what_is_held_is_what_the_next_choice_is_compared_with(own_shop: Shop, visit: Visit) -> None:
    own_shop.atlas.map()
    at = visit(MAP)
    at.session_state[selection.COMPARE] = True
    for ids, against in ((BAGS, selection.REST), ((COAT, TOTE), selection.HELD)):
        at.session_state[atlas.CHOSEN] = {"ids": list(ids), "why": ""}
        at.run()
        assert at.selectbox(key="selection:against").value == against
        press(at, "Hold these for later")


def test_the_table_keeps_the_order_and_the_ids_of_what_is_gone(own_shop: Shop, visit: Visit) -> None:
    visit(CATALOGUE)
    lines = deeds.table(own_shop, [BAGS[1], "gone-1", BAGS[0]]).decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(deeds.HEADER)
    assert [line.split(",")[0] for line in lines[1:]] == [BAGS[1], "gone-1", BAGS[0]]
    assert lines[2].endswith("not in the catalogue")


def test_tuning_shows_the_lists_of_what_was_chosen(own_shop: Shop, visit: Visit) -> None:
    at = visit("tuning.py", mode="ab", anchors=f"{TOTE},gone-1,{COAT}")
    assert sorted(one["anchor"]["id"] for one in part(at, "tuning:sheet")["rows"]) == sorted([TOTE, COAT])
    assert at.selectbox(key="tuning:scope").value == "tuning:chosen"
    at = visit("tuning.py", mode="ab", anchors="gone-1")
    assert at.session_state["tuning:many"] != "A sheet"


# -- what could go wrong -------------------------------------------------------------------------------------------


def test_a_change_made_while_another_day_is_looked_at_begins_with_what_stands_now(own_shop: Shop, visit: Visit) -> None:
    drafted(own_shop, *BAGS)
    desk(own_shop).publish("For the window", engine.now())
    at = with_ticks(visit, COAT)
    at.session_state["session"] = {"who": "Ines", "as_of": "2026-01-01"}
    at.session_state["ticked-keep-0"] = True
    at.run()
    assert not [one for one in at.selectbox if one.key == "ticked:into"], "there was no collection that day"
    at.text_input(key="ticked:name").set_value("Autumn window")
    press(at, "Into my draft")
    assert "There is a collection “Autumn window” already" in words(at)
    assert kept(own_shop)["autumn-window"].items == BAGS


def test_a_name_that_is_no_name_is_shown_as_it_was_typed(own_shop: Shop, visit: Visit) -> None:
    harm = "<img src=x onerror=alert(1)> :red[x] $y$"
    drafted(own_shop, *BAGS, name=harm, note="<b>bold</b>")
    rule = {"id": "r", "kind": "block", "target": {"collections": ["autumn-window"]}}
    desk(own_shop).edit(Key("rule", "r"), rule, says="New", at=engine.now())
    for page, address in (
        (MAP, {"mode": "collections", "collection": "autumn-window"}), (RULES, {}), ("publish.py", {}),
        (RULES, {"rule": "r"}),
    ):  # fmt: skip
        said = words(visit(page, **address))
        assert "<img src=x" not in said, page
        assert "<b>bold" not in said, page
    desk(own_shop).publish(harm, engine.now())
    assert "<img src=x" not in words(visit("today.py"))
