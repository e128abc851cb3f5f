"""Whatever people write into rules, campaigns, drafts and names is shown as text: on pages, in files, in tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from core import cli
from core import shop as shops
from core.curation.desk import Desk
from core.domain.campaigns import Campaign
from core.domain.changes import Key
from core.domain.rules import Rule
from core.shop import Shop
from tests.pages.conftest import Visit
from tests.worlds import boutique, open_small_shop

HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKDOWN = ":red[danger] [a link](https://evil.example) ![p](https://evil.example/p) **b**"
FORMULA = '=HYPERLINK("https://evil.example","x")'
HARM = (HTML, MARKDOWN, FORMULA, "+1+cmd|' /C calc'!A0", "-2", "@SUM(1)")
TAGS = re.compile(r"(?<!\\)<script|(?<!\\)<img src=x")
MARKED = re.compile(r"(?<!\\)\[a link(?<!\\)\]\(|(?<!\\):red\[|!\[p\]\(|(?<!\\)\*\*b\*\*")
BAG = "handbags-aurel-black"


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """A shop whose products, houses, rules, campaigns, drafts and comments all try to do harm."""
    items = boutique()
    for n, harm in enumerate(HARM):
        fields = {name: getattr(items[n], name) for name in type(items[n]).__dataclass_fields__}
        items[n] = type(items[n])(**{**fields, "title": harm, "brand": harm, "collection": harm, "family_id": None})
    opened = open_small_shop(tmp_path / "shop", items)
    now = datetime.now(UTC)
    desk = Desk(opened.studio, "Ines")
    for n, harm in enumerate(HARM):
        campaign = Campaign(
            f"c{n}", harm[:78], harm, now - timedelta(days=1), now + timedelta(days=3), heroes=(items[n].id,)
        )
        rule = {
            "id": f"r{n}", "kind": "boost", "step": "gentle", "target": {"filters": {"brand": [harm]}}, "note": harm,
            "campaign": f"c{n}",
        }  # fmt: skip
        never = {"id": f"n{n}", "kind": "block", "target": {"items": [items[-1 - n].id]}, "note": harm}
        desk.edit(Key("campaign", campaign.id), campaign.as_json(), says=harm, at=now)
        for plain in (rule, never):
            desk.edit(Key("rule", plain["id"]), Rule.from_json(plain).as_json(), says=harm, at=now)
    desk.rename(HTML[:60], now)
    desk.publish(f"{HTML} {MARKDOWN}", now)
    desk.edit(Key("rule", "n0"), None, says=f"{HTML} {MARKDOWN}", at=now)
    desk.rename(MARKDOWN[:60], now)
    shops.install(opened)
    yield opened
    shops.install(None)


def alive(at: AppTest) -> list[str]:
    """What of it a page sent unescaped: tags anywhere, and markdown where markdown is read."""
    read = ("title", "header", "subheader", "markdown", "caption", "alert", "expander", "button", "checkbox", "popover")
    found = []
    for kind in (*read, "html"):
        for one in at.get(kind):
            proto: Any = one.proto
            words = "\n".join(str(getattr(proto, name)) for name in ("body", "label", "help") if hasattr(proto, name))
            words = re.sub(r"<style>.*?</style>", "", words, flags=re.S)
            signs = [*TAGS.finditer(words), *(MARKED.finditer(words) if kind in read else ())]
            found += [words[max(0, sign.start() - 60) : sign.end() + 20] for sign in signs]
    return found


PAGES = [
    ("today.py", {}), ("publish.py", {}), ("publish.py", {"measure": "1"}), ("you_may_also_like.py", {"item": BAG}),
    ("you_may_also_like.py", {"mode": "sheet"}), ("complete_the_look.py", {"item": BAG}), ("product.py", {"item": BAG}),
    ("catalogue.py", {}), ("curation_rules.py", {}), ("curation_rules.py", {"rule": "r0"}),
    ("curation_rules.py", {"mode": "boundaries"}), ("curation_rules.py", {"mode": "campaigns"}),
    ("curation_rules.py", {"mode": "drill"}), ("house_view.py", {}), ("house_view.py", {"house": HTML}),
    ("house_view.py", {"house": MARKDOWN}),
]  # fmt: skip


def test_every_page_shows_it_as_text(shop: Shop, visit: Visit) -> None:
    found = {(page, *address.values()): alive(visit(page, **address)) for page, address in PAGES}
    assert not {page: signs for page, signs in found.items() if signs}


@pytest.fixture
def files(shop: Shop, tmp_path: Path) -> dict[str, Path]:
    """What the command line writes: a list, a house, an impact, the rules."""
    data, out = ["--data", str(shop.settings.data)], {}
    for name, words in {
        "list": ["recommend", "--anchor", BAG, "-k", "30"], "sheet": ["recommend", "--all"],
        "house": ["house", HTML], "formula": ["house", FORMULA],
    }.items():  # fmt: skip
        out[f"{name}.html"], out[f"{name}.xlsx"] = tmp_path / f"{name}.html", tmp_path / f"{name}.xlsx"
        assert cli.main([*data, *words, "--html", str(out[f"{name}.html"]), "--xlsx", str(out[f"{name}.xlsx"])]) == 0
    out["rules.csv"] = tmp_path / "rules.csv"
    assert cli.main([*data, "rules", "export", str(out["rules.csv"])]) == 0
    return out


def test_every_page_to_take_along_shows_it_as_text(files: dict[str, Path]) -> None:
    for name, file in files.items():
        if name.endswith(".html"):
            plain = file.read_text(encoding="utf-8")
            assert "alert(1)" in plain, "it is there"
            assert not re.search(r"<script|<img src=x|(?:href|src)=[\"']?https?:", plain), name


def test_no_cell_of_a_table_is_a_formula(files: dict[str, Path]) -> None:
    cells = 0
    for name, file in files.items():
        if name.endswith(".xlsx"):
            for sheet in load_workbook(file).worksheets:
                for row in sheet.iter_rows():
                    for cell in row:
                        if isinstance(cell.value, str) and cell.value.lstrip("'").startswith(("=", "+", "-2", "@")):
                            cells += 1
                            assert cell.data_type == "s", (name, cell.coordinate, cell.value)
                            assert cell.quotePrefix or cell.value.startswith("'"), (name, cell.coordinate)
                            assert cell.hyperlink is None
    assert cells, "there are such cells"
    with files["rules.csv"].open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)
