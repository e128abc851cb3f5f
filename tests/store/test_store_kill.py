"""kill -9 at any moment: what was there still serves, nothing half-made is read, and the next try succeeds."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_kills import killed_after, killed_at
from store_worlds import (
    CHANGES,
    catalogue,
    do_add_pictures,
    do_add_vectors,
    do_backup,
    do_change_facts,
    do_open_studio,
    do_prune,
    do_publish,
    do_rollback,
    do_save_source,
    hashes,
    picture,
    published,
    rows,
)

from core.store.generations import check, current, editions, open_current
from core.store.layout import Layout
from core.store.pictures import PicturePack, picture_key
from core.store.source import load_source, save_source
from core.store.studio import Studio
from core.store.vectors import VectorCache


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a killed process leaves there what it leaves on a disk, only sooner."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="vitrine-") as folder:
        yield Path(folder)


def old_shop(layout: Layout) -> None:
    layout.ensure()
    save_source(layout, catalogue(0), {"edition": 0})
    VectorCache(layout.vectors).add("a model", hashes(0, 10), rows(0, 10))
    pack = PicturePack(layout.pictures)
    for number in range(10):
        pack.add(picture(number), 30, 40)
    pack.flush()
    published(layout, 0)


def two_editions(layout: Layout) -> None:
    old_shop(layout)
    published(layout, 1)


def with_studio(layout: Layout) -> None:
    old_shop(layout)
    Studio(layout.studio_db).close()


def source_is_old_or_new(layout: Layout) -> None:
    found, meta = load_source(layout)
    assert list(found) == list(catalogue(meta["edition"]))


def vectors_are_right_or_missing(layout: Layout) -> None:
    cache = VectorCache(layout.vectors)
    found, vectors = cache.find("a model", hashes(0, 20))
    assert found[:10].all()
    assert not cache.findings
    assert found[10:16].all() or not found[10:16].any(), "a portion is kept as a whole"
    np.testing.assert_array_equal(vectors, np.where(found[:, None], rows(0, 20), 0))


def pictures_are_right_or_missing(layout: Layout) -> None:
    pack = PicturePack(layout.pictures)
    for number in range(20):
        data = picture(number)
        if pack.has(picture_key(data)):
            assert pack.read(picture_key(data)) == data
            assert pack.size(picture_key(data)) == (30, 40)
        else:
            assert number >= 10
    assert not pack.findings


def an_edition_serves(layout: Layout) -> None:
    snapshot, calibration = open_current(layout)
    assert snapshot.notices == ()
    edition = int(calibration[1:])
    assert list(snapshot.catalogue) == list(catalogue(edition))
    pointer = current(layout)
    assert pointer is not None
    assert (pointer.generation, pointer.calibration) == (snapshot.id, calibration)
    assert snapshot.id in [edition.id for edition in editions(layout) if edition.current]


def facts_are_none_or_all(layout: Layout) -> None:
    studio = Studio(layout.studio_db)
    version = studio.facts_version()
    assert studio.facts() == ({} if version == 0 else CHANGES)
    studio.close()


def studio_opens(layout: Layout) -> None:
    studio = Studio(layout.data / "another.db")
    assert studio.facts_version() == 0
    studio.close()


def the_copy_is_whole_or_absent(layout: Layout) -> None:
    copy = Layout(layout.data.parent / "copy")
    if copy.data.exists():
        assert check(copy) == []
        an_edition_serves(copy)
        shutil.rmtree(copy.data)


FILES = [
    pytest.param(old_shop, do_save_source, source_is_old_or_new, id="source"),
    pytest.param(old_shop, do_add_vectors, vectors_are_right_or_missing, id="vectors"),
    pytest.param(old_shop, do_add_pictures, pictures_are_right_or_missing, id="pictures"),
    pytest.param(old_shop, do_publish, an_edition_serves, id="publish"),
    pytest.param(two_editions, do_rollback, an_edition_serves, id="rollback"),
    pytest.param(two_editions, do_prune, an_edition_serves, id="prune"),
    pytest.param(two_editions, do_backup, the_copy_is_whole_or_absent, id="backup"),
]
DATABASE = [  # its steps are SQLite's own, out of sight from here
    pytest.param(with_studio, do_change_facts, facts_are_none_or_all, id="facts"),
    pytest.param(old_shop, do_open_studio, studio_opens, id="migrations"),
]
World = Callable[[Layout], None]
Do = Callable[[Path], None]


def survives(layout: Layout, holds: World) -> None:
    holds(layout)
    an_edition_serves(layout)
    assert check(layout) == []


@pytest.mark.parametrize(("world", "do", "holds"), FILES)
def test_a_kill_before_any_step_leaves_the_shop_whole(world: World, do: Do, holds: World, tmp_path: Path) -> None:
    world(Layout(tmp_path / "shop"))
    step, killed = 0, True
    while killed:
        step += 1 + step // 20  # all of the first twenty, then ever fewer
        shutil.rmtree(tmp_path / "try", ignore_errors=True)
        shutil.copytree(tmp_path / "shop", tmp_path / "try" / "shop")
        layout = Layout(tmp_path / "try" / "shop")
        killed = killed_at(step, do, layout.data)
        survives(layout, holds)
        if step % 4 == 0 and killed:  # the next try goes through, over what is left
            do(layout.data)
            survives(layout, holds)
    assert step > 3


@pytest.mark.parametrize(("world", "do", "holds"), [*FILES, *DATABASE])
def test_kills_at_random_moments_one_upon_another_leave_the_shop_whole(
    world: World, do: Do, holds: World, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "try" / "shop")
    world(layout)
    moments = random.Random(1)
    longest = 0.2
    for _ in range(15):
        started = time.perf_counter()
        killed = killed_after(moments.uniform(0, longest), do, layout.data)
        survives(layout, holds)
        if not killed:  # it ended in time: once more from the beginning, and aim earlier
            longest = time.perf_counter() - started
            shutil.rmtree(layout.data)
            world(layout)
