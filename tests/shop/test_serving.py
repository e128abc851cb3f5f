"""What serves: at the start, while an edition is made, when another process publishes, and when something fails."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import build as builds
from core import shop as shops
from core.build import HASTY, Built, Serving, Works, build, daily, open_shop, studio_of
from core.domain.catalogue import Item
from core.domain.errors import BadRequest, Damaged, NotReady, ShopError
from core.domain.events import KINDS, Event
from core.domain.placements import Placement
from core.domain.progress import Progress, silent
from core.domain.query import Request
from core.embed.protocols import EncoderCard
from core.settings import Settings
from core.shop import Shop
from core.store import generations, source
from core.store.events import EventStore
from core.store.layout import Layout
from core.store.reviews import ReviewStore
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop, stock_the_shop

BAG = "handbags-aurel-black"


class Quiet(PlainWorker):
    """A worker that a `Works` may make for itself."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, weightless: None) -> Iterator[Callable[[Path], Works]]:
    """Works whose encoders live in this process, closed at the end."""
    monkeypatch.setattr(builds, "EncoderWorker", Quiet)
    open_works: list[Works] = []

    def make(data: Path) -> Works:
        open_works.append(Works(Settings(data=data)))
        return open_works[-1]

    yield make
    for works in open_works:
        done(works)
        works.close()
    shops.install(None)


def done(works: Works) -> None:
    if works._thread is not None:
        works._thread.join(60)
        assert not works.busy


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


# -- the start ---------------------------------------------------------------------------------------------------------


def test_a_catalogue_that_was_imported_but_not_built_is_built_and_no_demo_takes_its_place(
    tmp_path: Path, made: Callable[[Path], Works]
) -> None:
    settings = stock_the_shop(tmp_path, boutique())
    works = made(tmp_path)
    works.open()
    done(works)
    assert works.error is None
    assert shops.current().catalogue().ids == tuple(sorted(item.id for item in boutique()))
    assert source.load_source(Layout(settings.data))[1]["kind"] == "test"
    assert set(shops.current().snapshot.manifest.models) == {"text", "image"}
    assert len(shops.current().editions()) == 1


def test_what_was_made_up_for_the_demo_comes_with_the_demo_and_leaves_with_it(tmp_path: Path) -> None:
    settings, moment = Settings(data=tmp_path, keep_events="30"), datetime(2026, 3, 1, 15, tzinfo=UTC)
    builds.import_demo(settings, at=moment)
    studio = builds.studio_of(settings)
    events, reviews = EventStore(studio), ReviewStore(studio)
    builds.keep_record(settings, studio, source.load_source(Layout(tmp_path))[1], moment, silent)
    kept = events.table(columns=("at", "kind", "shopper", "simulated"))
    assert kept["simulated"].all()
    assert kept["at"].max().date() == date(2026, 2, 28), "the record ends the day before"
    assert kept["at"].min() >= moment - timedelta(days=30), "and what is older than the settings keep is gone"
    assert len(events.days(until=date(2026, 1, 1))) > 1_000, "but for the counts of it"
    assert set(kept["kind"]) == set(KINDS) - {"not_for_me", "for_me"}
    best = max(reviews.ratings().items(), key=lambda one: one[1][1])[0]
    told = reviews.summary(best)
    assert told is not None
    assert told.simulated
    assert told.themes
    events.add([Event("e_" + "0" * 24, "view", moment, item="tote")])
    mark = events.mark()
    builds.keep_record(settings, studio, source.load_source(Layout(tmp_path))[1], moment, silent)
    assert events.mark() == mark, "it is taken in once"
    stock_the_shop(tmp_path, boutique())
    builds.keep_record(settings, studio, source.load_source(Layout(tmp_path))[1], moment, silent)
    assert [one.item for one in events.export()] == ["tote"]
    assert (reviews.count(), reviews.summary(best)) == (0, None)
    studio.close()


def test_a_start_that_was_killed_between_the_hasty_edition_and_the_full_one_is_completed_by_the_next(
    tmp_path: Path, made: Callable[[Path], Works]
) -> None:
    build(stock_the_shop(tmp_path, boutique()), worker=None, at=NOW, quick=True)
    works = made(tmp_path)
    works.open()
    done(works)
    assert set(shops.current().snapshot.manifest.models) == {"text", "image"}


