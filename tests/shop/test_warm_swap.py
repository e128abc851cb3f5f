"""An edition takes over from another once its first lists are made; the first of all opens at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import build as builds
from core import shop as shops
from core.build import Serving, build, studio_of
from core.domain.placements import Placement
from core.domain.query import Request
from core.settings import Settings
from core.shop import Shop
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop, stock_the_shop


@pytest.fixture
def serving(tmp_path: Path, weightless: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A shop with an edition that nobody serves yet."""
    monkeypatch.setattr(builds, "WARM_AFTER", 0.0)
    settings = stock_the_shop(tmp_path, boutique())
    worker = PlainWorker()
    build(settings, worker=worker, at=NOW)  # type: ignore[arg-type]
    made = Serving(settings, worker=worker, studio=studio_of(settings))  # type: ignore[arg-type]
    yield made
    made.close()
    shops.install(None)


def another(settings: Settings) -> None:
    """Publish another edition of the shop."""
    stock_the_shop(settings.data, boutique()[:-7])
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]


def test_the_first_edition_opens_at_once_and_is_warmed_beside_its_visitors(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, done = threading.Event(), threading.Event()

    def warm(self: Shop, stop: object) -> None:
        go.wait(10)
        done.set()

    monkeypatch.setattr(Shop, "warm", warm)
    serving.install()
    assert shops.current().recommend(Request(anchor="boots-aurel-black", k=3)).items
    assert not done.is_set()
    go.set()
    assert done.wait(10)


def test_a_later_edition_is_warm_before_it_takes_over(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    serving.install()
    first = shops.current()
    seen: list[tuple[Shop, Shop]] = []
    real = Shop.warm

    def warm(self: Shop, stop: object) -> None:
        seen.append((self, shops.current()))
        real(self, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(Shop, "warm", warm)
    another(serving.settings)
    serving.install()
    assert shops.current() is not first
    assert seen == [(shops.current(), first)]


def test_an_edition_that_cannot_be_warmed_serves_all_the_same(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    serving.install()
    first = shops.current()

    def fail(self: Shop, stop: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(Shop, "warm", fail)
    another(serving.settings)
    serving.install()
    assert shops.current() is not first
    assert "was not warmed" in caplog.text


def test_nobody_waits_for_the_record_or_a_view_after_it(tmp_path: Path, weightless: None) -> None:
    opened = open_small_shop(tmp_path)
    event = {"id": "e1", "kind": "save", "item": "boots-aurel-black", "shopper": "ann", "session": "v1"}
    opened.hear([event], at=datetime.now(UTC) - timedelta(days=1))
    opened.warm()
    assert opened._acts is not None
    assert opened._crowd is not None
    assert opened._bm25 is not None
    versions = opened.studio.versions()
    for placement in Placement:
        assert placement == Placement.LOOK or opened._kept((*versions, str(placement))) is not None, placement


def test_a_shop_in_which_nothing_is_for_sale_is_warm_at_once(tmp_path: Path, weightless: None) -> None:
    opened = open_small_shop(tmp_path)
    opened.studio.change_facts(
        {item: {"stock": {"one": 0}} for item in opened.catalogue().ids}, before={}, who="Ada", at=datetime.now(UTC)
    )
    opened.warm()
    stopped = time.monotonic()
    opened.warm(lambda: True)
    assert time.monotonic() - stopped < 5
