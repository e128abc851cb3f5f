"""Saved looks: every version is kept, nobody's work is overwritten unseen, and what was put away can come back."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from store_worlds import DAY, NOW
from test_store_studio import postgres, studio, where

from core.domain.errors import BadRequest, Conflict, UnknownLook
from core.domain.looks import LookStrategy, SavedLook
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
HOUR = timedelta(hours=1)
LUNCH = SavedLook(
    "Autumn lunch", "bag", (("outer", "coat"), ("shoes", "boots")), note="For the window.", occasion="city",
    budget=90_000, strategy=LookStrategy(weights={"colour": 1, "words": 2}, lam=0.4, brands="mixed"),
)  # fmt: skip


def test_a_look_comes_back_as_it_was_saved(studio: Studio) -> None:
    kept = studio.save_look(LUNCH, who="Ada", at=NOW, why="First thought")
    assert (kept.id, kept.version, kept.retired) == ("autumn-lunch", 1, False)
    assert studio.look(kept.id) == kept
    assert studio.looks() == [kept]
    assert kept.look == LUNCH
    assert SavedLook.from_json(LUNCH.as_json()) == LUNCH


def test_every_version_of_a_look_stays(studio: Studio) -> None:
    first = studio.save_look(LUNCH, who="Ada", at=NOW)
    changed = LUNCH.mended("coat", "cape").changed(note="")
    second = studio.save_look(changed, who="Bo", at=NOW + DAY, why="The coat is gone", id=first.id, expected=1)
    assert second.look.ids == ("cape", "boots")
    assert [one.version for one in studio.look_history(first.id)] == [2, 1]
    assert studio.look_history(first.id)[1] == first
    assert studio.looks(NOW + HOUR) == [first], "as of a day, the look is what it was"
    assert studio.looks(NOW - HOUR) == []


def test_a_look_that_somebody_saved_meanwhile_is_not_overwritten(studio: Studio) -> None:
    kept = studio.save_look(LUNCH, who="Ada", at=NOW)
    studio.save_look(LUNCH.changed(note="Ada's"), who="Ada", at=NOW, id=kept.id, expected=1)
    with pytest.raises(Conflict, match=r"Ada saved it .* as version 2, after you opened version 1"):
        studio.save_look(LUNCH.changed(note="Bo's"), who="Bo", at=NOW, id=kept.id, expected=1)
    with pytest.raises(Conflict):
        studio.retire_look(kept.id, who="Bo", at=NOW, expected=1)
    assert studio.look(kept.id).look.note == "Ada's"


def test_of_many_who_save_the_same_version_one_gets_through(studio: Studio) -> None:
    kept = studio.save_look(LUNCH, who="Ada", at=NOW)

    def save(number: int) -> bool:
        try:
            studio.save_look(LUNCH.changed(note=str(number)), who=f"P{number}", at=NOW, id=kept.id, expected=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, range(6))) == 1
    assert studio.look(kept.id).version == 2


def test_looks_of_one_name_are_told_apart(studio: Studio) -> None:
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: studio.save_look(LUNCH.changed(note=str(n)), who="Ada", at=NOW), range(4)))
    assert sorted(one.id for one in kept) == ["autumn-lunch", *(f"autumn-lunch-{n}" for n in (2, 3, 4))]
    assert studio.save_look(LUNCH.changed(name="Été à l'Opéra"), who="Ada", at=NOW).id == "ete-a-l-opera"
    assert studio.save_look(LUNCH.changed(name="秋"), who="Ada", at=NOW).id == "look"


def test_a_look_that_is_put_away_stands_in_no_list_until_it_is_saved_again(studio: Studio) -> None:
    kept = studio.save_look(LUNCH, who="Ada", at=NOW)
    gone = studio.retire_look(kept.id, who="Bo", at=NOW + DAY, why="Season over", expected=1)
    assert (gone.version, gone.retired, gone.look) == (2, True, LUNCH)
    assert studio.looks() == []
    assert studio.looks(NOW + HOUR) == [kept]
    back = studio.save_look(LUNCH, who="Ada", at=NOW + 2 * DAY, id=kept.id, expected=2)
    assert studio.looks() == [back]


def test_a_moment_never_runs_backwards(studio: Studio) -> None:
    kept = studio.save_look(LUNCH, who="Ada", at=NOW)
    assert studio.save_look(LUNCH, who="Ada", at=NOW - DAY, id=kept.id).at == NOW


def test_a_look_that_is_not_there_is_named(studio: Studio) -> None:
    for ask in (
        lambda: studio.look("x"),
        lambda: studio.retire_look("x", who="Ada", at=NOW),
        lambda: studio.save_look(LUNCH, who="Ada", at=NOW, id="x", expected=3),
    ):
        with pytest.raises(UnknownLook, match="no saved look with the id 'x'"):
            ask()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "  "}, "under a name"), ({"name": "x" * 81}, "under a name"), ({"note": "x" * 1001}, "A note has"),
        ({"pieces": ()}, "without a piece"), ({"pieces": (("hat", "bag"),)}, "stands twice"),
        ({"pieces": (("hat", "a"), ("belt", "a"))}, "stands twice"), ({"pieces": (("cape", "a"),)}, "no role cape"),
    ],
)  # fmt: skip
def test_a_look_that_makes_no_sense_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        LUNCH.changed(**changes)


@pytest.mark.parametrize("statement", ["UPDATE look_versions SET who = 'x'", "DELETE FROM look_versions"])
def test_the_database_itself_refuses_to_change_a_version(studio: Studio, statement: str) -> None:
    studio.save_look(LUNCH, who="Ada", at=NOW)
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), studio.database.writing() as connection:
        connection.execute(sa.text(statement))
    assert len(studio.looks()) == 1


def test_how_looks_are_composed_is_published_beside_the_other_strategies(studio: Studio) -> None:
    assert studio.look_strategy() == LookStrategy()
    tried = LookStrategy(weights={"colour": 1}, lam=0.2, brands="one house")
    version = studio.publish_look_strategy(tried, who="Ada", at=NOW, why="Colour first")
    assert studio.look_strategy() == tried
    assert studio.look_strategy(version - 1) == LookStrategy()
    assert studio.strategy_version() == version == 1
    with pytest.raises(Conflict):
        studio.publish_look_strategy(tried, who="Bo", at=NOW, expected=0)


def test_a_database_of_before_the_looks_keeps_all_it_held(tmp_path: Path) -> None:
    old = Studio(tmp_path / "studio.db")
    old.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    old.close()
    with sqlite3.connect(tmp_path / "studio.db") as plain:
        later_ones = (
            "look_versions", "publications", "judgements", "events", "event_days", "event_marks", "shoppers",
            "reviews", "review_summaries", "api_keys",
        )  # fmt: skip
        for later in later_ones:
            plain.execute(f"DROP TABLE {later}")
        plain.execute("UPDATE alembic_version SET version_num = '0001'")
    again = Studio(tmp_path / "studio.db")
    assert again.facts() == {"a": {"price": 1}}
    assert again.save_look(LUNCH, who="Ada", at=NOW).version == 1
