"""Words and numbers as a shop's people read them."""

from __future__ import annotations

import doctest
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain import words
from pages.kit import states, text

PARIS = ZoneInfo("Europe/Paris")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(text).failed + doctest.testmod(words).failed == 0


@given(some.lists(some.floats(-5, 5), min_size=1, max_size=8))
def test_parts_that_are_shown_add_up_to_the_sum_that_is_shown(values: list[float]) -> None:
    shown = text.rounded(values, sum(values), 2)
    assert round(sum(shown), 2) == round(sum(values), 2)
    assert all(abs(a - b) <= 0.0101 for a, b in zip(shown, values, strict=True))


@given(some.dictionaries(some.sampled_from(["a", "b", "c", "d"]), some.floats(0, 1e6), min_size=1))
def test_shares_are_a_hundred_or_nothing(parts: dict[str, float]) -> None:
    assert sum(text.shares(parts).values()) == (100 if sum(parts.values()) > 0 else 0)


@given(some.text(max_size=60))
def test_no_sign_of_markdown_is_left_to_be_read(words: str) -> None:
    left = re.sub(r"\\[^A-Za-z0-9\s]", "", text.plain(words))
    assert not re.search(r"[\\`*_{}\[\]()#+\-.!|<>~$:^&=\"'/@]", left)
    assert "\n" not in left


@pytest.mark.parametrize(
    "words", ["https://evil.example", "HTTP://evil.example", "www.evil.example", "me@evil.example"]
)
def test_a_bare_address_does_not_become_a_link(words: str) -> None:
    """Addresses are looked for in the text that is left when escapes are gone; the joiner keeps them from matching."""
    left = re.sub(r"\\(.)", r"\1", text.plain(words))
    assert left.replace("\u2060", "") == words
    assert not re.search(r"https?://|www\.|[-.\w+]@", left, re.IGNORECASE)


@pytest.mark.parametrize(
    ("minor", "currency", "tag"),
    [
        (125000, "EUR", "€\u00a01\u202f250"), (8950, "EUR", "€\u00a089.50"), (0, "USD", "$\u00a00"), (None, "EUR", ""),
        (1500, "JPY", "¥\u00a01\u202f500"), (12345, "KWD", "KWD\u00a012.345"), (990, None, "9.90"),
    ],
)  # fmt: skip
def test_prices_are_written_by_their_currency(minor: int | None, currency: str | None, tag: str) -> None:
    assert text.money(minor, currency) == tag


def test_a_day_is_ahead_or_behind_in_the_shops_time_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already the second of March in Paris
    assert text.ahead(late, datetime(2026, 3, 1, 12, tzinfo=UTC), PARIS) == "tomorrow"
    assert text.ahead(late, datetime(2026, 2, 20, 12, tzinfo=UTC), PARIS) == "in 10 days"
    assert text.day(late, PARIS) == "2 March 2026"


def test_the_end_of_a_day_is_that_of_the_shop() -> None:
    assert text.as_utc(datetime(2026, 7, 1).date(), PARIS) == datetime(2026, 7, 1, 21, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "a few seconds left"),
        (31, "about 30 seconds left"),
        (70, "about a minute left"),
        (600, "about 10 minutes left"),
    ],
)
def test_the_time_left_is_said_as_one_says_it(seconds: float, said: str) -> None:
    assert states.time_left(seconds) == said
