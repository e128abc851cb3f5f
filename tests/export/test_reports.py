"""What is taken along: all that the page showed, safe wherever it is opened, and it says what it depends on."""

from __future__ import annotations

import io
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.cli import main
from core.curation.house import house
from core.domain.catalogue import Item
from core.domain.changes import Key
from core.domain.looks import LookRequest, SavedLook
from core.domain.query import Request
from core.domain.rules import Block, Rule, Target
from core.export import html, paper, reports, xlsx
from core.export.paper import Report
from core.export.reports import Letterhead
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

BAG = "handbags-aurel-black"
HARM = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "=HYPERLINK(\"http://evil\")",
    "+1+1", "-2+3", "@SUM(A1)", "\t=1", "javascript:alert(1)", "' onmouseover='x", "] <!-- ", "&lt;b&gt;",
)  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and words of a document."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join(self.words)


def page(shop: Shop, report: Report) -> Page:
    return Page(html.page(report, shop.pictures.read))


def cells(report: Report) -> dict[str, list[list[Any]]]:
    book = load_workbook(io.BytesIO(xlsx.workbook(report)))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book}


def head(shop: Shop, **more: Any) -> Letterhead:
    return Letterhead(shop, NOW, NOW + timedelta(hours=1), "Ines", **more)


def all_reports(shop: Shop) -> dict[str, Report]:
    """One of each kind."""
    over = head(shop)
    listing = shop.recommend(Request(anchor=BAG, k=10, at=NOW))
    lists = shop.every_list(at=NOW)
    rule = Rule("b", Block(), Target(items=(listing.ids[0],)), note=HARM[0])
    look = shop.looks(LookRequest(BAG, at=NOW))
    pieces = tuple((piece.role, piece.id) for piece in look.looks[0].pieces)
    saved = SavedLook("<b>Lunch</b>", BAG, pieces, note=HARM[1])
    return {
        "list": reports.list_report(over, listing),
        "sheet": reports.sheet_report(over, shop.recommend_all(Request(k=10, at=NOW), shop.catalogue().ids[:6])),
        "looks": reports.looks_report(over, look),
        "look": reports.saved_look_report(over, saved, look.looks[0], [pieces[0][1]]),
        "house": reports.house_report(over, lists, house(lists, "Aurel")),
        "impact": reports.impact_report(
            over, shop.impact({Key("rule", "b"): rule.as_json()}, at=NOW), [HARM[0]], title=HARM[1]
        ),
        "drill": reports.drill_report(over, shop.drill([BAG, listing.ids[0]], at=NOW)),
    }


@pytest.fixture(scope="module")
def harmful_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop in which every title, and some houses, are written to do harm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        items = [
            replace_item(item, title=f"{HARM[n % len(HARM)]} {item.title}",
                         brand=item.brand if item.brand == "Aurel" else f"{HARM[n % 5]} {item.brand}")
            for n, item in enumerate(boutique())
        ]  # fmt: skip
        return open_small_shop(tmp_path_factory.mktemp("harm"), items)


def replace_item(item: Item, **changes: Any) -> Item:
    return Item(**{**{f.name: getattr(item, f.name) for f in fields(Item)}, **changes})


KINDS = ("list", "sheet", "looks", "look", "house", "impact", "drill")


@pytest.fixture(scope="module")
def harmful(harmful_shop: Shop) -> dict[str, Report]:
    return all_reports(harmful_shop)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_a_page_runs_or_leaves_it(harmful_shop: Shop, harmful: dict[str, Report], kind: str) -> None:
    text = html.page(harmful[kind], harmful_shop.pictures.read)
    found = Page(text)
    assert not {"script", "iframe", "object", "embed", "form", "a", "link", "base", "svg"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    addresses = [value for _, name, value in found.attributes if name in ("src", "href", "srcset", "action")]
    assert addresses
    assert all(one.startswith("data:image/webp;base64,") for one in addresses)
    policy = next(value for tag, name, value in found.attributes if tag == "meta" and value.startswith("default-src"))
    assert "default-src 'none'" in policy
    assert re.findall(r"url\((?!data:)", text) == []
    assert found.tags.count("style") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_cell_of_a_workbook_can_be_run(harmful: dict[str, Report], kind: str) -> None:
    sheets = cells(harmful[kind])
    assert len(sheets) == 1 + len(harmful[kind].tables)
    texts = [cell for rows in sheets.values() for row in rows for cell in row if isinstance(cell.value, str)]
    assert texts
    assert not [cell.value for cell in texts if cell.data_type == "f" or cell.hyperlink]
    assert not [cell.value for cell in texts if cell.value.lstrip().startswith(("=", "+", "-", "@"))]


def test_what_does_harm_is_shown_as_text(harmful_shop: Shop, harmful: dict[str, Report]) -> None:
    said = page(harmful_shop, harmful["list"]).said
    assert harmful_shop.item(BAG).title in said
    assert "<script>alert(1)</script>" in page(harmful_shop, harmful["impact"]).said


def test_a_list_tells_every_product_its_place_and_what_it_depends_on(small_shop: Shop) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, k=6, at=NOW))
    found = page(small_shop, reports.list_report(head(small_shop), listing))
    for placed in listing.items:
        assert small_shop.item(placed.id).title in found.said
    assert found.tags.count("img") == 7
    for version in (listing.versions.snapshot, listing.versions.calibration, "rules 0", "Made on", "for Ines"):
        assert version in found.said


