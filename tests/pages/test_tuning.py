"""Tuning: two strategies side by side, strategies with a name, trade-offs, thumbs, examples and answers."""

from __future__ import annotations

import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from core.curation.desk import Desk
from core.domain import blends
from core.domain.changes import Key
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.shop import Shop
from pages.kit import engine, judging, parts
from tests.pages.conftest import Visit, part, words

TUNING, LIKE = "tuning.py", "you_may_also_like.py"
BAG, TOTE, COAT = "handbags-aurel-black", "totes-aurel-black", "coats-aurel-black"
WORDS = Strategy("Words alone", {"text": 1.0}, lam=0.5, brand_cap=None, note="For knitwear")


def ids(at: AppTest, key: str) -> list[str]:
    return [one["id"] for one in part(at, key)["items"]]


def desk(shop: Shop) -> Desk:
    return Desk(shop.studio, "Ines")


def test_both_sides_are_the_lists_that_the_shop_would_serve(read_shop: Shop, visit: Visit) -> None:
    at = visit(TUNING, item=BAG)
    live = list(read_shop.recommend(Request(anchor=BAG, k=10)).ids)
    assert ids(at, "tuning:first") == ids(at, "tuning:second") == live
    at.slider(key="control:w:text").set_value(100).run()
    at.slider(key="control:diversity").set_value(90).run()
    tried = Strategy(weights={"text": 100.0, "image": 35.0, "attributes": 30.0}, lam=0.1)
    served = list(read_shop.recommend(Request(anchor=BAG, k=10, strategy=tried)).ids)
    assert ids(at, "tuning:first") == live
    assert ids(at, "tuning:second") == served
    for place, card in enumerate(part(at, "tuning:second")["items"], 1):
        if card["id"] in live:
            assert card["moved"] == live.index(card["id"]) + 1 - place
        else:
            assert ["accent", "New"] in card["badges"]
    shared = len(set(live) & set(served)) / 10
    assert f"In both</dt><dd>{100 * shared:.0f}" in words(at)
    assert "Mean margin" in words(at)


def test_a_sheet_tells_how_many_lists_differ_and_shows_those_first(read_shop: Shop, visit: Visit) -> None:
    at = visit(TUNING, item=BAG)
    at.slider(key="control:w:text").set_value(0).run()
    at.session_state["tuning:many"] = "A sheet"
    at.run()
    rows = part(at, "tuning:sheet")["rows"]
    assert len(rows) == 10
    for row in rows[:3]:
        anchor = row["anchor"]["id"]
        assert [one["id"] for one in row["sides"][0]] == list(read_shop.recommend(Request(anchor=anchor, k=10)).ids)[:6]
    assert "Lists that differ" in words(at)
    assert rows[0]["remark"] != "The same list"


def test_a_strategy_gets_a_name_holds_for_a_category_and_goes_live_with_the_draft(own_shop: Shop, visit: Visit) -> None:
    at = visit(TUNING, item=BAG)
    for signal, value in (("text", 100), ("image", 0), ("attributes", 0)):
        at.slider(key=f"control:w:{signal}").set_value(value).run()
    at.session_state["name-b-0"] = True
    at.run()
    at.text_input(key="name:b:name").set_value("Words alone")
    at.text_input(key="name:b:note").set_value("For bags")
    next(one for one in at.button if one.label == "Into my draft").click().run()
    assert "Words alone is in your draft." in words(at)
    at.session_state["assign-b-1"] = True
    at.run()
    assert at.selectbox(key="assign:b:where").value == ("Bags",)
    next(one for one in at.button if one.label == "Into my draft").click().run()
    standing = desk(own_shop).standing()
    assert [one.name for one in blends.named(standing).values()] == ["Words alone"]
    assert blends.places(standing)[("Bags",)].weights == {"text": 100.0}
    assert "Beside <b>Bags</b>" in words(at)
    assert own_shop.strategy(anchor=BAG) == Strategy(), "nothing is live before it is published"
    at.session_state["tuning:b"] = "draft"
    at.run()
    words_alone = Strategy(weights={"text": 1.0})
    assert ids(at, "tuning:second") == list(own_shop.recommend(Request(anchor=BAG, k=10, strategy=words_alone)).ids)
    desk(own_shop).publish("Bags are read", own_shop.view().snapshot.manifest.built_at)  # type: ignore[attr-defined]
    assert own_shop.strategy(anchor=BAG).weights == {"text": 100.0}
    assert own_shop.strategy(anchor=COAT) == Strategy()
    like = visit(LIKE, item=TOTE)
    assert "What shoppers see now beside Bags" in words(like)
    assert like.slider(key="control:w:text").value == 100


