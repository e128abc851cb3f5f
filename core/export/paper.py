"""A report as a value: what stands on it, before anybody decides whether it becomes HTML or a workbook.

Everything in it is plain text and numbers; whoever writes it down makes it safe for where it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | int | float | None

# How the values of a column are shown. Numbers stay numbers in a workbook.
TEXT, COUNT, SHARE, SCORE, MONEY = "text", "count", "share", "score", "money"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. share: 0..1, shown in per cent.    score: signed.    money: in the shop's currency."""

    name: str
    kind: str = TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """name: of the sheet in a workbook.    rows: one cell a column.    quiet: columns that stand back.

    bar: the column, if any, that is drawn as a bar beside its number.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    quiet: tuple[int, ...] = ()
    bar: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A product as a card. picture: its key, None where it has none.    initial: stands in for a picture."""

    id: str
    title: str
    brand: str
    price: str
    was: str
    picture: str | None
    initial: str
    place: int | None = None
    note: str = ""
    badges: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Cards:
    """Products side by side."""

    cards: tuple[Card, ...]
    small: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A product with lists beside it: (label, cards) each; cards that are not quiet stand out."""

    anchor: Card
    remark: str
    sides: tuple[tuple[str, tuple[Card, ...]], ...]


@dataclass(frozen=True, slots=True)
class Strips:
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """(name, figure, what it is compared with) side by side."""

    figures: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph. warn: something that must not be passed over."""

    text: str
    warn: bool = False


Block = Table | Cards | Strips | Figures | Words


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """kind: what it is, over the title.    hero: the product that it is about.

    facts:  (name, value) that say what was asked.    tables: what a workbook holds, a sheet each.
    foot:   who made it and when, and all that it depends on.    file: its name, without an ending.
    currency: of all sums of money, ISO 4217.
    """

    kind: str
    title: str
    lede: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    foot: tuple[str, ...]
    file: str
    hero: Card | None = None
    facts: tuple[tuple[str, str], ...] = ()
    currency: str | None = None


def table(name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], **more: Any) -> Table:
    """A table with columns of (name, kind)."""
    return Table(name, tuple(Column(*one) for one in columns), tuple(tuple(row) for row in rows), **more)
