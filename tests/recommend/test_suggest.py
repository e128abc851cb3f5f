"""What a new product is: suggested in the shop's own words, with a confidence, and never where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.rank.calibrate import calibrate
from core.recommend import suggest as suggesting
from core.recommend.suggest import WordBook, suggest
from core.recommend.view import Edition, open_view

KINDS = ("Coats", "Dresses", "Shirts", "Shirt dresses")
AXES = np.eye(8, dtype=np.float32)


def shop():
    """Four kinds, each around a direction of its own; half of each is red, half navy; coats are of wool."""
    items, vectors = [], []
    for number, kind in enumerate(KINDS):
        for at in range(6):
            items.append(
                Item(
                    f"{kind.lower().replace(' ', '-')}-{at}", title=f"{kind} {at}", type=kind,
                    category=("Clothes", kind), colour=(("red", "navy")[at % 2],),
                    material=("wool",) if kind == "Coats" else (),
                    audience="women" if number % 2 else "men",
                )
            )  # fmt: skip
            vectors.append(AXES[number] + 0.3 * AXES[4 + at % 2] + 0.05 * AXES[6 + at // 3])
    order = sorted(range(len(items)), key=lambda at: items[at].id)
    rows = np.stack([vectors[at] / np.linalg.norm(vectors[at]) for at in order])
    return Edition(
        "small", Catalogue.of(items), {"image": rows, "text": rows}, {n: np.ones(24, bool) for n in ("image", "text")}
    )


@pytest.fixture(scope="module")
def view():
    edition = shop()
    return open_view(edition, calibrate(edition.catalogue, edition.vectors, edition.present))


def looks_like(number, colour=0):
    found = AXES[number] + 0.3 * AXES[4 + colour]
    return {"image": found / np.linalg.norm(found)}


def words(texts):
    """An encoder that reads a kind as its direction, and a colour as its own."""
    out = np.full((len(texts), 8), 1e-3, dtype=np.float32)
    for row, text in enumerate(texts):
        for number, kind in enumerate(KINDS):
            out[row] += AXES[number] * (text.split(" for ")[0].endswith(kind))
        out[row] += 0.3 * AXES[4] * ("Red" in text) + 0.3 * AXES[5] * ("Navy" in text)
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def test_what_looks_alike_votes_with_what_it_knows(view):
    found = suggest(view, looks_like(0))
    assert found.best("type").value == "Coats"
    assert found.best("category").value == ("Clothes", "Coats")
    assert found.best("material").value == "wool"
    assert found.best("audience").value == "men"
    assert found.best("pattern") is None
    assert not found.calibrated


def test_the_words_are_heard_beside_the_votes(view):
    book = WordBook(words, "another", KINDS)
    found = suggest(view, looks_like(1, colour=1), book=book)
    assert found.best("type").value == "Dresses"
    assert found.best("colour").value == "navy"
    assert found.best("type").words > 0.5
    assert found.best("type").votes > 0.5
    assert found.best("material").words is None


def test_a_word_of_the_shop_in_the_title_outweighs_the_rest(view):
    found = suggest(view, looks_like(0), title="A shirt in red")
    assert found.best("type").value == "Shirts"
    assert found.best("type").said
    assert found.best("colour").value == "red"
    assert suggest(view, {}, title="Navy shirt dress").best("type").value == "Shirt dresses"
    assert suggest(view, {}, title="Coat dress").best("type").value == "Dresses"


def test_shares_of_one_field_never_exceed_the_whole(view):
    book = WordBook(words, "another", KINDS)
    for title in ("", "A red coat", "A shirt"):
        for guesses in suggest(view, looks_like(2), title=title, book=book).fields.values():
            shares = [guess.confidence for guess in guesses]
            assert sum(shares) <= 1 + 1e-9
            assert shares == sorted(shares, reverse=True)


def test_where_nothing_is_known_nothing_is_suggested(view):
    assert suggest(view, {}).fields == {}
    assert suggest(view, {"image": np.zeros(8)}).fields == {}
    empty = Edition("none", Catalogue.of([]), {}, {})
    assert suggest(open_view(empty, view.calibration), {}, title="A coat").fields == {}


def test_values_are_what_an_arrival_holds(view):
    values = suggest(view, looks_like(0)).values(0.2)
    assert values["type"] == "Coats"
    assert values["category"] == ("Clothes", "Coats")
    assert values["material"] == ("wool",)
    assert suggest(view, looks_like(0)).values(1.01) == {}


def test_words_are_read_once(view):
    asked = []
    book = WordBook(lambda texts: asked.append(len(texts)) or words(texts), "another", KINDS)
    suggesting.prepare(view, book)
    before = len(asked)
    suggest(view, looks_like(0), book=book)
    suggest(view, looks_like(3), book=book)
    assert len(asked) == before == 3
