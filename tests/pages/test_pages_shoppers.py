"""Shoppers: whom one looks at, what they would see, and that nothing done on the page is ever recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.domain.events import Event
from core.domain.query import Request
from core.domain.shoppers import EVENT, SESSION, SHOPPER, hashed
from core.shop import Shop
from pages.kit import hybrid, personas
from tests.pages.conftest import Visit, part, words

BAG, TOTE, BOOT = "handbags-aurel-black", "totes-aurel-black", "boots-aurel-black"
SALT = b"salt"
PAGE = "shoppers.py"


def recorded(shop: Shop, raw: str = "4711", *items: str) -> str:
    """A shopper of the record, who bought and looked; their hash."""
    now, id = datetime.now(UTC), hashed(SALT, raw, SHOPPER)
    shop.events.add(
        Event(
            hashed(SALT, f"{raw} {n}", EVENT), "purchase" if n == 0 else "view", now - timedelta(days=20 - n),
            item=item, shopper=id, session=hashed(SALT, f"{raw} {n}", SESSION),
        )
        for n, item in enumerate(items or (BAG, TOTE, BOOT, "coats-aurel-black", "knitwear-aurel-black"))
    )  # fmt: skip
    return id


def sound(at: AppTest) -> AppTest:
    assert not at.exception, [one.value for one in at.exception]
    return at


def listed(at: AppTest) -> list[str]:
    return [one["id"] for one in part(at, "shoppers:list")["items"]]


def held(at: AppTest) -> dict[str, Any]:
    return dict(at.session_state["shoppers"])


def put(at: AppTest, **changes: Any) -> AppTest:
    at.session_state["shoppers"] = {**held(at), **changes}
    return sound(at.run())


def does(at: AppTest, what: str, item: str) -> AppTest:
    """As the plus on a card does it."""
    acts = [*held(at).get("acts", ()), {"item": item, "kind": what, "days": 0.0}]
    return put(at, acts=acts, mark="act")


def test_a_shop_without_events_offers_personas_and_says_how_shoppers_come(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE)
    shown = part(at, "shoppers:shelf:made")["items"]
    assert [one["id"] for one in shown] == [f"persona:{one.key}" for one in personas.invented()]
    assert "Invented, out of what this shop sells" in words(at)
    assert "Nobody was recorded here yet" in words(at)
    assert at.button(key="compose-one")


def test_a_recorded_shopper_is_named_by_interests_and_acts_and_never_by_more_than_a_short_hash(
    own_shop: Shop, visit: Visit
) -> None:
    id = recorded(own_shop)
    at = visit(PAGE)
    (one,) = part(at, "shoppers:shelf:busy")["items"]
    assert one["brand"] == "5\xa0acts"
    assert personas.short(id) in one["note"]
    assert id not in words(at)
    at = visit(PAGE, shopper=personas.short(id))
    said = words(at)
    assert "A recorded shopper" in said
    assert id not in said
    assert "4711" not in said
    assert id not in json.dumps(part(at, "shoppers:list"))
    assert at.query_params["shopper"] == personas.short(id)


def test_the_page_shows_the_list_that_the_shop_serves(own_shop: Shop, visit: Visit) -> None:
    id = recorded(own_shop)
    at = visit(PAGE, shopper=personas.short(id))
    served = own_shop.for_you(Request(k=10, shopper=own_shop.person(id)))
    assert listed(at) == list(served.listing.ids)
    for card in part(at, "shoppers:list")["items"]:
        assert any("of the taste" in line for line in card["why"]["lines"])
        assert "may read" in card["why"]["lines"][-1]


def test_an_act_changes_the_list_marks_what_moved_and_is_recorded_nowhere(own_shop: Shop, visit: Visit) -> None:
    id = recorded(own_shop)
    before = own_shop.events.count()
    at = visit(PAGE, shopper=personas.short(id))
    first = listed(at)
    at = does(at, "purchase", first[0])
    assert first[0] not in listed(at)
    assert any(badge[1] == "Came in" for one in part(at, "shoppers:list")["items"] for badge in one["badges"])
    assert "Bought “" in words(at)
    assert own_shop.events.count() == before
    assert own_shop.for_you(Request(k=10, shopper=own_shop.person(id))).listing.ids == tuple(first)
    assert at.query_params["does"] == f"purchase:{first[0]}"
    at = sound(at.button(key="shopper-undo").click().run())
    assert listed(at) == first


@pytest.mark.parametrize("kind", list(personas.DOES))
def test_everything_a_shopper_can_do_makes_another_list_or_history(read_shop: Shop, visit: Visit, kind: str) -> None:
    at = visit(PAGE, persona="faithful")
    item = listed(at)[1]
    at = does(at, kind, item)
    acts = part(at, "shoppers:history")["acts"]
    assert (acts[0]["id"], acts[0]["kind"], acts[0]["now"]) == (item, personas.DID[kind], True)
    assert (acts[0]["weight"] < 0) == (kind in ("return", "not_for_me"))
    if kind in ("purchase", "not_for_me"):
        assert item not in listed(at)


def test_the_history_weighs_each_act_by_what_it_says_and_how_long_ago(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="faithful")
    acts = part(at, "shoppers:history")["acts"]
    assert [one["days"] for one in acts] == sorted(one["days"] for one in acts)
    for one in acts:
        assert one["weight"] == pytest.approx(one["strength"] * 0.5 ** (one["days"] / 30), abs=2e-3)
    assert part(at, "shoppers:history")["half"] == 30


def test_what_was_bought_can_be_sent_back_from_where_it_stands(read_shop: Shop, visit: Visit) -> None:
    at = does(visit(PAGE, persona="for-two"), "purchase", BAG)
    acts = part(at, "shoppers:history")["acts"]
    assert acts[0]["id"] == BAG
    for one in acts:
        offered = [entry["label"] for entry in one["menu"]]
        assert ("Sends it back" in offered) == (one["kind"] == "Bought")
    assert {"Sends it back", "It never was"} <= {entry["label"] for entry in acts[0]["menu"]}


def test_what_a_persona_did_is_moved_in_time_or_taken_out_and_makes_it_ones_own(read_shop: Shop, visit: Visit) -> None:
    from pages.kit import history

    for number, what in ((0, "act-month"), (2, "act-out")):
        at = visit(PAGE, persona="faithful")
        acts = list(personas.Persona.from_json(held(at)["persona"]).acts)
        assert history.MENU[-1]["act"] == "act-out"
        changed = (
            [*acts[:number], *acts[number + 1 :]] if what == "act-out"
            else [type(acts[0])(acts[0].item, acts[0].kind, history.MOVES[what]), *acts[1:]]
        )  # fmt: skip
        plain = {**held(at)["persona"], "key": "own", "story": "", "acts": [one.as_json() for one in changed]}
        at = put(at, kind="own", persona=plain)
        assert len(part(at, "shoppers:history")["acts"]) == len(changed)
        assert "A persona of yours" in words(at)


def test_context_moves_places_and_the_page_names_them(own_shop: Shop, visit: Visit) -> None:
    recorded(own_shop)
    at = visit(PAGE, persona="for-two")
    plain = listed(at)
    at = put(at, season="winter", mark="context")
    assert at.query_params["season"] == "winter"
    if listed(at) != plain:
        assert "Where and when they are:" in words(at)
    at = sound(at.button(key="context-reset").click().run())
    assert listed(at) == plain
    assert "season" not in at.query_params


def test_weights_are_tried_by_one_alone_drafted_and_made_live(own_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="two-worlds")
    before = listed(at)
    at.slider(key="shoppers:weights:slide:diversity").set_value(90)
    at = sound(at.run())
    assert "Trying (only you)" in words(at)
    assert hybrid.published() is None
    assert listed(visit(PAGE, persona="two-worlds", who="Bo")) == before
    at = sound(at.button(key="hybrid:draft").click().run())
    assert "In draft" in words(at)
    at.text_input(key="hybrid:why").set_value("Asked by the house")
    at = sound(at.button(key="hybrid:publish").click().run())
    assert "Live now, for everybody" in words(at)
    mine = hybrid.published()
    assert mine is not None
    assert mine.lam == pytest.approx(0.1)
    at = sound(at.button(key="hybrid:free").click().run())
    assert "It is in your draft" in words(at)


def test_classic_hybrid_is_half_content_three_tenths_behaviour_and_a_fifth_trend(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="faithful")
    at = sound(at.selectbox(key="shoppers:weights:base").set_value("classic").run())
    assert at.slider(key="shoppers:weights:slide:content").value == 50
    assert hybrid.on_sliders(hybrid.CLASSIC) == {"content": 50, "behaviour": 30, "trending": 20}


def test_a_shop_without_behaviour_says_so_beside_the_weight(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="faithful")
    if "behaviour" not in read_shop.signals():
        assert "no record of what shoppers do" in words(at)


def test_all_weights_at_nothing_are_refused_in_words(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="faithful")
    at.session_state["shoppers:weights"] = {"content": 0, "behaviour": 0, "trending": 0}
    at = sound(at.run())
    assert "Nothing is weighed" in words(at)


def test_beside_it_stands_what_a_stranger_sees(read_shop: Shop, visit: Visit) -> None:
    at = put(visit(PAGE, persona="faithful"), beside=True)
    beside = [one["id"] for one in part(at, "shoppers:plain")["items"]]
    new = visit(PAGE, persona="somebody-new")
    assert beside == listed(new)
    assert "Nothing is known of this shopper, so a first visit" in words(new)


def test_a_persona_is_composed_kept_seen_by_colleagues_renamed_and_removed(own_shop: Shop, visit: Visit) -> None:
    at = sound(visit(PAGE).button(key="compose-one").click().run())
    assert "A persona without a name yet" in words(at)
    assert at.selectbox(key="shoppers:form:audience")
    at.selectbox(key="shoppers:form:audience").set_value("women")
    at = sound(at.run())
    at.multiselect(key="shoppers:form:followed").set_value(["Aurel"])
    at = sound(at.run())
    at.multiselect(key="shoppers:form:dislikes.colours").set_value(["red"])
    at = sound(at.run())
    assert personas.Persona.from_json(held(at)["persona"]).followed == ("Aurel",)
    assert all(not one.endswith("-red") for one in listed(at))
    at = does(at, "view", BAG)
    link = dict(at.query_params.items()) if hasattr(at.query_params, "items") else dict(at.query_params)
    assert {"own", "audience", "follow", "not", "does"} <= set(link)

    for name, who in (("Hers", "Ines"), ("Theirs", "Bo")):
        one = personas.Persona("own", name, followed=("Aurel",), acts=(personas.Act(BAG),))
        own_shop.studio.set_pref(who, f"persona:{name}", one.as_json())
    at = visit(PAGE)
    assert [one["title"] for one in part(at, "shoppers:shelf:kept")["items"]] == ["Hers", "Theirs"]
    theirs = visit(PAGE, kept="Theirs", by="Bo")
    assert "A persona kept by Bo" in words(theirs)
    assert "Nobody keeps a persona" in words(visit(PAGE, kept="Theirs", by="Ines"))


def test_the_address_spells_a_composed_persona_for_somebody_else(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, own="Mine", did=f"save:7:{BAG}", follow="Aurel", size="Boots=38", season="winter", hour="21",
               does=f"view:{BOOT}", wish=TOTE, **{"not": "colours:red"})  # fmt: skip
    made = personas.Persona.from_json(held(at)["persona"])
    assert (made.name, made.acts, made.wishes) == ("Mine", (personas.Act(BAG, "save", 7.0),), (TOTE,))
    assert dict(made.sizes) == {"Boots": "38"}
    assert made.dislikes.colours == ("red",)
    assert held(at)["hour"] == 21
    assert [one["id"] for one in part(at, "shoppers:history")["acts"]] == [BOOT, BAG]


@pytest.mark.parametrize(
    "address",
    [
        {"persona": "nobody-like-that"}, {"shopper": "ffffffffff"}, {"shopper": "' or 1=1"}, {"kept": "x", "by": "y"},
        {"own": "1", "did": "steal:x:y", "does": "view:nothing", "size": "=", "hour": "99", "device": "toaster"},
        {"own": "a" * 500, "not": "colours:", "wish": "<b>"}, {"season": "winter"},
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_breaks_nothing(
    read_shop: Shop, visit: Visit, address: dict[str, str]
) -> None:  # fmt: skip
    sound(visit(PAGE, **address))


def test_an_address_moves_the_list_by_no_season_occasion_or_device_that_nobody_here_knows(
    read_shop: Shop, visit: Visit
) -> None:
    at = visit(PAGE, persona="for-two", season="monsoon", occasion="war", device="toaster", hour="99")
    assert not {"season", "occasion", "device", "hour"} & set(at.query_params)
    assert "Moved a little" not in words(at)
    assert "There is no ready-made persona “me”." in words(visit(PAGE, persona="me"))


def test_a_persona_says_what_is_not_for_it(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, own="Mine", follow="Aurel", **{"not": "colours:black"})
    assert "Follows Aurel · nothing of black" in words(at)


def test_the_start_of_a_hash_that_two_shoppers_share_names_neither(own_shop: Shop, visit: Visit) -> None:
    now = datetime.now(UTC)
    own_shop.events.add(
        Event(hashed(SALT, end, EVENT), "view", now - timedelta(days=1), item=BAG, shopper=f"s_{'ab' * 5}{end * 14}")
        for end in "12"
    )
    assert "Several shoppers begin so" in words(visit(PAGE, shopper="ab" * 4))
    assert "A recorded shopper" in words(visit(PAGE, shopper="ab" * 5 + "2"))


def test_who_is_not_followed_is_shown_as_that_and_nothing_else(own_shop: Shop, visit: Visit) -> None:
    id = recorded(own_shop)
    own_shop.events.opt_out(id, datetime.now(UTC))
    (one,) = part(visit(PAGE), "shoppers:shelf:busy")["items"]
    assert (one["title"], one["images"]) == ("Not followed", [])
    at = visit(PAGE, shopper=personas.short(id))
    assert "What they did shapes no list" in words(at)
    assert "What they did" not in [one.value for one in at.header]
    assert all(
        [tool["act"] for tool in one["tools"]] == ["ask", "product"] for one in part(at, "shoppers:list")["items"]
    )
    with pytest.raises(AssertionError):
        part(at, "shoppers:history")


def test_a_shopper_is_not_followed_any_more_and_then_forgotten_after_being_asked(own_shop: Shop, visit: Visit) -> None:
    id = recorded(own_shop)
    recorded(own_shop, "0815", BAG)
    at = visit(PAGE, shopper=personas.short(id))
    assert at.button(key="forget-now").disabled
    at = sound(at.button(key="opt-out-now").click().run())
    assert not own_shop.events.shopper(id).personal
    assert "not followed any more" in words(at)
    at = sound(at.checkbox(key="forget-sure").check().run())
    at = sound(at.button(key="forget-now").click().run())
    assert own_shop.events.count() == 1
    assert "They are forgotten" in words(at)
    log = own_shop.studio.audit_log()
    assert {one.action for one in log} >= {"shopper opt-out", "shopper forgotten"}
    assert not any(id in json.dumps(one.detail) for one in log)
    assert len(part(visit(PAGE), "shoppers:shelf:busy")["items"]) == 1


def test_without_a_name_nobody_is_forgotten(own_shop: Shop, visit: Visit) -> None:
    id = recorded(own_shop)
    at = visit(PAGE, who="", shopper=personas.short(id))
    at = sound(at.button(key="opt-out-now").click().run())
    assert "Every change carries a name" in words(at)
    assert own_shop.events.shopper(id).personal


def test_a_recorded_shopper_is_kept_under_no_name(own_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, shopper=personas.short(recorded(own_shop)))
    assert not [one for one in at.button if one.key == "compose-open"]
    assert "Keep under a name" not in words(at)


def test_the_list_can_be_taken_along(own_shop: Shop) -> None:
    from core.domain.shoppers import Context
    from core.export import html, reports, xlsx

    person = personas.invented  # the page's own personas need a shop that serves
    assert person()
    one = next(each for each in person() if each.key == "faithful")
    at = datetime.now(UTC)
    found = own_shop.for_you(Request(k=5, at=at, shopper=one.person(at, Context(season="winter"))))
    head = reports.Letterhead(own_shop, at, at, "Ines")
    report = reports.list_report(head, found.listing, strategy=found.strategy, live=True, about=("For You", "For one"))
    page = html.page(report, own_shop.pictures.read)
    assert "For You" in page
    assert "tried, not live" not in page
    assert xlsx.workbook(report)


def test_of_any_product_the_page_says_why_and_what_it_would_take_which_can_be_tried(
    own_shop: Shop, visit: Visit
) -> None:  # fmt: skip
    at = visit(PAGE, persona="two-worlds")
    shown = listed(at)
    outside = next(item for item in own_shop.for_you(
        Request(k=60, shopper=personas.Persona.from_json(held(at)["persona"]).person(datetime.now(UTC)))
    ).listing.ids if item not in shown)  # fmt: skip
    for item, ask in ((shown[0], "What would keep it out"), (outside, "What would bring it in")):
        at.session_state["standing:about"] = item
        at = sound(at.run())
        said = words(at)
        assert ask in said
        assert "Of what the shopper has a taste for" in said or "closest to" in said
        at = sound(at.button(key="standing:go").click().run())
        assert "Each of these was tried" in words(at) or "standing:go" in [one.key for one in at.button]
    tries = [one for one in at.button if str(one.key).startswith("way-try-")]
    if tries:
        at = sound(tries[0].click().run())
        assert outside in listed(at)
        assert "Trying (only you)" in words(at)
        at = sound(at.button(key="hybrid:reset").click().run())
        assert listed(at) == shown


def test_somebody_new_has_no_taste_to_explain_but_a_first_visit(read_shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, persona="somebody-new")
    at.session_state["standing:about"] = listed(at)[0]
    at = sound(at.run())
    assert "the list of a first visit" in words(at)
