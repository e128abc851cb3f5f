"""The shipped boutique is as large, as varied and as sensible as it claims to be."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.demo import FOLDER, Boutique, load
from core.demo.houses import HOUSES
from core.domain.catalogue import AUDIENCES, Catalogue

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def boutique() -> Boutique:
    return load(AT)


@pytest.fixture(scope="module")
def catalogue(boutique: Boutique) -> Catalogue:
    return Catalogue.of(boutique.items)


def test_it_has_nine_hundred_products_in_fourteen_categories_of_ten_houses(boutique):
    assert len(boutique.items) >= 900
    assert len({item.category[0] for item in boutique.items}) >= 14
    assert len({item.brand for item in boutique.items}) >= 10
    assert {item.brand for item in boutique.items} <= {house.name for house in HOUSES}


def test_most_styles_come_in_several_colourways_and_each_in_its_own_colour(boutique):
    families: dict[str, list] = {}
    for item in boutique.items:
        families.setdefault(item.family_id, []).append(item)
    assert sum(len(members) > 1 for members in families.values()) > 0.5 * len(families)
    for members in families.values():
        shades = [item.extra["shade"] for item in members]
        assert len(set(shades)) == len(shades)
        assert len({(item.brand, item.audience) for item in members}) == 1


def test_there_is_something_for_men_for_women_and_for_both(boutique):
    audiences = pd.Series([item.audience for item in boutique.items]).value_counts()
    assert set(audiences.index) <= set(AUDIENCES)
    assert audiences["women"] > 300
    assert audiences["men"] > 120
    assert audiences["unisex"] > 40


def test_every_field_that_a_merchandiser_reads_is_filled(boutique):
    for item in boutique.items:
        assert item.currency == "EUR"
        assert item.price
        assert item.cost
        assert item.stock is not None
        assert item.material
        assert item.colour
        assert item.occasion
        assert item.season
        assert item.collection in ("permanent", "current", "coming")
        assert item.release_at is not None
        assert item.brand_tier in (1, 2, 3, 4)


def test_prices_leave_a_margin_and_rise_with_the_tier(boutique):
    full = {item.id: item.former_price or item.price for item in boutique.items}
    assert all(item.cost < full[item.id] for item in boutique.items)
    margins = [1 - item.cost / full[item.id] for item in boutique.items]
    assert 0.5 < float(np.median(margins)) < 0.75
    medians = [np.median([full[i.id] for i in boutique.items if i.brand_tier == tier]) for tier in (1, 2, 3, 4)]
    assert medians == sorted(medians)
    assert medians[3] > 4 * medians[0]


def test_descriptions_differ(boutique):
    texts = [item.description for item in boutique.items if item.description and not item.id.endswith("-bis")]
    assert len(set(texts)) > 0.9 * len(texts)
    assert all(60 < len(text) < 700 for text in texts)


def test_every_picture_is_a_small_webp_of_four_to_five(boutique):
    total = 0
    for files in boutique.pictures.values():
        for file in files:
            data = file.read_bytes()
            total += len(data)
            assert len(data) <= 20_000, file.name
            with Image.open(io.BytesIO(data)) as image:
                assert (image.format, image.size) == ("WEBP", (480, 600))
    assert total < 15_000_000
    assert len(list((FOLDER / "pictures").glob("*.webp"))) == len(boutique.pictures)


# Grounds on which the light falls too variously for a mean to say much.
PATTERNED_OR_SHINY = ("Jewellery", "Watches", "Eyewear")


def test_a_plain_product_shows_the_colour_it_is_named_after(boutique):
    from core.demo.palette import SHADES

    disagree = {one["id"] for one in boutique.stories["text_and_picture_disagree"]}
    off = []
    for item in boutique.items:
        shade = item.extra["shade"]
        if (
            item.pattern != "plain"
            or item.id not in boutique.pictures
            or item.id in disagree
            or shade not in SHADES
            or len(item.colour) > 1
        ):
            continue
        if item.category[0] in PATTERNED_OR_SHINY or item.id == boutique.stories["hub"]:
            continue
        pixels = np.asarray(
            Image.open(boutique.pictures[item.id][0]).convert("RGB").resize((96, 120)), dtype=float
        ).reshape(-1, 3)
        near = np.linalg.norm(pixels - np.array(SHADES[shade].rgb), axis=1) < 62
        if near.mean() < 0.02:
            off.append(item.id)
    assert len(off) <= 3, off


def test_dates_move_with_the_moment_and_the_last_event_was_yesterday(boutique):
    later = load(AT + timedelta(days=400))
    for one, at in ((boutique, AT), (later, AT + timedelta(days=400))):
        last = one.events["at"].max()
        assert last.date() == (at - timedelta(days=1)).date()
        assert last - one.events["at"].min() > timedelta(days=85)
    assert later.items[0].release_at - boutique.items[0].release_at == timedelta(days=400)
    assert [item.id for item in later.items] == [item.id for item in boutique.items]


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        load(datetime(2026, 11, 20))


def test_loading_is_quick(boutique):
    best = min(_seconds() for _ in range(3))
    assert best < 1.5  # .3 s of processor time on the development machine, with room for a busy one


def _seconds() -> float:
    start = time.process_time()
    load(AT)
    return time.process_time() - start
