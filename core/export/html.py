"""A report as one HTML file that needs nothing else: pictures, letters and style are in it, and nothing in it runs.

It is made for A4: what belongs together stays on one page, tables repeat their heads, pages are numbered. Everything
that comes from a catalogue, a file or a person is escaped, and a policy in its head forbids scripts and all requests.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import logging
import math
from collections.abc import Callable
from pathlib import Path

from core.domain.errors import ShopError
from core.domain.words import NBSP, count, money, signed
from core.export import paper
from core.export.paper import (
    TEXT,
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Figures,
    Report,
    Section,
    Strip,
    Strips,
    Table,
    Words,
)

log = logging.getLogger("vitrine.export")

ReadPicture = Callable[[str], bytes]  # key -> the picture as WebP; raises ShopError where there is none

POLICY = (
    "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
WHOLE = 16  # rows of a table that stays on one page
SMALL = (128, 160)  # of the pictures in strips
FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
_FACES = (
    ("Cormorant Garamond", "cormorant-garamond-latin-wght-normal.woff2", "300 700", "normal"),
    ("Cormorant Garamond", "cormorant-garamond-latin-wght-italic.woff2", "300 700", "italic"),
    ("Instrument Sans", "instrument-sans-latin-wght-normal.woff2", "400 700", "normal"),
)
STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")


def page(report: Report, read: ReadPicture) -> str:
    """The report as one HTML document. read: a picture by its key."""
    writer = _Writer(_Pictures(read), report.currency)
    facts = "".join(f"<div><dt>{_safe(name)}</dt><dd>{_safe(value)}</dd></div>" for name, value in report.facts)
    hero = f'<div class="hero">{writer.shot(report.hero)}</div>' if report.hero else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_safe(report.title)} – {_safe(report.kind)}</title>"
        f"<style>{_fonts()}{STYLE}</style></head><body><main>"
        f'<header{" class=with-hero" if hero else ""}>{hero}<div><p class="over">{_safe(report.kind)}</p>'
        f"<h1>{_safe(report.title)}</h1>"
        + (f'<p class="lede">{_safe(report.lede)}</p>' if report.lede else "")
        + (f'<dl class="facts">{facts}</dl>' if facts else "")
        + "</div></header>"
        + "".join(writer.section(one) for one in report.sections)
        + f"<footer>{''.join(f'<p>{_safe(one)}</p>' for one in report.foot)}</footer></main></body></html>\n"
    )


class _Pictures:
    """Pictures as data addresses, each read once; empty where there is none."""

    def __init__(self, read: ReadPicture) -> None:
        self._read = read
        self._made: dict[tuple[str, bool], str] = {}

    def address(self, key: str | None, *, small: bool) -> str:
        if key is None:
            return ""
        if (key, small) not in self._made:
            self._made[key, small] = self._address(key, small)
        return self._made[key, small]

    def _address(self, key: str, small: bool) -> str:
        try:
            data = self._read(key)
        except ShopError as error:
            log.warning("A report goes without the picture %s: %s", key, error.message)
            return ""
        data = _smaller(data) if small else data
        return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


def _smaller(data: bytes) -> bytes:
    """A picture of our own pack at the size of a strip."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["WEBP"]) as opened:
        image = opened.convert("RGB")
    image.thumbnail(SMALL, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=76, method=2)
    return out.getvalue()