def test_without_any_encoder_the_full_edition_gives_the_true_reasons_and_is_not_made_again(
    tmp_path: Path, made: Callable[[Path], Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("text_model_available", "image_model_available"):
        monkeypatch.setattr(builds.registry, name, lambda settings: (False, "No model is on this machine."))
    stock_the_shop(tmp_path, boutique())
    works = made(tmp_path)
    works.open()
    done(works)
    assert {state.reason for state in shops.current().encoders().values()} == {"No model is on this machine."}
    again = made(tmp_path)
    again.open()
    assert not again.what
    assert len(shops.current().recommend(Request(anchor=BAG, at=NOW)).items) == 10


def test_an_edition_whose_models_are_gone_serves_its_lists_and_says_what_a_search_goes_without(
    tmp_path: Path, made: Callable[[Path], Works], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_small_shop(tmp_path).recommend(Request(anchor=BAG, at=NOW))
    for name in ("text_model_available", "image_model_available"):
        monkeypatch.setattr(builds.registry, name, lambda settings: (False, "No model is on this machine."))
    made(tmp_path).open()
    assert shops.current().recommend(Request(anchor=BAG, at=NOW)) == whole
    found = shops.current().search(Request(placement=Placement.SEARCH, words="red boots", at=NOW))
    assert found.items
    assert "exact_words_only" in [note.code for note in found.notes]
    off = shops.current().health()["off"]
    assert off == dict.fromkeys(("text in search", "image in search"), "No model is on this machine.")


def test_when_no_edition_is_whole_the_app_starts_and_builds_one_from_the_source(
    tmp_path: Path, made: Callable[[Path], Works]
) -> None:
    shop = open_small_shop(tmp_path)
    (shop.layout.generations / shop.snapshot.id / "catalogue.parquet").write_bytes(b"damaged")
    works = made(tmp_path)
    works.open()
    done(works)
    assert works.error is None
    assert shops.current().snapshot.id == shop.snapshot.id


def test_a_damaged_source_is_named_and_left_for_its_owner(tmp_path: Path, made: Callable[[Path], Works]) -> None:
    stock_the_shop(tmp_path, boutique())
    for file in Layout(tmp_path).source.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    works = made(tmp_path)
    works.open()
    assert isinstance(works.error, Damaged)
    assert not works.busy
    assert not shops.serving()


def test_a_build_mends_a_damaged_pointer_and_keeps_the_calibration(own_shop: Shop) -> None:
    stock_the_shop(own_shop.settings.data, [*boutique(), Item("hat", title="Hat")])
    second = build(own_shop.settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    content = bytearray(own_shop.layout.current.read_bytes())
    content[len(content) // 2] ^= 1
    own_shop.layout.current.write_bytes(content)
    third = build(own_shop.settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    assert (third.snapshot, third.calibration) == (second.snapshot, second.calibration)
    assert open_shop(own_shop.settings).snapshot.id == second.snapshot
    assert not generations.check(own_shop.layout)


# -- long work ---------------------------------------------------------------------------------------------------------


def test_work_that_fails_by_a_bug_says_so_and_the_next_may_begin(
    tmp_path: Path, made: Callable[[Path], Works], caplog: pytest.LogCaptureFixture
) -> None:
    works = made(tmp_path)
    works.begin("Building a new edition", lambda watch: 1 // 0)  # type: ignore[arg-type, return-value]
    done(works)
    assert works.error is not None
    assert "log" in works.error.message
    assert "ZeroDivisionError" in caplog.text
    assert works.begin("Nothing", lambda watch: None)
    done(works)
    assert works.error is None
    assert works.progress is None


def test_a_build_whose_source_vanished_says_so_and_what_served_serves_on(
    tmp_path: Path, made: Callable[[Path], Works]
) -> None:
    open_small_shop(tmp_path)
    works = made(tmp_path)
    works.open()
    before = shops.current()
    for file in Layout(tmp_path).source.rglob("*"):
        if file.is_file():
            file.unlink()
    works.rebuild()
    done(works)
    assert isinstance(works.error, ShopError)
    assert shops.current() is before
    assert before.recommend(Request(anchor=BAG)).items


def test_a_text_template_without_a_field_is_refused_before_anything_is_encoded(own_shop: Shop) -> None:
    worker: Any = PlainWorker()
    with pytest.raises(BadRequest, match="names no field"):
        build(own_shop.settings.changed(text_template="hello"), worker=worker, at=NOW)
    assert worker.encoded == 0


def test_of_two_long_works_the_second_waits_for_the_first(tmp_path: Path, made: Callable[[Path], Works]) -> None:
    works = made(tmp_path)
    go = threading.Event()

    def slow(watch: Any) -> None:
        watch(Progress("Working"))
        go.wait(20)

    assert works.begin("First", slow)
    assert not works.begin("Second", slow)
    go.set()
    done(works)
    assert works.what == "First"


def test_of_two_builders_the_second_is_told_who_is_at_work(tmp_path: Path, weightless: None) -> None:
    settings = stock_the_shop(tmp_path, boutique())
    inside, go = threading.Event(), threading.Event()

    def watch(progress: Progress) -> None:
        inside.set()
        go.wait(20)

    first = threading.Thread(
        target=lambda: build(settings, worker=PlainWorker(), at=NOW, watch=watch)  # type: ignore[arg-type]
    )
    first.start()
    inside.wait(20)
    try:
        with pytest.raises(ShopError, match="a build"):
            build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    finally:
        go.set()
        first.join()
    assert open_shop(settings).recommend(Request(anchor=BAG, at=NOW)).items


@pytest.mark.parametrize("failure", [BadRequest("Not today."), ZeroDivisionError()])
def test_a_night_that_fails_does_not_cost_the_nights_that_follow(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    told: list[Built] = []
    nights: list[float] = []
    whole = builds.build

    def first_fails(*given: Any, **named: Any) -> Built:
        if len(nights) == 1:
            raise failure
        return whole(*given, **named)

    monkeypatch.setattr(builds, "build", first_fails)
    daily(
        own_shop.settings, "03:00", worker=PlainWorker(), tell=told.append, now=lambda: NOW,  # type: ignore[arg-type]
        sleep=nights.append, days=3,
    )  # fmt: skip
    assert len(told) == 2
    assert nights == [timedelta(hours=17).total_seconds()] * 3


# -- what another process publishes ------------------------------------------------------------------------------------


def test_what_the_command_line_publishes_or_rolls_back_serves_in_a_running_app_with_its_new_pictures(
    own_shop: Shop,
) -> None:
    settings = own_shop.settings
    worker: Any = PlainWorker()
    serving = Serving(settings, worker=worker, studio=studio_of(settings), every=0.05)
    try:
        serving.install()
        serving.follow()
        first = shops.current()
        new = Item("hat-new", title="Red hat", type="Hats", colour=("red",))
        stock_the_shop(settings.data, [*boutique(), new])
        built = build(settings, worker=worker, at=NOW)
        assert until(lambda: shops.current().snapshot.id == built.snapshot)
        second = shops.current()
        picture = second.item(new.id).pictures[0]
        assert first.pictures.read(picture) == second.pictures.read(picture)
        assert new.id not in first.catalogue()  # a request that is under way keeps the edition it began with
        generations.rollback(own_shop.layout)
        assert until(lambda: shops.current().snapshot.id == first.snapshot.id)
    finally:
        serving.close()
        shops.install(None)


def test_an_edition_is_opened_once_and_again_when_it_was_mended(own_shop: Shop) -> None:
    worker: Any = PlainWorker()
    settings, layout = own_shop.settings, own_shop.layout
    serving = Serving(settings, worker=worker, studio=studio_of(settings))
    try:
        serving.install()
        first = shops.current()
        serving.install()
        assert shops.current() is first
        stock_the_shop(settings.data, boutique()[:90])
        second = build(settings, worker=worker, at=NOW).snapshot
        file = layout.generations / second / "catalogue.parquet"
        file.write_bytes(file.read_bytes()[:-1])
        serving.install()
        assert shops.current().snapshot.id == own_shop.snapshot.id  # the one before, since this one is damaged
        build(settings, worker=worker, at=NOW)
        serving.install()
        assert shops.current().snapshot.id == second
    finally:
        shops.install(None)


def test_a_published_edition_that_cannot_be_opened_leaves_the_one_that_serves(own_shop: Shop) -> None:
    worker: Any = PlainWorker()
    serving = Serving(own_shop.settings, worker=worker, studio=studio_of(own_shop.settings), every=0.05)
    try:
        serving.install()
        serving.follow()
        before = shops.current()
        own_shop.layout.current.write_bytes(b"{")
        time.sleep(0.3)
        assert shops.current() is before
    finally:
        serving.close()
        shops.install(None)


def test_editions_change_while_many_ask_and_every_answer_is_of_one_edition(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = own_shop.settings
    worker: Any = PlainWorker()
    stock_the_shop(settings.data, boutique()[:60])
    build(settings, worker=worker, at=NOW)
    serving = Serving(settings, worker=worker, studio=studio_of(settings))
    serving.install()
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    stop = threading.Event()
    expected: dict[str, tuple[str, ...]] = {}

    def ask(at: datetime) -> None:
        while not stop.is_set():
            shop = shops.current()
            listing = shop.recommend(Request(anchor=BAG, at=at))
            if listing.versions.snapshot != shop.snapshot.id:
                faults.append(listing.versions)
            if at == NOW and expected.setdefault(shop.snapshot.id, listing.ids) != listing.ids:
                faults.append(listing.ids)

    askers = [threading.Thread(target=ask, args=(NOW + timedelta(days=n),)) for n in (0, 0, 1)]
    for one in askers:
        one.start()
    for _ in range(3):
        generations.rollback(own_shop.layout, own_shop.snapshot.id)
        serving.install()
        build(settings, worker=worker, at=NOW)
        serving.install()
    stop.set()
    for one in askers:
        one.join()
    shops.install(None)
    assert not faults
    assert len(expected) == 2


def test_before_the_app_has_started_there_are_no_works() -> None:
    with pytest.raises(NotReady):
        builds.works()


def test_a_hasty_edition_says_that_the_full_one_follows(tmp_path: Path) -> None:
    settings = stock_the_shop(tmp_path, boutique(), pictures=False)
    assert set(build(settings, worker=None, at=NOW, quick=True).off.values()) == {HASTY}


# -- the shop as many use it -------------------------------------------------------------------------------------------


def test_thin_lists_that_cannot_be_counted_are_logged_and_not_tried_every_second(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def fail(*given: object) -> None:
        tried.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(shops.reverse, "all_lists", fail)
    own_shop.glance(NOW)
    assert until(lambda: "not counted" in caplog.text)
    assert own_shop.glance(NOW).thin is None
    assert len(tried) == 1


def test_words_are_compared_only_by_the_encoder_that_made_the_edition(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Request(placement=Placement.SEARCH, words="red boots", at=NOW)
    assert own_shop.words("red boots").text is not None
    other = EncoderCard("another model", "text-another-fp32", 3, "")
    monkeypatch.setattr(shops.registry, "text_card", lambda settings: other)
    changed = open_shop(own_shop.settings, worker=PlainWorker())  # type: ignore[arg-type]
    assert changed.words("red boots").text is None
    assert changed.words("red boots").image is not None
    assert "exact_words_only" in [note.code for note in changed.search(asked).notes]


def test_exact_words_are_indexed_once_and_compared_only_when_facts_changed(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    whole = shops.search.index_words

    def counted(*given: Any, **named: Any) -> Any:
        made.append(1)
        return whole(*given, **named)

    monkeypatch.setattr(shops.search, "index_words", counted)
    first = own_shop.bm25(own_shop.view())
    own_shop.search(Request(placement=Placement.SEARCH, words="red boots"))
    own_shop.browse(words="red boots")
    assert len(made) == 1
    own_shop.change_facts(BAG, {"price": 12345}, who="Ines")
    assert own_shop.bm25(own_shop.view()) is first
    own_shop.change_facts(BAG, {"type": "Muff"}, who="Ines")
    assert own_shop.bm25(own_shop.view()) is not first


def test_many_who_ask_at_once_wait_for_one_view(own_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    whole = shops.open_view

    def slowly(*given: Any, **named: Any) -> Any:
        opened.append(1)
        time.sleep(0.1)
        return whole(*given, **named)

    monkeypatch.setattr(shops, "open_view", slowly)
    askers = [threading.Thread(target=own_shop.view) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(opened) == 1


def test_a_stock_file_that_is_dropped_into_the_folder_reaches_a_running_shop(
    tmp_path: Path, made: Callable[[Path], Works]
) -> None:
    stock_the_shop(tmp_path, boutique())
    works = made(tmp_path)
    works.open()
    done(works)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "night.csv").write_text(f"id,stock,price\n{BAG},0,12.50\n", encoding="utf-8")
    os.utime(inbox / "night.csv", (1_000_000_000, 1_000_000_000))
    snapshot = shops.current().snapshot.id
    works._look()
    assert until(lambda: shops.current().item(BAG).price == 1250), "it is taken in beside whatever else is looked for"
    assert BAG not in shops.current().recommend(Request(anchor="handbags-aurel-navy", k=100)).ids
    assert shops.current().snapshot.id == snapshot
    assert [path.name for path in inbox.glob("*.csv")] == []
