"""Map: what the browser is told of it, what it sends back, who is near whom, and what is chosen."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.domain.catalogue import Catalogue, State
from core.domain.errors import Refused
from core.explore.maps import CatalogueMap
from core.explore.project import Spot
from core.shop import Shop
from pages.kit import atlas, colouring, exploring, parts, text
from pages.kit.colouring import steps, values
from tests.pages.conftest import Visit, part, words
from tests.worlds import NOW

MAP = "map.py"
BAG, COAT = "handbags-aurel-black", "coats-aurel-black"


@pytest.fixture(scope="module")
def drawn(_read_shop: Shop) -> CatalogueMap:
    found = _read_shop.atlas.map()
    assert found is not None
    return found


@pytest.fixture
def open_map(read_shop: Shop, drawn: CatalogueMap, visit: Visit) -> Any:
    return lambda **address: visit(MAP, **address)


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def marked(mask: str, rows: np.ndarray) -> set[int]:
    return set(rows[np.unpackbits(unpacked(mask, "u1"), bitorder="little")[: len(rows)].astype(bool)].tolist())


def sheet(at: AppTest) -> dict[str, Any]:
    return part(at, "map:atlas:points")


def shown(at: AppTest) -> dict[str, Any]:
    for one in at.get("bidi_component"):
        if one.proto.id.endswith("map:atlas"):
            return dict(json.loads(one.proto.json))
    raise AssertionError("no map on this page")


def send(at: AppTest, patch: pytest.MonkeyPatch, **action: Any) -> AppTest:
    """What the browser would have sent; AppTest has no browser, so it is put where the page looks for it."""
    patch.setattr(parts, "event", lambda key, name="action": action if key == exploring.PART else {})
    exploring_act(at)
    patch.undo()
    return at.run()


def exploring_act(at: AppTest) -> None:
    """Run the callback of the map within the session of `at`."""
    import streamlit as st

    real = st.session_state
    try:
        st.session_state = at.session_state  # type: ignore[assignment]
        exploring.act()
    finally:
        st.session_state = real


# -- what the browser is told ------------------------------------------------------------------------------------------


def test_every_product_is_on_the_map_with_its_title_house_price_and_picture(open_map: Any, read_shop: Shop) -> None:
    at = open_map()
    told = sheet(at)
    rows = unpacked(told["rows"], "<i4")
    assert sorted(rows.tolist()) == list(range(len(read_shop.catalogue())))
    assert len(unpacked(told["places"], "<u2")) == 2 * len(rows)
    texts = json.loads(zlib.decompress(base64.b64decode(told["texts"])))
    where = rows.tolist().index(read_shop.catalogue().row(BAG))
    item = read_shop.catalogue().item(BAG)
    assert texts["t"][where] == item.title
    assert texts["H"][texts["h"][where]] == item.brand
    assert texts["k"][where] == item.pictures[0]
    assert texts["P"][texts["p"][where]] == text.money(item.price, item.currency)
    assert {one["name"] for one in told["names"]}
    assert "Trustworthiness" in words(at)


@pytest.mark.parametrize("by", ["region", "category", "brand", "price", "stock", "newness", "colour", "kept", "trust"])
def test_a_legend_counts_every_product_once_whatever_it_is_coloured_by(by: str, open_map: Any, read_shop: Shop) -> None:
    told = shown(open_map(by=by))
    codes = unpacked(told["codes"], "u1")
    assert len(codes) == len(read_shop.catalogue())
    counts = [int(one["count"].replace("\u202f", "")) for one in told["legend"]]
    assert np.bincount(codes, minlength=len(counts)).tolist() == counts
    assert all(one["light"].startswith("#") and one["dark"].startswith("#") for one in told["legend"])


def test_exposure_is_a_colour_as_soon_as_every_list_is_made(open_map: Any, read_shop: Shop) -> None:
    at = open_map(by="exposure")
    for _ in range(20):
        if any(one.proto.id.endswith("map:atlas") for one in at.get("bidi_component")):
            break
        at.run()
    assert shown(at)["legend"][0]["name"] == "In no list"


def test_an_unknown_space_colour_or_product_in_a_link_shows_the_map_all_the_same(open_map: Any) -> None:
    at = open_map(space="smell", by="weight", method="magic", item="nobody")
    assert shown(at)["by"] == "Region of the map"
    assert "nobody" in words(at)


def test_what_a_catalogue_says_is_shown_as_text(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts(BAG, {"brand": "<b>Bold</b>\n\thouse"}, who="Ines")
    own_shop.atlas.map()
    texts = json.loads(zlib.decompress(base64.b64decode(sheet(visit(MAP))["texts"])))
    assert any(one.startswith("<b>Bold</b>") for one in texts["H"])


# -- who is near -------------------------------------------------------------------------------------------------------


def test_a_click_shows_the_true_neighbours_and_says_which_the_map_hides(
    open_map: Any, read_shop: Shop, drawn: CatalogueMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_map()
    row = read_shop.catalogue().row(BAG)
    send(at, monkeypatch, type="point", row=row)
    near = read_shop.atlas.neighbours(drawn, BAG, 10)
    assert shown(at)["focus"] == {"row": row, "near": [{"row": one.row, "hidden": one.hidden} for one in near]}
    cards = part(at, "map:nearest")["items"]
    assert [one["id"] for one in cards] == [read_shop.catalogue().ids[one.row] for one in near]
    for card, one in zip(cards, near, strict=True):
        assert (["accent", "Hidden by the map"] in card["badges"]) == one.hidden
    assert "Truly nearest to" in words(at)
    send(at, monkeypatch, type="leave")
    assert shown(at)["focus"] is None


def test_a_link_opens_the_map_at_a_product_and_flies_there(open_map: Any, read_shop: Shop) -> None:
    at = open_map(item=COAT)
    told = shown(at)
    assert told["focus"]["row"] == told["fly"]["rows"][0] == read_shop.catalogue().row(COAT)


def test_the_product_that_travels_between_pages_is_the_one_shown(read_shop: Shop, visit: Visit) -> None:
    at = visit("tuning.py", item=COAT)
    at.switch_page(MAP).run()
    assert shown(at)["focus"]["row"] == read_shop.catalogue().row(COAT)


# -- what is looked for ------------------------------------------------------------------------------------------------


def test_words_stand_on_the_map_and_what_answers_to_them_stands_out(
    open_map: Any, read_shop: Shop, drawn: CatalogueMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = read_shop.catalogue().row(BAG)
    x, y = (float(one) for one in drawn.places[row])
    monkeypatch.setattr(read_shop.atlas, "place_words", lambda *_: Spot(x, y, 0.01, (row,)))
    at = open_map()
    at.text_input(key="map:words").set_value("black handbag").run()
    told = shown(at)
    lit = marked(told["lit"], unpacked(sheet(at)["rows"], "<i4"))
    assert read_shop.catalogue().row(BAG) in lit
    assert told["spots"][0]["label"] == "black handbag"
    spots, rows = unpacked(sheet(at)["places"], "<u2").reshape(-1, 2), unpacked(sheet(at)["rows"], "<i4").tolist()
    point = spots[rows.index(row)]
    assert (told["spots"][0]["x"], told["spots"][0]["y"]) == pytest.approx(tuple(point.tolist()), abs=2)
    assert "black handbag" in words(at)
    at.text_input(key="map:words").set_value("").run()
    assert shown(at)["lit"] is None
    assert not shown(at)["spots"]


def test_while_words_cannot_be_read_the_search_goes_on_without_a_place_for_them(open_map: Any) -> None:
    at = open_map(words="black handbag")
    assert shown(at)["lit"]
    assert not shown(at)["spots"]
    assert "Words cannot be read yet" in words(at)


# -- what is chosen ----------------------------------------------------------------------------------------------------


def test_what_is_drawn_around_is_chosen_but_for_what_the_legend_hides(
    open_map: Any, read_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_map(by="category")
    everything = [[-1, -1], [atlas.SIDE + 1, -1], [atlas.SIDE + 1, atlas.SIDE + 1], [-1, atlas.SIDE + 1]]
    names = [one["name"] for one in shown(at)["legend"]]
    send(at, monkeypatch, type="draw", polygon=everything, hidden=[names.index("Shoes")], more=False)
    roots = read_shop.catalogue().column("category")
    wanted = {item for item, path in zip(read_shop.catalogue().ids, roots, strict=True) if path[0] != "Shoes"}
    assert set(at.session_state[atlas.CHOSEN]["ids"]) == wanted
    rows = unpacked(sheet(at)["rows"], "<i4")
    assert marked(shown(at)["chosen"], rows) == {read_shop.catalogue().row(item) for item in wanted}
    assert f"{len(wanted)} products chosen".replace(" ", "\u00a0", 1) in words(at)
    send(at, monkeypatch, type="shown", hidden=[code for code, name in enumerate(names) if name != "Shoes"])
    assert all("boots" in item or "loafers" in item for item in at.session_state[atlas.CHOSEN]["ids"])
    send(at, monkeypatch, type="clear")
    assert not at.session_state[atlas.CHOSEN]


def test_a_part_of_the_map_is_what_lies_inside_the_line(
    open_map: Any, drawn: CatalogueMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_map()
    told = sheet(at)
    spots, rows = unpacked(told["places"], "<u2").reshape(-1, 2), unpacked(told["rows"], "<i4")
    line = [[0, 0], [30_000, 0], [30_000, 60_000], [0, 60_000]]
    send(at, monkeypatch, type="draw", polygon=line, hidden=[], more=False)
    within = (spots[:, 0] <= 30_000) & (spots[:, 1] <= 60_000)
    if within.any():
        assert marked(shown(at)["chosen"], rows) == set(rows[within].tolist())


@pytest.mark.parametrize(
    "action",
    [
        {"type": "point", "row": -1}, {"type": "point", "row": 10**9}, {"type": "point", "row": "0"},
        {"type": "point", "row": True}, {"type": "draw", "polygon": [[0, 0], [1, 1]]}, {"type": "draw"},
        {"type": "draw", "polygon": [[0, "x"], [1, 1], [2, 0]]}, {"type": "draw", "polygon": [[0, 0]] * 5000},
        {"type": "shown", "hidden": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 9}, {"type": "burn"}, {},
    ],
)  # fmt: skip
def test_whatever_a_browser_sends_nothing_breaks_and_nothing_is_chosen(
    action: dict[str, Any], open_map: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_map(by="brand")
    send(at, monkeypatch, **action)
    assert not at.exception
    assert atlas.CHOSEN not in at.session_state or not at.session_state[atlas.CHOSEN]
    assert shown(at)["focus"] is None


def test_the_rule_of_inside_and_outside_holds_for_a_bent_line() -> None:
    bent = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], dtype=np.float64)
    points = np.array([[1, 0.5], [2, 3], [3.8, 3], [5, 1], [0.2, 3]], dtype=np.float64)
    assert atlas.inside(points, bent).tolist() == [True, False, True, False, True]


# -- colours -----------------------------------------------------------------------------------------------------------


def test_numbers_are_cut_into_steps_from_pale_to_deep_and_unknown_is_said() -> None:
    made = steps(np.array([0.0, 1.0, 9.0, np.nan]), (1, 5), ("None", "Some", "Many"))
    assert [(one.name, one.count) for one in made.entries] == [("None", 1), ("Some", 1), ("Many", 1), ("Unknown", 1)]
    assert made.codes.tolist() == [0, 1, 2, 3]
    assert made.entries[0].light.upper() == colouring.LIGHT_STEPS[0]
    assert made.entries[2].light.upper() == colouring.LIGHT_STEPS[-1]


def test_the_rarest_values_share_a_colour_and_the_unknown_have_their_own() -> None:
    cells = [f"v{n:02}" for n in range(30) for _ in range(30 - n)] + ["", ""]
    made = values(cells, str)
    assert len(made.entries) == colouring.MOST + 1
    assert made.entries[-2].name.startswith("19")
    assert (made.entries[-1].name, made.entries[-1].count) == ("Unknown", 2)
    assert sum(one.count for one in made.entries) == len(cells)


def test_a_colour_word_is_drawn_in_its_own_colour(read_shop: Shop, drawn: CatalogueMap) -> None:
    made = colouring.coloured("colour", read_shop.catalogue(), drawn, NOW, lambda: np.zeros(0))
    red = next(one for one in made.entries if one.name == "Red")
    r, g, b = (int(red.light[i : i + 2], 16) for i in (1, 3, 5))
    assert r > 2 * g > 0 or r > 2 * b


def test_only_what_tells_products_apart_can_be_coloured_by(read_shop: Shop) -> None:
    known = colouring.choices(read_shop.catalogue())
    assert {"region", "category", "brand", "price", "exposure", "kept", "trust"} <= set(known)
    frame = read_shop.catalogue().frame.copy()
    frame["brand"] = "One house"
    assert "brand" not in colouring.choices(Catalogue(frame))


def test_exposure_is_told_against_an_even_share(read_shop: Shop, drawn: CatalogueMap) -> None:
    catalogue = read_shop.catalogue()
    live = int((catalogue.states(NOW) == State.LIVE).sum())
    shares = np.full(len(catalogue), 1.5 / live)
    shares[0] = 0.0
    made = colouring.coloured("exposure", catalogue, drawn, NOW, lambda: shares)
    assert made.entries[made.codes[0]].name == "In no list"
    assert made.entries[made.codes[1]].name == "Once to twice"


def test_what_is_no_photo_is_said_once_and_let_go(
    open_map: Any, read_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_map()
    opened: list[bytes] = []

    def place_photo(self: Any, drawn: CatalogueMap, photo: bytes, moment: Any = None) -> Spot:
        opened.append(photo)
        raise Refused("This photo could not be read.")

    monkeypatch.setattr(type(read_shop.atlas), "place_photo", place_photo)
    at.session_state["map:shot"] = b"no picture"
    assert "This photo could not be read" in words(at.run())
    assert "This photo could not be read" not in words(at.run())
    assert opened == [b"no picture"]
