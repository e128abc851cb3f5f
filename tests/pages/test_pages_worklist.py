"""The worklist of the map: cases are corrected, left, taken up again and undone; and white space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.explore.worklist import CATEGORY, PICTURE, TWINS, Case, Worked
from core.shop import Shop
from pages.kit import engine, white, worklist
from tests.pages.conftest import Visit, part, words
from tests.worlds import boutique, open_small_shop

BOOT = "boots-aurel-black"


@pytest.fixture
def muddled(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """A shop in which a boot is filed under totes."""
    items = [one if one.id != BOOT else replace(one, type="Totes") for one in boutique()]
    shop = open_small_shop(tmp_path / "shop", items)
    shops.install(shop)
    yield shop
    shops.install(None)


def opened(visit: Visit, mode: str = "worklist") -> AppTest:
    at = visit("map.py", mode=mode)
    for _ in range(40):
        if 'role="progressbar"' not in words(at):
            return on_the_table(at)
        at.run()
    raise AssertionError("the work did not come to an end")


def on_the_table(at: AppTest) -> AppTest:
    """Take the case of the boot, where it is asked about, whatever else is asked before it."""
    cases = [one for one in engine.shop().atlas.worklist() if one.items == (BOOT,)]
    if cases:
        held = {"kind": CATEGORY, "case": cases[0].key}
        at.session_state[worklist.STORE] = held
        at.run()
    return at


def labels(at: AppTest) -> list[str]:
    return [one.label for one in at.button]


def press(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click().run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def test_a_wrong_category_is_told_with_its_reason_and_put_right_with_one_click(muddled: Shop, visit: Visit) -> None:
    at = opened(visit)
    assert "It is filed under Totes" in words(at)
    assert "it looks like Boots" in words(at)
    beside = [one["note"] for one in part(at, "worklist:nearest")["items"]]
    assert max(beside, key=beside.count) == "Boots"
    press(at, "File it under Boots")
    fixed = muddled.item(BOOT)
    assert (fixed.type, fixed.category) == ("Boots", ("Shoes", "Boots"))
    assert "is filed under Boots." in words(at)
    assert "It is filed under Totes" not in words(at)
    said = muddled.facts_history(BOOT)[0]
    assert (said.who, said.why) == ("Ines", "From the worklist")


@pytest.mark.parametrize(
    ("others", "doubted"),
    [
        ([], False),
        ([Case("b", PICTURE, (BOOT,), "")], True),
        ([Case("b", TWINS, (BOOT, "handbags-corvin-black"), "")], True),  # another house, another kind
        ([Case("b", TWINS, (BOOT, "handbags-aurel-black"), "")], False),  # one house: perhaps the same thing
        ([Case("b", TWINS, ("handbags-aurel-red", "handbags-corvin-black"), "")], False),
    ],
)
def test_where_the_picture_may_be_wrong_a_correction_is_doubted(
    muddled: Shop, visit: Visit, others: list[Case], doubted: bool
) -> None:
    case = Case("a", CATEGORY, (BOOT,), "It is filed under Totes.")
    assert (worklist._doubted(muddled.catalogue(), case, others) is not None) is doubted


def test_a_correction_is_undone_and_asked_again(muddled: Shop, visit: Visit) -> None:
    at = press(opened(visit), "File it under Boots")
    press(at, "Undo")
    assert muddled.item(BOOT).type == "Totes"
    assert not muddled.studio.facts().get(BOOT)
    assert "It is filed under Totes" in words(at)
    assert "Undo" not in labels(at)


def test_a_correction_of_what_was_corrected_before_is_undone_to_that(muddled: Shop, visit: Visit) -> None:
    muddled.change_facts(BOOT, {"type": "Handbags"}, who="Ada")
    at = opened(visit)
    assert "It is filed under Handbags" in words(at)
    press(press(at, "File it under Boots"), "Undo")
    assert muddled.item(BOOT).type == "Handbags"
    assert muddled.studio.facts()[BOOT] == {"type": "Handbags"}


def test_what_is_left_is_left_for_everybody_and_can_be_taken_up_again(muddled: Shop, visit: Visit) -> None:
    at = opened(visit)
    at.text_input(key=worklist.WHY).set_value("A coat for feet")
    press(at, "Leave it")
    assert muddled.item(BOOT).type == "Totes"
    assert "It is filed under Totes" not in words(at)
    assert "It is filed under Totes" not in words(opened(visit))
    at.session_state["worklist:kind"] = worklist.LEFT
    at.session_state[worklist.STORE] = {"kind": worklist.LEFT}
    at.run()
    assert "A coat for feet" in words(at)
    assert "Ines" in words(at)
    press(at, "Take it up again")
    assert not muddled.atlas.left()
    assert any(one.kind == CATEGORY and one.items == (BOOT,) for one in muddled.atlas.worklist())


def test_a_skipped_case_comes_again_and_the_next_one_is_on_the_table(read_shop: Shop, visit: Visit) -> None:
    cases = [one for one in read_shop.atlas.worklist() if one.kind == TWINS]
    assert len(cases) >= 2, "this world has two cases of one kind"
    at = opened(visit)
    at.session_state[worklist.STORE] = {"kind": TWINS}
    at.run()
    first = [one["id"] for one in part(at, "worklist:twins")["items"]]
    ahead = [one["id"] for one in part(at, "worklist:ahead")["items"]]
    assert ahead[0] == cases[1].key
    press(at, "Skip")
    assert [one["id"] for one in part(at, "worklist:twins")["items"]] == list(cases[1].items) != first
    assert f"Case 2 of {len(cases)}" in words(at)


def test_a_list_that_was_made_before_corrections_is_made_anew_when_asked(muddled: Shop, visit: Visit) -> None:
    at = press(opened(visit), "File it under Boots")
    assert "Look again" in labels(at)
    press(at, "Look again")
    for _ in range(40):
        if "progressbar" not in words(at) and "Look again" not in labels(at):
            break
        at.run()
    assert "Look again" not in labels(at)
    assert muddled.atlas.worked().current


def test_without_a_name_nothing_is_changed_and_the_page_says_so(muddled: Shop, visit: Visit) -> None:
    at = visit("map.py", who="", mode="worklist")
    for _ in range(40):
        if "progressbar" not in words(at):
            break
        at.run()
    press(on_the_table(at), "File it under Boots")
    assert muddled.item(BOOT).type == "Totes"
    assert "Every change carries a name" in words(at)


def test_products_with_one_picture_become_one_style_and_are_asked_no_more(own_shop: Shop, visit: Visit) -> None:
    case = next(one for one in own_shop.atlas.worklist() if one.kind == TWINS)
    at = opened(visit)
    at.session_state[worklist.STORE] = {"kind": TWINS, "case": case.key}
    at.run()
    press(at, "They are one style")
    assert len({own_shop.item(id).family_id for id in case.items}) == 1
    assert case.key in own_shop.atlas.left()
    press(at, "Undo")
    assert case.key not in own_shop.atlas.left()
    assert [own_shop.item(id).family_id for id in case.items] == [
        own_shop.snapshot.catalogue.item(id).family_id for id in case.items
    ]


def test_white_space_says_whose_demand_it_is(read_shop: Shop, visit: Visit) -> None:
    at = opened(visit, "white-space")
    assert "No record of shoppers is at hand" in words(at)


def test_a_region_opens_on_the_map(read_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.explore.white_space import Gap

    gap = Gap(0.0, 0.0, 1.0, 0.2, 0.05, 4.0, 18, (3, 5, 8), ("bag", "black"))
    monkeypatch.setattr(type(read_shop.atlas), "white_space", lambda *_, **__: (gap,))
    from pages.kit import underway

    underway.forget(read_shop, white.WORK)
    at = opened(visit, "white-space")
    assert "With about 18\N{NO-BREAK SPACE}more products" in words(at)
    assert part(at, "white:where")["rings"][0]["label"] == "1"
    press(at, "See it on the map")
    ids = read_shop.catalogue().ids
    assert at.session_state["map:chosen"]["ids"] == [ids[row] for row in (3, 5, 8)]
    assert at.session_state["map"]["mode"] == "Explore"
    underway.forget(read_shop, white.WORK)


def test_the_rehearsal_shows_where_a_product_lies_once_there_is_a_map(own_shop: Shop, visit: Visit) -> None:
    asked = {"title": "Aurel black boots", "pictures": list(own_shop.item(BOOT).pictures)}

    def rehearsed() -> AppTest:
        at = visit("new_arrivals.py")
        at.session_state["arrival:one"] = asked
        return at.run()

    assert "Where it lies on the map" not in words(rehearsed())
    own_shop.atlas.map()
    at = rehearsed()
    assert "Where it lies on the map" in words(at)
    there = part(at, "arrival:map")
    assert there["here"]
    assert len(there["near"]) == 10
    assert len(there["points"]) == len(own_shop.catalogue())
    assert part(at, "arrival:beside")["items"][0]["id"].startswith("boots-")


def test_somebody_who_knows_better_files_it_elsewhere(muddled: Shop, visit: Visit) -> None:
    at = opened(visit)
    key = next(one.key for one in muddled.atlas.worklist() if one.items == (BOOT,))
    at.session_state[f"case-elsewhere-{key}"] = True
    at.run()
    at.selectbox(key=f"case:type:{key}").set_value("Loafers").run()
    assert at.selectbox(key=f"case:path:{key}:Loafers").value == ("Shoes", "Loafers")
    press(at, "File it there")
    fixed = muddled.item(BOOT)
    assert (fixed.type, fixed.category) == ("Loafers", ("Shoes", "Loafers"))


def test_where_text_and_picture_disagree_a_fact_is_corrected_and_the_case_is_done(
    own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("odd", PICTURE, (BOOT,), "It is odd.", beside=("coats-aurel-red",), read_like=("totes-aurel-red",))
    monkeypatch.setattr(type(own_shop.atlas), "worked", lambda self, at=None, everything=False: Worked((case,), True))
    at = opened(visit)
    assert "It is odd." in words(at)
    assert part(at, "worklist:seen")["items"][0]["id"] == "coats-aurel-red"
    assert part(at, "worklist:read")["items"][0]["id"] == "totes-aurel-red"
    at.session_state["case-mend-odd"] = True
    at.run()
    at.selectbox(key="case:field").set_value("pattern").run()
    at.selectbox(key="case:field").set_value("colour").run()
    at.multiselect(key="case:value:odd:colour").set_value(["red"]).run()
    at.button(key="case:save").click().run()
    assert own_shop.item(BOOT).colour == ("red",)
    assert own_shop.atlas.left()["odd"]["why"].startswith("Colour of")
    press(at, "Undo")
    assert own_shop.item(BOOT).colour == ("black",)
    assert not own_shop.atlas.left()