def test_a_strategy_can_hold_for_substitutes_too(own_shop: Shop, visit: Visit) -> None:
    at = visit(TUNING, item=BAG)
    at.slider(key="control:w:text").set_value(90).run()
    at.session_state["assign-b-0"] = True
    at.run()
    at.selectbox(key="assign:b:where").set_value("substitute")
    next(one for one in at.button if one.label == "Into my draft").click().run()
    assert "Substitutes: it is in your draft." in words(at)
    standing = desk(own_shop).standing()
    assert blends.places(standing, "substitute")[()].weights["text"] == 90.0
    assert () not in blends.places(standing)
    assert "<b>Substitutes</b>: " in words(at)
    at.button(key="held-out-substitute").click().run()
    assert not blends.places(desk(own_shop).standing(), "substitute")


def test_changing_a_named_strategy_changes_the_places_where_it_holds(own_shop: Shop, visit: Visit) -> None:
    mine = desk(own_shop)
    at_ = own_shop.view().snapshot.manifest.built_at  # type: ignore[attr-defined]
    mine.edit_all(
        [
            (Key(blends.KIND, "words-alone"), WORDS.as_json(), "named"),
            (blends.place_of("similar", ("Bags",)), WORDS.as_json(), "bags"),
        ],
        at=at_,
    )
    mine.publish("To begin with", at_)
    at = visit(TUNING, item=BAG)
    at.button(key="blend-try-words-alone").click().run()
    at.slider(key="control:w:attributes").set_value(50).run()
    at.session_state["name-b-0"] = True
    at.run()
    at.text_input(key="name:b:name").set_value("words ALONE")
    next(one for one in at.button if one.label == "Into my draft").click().run()
    standing = desk(own_shop).standing()
    assert len(blends.named(standing)) == 1
    changed = blends.named(standing)["words-alone"]
    assert changed.weights == {"text": 100.0, "attributes": 50.0}
    assert changed.brand_cap is None, "what sliders do not say stays as it was"
    assert blends.places(standing)[("Bags",)] == changed
    at.button(key="held-out-similar@Bags").click().run()
    assert ("Bags",) not in blends.places(desk(own_shop).standing())


