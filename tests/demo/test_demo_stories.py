"""Every planted situation can be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from core.demo import Boutique, load
from core.demo.houses import NEW_HOUSE
from core.domain.catalogue import Catalogue, Item, State

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def boutique() -> Boutique:
    return load(AT)


@pytest.fixture(scope="module")
def items(boutique: Boutique) -> dict[str, Item]:
    return {item.id: item for item in boutique.items}


def ids_in(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [value["id"]] + ([value["shows"]] if "shows" in value else [])
    return [one for part in value for one in ids_in(part)]


def test_every_story_names_products_of_the_catalogue(boutique, items):
    for name, value in boutique.stories.items():
        assert ids_in(value), name
        assert set(ids_in(value)) <= set(items), name


@pytest.mark.parametrize(
    ("story", "share"), [("sold_out", 0.06), ("broken_sizes", 0.08), ("one_of_a_kind", 0.03), ("marked_down", 0.05)]
)
def test_shares_of_stock_situations_are_as_planned(boutique, story, share):
    assert abs(len(boutique.stories[story]) / len(boutique.items) - share) < 0.005


def test_sold_out_products_have_no_piece_left_and_no_others_are(boutique, items):
    assert sorted(boutique.stories["sold_out"]) == sorted(i.id for i in items.values() if i.pieces == 0)
    states = Catalogue.of(items.values()).states(AT)
    assert (states == State.SOLD_OUT).sum() == len(boutique.stories["sold_out"])


def test_a_broken_size_run_lacks_sizes_and_still_sells_some(boutique, items):
    for item in boutique.stories["broken_sizes"]:
        counts = list(items[item].stock.values())
        assert len(counts) >= 4
        assert counts.count(0) >= 2
        assert sum(counts) > 0


def test_one_of_a_kind_is_a_single_piece(boutique, items):
    assert all(items[item].pieces == 1 for item in boutique.stories["one_of_a_kind"])


def test_a_marked_down_product_once_cost_more(boutique, items):
    assert all(items[item].price < items[item].former_price for item in boutique.stories["marked_down"])
    assert {i.id for i in items.values() if i.former_price} == set(boutique.stories["marked_down"])


def test_the_capsule_of_twelve_stays_embargoed_for_ten_days(boutique, items):
    capsule = [items[item] for item in boutique.stories["capsule"]]
    assert len(capsule) == 12
    assert len({item.brand for item in capsule}) == 1
    assert len({item.family_id for item in capsule}) == 12
    for item in capsule:
        assert item.state(AT) == State.EMBARGOED
        assert item.collection == "coming"
        assert item.embargo_until - AT.replace(hour=0, minute=0) == timedelta(days=10)
        assert item.state(AT + timedelta(days=10)) == State.LIVE
    assert not boutique.events["item"].isin(boutique.stories["capsule"]).any()


def test_fifteen_lack_a_picture_and_five_their_text(boutique, items):
    assert sorted(boutique.stories["without_picture"]) == sorted(set(items) - set(boutique.pictures))
    assert len(boutique.stories["without_picture"]) == 15
    silent = [i.id for i in items.values() if not i.title and not i.description]
    assert sorted(boutique.stories["without_text"]) == sorted(silent)
    assert len(silent) == 5


def test_eight_stand_in_a_wrong_category(boutique, items):
    wrong = boutique.stories["wrong_category"]
    assert len(wrong) == 8
    for one in wrong:
        assert list(items[one["id"]].category) == one["given"]
        assert one["given"][0] != one["true"][0]


def test_six_near_twins_say_almost_the_same_and_look_the_same(boutique, items):
    assert len(boutique.stories["near_twins"]) == 6
    for first, second in boutique.stories["near_twins"]:
        a, b = items[first], items[second]
        assert a.family_id != b.family_id
        assert (a.title, a.type, a.brand) == (b.title, b.type, b.brand)
        pictures = [
            np.asarray(Image.open(boutique.pictures[i][0]).convert("RGB"), dtype=float) for i in (first, second)
        ]
        assert np.abs(pictures[0] - pictures[1]).mean() < 8


def test_three_pictures_show_something_else_than_the_text_says(boutique, items):
    for one in boutique.stories["text_and_picture_disagree"]:
        assert items[one["id"]].category[0] != items[one["shows"]].category[0]
        assert not set(items[one["id"]].colour[:1]) & set(items[one["shows"]].colour[:1])
    assert len(boutique.stories["text_and_picture_disagree"]) == 3


def test_the_new_house_is_new_and_hardly_shown(boutique, items):
    house = boutique.stories["new_house"]
    assert sorted(house) == sorted(i.id for i in items.values() if i.brand == NEW_HOUSE)
    assert len(house) >= 10
    assert all(AT - items[item].release_at < timedelta(days=21) for item in house)
    shown = boutique.events.loc[boutique.events["kind"] == "impression", "item"].value_counts()
    assert shown.reindex(house).fillna(0).mean() < 0.05 * shown.mean()


def test_pairs_are_bought_together_though_they_differ_in_house_and_colour(boutique, items):
    bought = boutique.events[boutique.events["kind"] == "purchase"].groupby("shopper", observed=True)["item"].agg(set)
    together = 0
    for a, b in boutique.stories["bought_together"]:
        assert items[a].brand != items[b].brand
        assert items[a].category[0] != items[b].category[0]
        together += sum({a, b} <= basket for basket in bought)
    assert together >= 2 * len(boutique.stories["bought_together"])


def test_thirty_heroes_have_words_and_a_picture_and_are_for_sale(boutique, items):
    heroes = boutique.stories["heroes"]
    assert len(set(heroes)) == 30
    for item in heroes:
        assert items[item].description
        assert item in boutique.pictures
        assert items[item].state(AT) == State.LIVE
    assert len({items[item].category[0] for item in heroes}) >= 6


def test_the_hub_is_shown_far_more_often_than_any_taste_explains(boutique):
    lists = boutique.events[boutique.events["kind"].eq("impression") & boutique.events["placement"].eq("similar")]
    shown = lists["item"].value_counts()
    assert shown.index[0] == boutique.stories["hub"]
    assert shown.iloc[0] > 10 * shown.median()
