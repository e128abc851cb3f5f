"""Drafts: nobody's change is lost, whoever publishes first."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.changes import ChangeSet, Key, ready, reverting
from core.domain.errors import BadRequest, Conflict

AT = datetime(2026, 3, 1, tzinfo=UTC)
COAT, SCARF, BAG = Key("rule", "coat"), Key("rule", "scarf"), Key("rule", "bag")


def draft(**edits):
    made = ChangeSet("Autumn launch")
    for name, after in edits.items():
        made = made.edited(Key("rule", name), after, None, says=f"{name} changed", at=AT)
    return made


def test_a_draft_lists_one_change_for_each_document_whatever_steps_led_there():
    made = ChangeSet("Autumn").edited(COAT, {"place": 1}, None, says="Pin the coat first", at=AT)
    made = made.edited(COAT, {"place": 2}, {"place": 9}, says="Pin it second", at=AT)
    (change,) = made.changes
    assert (change.before, change.after) == (None, {"place": 2})
    assert change.says == ("Pin the coat first", "Pin it second")


def test_steps_that_cancel_out_change_nothing():
    made = ChangeSet("Autumn").edited(COAT, {"place": 1}, None, says="Pin", at=AT)
    made = made.edited(COAT, None, None, says="Unpin", at=AT)
    assert len(made) == 0
    with pytest.raises(BadRequest, match="changes nothing"):
        ready(made, {})


def test_undo_takes_back_the_last_step_and_forgets_what_it_first_touched():
    made = draft(coat={"place": 1}, scarf={"place": 2})
    assert [change.key for change in made.undone().changes] == [COAT]
    assert SCARF not in made.undone().base
    with pytest.raises(BadRequest, match="no step"):
        made.undone().undone().undone()


def test_what_was_done_at_once_is_undone_at_once_also_after_part_of_it_was_given_up():
    made = draft(coat={"place": 1})
    for number, key in enumerate((SCARF, BAG, COAT)):
        made = made.edited(key, {"place": 4}, None, says="From the file", at=AT, together=number > 0)
    assert [edit.step for edit in made.edits] == [0, 1, 1, 1]
    assert made.undone() == draft(coat={"place": 1})
    assert made.without(SCARF).undone() == draft(coat={"place": 1})
    assert ChangeSet.from_json("Autumn launch", json.loads(json.dumps(made.as_json()))) == made


def test_a_draft_kept_before_steps_had_numbers_is_undone_edit_by_edit():
    made = draft(coat={"place": 1}, scarf={"place": 2})
    plain = made.as_json()
    for edit in plain["edits"]:
        del edit["step"]
    assert ChangeSet.from_json("Autumn launch", plain) == made
    assert len(ChangeSet.from_json("Autumn launch", plain).undone()) == 1


def test_changes_to_different_rules_both_survive():
    published = {SCARF: {"place": 5}}  # somebody else published it meanwhile
    assert draft(coat={"place": 1}).applied(published) == {SCARF: {"place": 5}, COAT: {"place": 1}}
    assert len(ready(draft(coat={"place": 1}), published)) == 1


def test_a_change_to_the_same_rule_is_shown_to_the_second_publisher_who_chooses():
    made, theirs = draft(coat={"place": 1}), {COAT: {"place": 7}}
    with pytest.raises(Conflict, match="rule coat"):
        ready(made, theirs)
    (clash,) = made.clashes(theirs)
    assert (clash.base, clash.theirs, clash.mine) == (None, {"place": 7}, {"place": 1})
    assert ready(made.over(COAT, {"place": 7}), theirs)[0].before == {"place": 7}
    assert len(made.without(COAT)) == 0


def test_the_same_change_made_twice_is_no_clash():
    made = draft(coat={"place": 1}, scarf={"place": 2})
    assert [change.key for change in ready(made, {COAT: {"place": 1}})] == [SCARF]


def test_what_is_no_draft_is_refused_by_name():
    with pytest.raises(BadRequest, match="Autumn"):
        ChangeSet.from_json("Autumn launch", {"edits": [{"key": ["wish", "x"]}], "base": []})


DOCUMENTS = st.dictionaries(
    st.sampled_from([Key("rule", n) for n in "abcd"]), st.fixed_dictionaries({"v": st.integers(0, 3)}), max_size=4
)
STEPS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.none() | st.fixed_dictionaries({"v": st.integers(0, 3)})), max_size=8
)


@given(DOCUMENTS, DOCUMENTS, STEPS)
def test_publishing_a_ready_draft_loses_nothing_of_anybodys(before, now, steps):
    made = ChangeSet("x")
    for name, after in steps:
        key = Key("rule", name)
        made = made.edited(key, after, before.get(key), says="", at=AT)
    assert ChangeSet.from_json("x", made.as_json()) == made
    untouched = {key: value for key, value in now.items() if key not in {edit.key for edit in made.edits}}
    result = made.applied(now)
    assert untouched.items() <= result.items()
    for clash in made.clashes(now):
        assert now.get(clash.key) != before.get(clash.key)
    if not made.clashes(now) and len(made):
        for change in made.changes:
            assert result.get(change.key) == change.after
        back = reverting(now, result, [change.key for change in made.changes])
        restored = dict(result)
        for change in back:
            restored.pop(change.key, None)
            if change.after is not None:
                restored[change.key] = change.after
        assert restored == now


@given(STEPS)
def test_undo_is_the_inverse_of_a_step(steps):
    made = ChangeSet("x", (), {})
    for name, after in steps:
        further = made.edited(Key("rule", name), after, None, says="", at=AT)
        assert further.undone() == made
        made = further
