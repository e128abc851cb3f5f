"""The desk: drafts are kept, stay one's own, and are published whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core.curation.desk import FIRST, Desk
from core.domain.changes import Key
from core.domain.errors import BadRequest, Conflict
from core.store.studio import Studio

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
COAT, SCARF = Key("rule", "coat"), Key("rule", "scarf")


@pytest.fixture
def studio(tmp_path):
    opened = Studio(tmp_path / "studio.db")
    yield opened
    opened.close()


def pin(desk, key=COAT, place=1):
    return desk.edit(key, {"id": key.id, "place": place}, says=f"Pin {key.id} to place {place}", at=AT)


def test_a_draft_survives_the_window_and_nobody_else_sees_it(studio):
    pin(Desk(studio, "Ada"))
    assert len(Desk(studio, "Ada").draft()) == 1
    assert Desk(studio, "Bo").drafts() == []
    assert Desk(studio, "Bo").published() == {}


def test_publishing_clears_the_desk_and_makes_the_draft_live(studio):
    desk = Desk(studio, "Ada")
    pin(desk)
    desk.rename("Autumn launch", AT)
    done = desk.publish("Asked by the house", AT)
    assert (done.name, done.version) == ("Autumn launch", 1)
    assert studio.rules() == ({"id": "coat", "place": 1},)
    assert (len(desk.draft()), desk.name) == (0, FIRST)


def test_without_a_comment_nothing_is_published_and_the_draft_stays(studio):
    desk = Desk(studio, "Ada")
    pin(desk)
    with pytest.raises(BadRequest, match="why"):
        desk.publish("", AT)
    assert len(desk.draft()) == 1
    assert studio.rules() == ()


def test_two_drafts_that_collide_are_shown_to_the_second_who_keeps_her_own(studio):
    ada, bo = Desk(studio, "Ada"), Desk(studio, "Bo")
    pin(ada, place=1)
    pin(bo, place=7)
    pin(bo, SCARF, 2)
    ada.publish("first", AT)
    with pytest.raises(Conflict, match="rule coat"):
        bo.publish("second", AT)
    (clash,) = bo.clashes()
    assert clash.theirs == {"id": "coat", "place": 1}
    bo.keep_mine(COAT, AT)
    bo.publish("second, seen", AT)
    assert {one["id"]: one["place"] for one in studio.rules()} == {"coat": 7, "scarf": 2}


def test_or_takes_theirs_and_publishes_the_rest(studio):
    ada, bo = Desk(studio, "Ada"), Desk(studio, "Bo")
    pin(ada, place=1)
    pin(bo, place=7)
    pin(bo, SCARF, 2)
    ada.publish("first", AT)
    bo.take_theirs(COAT, AT)
    bo.publish("second", AT)
    assert {one["id"]: one["place"] for one in studio.rules()} == {"coat": 1, "scarf": 2}


def test_undo_takes_back_step_by_step(studio):
    desk = Desk(studio, "Ada")
    pin(desk)
    pin(desk, SCARF, 2)
    assert [change.key for change in desk.undo(AT).changes] == [COAT]
    assert len(desk.undo(AT)) == 0
    with pytest.raises(BadRequest):
        desk.undo(AT)


def test_a_whole_file_of_rules_is_taken_back_by_one_undo(studio):
    desk = Desk(studio, "Ada")
    pin(desk)
    desk.edit_all([(SCARF, {"id": "scarf", "place": 2}, "New"), (COAT, None, "Taken out")], at=AT)
    assert len(desk.draft()) == 1
    assert [change.after for change in desk.undo(AT).changes] == [{"id": "coat", "place": 1}]


def test_two_windows_of_one_person_lose_no_step(studio):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: pin(Desk(studio, "Ada"), Key("rule", f"r{n}")), range(12)))
    assert {change.key.id for change in Desk(studio, "Ada").draft().changes} == {f"r{n}" for n in range(12)}


def test_several_drafts_stand_side_by_side(studio):
    desk = Desk(studio, "Ada")
    pin(desk)
    desk.work_on("Sale")
    pin(desk, SCARF)
    assert {one.name: [c.key for c in one.changes] for one in desk.drafts()} == {FIRST: [COAT], "Sale": [SCARF]}
    with pytest.raises(BadRequest, match="already"):
        desk.rename(FIRST, AT)
    desk.discard()
    assert [one.name for one in desk.drafts()] == [FIRST]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "two\x00lines"])
def test_a_draft_needs_a_name_that_can_be_read(studio, name):
    with pytest.raises(BadRequest, match="name"):
        Desk(studio, "Ada").work_on(name)


def test_weights_that_were_drafted_before_drafts_held_rules_are_still_there(studio):
    studio.save_draft("Ada", "Weights", {"placement": "similar", "strategy": {"weights": {"text": 1}}}, AT)
    (kept,) = Desk(studio, "Ada").drafts()
    assert [change.key for change in kept.changes] == [Key("strategy", "similar")]
