"""House view, the sell-out drill and what is taken along, as pages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.domain.looks import LookRequest, SavedLook
from core.domain.rules import Boundary, Pin, Rule, Scope, Target
from core.shop import Shop
from tests.pages.conftest import Visit, part, words

HOUSE, RULES, PRODUCT, LIKE = "house_view.py", "curation_rules.py", "product.py", "you_may_also_like.py"
BAG = "handbags-aurel-black"
APART = Rule("apart", Boundary(("Aurel",), ("Corvin",)), note="asked by the house")


def take(at: AppTest, key: str) -> AppTest:
    """Open the popover of what can be taken along."""
    at.session_state[f"take-{key}"] = True
    at.run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def test_all_houses_stand_with_their_shares_and_each_opens_itself(read_shop: Shop, visit: Visit) -> None:
    at = visit(HOUSE)
    rows = part(at, "house:all")["rows"]
    assert {row["name"] for row in rows} == {"Aurel", "Corvin", "Ferrand", "Norrland", "Talamone"}
    assert all(row["href"].startswith("/house-view?house=") for row in rows)
    at.selectbox(key="house:chosen").set_value("Corvin").run()
    assert at.query_params["house"] == "Corvin"
    assert "Corvin beside its products" in str(part(at, "house:beside"))
    at.selectbox(key="house:chosen").set_value("Aurel").run()
    assert "Aurel beside its products" in str(part(at, "house:beside"))
    at.selectbox(key="house:chosen").set_value("").run()
    assert part(at, "house:all")["rows"]


def test_a_link_opens_a_house_and_its_lists(read_shop: Shop, visit: Visit) -> None:
    at = visit(HOUSE, house="aurel")
    lists = part(at, "house:sheet")["rows"]
    shown = [item for line in lists for item in line["items"] if item["own"]]
    assert shown
    assert {item["brand"] for item in shown} == {"Aurel"}
    at.segmented_control(key="house:where").set_value("Around its own").run()
    assert {line["anchor"]["brand"] for line in part(at, "house:sheet")["rows"]} == {"Aurel"}


def test_a_house_that_is_not_there_is_said_and_all_are_shown(read_shop: Shop, visit: Visit) -> None:
    at = visit(HOUSE, house="<b>Nobody</b>")
    assert "&lt;b&gt;Nobody" in words(at)
    assert part(at, "house:all")["rows"]


def test_a_boundary_that_a_saved_look_breaks_is_named(own_shop: Shop, visit: Visit) -> None:
    own_shop.publish_rules([APART], who="Ines", why="asked")
    look = SavedLook("Old friends", BAG, (("shoes", "boots-corvin-black"),))
    own_shop.save_look(look, who="Ines")
    said = words(visit(HOUSE, house="Aurel"))
    assert "broken once" in said
    assert "The look “Old friends”" in said
    assert "Kept everywhere" in words(visit(HOUSE, house="Norrland")) or "Boundaries" not in words(
        visit(HOUSE, house="Norrland")
    )


def test_the_drill_tells_what_breaks_and_changes_nothing(own_shop: Shop, visit: Visit) -> None:
    pin = Rule("p", Pin(1), Target(items=(BAG,)), Scope(anchors=("boots-aurel-black",)))
    own_shop.publish_rules([pin], who="Ines", why="asked")
    found = own_shop.looks(LookRequest(BAG)).looks[0]
    own_shop.save_look(SavedLook("Lunch", BAG, tuple((p.role, p.id) for p in found.pieces)), who="Ines")
    before = own_shop.studio.facts_version()
    at = visit(RULES, mode="drill", item=BAG)
    assert "What if these sold out?" in words(at)
    at.button(key="drill:run").click().run()
    said = words(at)
    assert "Pins that would sleep" in said
    assert "Looks that would break" in said
    assert part(at, "drill:instead")["rows"][0]["items"]
    assert own_shop.studio.facts_version() == before
    at.button(key="drill:clear").click().run()
    assert "Choose products" in words(at)


def test_a_product_leads_to_its_drill(read_shop: Shop, visit: Visit) -> None:
    links = [one.proto for one in visit(PRODUCT, item=BAG).get("page_link")]
    assert any("What if it sold out?" in one.label for one in links)


@pytest.mark.parametrize(
    ("page", "key", "address"),
    [(LIKE, "list", {"item": BAG}), (LIKE, "sheet", {"mode": "sheet"}), (HOUSE, "house", {"house": "Aurel"}),
     ("complete_the_look.py", "look", {"item": BAG})],
)  # fmt: skip
def test_what_a_page_shows_can_be_taken_along(
    read_shop: Shop, visit: Visit, page: str, key: str, address: dict[str, str]
) -> None:
    at = take(visit(page, **address), key)
    assert [one.label for one in at.get("download_button")] == ["One page to print or mail", "Workbook for Excel"]
