"""Kept arrivals join the catalogue without a rebuild, nobody sees them early, and no kill loses one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import build as building
from core.build import build, keep, open_shop, remove, settle, unsettled
from core.domain.arrivals import Arrival
from core.domain.catalogue import State
from core.domain.errors import BadRequest, UnknownItem
from core.domain.looks import LookRequest
from core.domain.query import Request
from core.store import generations, source
from core.store.layout import Layout
from core.store.pictures import PicturePack
from core.store.publications import Publications
from tests.shop.arrival_kills import do_keep, do_remove
from tests.store.store_kills import killed_at
from tests.worlds import NOW, PlainWorker, boutique, drawing, open_small_shop

RELEASE = NOW + timedelta(days=30)
BEFORE, AFTER = NOW + timedelta(days=1), RELEASE + timedelta(hours=1)
SIGNED = {"who": "Ada", "why": "The May launch", "at": NOW}


@pytest.fixture
def shop(tmp_path: Path, weightless: None):
    """The boutique without its red totes of one house, which is to arrive."""
    return open_small_shop(tmp_path / "shop", [one for one in boutique() if one.id != "totes-aurel-red"])


@pytest.fixture
def tote(shop) -> Arrival:
    from core.embed.pictures import decode, thumbnail

    item = next(one for one in boutique() if one.id == "totes-aurel-red")
    pack = PicturePack(shop.layout.pictures)
    key = pack.add(*thumbnail(decode(drawing(item))))
    pack.flush()
    words = "Made of one hide for the summer."
    return Arrival.of(item).changed(release_at=RELEASE, pictures=(key,), description=words, note="Hang it high")


def kept(shop, tote, worker=None):
    return keep(shop.settings, [tote], worker=worker or PlainWorker(), studio=shop.studio, **SIGNED)


def opened(shop):
    return open_shop(shop.settings, worker=PlainWorker(), studio=shop.studio)


def everywhere(shop, at) -> set[str]:
    """Every product that any list, search or look shows at a moment."""
    seen = {item for one in shop.recommend_all(Request(at=at)) for item in one.ids}
    seen |= set(shop.search(Request(words="red tote", k=50, at=at)).ids)
    for anchor in ("coats-aurel-red", "boots-aurel-red", "knitwear-aurel-red"):
        seen |= {item for look in shop.looks(LookRequest(anchor, at=at)).looks for item in look.ids}
    return seen


def test_only_what_is_new_is_encoded_and_the_calibration_stays(shop, tote):
    worker = PlainWorker()
    before = generations.current(shop.layout)
    done = kept(shop, tote, worker)
    now = generations.current(shop.layout)
    assert (done.put, done.gone, done.waiting) == ((tote.id,), (), "")
    assert worker.encoded == 2
    assert now.generation == done.snapshot != before.generation
    assert now.calibration == before.calibration


def test_the_edition_is_the_one_that_a_build_would_make(shop, tote):
    done = kept(shop, tote)
    assert build(shop.settings, worker=PlainWorker(), at=NOW + timedelta(days=2)).snapshot == done.snapshot
    remove(shop.settings, [tote.id], worker=PlainWorker(), studio=shop.studio, **SIGNED)
    assert generations.current(shop.layout).generation == shop.snapshot.id


def test_nobody_sees_it_before_its_release_and_everybody_after(shop, tote):
    kept(shop, tote)
    now = opened(shop)
    assert now.item(tote.id).state(BEFORE) == State.EMBARGOED
    assert tote.id not in everywhere(now, BEFORE)
    assert tote.id in everywhere(now, AFTER)
    assert tote.id in {item for item, _ in now.glance(BEFORE).arrivals}


def test_what_is_taken_back_is_gone(shop, tote):
    kept(shop, tote)
    done = remove(shop.settings, [tote.id], worker=PlainWorker(), studio=shop.studio, **SIGNED)
    assert done.gone == (tote.id,)
    assert tote.id not in opened(shop).catalogue()
    with pytest.raises(UnknownItem):
        remove(shop.settings, [tote.id], worker=PlainWorker(), studio=shop.studio, **SIGNED)


def test_rolling_the_publication_back_takes_it_out_and_a_change_of_it_is_taken_in(shop, tote):
    kept(shop, tote)
    kept(shop, tote.changed(price=1))
    assert opened(shop).item(tote.id).price == 1
    publications = Publications(shop.studio)
    publications.rollback(publications.newest(), who="Ada", at=NOW)
    assert unsettled(shop.settings, shop.studio)
    settle(shop.settings, worker=PlainWorker(), at=NOW, studio=shop.studio)
    assert opened(shop).item(tote.id).price == tote.price
    assert not unsettled(shop.settings, shop.studio)


def test_an_arrival_survives_an_import_that_replaces_the_catalogue(shop, tote):
    kept(shop, tote)
    source.save_source(shop.layout, shop.snapshot.catalogue, {"name": "Another import"})
    waiting = settle(shop.settings, worker=PlainWorker(), at=NOW, studio=shop.studio)
    assert waiting.put == (tote.id,)
    assert "build" in waiting.waiting
    build(shop.settings, worker=PlainWorker(), at=NOW)
    assert tote.id in opened(shop).catalogue()


def test_a_product_that_the_feed_brings_by_now_is_the_feeds(shop, tote):
    kept(shop, tote)
    items = [*shop.snapshot.catalogue, tote.changed(title="As the feed has it").item()]
    source.save_source(shop.layout, type(shop.snapshot.catalogue).of(items), {"name": "A feed"})
    build(shop.settings, worker=PlainWorker(), at=NOW)
    assert opened(shop).item(tote.id).title == "As the feed has it"
    done = remove(shop.settings, [tote.id], worker=PlainWorker(), studio=shop.studio, **SIGNED)
    assert done.gone == ()
    assert tote.id in opened(shop).catalogue()


def test_an_id_of_a_product_is_refused(shop, tote):
    with pytest.raises(BadRequest, match="already"):
        kept(shop, tote.changed(id="totes-aurel-black"))
    with pytest.raises(BadRequest, match="release"):
        kept(shop, tote.changed(release_at=None))
    assert Publications(shop.studio).newest() == 0


# -- kill -9 -------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_memory() -> Iterator[Path]:
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix="vitrine-arrivals-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("part", range(4))
def test_a_kill_while_keeping_loses_nothing(shop, tote, in_memory, part):
    """Killed at every so many of its steps: the old edition serves or the new one, and the next try ends the same."""
    shop.studio.close()
    ids = set(shop.snapshot.catalogue.ids)
    step = 1 + 7 * part
    while True:
        data = in_memory / str(step)
        shutil.copytree(shop.settings.data, data)
        settings = shop.settings.changed(data=data)
        if not killed_at(step, do_keep, str(data), tote.as_json()):
            break
        snapshot, _ = generations.open_current(Layout(data))
        assert set(snapshot.catalogue.ids) in (ids, ids | {tote.id})
        found, _ = source.load_source(Layout(data))
        assert set(found.ids) in (ids, ids | {tote.id})
        with building.closing(building.studio_of(settings)) as studio:
            published = Publications(studio).documents()
            settle(settings, worker=PlainWorker(), at=NOW, studio=studio)
            shown = set(generations.open_current(Layout(data))[0].catalogue.ids)
            assert shown == (ids | {tote.id} if published else ids)
            keep(settings, [tote], worker=PlainWorker(), studio=studio, **SIGNED)
        assert set(generations.open_current(Layout(data))[0].catalogue.ids) == ids | {tote.id}
        assert not generations.check(Layout(data))
        shutil.rmtree(data)
        step += 41
    assert step > 41, "the process did fewer steps than are killed at"


def test_a_kill_while_taking_back_loses_nothing(shop, tote, in_memory):
    kept(shop, tote)
    shop.studio.close()
    for step in range(5, 2_000, 37):
        data = in_memory / str(step)
        shutil.copytree(shop.settings.data, data)
        settings = shop.settings.changed(data=data)
        done = not killed_at(step, do_remove, str(data), tote.id)
        with building.closing(building.studio_of(settings)) as studio:
            gone = not Publications(studio).documents()
            settle(settings, worker=PlainWorker(), at=NOW, studio=studio)
        shown = tote.id in generations.open_current(Layout(data))[0].catalogue
        assert shown != gone
        assert not generations.check(Layout(data))
        shutil.rmtree(data)
        if done:
            assert gone
            break


def test_the_running_app_takes_in_what_anybody_published(shop, tote, monkeypatch):
    monkeypatch.setattr(building, "EncoderWorker", lambda settings: PlainWorker())
    works = building.Works(shop.settings)
    try:
        works.install()
        works._look_for_arrivals()
        assert not works.busy
        change = building.Change(building.Key("arrival", tote.id), None, tote.as_json(), ("It joins",))
        Publications(shop.studio).publish([change], name="May", **SIGNED)
        works._look_for_arrivals()
        works._thread.join(60)
        assert works.error is None
        assert tote.id in building.shops.current().catalogue()
    finally:
        works.close()
        works.studio.close()
        building.shops.install(None)