def test_the_map_is_made_once_shows_four_settings_and_each_can_be_tried_and_drafted(
    own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = own_shop.sweep
    monkeypatch.setattr(own_shop, "sweep", lambda **more: real(**{**more, "settings": 40, "anchors": 24}))
    at = visit(TUNING, item=BAG, mode="trade-offs")
    assert "Not mapped yet" in words(at)
    at.button(key="tradeoffs-go").click().run()
    for _ in range(200):
        if own_shop.sweep(kept_only=True) is not None:
            break
        time.sleep(0.1)
    at.run()
    found = own_shop.sweep(kept_only=True)
    assert found is not None
    for name, number in found.named.items():
        asked = Request(anchor=BAG, k=9, strategy=found.settings[number].strategy)
        assert ids(at, f"tradeoffs:{name}") == list(own_shop.recommend(asked).ids)
    assert "Relevance here is agreement with" in words(at)
    at.button(key="adopt-faithful").click().run()
    drafted = blends.places(desk(own_shop).standing())[()]
    assert drafted.name == "Faithful"
    assert drafted.weights == found.settings[found.named["Faithful"]].strategy.weights
    at.session_state["all-settings"] = True
    at.session_state["tradeoffs:plot"] = {"selection": {"points": [{"customdata": 3}], "point_indices": [0]}}
    at.run()
    chosen = Request(anchor=BAG, k=9, strategy=found.settings[3].strategy)
    assert ids(at, "tradeoffs:one") == list(own_shop.recommend(chosen).ids)
    at.button(key="try-one-setting").click().run()
    assert ids(at, "tuning:second")[:9] == list(own_shop.recommend(chosen).ids)


def test_a_map_that_is_stopped_leaves_nothing(own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**more: object) -> None:
        while not more["stop"]():  # type: ignore[operator]
            more["progress"](7, 300)  # type: ignore[operator]
            time.sleep(0.01)

    real = own_shop.sweep
    monkeypatch.setattr(own_shop, "sweep", lambda **more: real(**more) if more.get("kept_only") else slow(**more))
    at = visit(TUNING, item=BAG, mode="trade-offs")
    at.button(key="tradeoffs-go").click().run()
    assert any("settings tried" in str(one.proto) for one in at.get("progress"))
    at.button(key="tradeoffs-stop").click().run()
    time.sleep(0.1)
    at.run()
    assert "Stopped. Nothing was kept." in words(at)
    assert real(kept_only=True) is None


def test_thumbs_are_kept_turned_and_taken_back(own_shop: Shop, monkeypatch: pytest.MonkeyPatch, visit: Visit) -> None:
    at = visit(TUNING, item=BAG, mode="judgements")
    assert "no judgements" in words(at) or "0 of at least 30" in words(at)
    shown = ids(at, "judging:tiles")
    monkeypatch.setattr(engine, "who", lambda: "Ines")
    for kind, verdict in (("thumb-up", 1), ("thumb-down", -1), ("thumb-down", None)):
        monkeypatch.setattr(parts, "event", lambda key, name="action", kind=kind: {"type": kind, "id": shown[1]})
        judging._judge(BAG)
        standing = own_shop.judgements(anchor=BAG)
        assert [one.verdict for one in standing] == ([] if verdict is None else [verdict])
    monkeypatch.setattr(parts, "event", lambda key, name="action": {"type": "thumb-up", "id": "nothing"})
    judging._judge(BAG)
    assert not own_shop.judgements()
    at.button(key="judging-next").click().run()
    assert at.session_state["session"]["item"] != BAG


def test_what_thumbs_teach_is_told_with_its_interval_and_goes_no_further_than_the_draft(
    own_shop: Shop, visit: Visit
) -> None:
    at = visit(TUNING, item=BAG, mode="judgements")
    at.button(key="judging-learn").click().run()
    assert "Not enough yet" in words(at)
    taste = Strategy(weights={"image": 1.0}, lam=1.0, brand_cap=None)
    ids_ = list(own_shop.catalogue().ids)
    for anchor in ids_[::9]:
        liked = set(own_shop.recommend(Request(anchor=anchor, k=12, strategy=taste)).ids)
        shown = own_shop.recommend(Request(anchor=anchor, k=24, strategy=taste.changed(weights={"text": 1.0}))).ids
        for item in shown[:6]:
            own_shop.judge(anchor, item, 1 if item in liked else -1, who="Ines")
    assert len(own_shop.judgements()) >= 60
    assert own_shop.strategy() == Strategy()
    at.button(key="judging-learn").click().run()
    said = words(at)
    assert "of held-out pairs right" in said
    if any(one.key == "learnt-adopt" for one in at.button):
        at.button(key="learnt-adopt").click().run()
        assert blends.places(desk(own_shop).standing())[()].name.startswith("Learnt from")
    assert own_shop.strategy() == Strategy(), "nothing is applied by itself"


def test_a_list_leans_towards_examples_and_words_and_the_lean_is_kept_as_a_strategy(
    own_shop: Shop, visit: Visit
) -> None:
    at = visit(TUNING, item=BAG, mode="example")
    plain = ids(at, "example:tiles")
    at.session_state["example"] = {"more": [COAT], "less": [plain[0]], "plus_words": "red, wool"}
    at.run()
    steer = own_shop.steer([COAT], [plain[0]], ["red", "wool"])
    leant = Strategy(steer=steer)
    steered = ids(at, "example:steered")
    assert steered == list(own_shop.recommend(Request(anchor=BAG, k=12, strategy=leant)).ids)
    assert steered != plain
    at.session_state["name-example-0"] = True
    at.run()
    at.text_input(key="name:example:name").set_value("Towards wool")
    next(one for one in at.button if one.label == "Into my draft").click().run()
    kept = next(iter(blends.named(desk(own_shop).standing()).values()))
    assert (kept.name, kept.steer) == ("Towards wool", steer)
    at.button(key="example-try").click().run()
    assert ids(at, "tuning:second") == list(own_shop.recommend(Request(anchor=BAG, k=10, strategy=leant)).ids)
    assert "Steered towards" in words(at)


def test_why_why_not_and_what_it_would_take_are_answered_and_the_answer_holds(own_shop: Shop, visit: Visit) -> None:
    inside = own_shop.recommend(Request(anchor=BAG, k=10)).ids
    at = visit(TUNING, item=BAG)
    at.session_state["answers:about"] = inside[2]
    at.run()
    said = words(at)
    assert "It stands at place 3" in said
    assert "What adds up" in said
    assert "Shared and differing" in said
    assert "The words that made them close" in said
    outside = own_shop.recommend(Request(anchor=BAG, k=20)).ids[-1]
    at.session_state["answers:about"] = outside
    at.run()
    assert "It is not in the list" in words(at)
    assert len(part(at, "answers:rivals")["items"]) >= 1
    at.button(key="answers:go").click().run()
    _, answer = at.session_state["answers:took"]
    assert answer.changes, answer.text
    change = answer.changes[0]
    assert change.text.split("“")[0] in words(at).replace("\u00a0", " ")
    assert change.strategy is not None
    at.button(key="way-try-0").click().run()
    assert outside in ids(at, "tuning:second"), "what was tried is what was promised"


def test_what_is_tried_from_an_answer_is_seen_in_b_whatever_b_was(own_shop: Shop, visit: Visit) -> None:
    outside = own_shop.recommend(Request(anchor=BAG, k=20)).ids[-1]
    at = visit(TUNING, item=BAG)
    at.session_state["tuning:b"] = "live"
    at.session_state["answers:about"] = outside
    at.run()
    assert "Asked of list B, Live." in words(at)
    at.button(key="answers:go").click().run()
    at.button(key="way-try-0").click().run()
    assert at.session_state["tuning:b"] == "trying"
    assert outside in ids(at, "tuning:second")


def test_an_answer_goes_once_the_draft_it_was_asked_of_changes_and_lands_where_the_draft_weighs(
    own_shop: Shop, visit: Visit
) -> None:
    at_ = own_shop.view().snapshot.manifest.built_at  # type: ignore[attr-defined]
    bags = blends.place_of("similar", ("Bags",))
    desk(own_shop).edit(bags, WORDS.as_json(), says="bags", at=at_)
    at = visit(TUNING, item=BAG)
    at.session_state["tuning:b"] = "draft"
    at.run()
    outside = next(
        one for one in own_shop.recommend(Request(anchor=BAG, k=40)).ids if one not in ids(at, "tuning:second")
    )
    at.session_state["answers:about"] = outside
    at.run()
    at.button(key="answers:go").click().run()
    _, answer = at.session_state["answers:took"]
    number, change = next((n, one) for n, one in enumerate(answer.changes) if one.strategy is not None)
    assert "Each of these was tried" in words(at)
    at.button(key=f"way-draft-{number}").click().run()
    standing = desk(own_shop).standing()
    assert blends.places(standing) == {("Bags",): change.strategy}, "its category weighs, in the draft"
    assert "Each of these was tried" not in words(at), "it was an answer about another list"
    assert outside in ids(at, "tuning:second")


def test_the_parts_shown_add_up_to_the_score_shown(read_shop: Shop, visit: Visit) -> None:
    at = visit(TUNING, item=BAG)
    at.session_state["answers:about"] = read_shop.recommend(Request(anchor=BAG, k=10)).ids[0]
    at.run()
    table = re.search(r'<table class="parts-sum">.*?</table>', words(at), re.DOTALL)
    assert table is not None
    exact = [float(one) for one in re.findall(r"data-exact='([^']+)'", table.group())]
    assert abs(sum(exact[:-1]) - exact[-1]) < 1e-9


def test_a_card_tells_what_two_products_share_and_what_a_shopper_may_read(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    lines = [line for card in part(at, "like:list")["items"] for line in card["why"]["lines"]]
    assert any(line.startswith("Shared: ") for line in lines)
    assert any(line.startswith("A shopper may read: “") for line in lines)
