"""What rises, on Today: a few quiet lines, each with the way to its products; nothing where nothing does."""

from __future__ import annotations

import pytest

from core.recommend.trending import Rising
from core.shop import Shop
from tests.pages.conftest import Visit, part, words


def test_a_shop_without_a_record_is_told_nothing_of_it(read_shop: Shop, visit: Visit) -> None:
    assert "What rises" not in words(visit("today.py"))


def test_kinds_colours_and_houses_rise_and_lead_to_their_products(
    own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tuple(
        Rising(field, value, times, 20, 5)
        for field, value, times in (
            ("type", "Boots", 2.6), ("type", "Coats", 2.1), ("colour", "red", 1.9), ("type", "Totes", 1.8),
            ("type", "Loafers", 1.7), ("brand", "Aurel", 1.5), ("colour", "black", 1.2),
        )
    )  # fmt: skip
    monkeypatch.setattr(type(own_shop), "rising", lambda self, at=None, most=10, fields=(): found)
    at = visit("today.py")
    lines = part(at, "today:rises")["lines"]
    assert [line["title"] for line in lines] == ["Boots", "Coats", "Red", "Totes", "Aurel"]
    assert lines[0]["figure"] == "2.6×"
    assert lines[0]["href"].endswith("/catalogue?type=Boots")
    assert "What rises" in [one.value for one in at.header]
    assert all(line["pictures"] for line in lines)
    seen = visit("catalogue.py", type="Boots")
    assert {own_shop.item(card["id"]).type for card in part(seen, "catalogue:grid")["items"]} == {"Boots"}
