"""A build killed at any of its steps: the old edition serves, and the next build ends as if nothing had been."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.build import build, open_shop
from core.domain.query import Request
from core.settings import Settings
from core.store import generations
from core.store.layout import Layout
from tests.store.store_kills import killed_at
from tests.worlds import NOW, PlainWorker, boutique, stock_the_shop

BAG = "handbags-aurel-black"


def build_in(data: Path) -> None:
    """Build with encoders without weights; a process of its own does not know what the test asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        patch.setenv("PYTEST_CURRENT_TEST", "a build that may be killed")
        build(Settings(data=data), worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]


def test_a_build_killed_at_any_step_leaves_the_old_edition_serving_and_the_next_one_completes_it(
    tmp_path: Path, weightless: None
) -> None:
    world = tmp_path / "shop"
    stock_the_shop(world, boutique()[:60])
    build_in(world)
    old = generations.current(Layout(world))
    stock_the_shop(world, boutique())  # a fifth more and above, so that the calibration is drawn anew as well
    whole = tmp_path / "whole"
    shutil.copytree(world, whole)
    build_in(whole)
    new = generations.current(Layout(whole))
    assert old is not None
    assert new is not None
    assert old.calibration != new.calibration
    data, step, kills = tmp_path / "try" / "shop", 1, 0
    while True:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(world, data)
        killed = killed_at(step, build_in, data)
        pointer = generations.current(Layout(data))
        assert pointer is not None
        assert (pointer.generation, pointer.calibration) in (
            (old.generation, old.calibration),
            (new.generation, new.calibration),
        )
        opened = open_shop(Settings(data=data))
        assert not opened.snapshot.notices
        assert len(opened.recommend(Request(anchor=BAG, at=NOW)).items) > 3
        if not killed:
            break
        kills += 1
        assert not generations.check(Layout(data))
        build_in(data)
        after = generations.current(Layout(data))
        assert after is not None
        assert (after.generation, after.calibration) == (new.generation, new.calibration)
        step += 3 + step // 4  # the first steps closely, then ever further apart
    assert kills > 8
