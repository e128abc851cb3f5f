"""Curation Rules on the pages: the book, the form with its preview, findings, and a spreadsheet there and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from tests.pages.conftest import Visit, part, words

RULES, LIKE, PUBLISH = "curation_rules.py", "you_may_also_like.py", "publish.py"
BAG = "handbags-aurel-black"
FORM = "rules:form"
NO_AUREL = {
    "id": "no-aurel",
    "kind": "block",
    "target": {"filters": {"brand": ["Aurel"]}},
    "note": "Asked by the house",
}
RAISE = {"id": "up", "kind": "boost", "step": "strong", "direction": "up", "target": {"filters": {"brand": ["Corvin"]}}}
DEAD = {"id": "dead", "kind": "block", "target": {"filters": {"brand": ["Nobody"]}}}
APART = {"id": "apart", "kind": "boundary", "brands": ["Aurel"], "others": ["Corvin"]}


def published(shop: Shop, *plain: dict[str, Any]) -> None:
    shop.publish_rules([Rule.from_json(one) for one in plain], who="Bo", why="To begin with")


def rows(at: AppTest, key: str = "rules:table") -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in part(at, key)["rows"]}


def clicked(shop: Shop, at: AppTest, key: str, who: str = "Ines", **action: Any) -> dict[str, Any]:
    """Click in one of our own parts of a page: what its callback does. Returns what the session holds then."""
    from pages.kit import engine, lint_panel, parts, rule_book, tray

    live = engine.published()
    desk = Desk(shop.studio, who) if who else None
    standing = desk.standing() if desk else live
    with (
        patch.object(parts, "event", lambda *_: action),
        patch.object(tray, "desk", lambda: desk),
        patch.object(st, "session_state", {}) as kept,
    ):
        if key == rule_book.TABLE:
            rule_book.act(rule_book.entries(live, standing, datetime.now(UTC)))
        else:
            lint_panel._act(key, lint_panel.findings(standing) or [])
        return dict(kept)


def drafted(shop: Shop, who: str = "Ines") -> list[dict[str, Any] | None]:
    return [change.after for change in Desk(shop.studio, who).draft().changes]


# -- the book ------------------------------------------------------------------------------------------------------


def test_without_a_rule_the_page_says_so_and_offers_the_first(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES)
    assert "No rule yet" in words(at)
    at.button(key="rules:first").click().run()
    assert "Choose the products that the rule is about" in words(at)
    assert at.button(key="rule-keep").disabled
    at.button(key="rule-back").click().run()
    assert "No rule yet" in words(at)


def test_every_rule_says_itself_in_a_sentence_with_who_made_it_and_where_it_stands(
    own_shop: Shop, visit: Visit
) -> None:
    later = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    published(own_shop, NO_AUREL, {**RAISE, "starts_at": later}, {**DEAD, "off": True})
    found = rows(visit(RULES))
    assert found["no-aurel"]["text"] == "Never show products of Aurel."
    assert found["no-aurel"]["note"] == "“Asked by the house”"
    assert found["no-aurel"]["side"][0] == "In force"
    assert found["no-aurel"]["side"][1].startswith("Bo, ")
    assert found["up"]["side"][0].startswith("Coming ")
    assert found["dead"]["side"][0] == "Off"
    assert list(found) == ["no-aurel", "up", "dead"]


def test_the_draft_is_told_apart_from_what_is_live(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, RAISE)
    desk = Desk(own_shop.studio, "Ines")
    now = datetime.now(UTC)
    desk.edit(Key("rule", "no-aurel"), None, says="out", at=now)
    desk.edit(Key("rule", "up"), {**RAISE, "step": "gentle"}, says="gentler", at=now)
    desk.edit(Key("rule", "apart"), APART, says="new", at=now)
    marks = {id: row["marks"][0][1] for id, row in rows(visit(RULES)).items()}
    assert marks == {
        "no-aurel": "Taken out in your draft", "up": "Changed in your draft", "apart": "New in your draft",
    }  # fmt: skip
    assert not any(row["marks"] for row in rows(visit(RULES, who="Bo")).values())


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("kind", "boost", {"up"}),
        ("standing", "off", {"dead"}),
        ("placement", "search", {"no-aurel", "dead"}),
        ("text", "AUREL house", {"no-aurel"}),
        ("found", True, {"up"}),
    ],
)
def test_the_book_is_narrowed(own_shop: Shop, visit: Visit, field: str, value: Any, left: set[str]) -> None:
    ends = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    published(
        own_shop, NO_AUREL, {**RAISE, "scope": {"placements": ["similar"]}, "ends_at": ends}, {**DEAD, "off": True}
    )
    at = visit(RULES)
    key = f"rules:narrow:{field}"
    control = {"text": at.text_input, "found": at.toggle}.get(field, at.selectbox)(key=key)
    control.set_value(value).run()
    assert not at.exception
    assert set(rows(at)) == left


def test_a_rule_is_switched_off_taken_out_and_put_back_into_the_draft_alone(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, RAISE)
    at = visit(RULES)
    clicked(own_shop, at, "rules:table", type="switch", id="up")
    assert drafted(own_shop) == [{**own_shop.rules()[1].as_json(), "off": True}]
    at = visit(RULES)
    assert rows(at)["up"]["actions"][1]["label"] == "Switch on"
    clicked(own_shop, at, "rules:table", type="out", id="no-aurel")
    assert drafted(own_shop)[1] is None
    clicked(own_shop, visit(RULES), "rules:table", type="back", id="no-aurel")
    assert len(drafted(own_shop)) == 1
    assert [rule.off for rule in own_shop.rules()] == [False, False]


def test_a_rule_of_the_draft_that_nobody_knows_changes_nothing(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL)
    for forged in ({"type": "out", "id": "no-such"}, {"type": "away", "id": "no-aurel"}, {}, {"type": 7, "id": None}):
        clicked(own_shop, visit(RULES), "rules:table", **forged)
    assert drafted(own_shop) == []


def test_without_a_name_nothing_is_changed_and_the_page_asks_for_one(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL)
    kept = clicked(own_shop, visit(RULES, who=""), "rules:table", who="", type="out", id="no-aurel")
    assert "Every change carries a name" in kept["rules:said"][0]


def test_brand_boundaries_stand_by_themselves(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, APART)
    at = visit(RULES, mode="boundaries")
    assert set(rows(at)) == {"apart"}
    at.button(key="rules:new").click().run()
    assert "Choose the houses that the rule is about" in words(at)


def test_what_is_written_in_a_rule_is_shown_as_text(own_shop: Shop, visit: Visit) -> None:
    harm = "<img src=x onerror=alert(1)> :red[x] [y](https://evil.example)"
    published(own_shop, {**NO_AUREL, "note": harm}, {**RAISE, "target": {"filters": {"brand": [harm]}}})
    at = visit(RULES, rule="up")
    assert "<img src=x" not in words(at)
    assert "&lt;img src=x" in words(at)
    assert "<img src=x" not in words(visit(LIKE, item=BAG))


# -- the form ------------------------------------------------------------------------------------------------------


def test_a_rule_is_made_in_plain_words_and_seen_before_it_is_kept(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES, new="block")
    at.multiselect(key="rules:form:filters:brand").set_value(["Aurel"]).run()
    assert "Never show products of Aurel." in words(at)
    assert "Works in 120\xa0lists · 24\xa0products match" in words(at)
    listed = [card["id"] for card in part(at, "rules:list")["items"]]
    assert listed
    assert not any("-aurel-" in one for one in listed)
    assert "With this rule:" in words(at)
    assert drafted(own_shop) == []
    at.button(key="rule-keep").click().run()
    assert not at.exception
    assert [one["kind"] for one in drafted(own_shop) if one] == ["block"]
    assert "In your draft: Never show products of Aurel." in words(at)
    assert own_shop.rules() == ()


def test_the_list_beside_the_form_is_the_one_that_is_served_once_it_is_live(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES, new="boost")
    at.multiselect(key="rules:form:filters:brand").set_value(["Corvin"]).run()
    at.segmented_control(key="rules:form:step").set_value("strong").run()
    at.session_state["rules:example"] = BAG
    at.run()
    shown = tuple(card["id"] for card in part(at, "rules:list")["items"])
    assert shown != own_shop.recommend(Request(anchor=BAG)).ids
    at.button(key="rule-keep").click().run()
    Desk(own_shop.studio, "Ines").publish("Seen before", datetime.now(UTC))
    assert own_shop.recommend(Request(anchor=BAG)).ids == shown


@pytest.mark.parametrize("kind", ["pin", "pin_best", "block", "keep", "boost", "quota", "boundary"])
def test_every_kind_of_rule_opens_and_closes_as_it_was(own_shop: Shop, visit: Visit, kind: str) -> None:
    aim = {"target": {"filters": {"brand": ["Corvin"], "colour": ["black"]}, "relations": [["price", "cheaper"]]}}
    more: dict[str, Any] = {
        "pin": {"place": 3, "target": {"items": ["boots-corvin-black"]}, "ends_at": None},
        "pin_best": {"place": 2, **aim}, "block": aim, "keep": aim,
        "boost": {"amount": -0.4, "by": "margin", **aim},
        "quota": {"at_least": 20, "at_most": 60, "percent": True, **aim},
        "boundary": {"brands": ["Aurel"], "others": ["Corvin"], "only": True},
    }[kind]  # fmt: skip
    plain = {
        "id": "r", "kind": kind, **more, "priority": 4, "note": "As agreed", "zone": "Asia/Tokyo",
        "starts_at": "2031-01-02T03:04", "scope": {"anchor_filters": {"brand": ["Aurel"]}, "audiences": ["women"],
        "locales": ["fr", "de-CH"], "placements": ["similar", "search"]},
    }  # fmt: skip
    if kind == "pin":
        plain["ends_at"] = "never"
    rule = Rule.from_json(plain)
    Desk(own_shop.studio, "Ines").edit(Key("rule", "r"), rule.as_json(), says="first", at=datetime.now(UTC))
    at = visit(RULES, rule="r")
    assert rule.note in [one.value for one in at.text_input]
    at.button(key="rule-keep").click().run()
    assert not at.exception
    assert Rule.from_json(drafted(own_shop)[0]) == rule


def test_a_copy_is_a_rule_of_its_own(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL)
    at = visit(RULES, copy="no-aurel")
    at.button(key="rule-keep").click().run()
    (made,) = drafted(own_shop)
    assert made is not None
    assert made["id"] != "no-aurel"
    assert made["target"] == NO_AUREL["target"]


def test_another_kind_keeps_what_it_can_say_and_only_a_pin_gets_an_end(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES, new="pin", item="boots-corvin-black")
    assert at.session_state[FORM]["ends_at"] is not None
    at.pills(key="rules:form:kind").set_value("block").run()
    assert at.session_state[FORM]["ends_at"] is None
    assert "Never show “Corvin black boots” (boots-corvin-black)." in words(at)
    at.pills(key="rules:form:kind").set_value("pin").run()
    assert at.session_state[FORM]["ends_at"] is not None
    assert "to place 1" in words(at)


def test_lists_that_are_no_longer_chosen_say_nothing_any_more(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES, new="block", beside=BAG)
    at.multiselect(key="rules:form:filters:brand").set_value(["Aurel"]).run()
    assert f"beside “Aurel black handbags” ({BAG})" in words(at)
    at.segmented_control(key="rules:form:beside").set_value("all").run()
    assert "Never show products of Aurel." in words(at)


def test_a_link_to_a_rule_that_is_gone_says_so(own_shop: Shop, visit: Visit) -> None:
    assert "There is no rule" in words(visit(RULES, rule="nobody"))


def test_two_pins_that_want_one_place_are_named_beside_the_form(own_shop: Shop, visit: Visit) -> None:
    pin = {"kind": "pin", "place": 1, "scope": {"anchors": [BAG]}}
    published(own_shop, {**pin, "id": "first", "target": {"items": ["boots-corvin-black"]}})
    second = {**pin, "id": "second", "target": {"items": ["boots-aurel-black"]}}
    Desk(own_shop.studio, "Ines").edit(
        Key("rule", "second"), Rule.from_json(second).as_json(), says="x", at=datetime.now(UTC)
    )
    said = words(visit(RULES, rule="second"))
    assert "boots-corvin-black" in said
    assert "both pinned" in said or "want one place" in said


# -- findings ------------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_named_and_mended_into_the_draft(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, DEAD)
    at = visit(RULES)
    (finding,) = rows(at, "rules:lint").values()
    assert "matches no product" in finding["text"]
    assert rows(at)["dead"]["marks"] == [["warning", "Worth a look"]]
    clicked(own_shop, at, "rules:lint", type="fix", id="0")
    assert drafted(own_shop) == [None]
    assert "in order" in words(visit(RULES))


def test_before_publishing_what_the_draft_adds_must_be_mended_or_be_meant(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, DEAD)
    nothing_left = {"id": "none", "kind": "keep", "target": {"filters": {"brand": ["Nobody"]}}}
    Desk(own_shop.studio, "Ines").edit(Key("rule", "none"), nothing_left, says="keep", at=datetime.now(UTC))
    at = visit(PUBLISH)
    assert "Before you publish" in words(at)
    found = rows(at, "publish:lint")
    assert all("“Never show" not in row["text"] for row in found.values()), "what was wrong before is not asked again"
    button = "FormSubmitter:publish-Publish"
    assert at.button(key=button).disabled
    at.checkbox(key="publish:all-the-same").set_value(True).run()
    at.text_input(key="publish:why").set_value("Meant so")
    at.button(key=button).click().run()
    assert "Published as number" in words(at)


# -- at work in a list ---------------------------------------------------------------------------------------------


def test_rules_at_work_are_named_above_the_list_and_their_tiles_say_so(own_shop: Shop, visit: Visit) -> None:
    assert "at work here" not in str([one.label for one in visit(LIKE, item=BAG).expander])
    published(own_shop, RAISE)
    at = visit(LIKE, item=BAG)
    assert "1\xa0rule at work here" in [one.label for one in at.expander]
    cards = part(at, "like:list")["items"]
    raised = [card for card in cards if "-corvin-" in card["id"]]
    assert raised
    assert all(card["badges"][0][1].startswith("Raised") for card in raised)
    alone = own_shop.recommend(Request(anchor=BAG), draft={}).ids
    for card in cards:
        if card["id"] in alone and "-corvin-" not in card["id"]:
            lost = alone.index(card["id"]) + 1 - card["place"]
            assert any("by rules" in badge[1] for badge in card["badges"]) == bool(lost)


def test_a_list_is_seen_without_one_of_its_rules_by_this_person_alone(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, RAISE)
    plain = visit(LIKE, item=BAG)
    assert not any("-aurel-" in card["id"] for card in part(plain, "like:list")["items"])
    at = visit(LIKE, item=BAG)
    at.session_state["work:without"] = ["no-aurel"]
    at.run()
    without = [card["id"] for card in part(at, "like:list")["items"]]
    left = {Key("rule", "up"): own_shop.rules()[1].as_json()}
    assert tuple(without) == own_shop.recommend(Request(anchor=BAG), draft=left).ids
    assert "only you see it so" in words(at)
    at.button(key="work:all").click().run()
    assert part(at, "like:list")["items"] == part(plain, "like:list")["items"]


# -- a spreadsheet there and back ----------------------------------------------------------------------------------


def unfold(at: AppTest) -> AppTest:
    at.session_state["sheet-of-rules"] = True
    return at.run()


def brought(at: AppTest, name: str, content: bytes) -> AppTest:
    unfold(at)
    at.file_uploader(key="rules:file").upload(name, content, "text/csv").run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def test_a_file_is_tried_first_and_then_goes_into_the_draft(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL)
    csv = (
        b"id,kind,filters,step,direction\n"
        b"no-aurel,block,brand=Aurel | brand=Corvin,,\n"
        b"new,boost,brand=Corvin,clear,up\n"
    )
    at = brought(visit(RULES), "rules.csv", csv)
    assert "1 new and 1 changed." in words(at)
    assert "Never show products of Aurel or Corvin." in words(at)
    assert drafted(own_shop) == []
    at.button(key="rules:take").click().run()
    assert {one["id"] for one in drafted(own_shop) if one} == {"new", "no-aurel"}
    assert own_shop.rules()[0].as_json() == Rule.from_json(NO_AUREL).as_json()


def test_a_file_that_is_the_whole_book_takes_the_others_out(own_shop: Shop, visit: Visit) -> None:
    published(own_shop, NO_AUREL, RAISE)
    content = json.dumps({"rules": [RAISE]}).encode()
    at = brought(visit(RULES), "rules.json", content)
    at.segmented_control(key="rules:how").set_value("whole").run()
    assert "1 taken out" in words(at)
    at.button(key="rules:take").click().run()
    assert drafted(own_shop) == [None]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rules.csv", b"kind,filters\nblock,brand=Aurel\nfly,brand=Aurel\n", "Row 3"),
        ("rules.csv", "kind\nblöck\n".encode("latin-1"), "not text in UTF-8"),
        ("rules.json", b"{", "no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_changes_nothing(
    own_shop: Shop, visit: Visit, name: str, content: bytes, said: str
) -> None:
    published(own_shop, NO_AUREL)
    at = brought(visit(RULES), name, content)
    assert said in words(at)
    assert not [one for one in at.button if one.key == "rules:take"]


def test_what_a_page_said_stays_when_it_shows_itself_anew_and_goes_when_somebody_does_something() -> None:
    from pages.kit import frame

    said: list[tuple[str, str]] = []
    with (
        patch.object(st, "session_state", {"rules:said": ("In your draft.", "")}) as kept,
        patch.object(frame.states, "said", lambda *words: said.append(words)),
        patch.object(st, "rerun") as anew,
    ):
        frame.once("rules:said")
        frame.once("rules:said")
        frame.again.__wrapped__(lambda: True)  # type: ignore[attr-defined]
        frame.begin()
        frame.once("rules:said")
        frame.begin()
        frame.again.__wrapped__(lambda: True)  # type: ignore[attr-defined]
        frame.once("rules:said")
        assert (said, anew.call_count, kept) == ([("In your draft.", "")] * 2, 2, {})
