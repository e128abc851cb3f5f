"""Curation Rules on the pages: the book, the form with its preview, findings, and a spreadsheet there and back."""

from __future__ import annotations

from core.shop import Shop
from tests.pages.conftest import Visit, part, words

RULES = "curation_rules.py"


def test_without_a_rule_the_page_says_so_and_offers_the_first(own_shop: Shop, visit: Visit) -> None:
    at = visit(RULES)
    assert "No rule yet" in words(at)
    at.button(key="rules:first").click().run()
    assert not at.exception, [one.value for one in at.exception]
    assert "Choose the products" in words(at)
