"""Personas are made of the shop's own products, say when things were done, and are nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import BadRequest
from core.domain.query import Request
from core.domain.shoppers import Dislikes
from core.recommend import personas
from core.recommend.personas import DEEDS, Act, Persona, told
from core.recommend.taste import visit_now
from core.shop import Shop
from tests.worlds import NOW, open_small_shop

BAG, BOOT = "handbags-aurel-black", "boots-aurel-black"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("personas"))


def test_the_same_products_make_the_same_personas_whose_acts_are_of_the_shop(shop: Shop) -> None:
    made = personas.ready_made(shop.view(NOW), NOW)
    assert made == personas.ready_made(shop.view(NOW), NOW)
    assert {one.key for one in made} >= {"somebody-new", "just-looking", "faithful", "two-worlds", "for-two"}
    assert len({one.key for one in made}) == len(made)
    assert made[0].blank
    for one in made[1:]:
        assert one.acts
        assert all(act.item in shop.catalogue(NOW) for act in one.acts)
        assert one.name
        assert one.story


def test_nobody_looks_at_what_they_said_is_not_for_them(shop: Shop) -> None:
    catalogue = shop.catalogue(NOW)
    for one in personas.ready_made(shop.view(NOW), NOW):
        unwanted = {colour.casefold() for colour in one.dislikes.colours}
        colours = {colour.casefold() for act in one.acts for colour in catalogue.item(act.item).colour}
        assert not unwanted & colours


def test_a_shop_of_a_few_products_has_the_personas_there_is_enough_for(tmp_path: Path, weightless: None) -> None:
    from tests.worlds import boutique

    few = open_small_shop(tmp_path / "few", boutique()[:3])
    assert [one.key for one in personas.ready_made(few.view(NOW), NOW)] == ["somebody-new"]


def test_every_ready_made_persona_has_a_list_without_what_it_bought(shop: Shop) -> None:
    for one in personas.ready_made(shop.view(NOW), NOW):
        found = shop.for_you(Request(k=5, at=NOW, shopper=one.person(NOW)))
        assert len(found.listing.ids) == 5
        back = {act.item for act in one.acts if act.kind == "return"}
        bought = {act.item for act in one.acts if act.kind == "purchase"} - back
        assert not bought & set(found.listing.ids)


def test_a_persona_is_as_fresh_tomorrow_as_it_is_today() -> None:
    one = Persona("own", "Mine", acts=(Act(BAG, "purchase", 40.0), Act(BOOT)))
    first, later = one.person(NOW), one.person(NOW + timedelta(days=9))
    assert [b - a for a, b in zip(first.history.moments, later.history.moments, strict=True)] == [timedelta(days=9)] * 2
    assert first.history.moments[-1] == NOW


def test_acts_of_now_are_one_visit_in_the_order_they_are_said() -> None:
    made = told([Act("old", "view", 3.0), Act("a"), Act("b", "save"), Act("c", "not_for_me")], NOW)
    assert made.items == ("old", "a", "b", "c")
    assert visit_now(made, NOW).tolist() == [1, 2]
    assert made.dislikes == (("item", "c"),)


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.floats(0, 3650)), max_size=30))
def test_any_acts_are_a_history_in_order_of_time(acts: list[tuple[str, float]]) -> None:
    made = told([Act(f"i{n}", kind, days) for n, (kind, days) in enumerate(acts)], NOW)
    assert len(made) == len(acts)
    assert all(moment <= NOW for moment in made.moments)


def test_a_persona_comes_back_from_json_as_it_went() -> None:
    one = Persona("own", "Mine", audience="women", acts=(Act(BAG, "save", 2.0),), wishes=(BOOT,), followed=("Aurel",),
                  sizes={"Boots": "38"}, dislikes=Dislikes(colours=("red",)))  # fmt: skip
    assert Persona.from_json(one.as_json()) == one


@pytest.mark.parametrize(
    "plain",
    [
        [], {"key": "a"}, {"key": "a", "name": "b", "acts": [{"item": "x", "kind": "steal"}]},
        {"key": "a", "name": "b", "acts": [{"item": "x", "days": -1}]}, {"key": "a", "name": "b\n"},
        {"key": "a", "name": "b", "audience": "cats"}, {"key": "a", "name": "b", "acts": [{"item": "x"}] * 300},
        {"key": "a", "name": "b", "shopper": "4711"}, {"key": "a", "name": "b", "wishes": "x"},
        {"key": "a", "name": "b", "acts": [{"item": "x", "days": float("nan")}]},
    ],
)  # fmt: skip
def test_what_is_no_persona_is_refused_with_a_sentence(plain: object) -> None:
    with pytest.raises(BadRequest):
        Persona.from_json(plain)
