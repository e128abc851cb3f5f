"""Alternatives and what is running out, in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visitor
from tests.browser.kit import faults, served_ids

pytestmark = pytest.mark.browser
BAG = "handbags-aurel-black"


@pytest.mark.parametrize("visitor", [{"width": "wide"}, {"width": "phone", "scheme": "dark"}], indirect=True)
def test_alternatives_are_chosen_one_at_a_time_and_a_card_opens_its_product(visitor: Visitor) -> None:
    page = visitor.go(f"/product?item={BAG}")
    assert visitor.cards("Substitutes") == served_ids(visitor.url, BAG, placement="substitute")
    for name, placement in (("Other Houses", "cross_brand"), ("Goes With It", "cross_sell")):
        page.get_by_role("radio", name=name, exact=True).click()
        page.locator(f"ul.list[aria-label='{name}'] li.card").first.wait_for()
        visitor.settle()
        assert visitor.cards(name) == served_ids(visitor.url, BAG, placement=placement)
        assert page.locator("ul.list[aria-label='Substitutes']").count() == 0, "one at a time"
    broken = faults(page)
    assert not broken, "\n".join(broken)
    first = visitor.cards("Goes With It")[0]
    page.locator(f"ul.list[aria-label='Goes With It'] li.card[data-id='{first}'] a").first.click()
    page.wait_for_url(f"**/product?item={first}")


def test_a_line_of_what_is_running_out_opens_the_product_that_it_speaks_of(visitor: Visitor) -> None:
    page = visitor.go("/")
    page.get_by_role("heading", name="Running out").wait_for(timeout=60_000)
    visitor.settle()
    lines = page.locator("[aria-label='Running out'] a")
    assert 1 <= lines.count() <= 6
    item = str(lines.first.get_attribute("href")).split("item=")[1]
    lines.first.click()
    page.wait_for_url(f"**/product?item={item}")
    page.get_by_role("heading", name="Alternatives").wait_for()
