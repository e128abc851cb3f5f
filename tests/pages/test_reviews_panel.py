"""What shoppers wrote stands on Product, as text and without their names."""

from __future__ import annotations

from core.domain.reviews import Review
from core.domain.shoppers import hashed
from core.intake.reviews import summarise
from core.shop import Shop
from tests.pages.conftest import Visit, words
from tests.worlds import NOW

BAG = "handbags-aurel-black"


def test_a_product_shows_what_its_reviews_come_to_as_text(own_shop: Shop, visit: Visit) -> None:
    assert "In their words" not in words(visit("product.py", item=BAG))
    own_shop.reviews.add(
        Review(hashed(b"salt", str(n), "r"), BAG, NOW, rating, said)
        for n, (rating, said) in enumerate([(5.0, "So soft <script>alert(1)</script> and light."), (4.0, "Very soft.")])
    )
    summarise(own_shop.reviews, None)
    said = words(visit("product.py", item=BAG))
    assert "4.5 of 5" in said
    assert "In their words" in said
    assert "praised" in said
    assert "<script>" not in said
