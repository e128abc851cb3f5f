"""Pages run through `pages/main.py` on the hand-made boutique, as a browser would run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.shop import Shop
from tests.worlds import open_small_shop

ROOT = Path(__file__).resolve().parents[2]
MAIN = str(ROOT / "pages" / "main.py")
SECONDS = 30

Visit = Callable[..., AppTest]


@pytest.fixture(scope="session")
def _read_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def read_shop(_read_shop: Shop) -> Iterator[Shop]:
    """A shop that serves; the test does not write."""
    shops.install(_read_shop)
    yield _read_shop
    shops.install(None)


@pytest.fixture
def own_shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """A shop that serves, for a test that writes."""
    shop = open_small_shop(tmp_path / "shop")
    shops.install(shop)
    yield shop
    shops.install(None)


@pytest.fixture
def visit() -> Visit:
    """Open a page, as a link with an address would: `visit("product.py", item="bag-1", who="Ines")`."""

    def go(page: str = "today.py", who: str = "Ines", **address: str) -> AppTest:
        at = AppTest.from_file(MAIN, default_timeout=SECONDS)
        if who:
            at.session_state["session"] = {"who": who}
        if page != "today.py":
            at.run()
            at.switch_page(page)
        for name, value in address.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception, [one.value for one in at.exception]
        return at

    return go


def words(at: AppTest) -> str:
    """Everything a page says, as it was sent to the browser."""
    said = [one.value for one in (*at.title, *at.header, *at.subheader, *at.markdown, *at.caption)]
    said += [one.proto.body for one in at.get("html")]
    said += [one.label for one in (*at.button, *at.text_input, *at.selectbox, *at.slider)]
    return "\n".join(str(one) for one in said)


def part(at: AppTest, key: str) -> dict[str, Any]:
    """What was sent to one of our own parts of a page, by its key."""
    import json

    for one in at.get("bidi_component"):
        if f"-{key}" in one.proto.id or one.proto.id.endswith(key):
            return dict(json.loads(one.proto.json))
    raise AssertionError(f"no part {key!r} on this page")
