"""Publications: together or not at all, nobody's work lost, and every one can be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from store_worlds import DAY, NOW
from test_store_studio import postgres, studio, where

from core.domain.changes import Change, ChangeSet, Key, ready
from core.domain.errors import BadRequest, Conflict
from core.domain.looks import SavedLook
from core.domain.strategy import Strategy
from core.store.publications import Publications
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
HOUR = timedelta(hours=1)
LOOK = SavedLook("Autumn lunch", "bag", (("outer", "coat"), ("shoes", "boots")))


def rule(name: str, **fields: Any) -> Change:
    return Change(Key("rule", name), None, {"id": name, **fields}, (f"{name} is new",))


def test_rules_weights_and_looks_go_live_in_one_step(studio: Studio) -> None:
    weights = Strategy(weights={"text": 1.0}, lam=0.9).as_json()
    made = Publications(studio).publish(
        [rule("coat", place=1), Change(Key("strategy", "similar"), None, weights, ()),
         Change(Key("look", "lunch"), None, LOOK.as_json(), ())],
        name="Autumn launch", who="Ada", at=NOW, why="The house asked for it",
    )  # fmt: skip
    assert made.version == 1
    assert studio.rules() == ({"id": "coat", "place": 1},)
    assert studio.strategy("similar").lam == 0.9
    assert studio.look("lunch").look == LOOK
    assert Publications(studio).history() == [made]


def test_when_one_document_was_changed_meanwhile_nothing_is_written(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish([rule("coat", place=1)], name="A", who="Ada", at=NOW, why="first")
    mine = [rule("scarf", place=2), Change(Key("rule", "coat"), None, {"id": "coat", "place": 9}, ())]
    with pytest.raises(Conflict, match="rule coat was changed by somebody else"):
        desk.publish(mine, name="B", who="Bo", at=NOW, why="second")
    assert studio.rules() == ({"id": "coat", "place": 1},)
    assert len(desk.history()) == 1


def test_two_who_publish_different_rules_at_once_both_get_through(studio: Studio) -> None:
    desk = Publications(studio)

    def publish(number: int) -> int:
        return desk.publish([rule(f"r{number}")], name="x", who="Ada", at=NOW, why="at once").version

    with ThreadPoolExecutor(4) as pool:
        versions = sorted(pool.map(publish, range(8)))
    assert versions == list(range(1, 9))
    assert {one["id"] for one in studio.rules()} == {f"r{number}" for number in range(8)}


def test_of_two_who_change_the_same_rule_at_once_one_is_told(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish([rule("coat", place=0)], name="x", who="Ada", at=NOW, why="begin")

    def move(place: int) -> bool:
        change = Change(Key("rule", "coat"), {"id": "coat", "place": 0}, {"id": "coat", "place": place}, ())
        try:
            desk.publish([change], name="x", who="Ada", at=NOW, why="move")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(move, range(1, 7))) == 1


def test_one_step_takes_a_publication_back_and_leaves_what_came_later(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish(
        [rule("coat", place=1), Change(Key("strategy", "similar"), None, Strategy(lam=0.2).as_json(), ()),
         Change(Key("look", "lunch"), None, LOOK.as_json(), ())],
        name="Autumn", who="Ada", at=NOW, why="first",
    )  # fmt: skip
    desk.publish([rule("scarf", place=2)], name="Scarves", who="Bo", at=NOW + HOUR, why="second")
    back = desk.rollback(1, who="Cy", at=NOW + DAY)
    assert back.version == 3
    assert studio.rules() == ({"id": "scarf", "place": 2},)
    assert studio.strategy("similar") == Strategy()
    assert studio.looks() == []
    assert desk.documents(NOW + HOUR).keys() == {
        Key("rule", "coat"), Key("rule", "scarf"), Key("strategy", "similar"), Key("look", "lunch")
    }, "what was live on a past day can still be told"  # fmt: skip
    again = desk.rollback(3, who="Cy", at=NOW + DAY)
    assert again.version == 4
    assert studio.look("lunch").look == LOOK


def test_what_was_changed_since_is_not_rolled_back_unseen(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish([rule("coat", place=1)], name="a", who="Ada", at=NOW, why="first")
    later = Change(Key("rule", "coat"), {"id": "coat", "place": 1}, {"id": "coat", "place": 2}, ())
    desk.publish([later], name="b", who="Bo", at=NOW, why="second")
    with pytest.raises(Conflict):
        desk.rollback(1, who="Ada", at=NOW)


def test_all_can_be_brought_back_to_a_moment(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish([rule("coat", place=1)], name="a", who="Ada", at=NOW, why="first")
    then = desk.documents()
    change = Change(Key("rule", "coat"), {"id": "coat", "place": 1}, None, ())
    desk.publish([change, rule("scarf")], name="b", who="Bo", at=NOW + DAY, why="second")
    desk.restore(NOW + HOUR, who="Ada", at=NOW + 2 * DAY, why="Back to Monday")
    assert desk.documents() == then


def test_rules_keep_their_place_in_the_book(studio: Studio) -> None:
    desk = Publications(studio)
    desk.publish([rule("b"), rule("a"), rule("c")], name="x", who="Ada", at=NOW, why="three")
    desk.publish([Change(Key("rule", "a"), {"id": "a"}, {"id": "a", "off": True}, ())], name="x", who="Ada", at=NOW, why="off")  # fmt: skip  # noqa: E501
    assert [one["id"] for one in studio.rules()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("changes", "why", "said"),
    [
        ([rule("coat")], " ", "why you publish"),
        ([], "because", "Nothing changes"),
        ([Change(Key("rule", "coat"), None, {"id": "hat"}, ())], "because", "carries the id"),
        ([Change(Key("strategy", "similar"), None, {"lam": 7}, ())], "because", "lam is 7"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(studio: Studio, changes, why, said) -> None:
    with pytest.raises(BadRequest, match=said):
        Publications(studio).publish(changes, name="x", who="Ada", at=NOW, why=why)
    assert Publications(studio).documents() == {}


def test_publications_only_grow(studio: Studio) -> None:
    Publications(studio).publish([rule("coat")], name="x", who="Ada", at=NOW, why="y")
    with (
        pytest.raises(sa.exc.DatabaseError, match="grows"),
        studio.database.engine.begin() as connection,
    ):
        connection.execute(sa.text("DELETE FROM publications"))


def test_a_draft_is_published_over_what_others_published_meanwhile(studio: Studio) -> None:
    desk = Publications(studio)
    draft = ChangeSet("Autumn").edited(Key("rule", "coat"), {"id": "coat"}, None, says="Pin the coat", at=NOW)
    desk.publish([rule("scarf")], name="x", who="Bo", at=NOW, why="first")
    desk.publish(ready(draft, desk.documents()), name=draft.name, who="Ada", at=NOW, why="second")
    assert [one["id"] for one in studio.rules()] == ["scarf", "coat"]