def test_parts_of_a_score_add_up_as_they_are_shown(small_shop: Shop) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, k=10, at=NOW))
    report = reports.list_report(head(small_shop), listing)
    (shown,) = (block for section in report.sections for block in section.blocks if isinstance(block, paper.Table))
    for row in shown.rows:
        *parts, score = [value or 0.0 for value in row[3:]]
        assert round(sum(parts), 2) == round(score, 2)


def test_a_workbook_holds_numbers_as_numbers(small_shop: Shop) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, k=5, at=NOW))
    names, *rows = cells(reports.list_report(head(small_shop), listing))["The list"]
    titles = [cell.value for cell in names]
    assert len(rows) == 5
    first = dict(zip(titles, [cell.value for cell in rows[0]], strict=True))
    best = listing.items[0]
    assert first["Id"] == best.id
    assert first["Price, EUR"] == small_shop.item(best.id).price / 100
    assert first["Score"] == pytest.approx(best.score)
    parts = {name: first[reports.PARTS_OF[name]] for name in best.contributions}
    assert sum(parts.values()) == pytest.approx(best.score)


def test_simulated_data_and_a_draft_say_so(small_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, at=NOW))
    assert "simulated" not in page(small_shop, reports.list_report(head(small_shop), listing)).said
    monkeypatch.setattr(Shop, "simulated", True)
    said = page(small_shop, reports.list_report(head(small_shop, draft="Autumn", without=1), listing)).said
    assert "simulated data" in said
    assert "With the draft “Autumn”, which is not live." in said
    assert "Shown without 1\u00a0rule" in said


def test_the_page_of_a_house_tells_its_share_and_names_all_lists_in_the_workbook(small_shop: Shop) -> None:
    lists = small_shop.every_list(at=NOW)
    found = house(lists, "Corvin")
    report = reports.house_report(head(small_shop), lists, found)
    said = page(small_shop, report).said
    assert f"{100 * found.standing.share:.1f}\u00a0%" in said
    sheets = cells(report)
    assert len(sheets["Lists"]) - 1 == sum(len(one.places) for one in found.shown_in)
    assert {row[0].value for row in sheets["Beside whom"][1:]} == {one.name for one in found.neighbours}


def test_a_list_of_nothing_and_a_product_that_is_gone_are_told(small_shop: Shop) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, k=5, at=NOW))
    nothing = replace(listing, items=(), anchor="gone-for-good")
    said = page(small_shop, reports.list_report(head(small_shop), nothing)).said
    assert "Nothing may be shown here." in said
    assert "gone-for-good" in said
    assert cells(reports.list_report(head(small_shop), nothing))


def test_a_picture_that_is_lost_leaves_the_initial(small_shop: Shop) -> None:
    listing = small_shop.recommend(Request(anchor=BAG, k=3, at=NOW))

    def lost(key: str) -> bytes:
        return small_shop.pictures.read("0" * 32)

    found = Page(html.page(reports.list_report(head(small_shop), listing), lost))
    assert "img" not in found.tags


TEXTS = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(HARM)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.floats(allow_nan=True, allow_infinity=True))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_written_and_none_runs(texts: list[str], number: float) -> None:
    rows = tuple((text, number, None) for text in texts)
    columns = (paper.Column(texts[0]), paper.Column("Score", paper.SCORE), paper.Column("Money", paper.MONEY))
    one = paper.Table(texts[0], columns, rows)
    again = replace(one, name=texts[-1])
    card = paper.Card("i", texts[0], texts[-1], "", "", None, texts[0][:1])
    sections = (paper.Section(texts[0], (one, paper.Words(texts[-1]), paper.Cards((card,)))),)
    report = Report("Kind", texts[0], texts[-1], sections, (one, again), tuple(texts), "file", card)
    text = html.page(report, lambda key: b"")
    text.encode("utf-8")
    assert "script" not in Page(text).tags
    for rows_ in cells(report).values():
        assert all(cell.data_type != "f" for row in rows_ for cell in row)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("../../etc/passwd",), "etc-passwd"),
        (("CON", "a\x00b"), "con-a-b"),
        (("日本",), "vitrine"),
        (("x" * 300,), "x" * 80),
    ],
)
def test_a_file_name_holds_nothing_that_a_disk_could_misread(words: tuple[str, ...], name: str) -> None:
    assert reports.file_name(*words) == name


def test_the_command_line_writes_what_the_page_would(
    own_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(own_shop.settings.data)
    for command in (
        ["recommend", "--anchor", BAG], ["recommend", "--placement", "look", "--anchor", BAG], ["house", "Aurel"],
        ["drill", BAG],
    ):  # fmt: skip
        page_file, book = tmp_path / "a.html", tmp_path / "a.xlsx"
        assert main(["--data", data, *command, "--html", str(page_file), "--xlsx", str(book)]) == 0
        assert "<h1>" in page_file.read_text(encoding="utf-8")
        assert load_workbook(book).sheetnames[0] == "About"
        page_file.unlink(), book.unlink()
    assert main(["--data", data, "house", "--html", str(tmp_path / "b.html")]) == 2
    assert "Name it" in capsys.readouterr().err


def test_an_instant_is_told_in_the_shop_s_time_zone(small_shop: Shop) -> None:
    over = Letterhead(small_shop, datetime(2026, 3, 1, 23, 30, tzinfo=UTC), NOW)
    assert any(over.zone.key in line for line in over.foot())