class _Writer:
    """The blocks of one report."""

    def __init__(self, pictures: _Pictures, currency: str | None) -> None:
        self._pictures, self._currency = pictures, currency

    def section(self, one: Section) -> str:
        aside = f'<p class="aside">{_safe(one.aside)}</p>' if one.aside else ""
        blocks = "".join(self.block(block) for block in one.blocks)
        whole = isinstance(one.blocks[0], Table) and len(one.blocks[0].rows) <= WHOLE if one.blocks else False
        kind = ' class="whole"' if whole else ""
        return f'<section{kind}><div class="head"><h2>{_safe(one.title)}</h2>{aside}</div>{blocks}</section>'

    def block(self, one: Block) -> str:
        match one:
            case Words():
                return f'<p class="words{" warn" if one.warn else ""}">{_safe(one.text)}</p>'
            case Figures():
                cells = (
                    f"<div><dt>{_safe(name)}</dt><dd>{_safe(figure)}</dd><dd class='was'>{_safe(was)}</dd></div>"
                    for name, figure, was in one.figures
                )
                return f'<dl class="figures">{"".join(cells)}</dl>'
            case Cards():
                cards = "".join(self.card(card, small=one.small) for card in one.cards)
                row = " small" if one.small else " six" if len(one.cards) % 6 == 0 else ""
                return f'<ul class="cards{row}">{cards}</ul>'
            case Strips():
                return f'<ul class="strips">{"".join(self.strip(strip) for strip in one.strips)}</ul>'
            case Table():
                return self.table(one)

    def shot(self, card: Card, *, small: bool = False) -> str:
        """The picture of a product, or the initial of its house."""
        name = f"{card.title}{f' by {card.brand}' if card.brand else ''}"
        if address := self._pictures.address(card.picture, small=small):
            return f'<span class="shot"><img src="{address}" alt="{_safe(name)}"></span>'
        return f'<span class="shot blank" role="img" aria-label="{_safe(name)}">{_safe(card.initial)}</span>'

    def card(self, card: Card, *, small: bool) -> str:
        badges = "".join(f'<span class="badge">{_safe(one)}</span>' for one in card.badges)
        place = f'<span class="place">{card.place}</span>' if card.place is not None else ""
        price = f'<p class="price">{_safe(card.price)}{f" <s>{_safe(card.was)}</s>" if card.was else ""}</p>'
        return (
            f'<li class="card">{self.shot(card)}{f"<p class=badges>{badges}</p>" if badges else ""}'
            f'<p class="brand">{place}{_safe(card.brand)}</p><p class="title">{_safe(card.title)}</p>'
            + (price if card.price else "")
            + (f'<p class="note">{_safe(card.note)}</p>' if card.note else "")
            + "</li>"
        )

    def strip(self, strip: Strip) -> str:
        sides = []
        for label, cards in strip.sides:
            minis = "".join(
                f'<li class="{"quiet" if card.quiet else "own"}" title="{_safe(card.title)}">'
                f"{self.shot(card, small=True)}</li>"
                for card in cards
            )
            named = f'<p class="by">{_safe(label)}</p>' if label else ""
            sides.append(
                f"<div>{named}<ol>{minis}</ol></div>" if cards else f'<div>{named}<p class="note">None</p></div>'
            )
        anchor = strip.anchor
        return (
            f'<li class="strip"><div class="anchor">{self.shot(anchor, small=True)}<div>'
            f'<p class="brand">{_safe(anchor.brand)}</p><p class="title">{_safe(anchor.title)}</p>'
            f'<p class="note">{_safe(strip.remark)}</p></div></div>'
            f'<div class="sides n{len(sides)}">{"".join(sides)}</div></li>'
        )

    def table(self, one: Table) -> str:
        head = "".join(
            f'<th scope="col"{_class(column) if number else ""}>{_safe(column.name)}</th>'
            for number, column in enumerate(one.columns)
        )
        top = max((abs(v) for row in one.rows if one.bar is not None and (v := _number(row[one.bar]))), default=1.0)
        rows = []
        for row in one.rows:
            cells = []
            for number, (column, value) in enumerate(zip(one.columns, row, strict=True)):
                told, quiet = _safe(self.told(column, value)), number in one.quiet
                if number == one.bar:
                    width = 100 * abs(_number(value) or 0.0) / top
                    told = f'{told}<i style="width:{width:.1f}%"></i>'
                cells.append(
                    f'<th scope="row">{told}</th>' if number == 0 else f"<td{_class(column, quiet=quiet)}>{told}</td>"
                )
            rows.append(f"<tr>{''.join(cells)}</tr>")
        return (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
            if rows
            else ""
        )

    def told(self, column: Column, value: Cell) -> str:
        """A value as a person reads it; a dash where it is unknown."""
        if not isinstance(value, int | float):
            return value or ""
        if not math.isfinite(value):
            return "–"
        match column.kind:
            case paper.COUNT:
                return count(int(value))
            case paper.SHARE:
                return f"{100 * value:.1f}{NBSP}%"
            case paper.SCORE:
                return signed(value)
            case paper.MONEY:
                return money(round(value), self._currency)
        return f"{value:g}"


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _class(column: Column, *, quiet: bool = False) -> str:
    names = [*(["num"] if column.kind != TEXT else []), *(["mute"] if quiet else [])]
    return f' class="{" ".join(names)}"' if names else ""


def _safe(value: str) -> str:
    """`value` as text between tags or within quotes. Signs that no document may hold become a mark."""
    tidy = "".join(
        "\ufffd" if (one < " " and one not in "\t\n\r") or "\ud800" <= one <= "\udfff" else one for one in value
    )
    return html.escape(tidy, quote=True)


@functools.cache
def _fonts() -> str:
    """Our letters as data addresses; without them, those of the machine stand in."""
    faces = []
    for family, file, weight, style in _FACES:
        path = FONTS / file
        if path.is_file():
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            faces.append(
                f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
                f'src:url(data:font/woff2;base64,{data}) format("woff2")}}'
            )
    return "".join(faces)
