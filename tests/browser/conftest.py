"""A shop that serves in a process of its own, and Debian's Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from core.domain.catalogue import Item
from core.domain.reviews import REVIEW, Review
from core.domain.shoppers import hashed
from core.intake.reviews import summarise
from core.store.layout import Layout
from core.store.reviews import ReviewStore
from core.store.studio import Studio
from tests.worlds import NOW, PlainWorker, boutique, stock_the_shop

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (
        found
        for name in (os.environ.get("VITRINE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
        if name and (found := shutil.which(name))
    ),
    None,
)
QUIET = (
    "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--hide-scrollbars",
    "--use-fake-device-for-media-stream",  # a camera that shows a test card
)  # fmt: skip
WIDTHS = {"wide": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
# The script has ended, nothing old stands, every part of a page has drawn itself (the one that only listens to
# the theme draws nothing), and no colour is still on its way.
DRAWN = """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')
    && [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].filter(part => {
        const root = [part, ...part.querySelectorAll('*')].find(one => one.shadowRoot)?.shadowRoot;
        return !root || root.querySelectorAll('*').length < 2;
    }).length < 2
    && !document.getAnimations().some(one => one instanceof CSSTransition && one.playState === 'running')"""
PAGES = {
    "Today": "/",
    "Catalogue": "/catalogue",
    "Product": "/product?item=handbags-aurel-black",
    "Map": "/map",
    "Collections": "/map?mode=collections",
    "Shoppers": "/shoppers",
    "A shopper": "/shoppers?persona=two-worlds&season=winter&does=view:handbags-aurel-black",
    "A persona being composed": "/shoppers?own=1&follow=Aurel&size=Boots%3DM&wish=handbags-aurel-black",
    "You May Also Like": "/you-may-also-like?item=handbags-aurel-black",
    "Complete the Look": "/complete-the-look?item=handbags-aurel-black",
    "Saved looks": "/complete-the-look?mode=saved",
    "Sheet": "/you-may-also-like?mode=sheet",
    "Tuning": "/tuning?item=handbags-aurel-black",
    "Trade-offs": "/tuning?mode=trade-offs&item=handbags-aurel-black",
    "Judgements": "/tuning?mode=judgements&item=handbags-aurel-black",
    "By example": "/tuning?mode=example&item=handbags-aurel-black",
    "Curation Rules": "/curation-rules",
    "A rule being written": "/curation-rules?new=boost",
    "A house": "/house-view?house=Aurel",
    "Sell-out drill": "/curation-rules?mode=drill&item=handbags-aurel-black",
    "New Arrivals": "/new-arrivals",
    "Arrivals": "/new-arrivals?mode=arrivals",
    "Style quiz": "/new-arrivals?mode=quiz",
    "Publish": "/publish",
    "Shop setup": "/shop-setup",
}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """An app under test. `stop` ends it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def serve(data: Path, log: Path) -> Served:
    """`streamlit run app.py` on the shop in `data`, as the README starts it."""
    port = free_port()
    environment = dict(
        os.environ, VITRINE_DATA=str(data), VITRINE_TEST_ENCODERS="weightless", OMP_NUM_THREADS="1", HOME=str(data)
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)],
            cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    served = Served(f"http://127.0.0.1:{port}", process, log)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{served.url}/_stcore/health", timeout=2)
            return served
        except OSError:
            assert process.poll() is None, log.read_text(errors="replace")
            time.sleep(0.2)
    served.stop()
    raise AssertionError(f"the app did not start: {log.read_text(errors='replace')}")


@contextmanager
def serving(data: Path, log: Path) -> Iterator[Served]:
    """The shop in `data`, served for as long as the block lasts."""
    served = serve(data, log)
    try:
        yield served
    finally:
        served.stop()


def stocked(data: Path, items: Iterable[Item] | None = None) -> Path:
    """A shop built into `data` with encoders without weights: of these products, or of the hand-made boutique's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        from core.build import build

        settings = stock_the_shop(data, boutique() if items is None else items)
        build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    return data


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hand-made boutique, two of its products named to do harm, one with reviews."""
    items = boutique()
    for n in (1, 40):
        items[n] = replace(
            items[n], title="<img src=x onerror=alert(1)> :red[x] [y](https://evil.example)", brand="<b>Bold</b>"
        )
    data = stocked(tmp_path_factory.mktemp("served") / "data", items)
    reviews = ReviewStore(Studio(Layout(data).studio_db))
    reviews.add(
        Review(hashed(b"salt", str(n), REVIEW), "handbags-aurel-black", NOW, rating, said)
        for n, (rating, said) in enumerate(
            [(5.0, "So soft and light."), (4.0, "Very soft."), (2.0, "The strap broke.")]
        )
    )
    summarise(reviews, None)
    return data


