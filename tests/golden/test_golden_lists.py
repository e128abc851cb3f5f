"""Three lists of the hand-made boutique, written down: a change of the numbers is meant, or it is a bug.

`python -m tests.golden.test_golden_lists` writes them anew; the commit that does so says why.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.strategy import Strategy
from core.shop import Shop
from tests.worlds import NOW, open_small_shop

FILE = Path(__file__).with_name("lists.json")
ASKED = {
    "as published": Request(anchor="handbags-aurel-black", at=NOW, k=6),
    "by words alone, not varied": Request(
        anchor="boots-corvin-red", at=NOW, k=6, strategy=Strategy(weights={"text": 1.0}, lam=1.0, brand_cap=None)
    ),
    "with newness, under a price": Request(
        anchor="coats-ferrand-navy",
        at=NOW,
        k=6,
        strategy=Strategy(weights={"text": 0.4, "attributes": 0.4, "newness": 0.2}, lam=0.5),
        filters=Filters(price_to=70000),
    ),
    "a search": Request(placement=Placement.SEARCH, words="brown leather bag", at=NOW, k=6),
}


def lists(shop: Shop) -> dict[str, Any]:
    """Every list as JSON, without the ids of versions, which depend on how a file is written."""
    out = {}
    for name, request in ASKED.items():
        plain = (shop.search(request) if request.placement == Placement.SEARCH else shop.recommend(request)).as_json()
        out[name] = {"items": plain["items"], "notes": plain["notes"]}
    return out


def rounded(plain: Any) -> Any:
    """Numbers to seven decimals: another processor may add in another order."""
    if isinstance(plain, float):
        return pytest.approx(plain, abs=1e-7)
    if isinstance(plain, dict):
        return {name: rounded(value) for name, value in plain.items()}
    return [rounded(value) for value in plain] if isinstance(plain, list) else plain


@pytest.mark.parametrize("name", ASKED)
def test_the_lists_are_the_ones_written_down(tmp_path: Path, weightless: None, name: str) -> None:
    found = lists(open_small_shop(tmp_path, pictures=False))
    assert found[name] == rounded(json.loads(FILE.read_text(encoding="utf-8"))[name])


if __name__ == "__main__":
    os.environ |= {"VITRINE_TEST_ENCODERS": "weightless", "PYTEST_CURRENT_TEST": "writing"}
    with tempfile.TemporaryDirectory() as folder:
        FILE.write_text(json.dumps(lists(open_small_shop(Path(folder), pictures=False)), indent=1), encoding="utf-8")