@pytest.fixture(scope="session")
def app(shop_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(shop_folder, tmp_path_factory.mktemp("log") / "app.log") as served:
        yield served


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A shop of its own, for a test that writes."""
    return stocked(tmp_path / "data")


@pytest.fixture
def own_app(data: Path, tmp_path: Path) -> Iterator[Served]:
    """An app on the shop in `data`."""
    with serving(data, tmp_path / "log") as served:
        yield served


@pytest.fixture(scope="module")
def file_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app on one shop for all tests of a file, each of which works under another name."""
    folder = tmp_path_factory.mktemp("file")
    with serving(stocked(folder / "data"), folder / "log") as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what stood in its windows, in words and in a picture."""
    report = yield
    chromium = getattr(item, "funcargs", {}).get("chromium")
    if report.failed and chromium is not None:
        from playwright.sync_api import Error

        for number, page in enumerate(page for context in chromium.contexts for page in context.pages):
            picture = Path(item.funcargs["tmp_path"]) / f"window-{number}.png"
            try:
                page.screenshot(path=picture)
                report.sections.append((f"{page.url}, shown by {picture}", page.locator("body").inner_text()))
            except Error as error:
                report.sections.append((page.url, f"This window cannot be looked at: {error}"))
    return report


@pytest.fixture(autouse=True)
def _windows_close(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """No window outlives its test: it would go on asking for a server that has ended."""
    chromium = request.getfixturevalue("chromium") if "chromium" in request.fixturenames else None
    yield
    for context in chromium.contexts if chromium is not None else ():
        context.close()


@dataclass
class Visitor:
    """One person's browser window, which remembers all that went wrong in it."""

    page: Any
    url: str
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Open a path and wait until the page is there to its foot."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector(".foot", timeout=60_000)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing more is being drawn."""
        self.page.wait_for_function(DRAWN, timeout=60_000)
        self.page.wait_for_timeout(250)
        self.page.wait_for_function(DRAWN, timeout=60_000)

    def unfold(self, head: str) -> None:
        """Open what is folded under a head, and wait until it stands still: a click on its way down would miss."""
        folded = self.page.locator("details", has=self.page.locator("summary", has_text=head))
        folded.locator("summary").click()
        still = "one => one.open && !one.getAnimations({subtree: true}).some(each => each.playState === 'running')"
        self.page.wait_for_function(still, arg=folded.element_handle())

    def cards(self, label: str = "You May Also Like") -> list[str]:
        """Ids of the cards of a rail, in order."""
        return list(
            self.page.locator(f"ul.list[aria-label='{label}']").first.locator("li.card").evaluate_all(
                "cards => cards.map(card => card.dataset.id)"
            )
        )  # fmt: skip


@pytest.fixture
def visitor(app: Served, chromium: Any, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A window on the app; the test fails on any console error, page error or request that leaves the host."""
    marks = getattr(request, "param", {})
    width, height = WIDTHS[marks.get("width", "wide")]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=marks.get("scheme", "light"),
        has_touch=marks.get("width") == "phone", is_mobile=marks.get("width") == "phone",
    )  # fmt: skip
    context.add_cookies([{"name": "vitrine_name", "value": "Ines", "url": app.url}])
    one = Visitor(context.new_page(), app.url)
    host = app.url.removeprefix("http://")
    own = (f"http://{host}/", f"ws://{host}/", "data:", "blob:")

    def heard(message: Any) -> None:
        # Streamlit looks for its server below the page's own path first, and finds it at the root.
        probing = "/_stcore/" in str(message.location.get("url", ""))
        if message.type == "error" and not probing:
            one.wrong.append(f"console: {message.text}")

    one.page.on("console", heard)
    one.page.on("pageerror", lambda error: one.wrong.append(f"page: {error}"))
    one.page.on("request", lambda sent: None if sent.url.startswith(own) else one.wrong.append(f"left: {sent.url}"))
    one.page.on("dialog", lambda dialog: (one.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield one
    context.close()
    assert not one.wrong, one.wrong
