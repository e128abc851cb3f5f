"""Events are kept once, counted by day, and forgotten when a shopper asks for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_store_studio import postgres, studio, where

from core.domain.errors import BadRequest, Damaged
from core.domain.events import Event
from core.domain.shoppers import Context, Dislikes, History, Shopper, hashed
from core.store.events import CHUNK, Added, EventStore
from core.store.layout import Layout
from core.store.salt import salt_of
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SALT = b"the salt of these tests"
JANE, BO = hashed(SALT, "jane"), hashed(SALT, "bo")


def event(number: int, kind: str = "view", item: str | None = "bag", **fields: Any) -> Event:
    plain = {"shopper": JANE, "session": hashed(SALT, "visit", "v"), **fields}
    return Event(hashed(SALT, str(number), "e"), kind, plain.pop("at", NOW + number * HOUR), item=item, **plain)


@pytest.fixture
def store(studio: Studio) -> EventStore:
    return EventStore(studio)


def counts(store: EventStore) -> dict[tuple[date, str | None, str], tuple[int, int]]:
    return {(row.day, row.item, row.kind): (row.events, row.pieces) for row in store.days().itertuples()}


def test_an_event_is_kept_once_however_often_it_is_sent(store: EventStore) -> None:
    first = [event(1), event(2, "cart"), event(1, item="another")]
    assert store.add(first) == Added(new=2, repeated=1)
    assert store.add([*first, event(3)]) == Added(new=1, repeated=3)
    assert store.count() == 3
    assert store.history(JANE).items == ("bag", "bag", "bag"), "of two with one id the first one counts"
    assert store.add([]) == Added()


def test_events_come_back_as_they_were_given(store: EventStore) -> None:
    given = [
        event(1, "impression", placement="similar", position=0, anchor="tote", strategy=7, snapshot="abc", arm="B"),
        event(2, "purchase", quantity=3, size="M", price=2**40, client_at=NOW - DAY, simulated=True),
        event(3, "search", None, query="evening bag “été”", shopper=None, session=None),
        event(4, "not_for_me", None, target="colour", value="red"),
        event(5, at=datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ]
    store.add(given)
    assert list(store.export()) == given
    assert list(store.export(since=NOW + 2 * HOUR, until=NOW + 3 * HOUR)) == given[1:3]
    table = store.table()
    assert table["item"].tolist() == ["bag", "bag", "bag", None, None], "in order of time"
    assert table["at"].tolist()[1:] == [one.at for one in given[:4]]
    assert table["price"].isna().tolist() == [True, True, False, True, True]
    assert table["client_at"].notna().tolist() == [False, False, True, False, False]
    assert store.table(kinds=["view"], columns=("item",)).columns.tolist() == ["seq", "item"]
    assert len(store.table(since=NOW + 2 * HOUR, until=NOW + 3 * HOUR)) == 2
    assert len(store.table(simulated=False)) == 4
    assert len(store.table(kinds=[])) == 0 == len(store.table(kinds=["return"]))


def test_a_long_run_is_kept_whole(store: EventStore) -> None:
    many = [event(n, at=NOW + timedelta(seconds=n)) for n in range(CHUNK + 5)]
    assert store.add(iter(many)) == Added(new=CHUNK + 5)
    assert [one.id for one in store.export()] == [one.id for one in many]


def test_counts_by_day_are_those_of_the_events(store: EventStore) -> None:
    store.add([event(1), event(2), event(3, "purchase", quantity=2), event(4, "search", None, query="x")])
    store.add([event(20), event(1)])
    today = NOW.date()
    assert counts(store) == {
        (today, "bag", "view"): (2, 2), (today, "bag", "purchase"): (1, 2), (today, None, "search"): (1, 1),
        (today + DAY, "bag", "view"): (1, 1),
    }  # fmt: skip
    assert len(store.days(since=today + DAY)) == 1
    assert len(store.days(until=today, item="bag", kinds=["view"])) == 1


def test_a_history_is_the_last_acts_up_to_a_moment_in_order_of_time(store: EventStore) -> None:
    other = hashed(SALT, "second visit", "v")
    store.add([
        event(5, "purchase", "coat", session=other), event(1), event(2, "impression", "tote", placement="similar"),
        event(3, "not_for_me", None, target="house", value="Aurel", session=None), event(4, shopper=BO),
    ])  # fmt: skip
    told = store.history(JANE)
    assert (told.items, told.kinds) == (("bag", None, "coat"), ("view", "not_for_me", "purchase"))
    assert told.sessions == (0, -1, 1)
    assert told.moments == (NOW + HOUR, NOW + 3 * HOUR, NOW + 5 * HOUR)
    assert told.dislikes == (("house", "Aurel"),)
    assert store.history(JANE, NOW + HOUR).items == ("bag",), "up to and with that moment"
    assert store.history(JANE, limit=1).items == ("coat",)
    assert store.history(JANE, limit=0) == History() == store.history(hashed(SALT, "nobody"))
    with pytest.raises(BadRequest, match="salted hash"):
        store.history("jane")


def test_a_person_is_a_profile_with_all_that_was_ever_said_not_to_be_for_them(store: EventStore) -> None:
    store.add([event(1, "not_for_me", None, target="colour", value="red"), *(event(n) for n in range(2, 9))])
    store.keep_shoppers([Shopper(JANE, "gold", ("tote",))], NOW)
    found = store.person(JANE, NOW + DAY, Context(hour=9), limit=3)
    assert len(found.history) == 3
    assert found.shopper.tier == "gold"
    assert found.shopper.dislikes.colours == ("red",), "though the history does not reach that far back"
    assert found.context.hour == 9
    assert not store.person(JANE, NOW).shopper.dislikes, "it had not been said by then"
    assert store.person(BO).shopper == Shopper(BO)


def test_what_is_said_to_be_for_them_again_takes_back_what_was_not(store: EventStore) -> None:
    store.keep_shoppers([Shopper(JANE, dislikes=Dislikes(houses=("Corvin",)))], NOW)
    said = [("not_for_me", "colour", "red"), ("not_for_me", "item", "bag"), ("for_me", "colour", "Red"),
            ("for_me", "house", "corvin"), ("for_me", "item", "coat"), ("not_for_me", "item", "bag")]  # fmt: skip
    for n, (kind, target, value) in enumerate(said, 1):
        assert store.add([event(n, kind, None, target=target, value=value)]).new == 1
    found = store.person(JANE, NOW + DAY)
    assert found.shopper.dislikes == Dislikes(items=("bag",)) == found.dislikes
    assert store.person(JANE, NOW + 2 * HOUR).dislikes == Dislikes(("bag",), ("red",), ("Corvin",)), "as it was then"
    again = store.add([event(9, "not_for_me", None, target="colour", value="red")])
    assert again.new == 1
    assert store.person(JANE, NOW + DAY, limit=1).dislikes.colours == ("red",), "the last word counts"


def test_what_a_list_is_kept_under_changes_with_each_act_and_by_itself(store: EventStore) -> None:
    def standing(at: datetime, shopper: str | None = JANE) -> str:
        return store.standing_of(shopper, at, visit=HOUR, rest=45 * DAY)

    later = NOW + 10 * DAY
    seen = [standing(later), standing(later, None)]
    store.add([event(1), event(2, "purchase", "coat"), event(3, "search", None, query="x"), event(4, shopper=BO)])
    seen += [standing(later), standing(NOW), standing(NOW + HOUR), standing(NOW + 2 * HOUR), standing(later, BO)]
    assert standing(NOW + 3 * HOUR) == standing(NOW + 3 * HOUR), "nothing happened"
    seen.append(standing(NOW + 3 * HOUR))
    assert standing(NOW + 3 * HOUR + timedelta(seconds=1)) == standing(later) != seen[-1], "the visit is over"
    rested = NOW + 2 * HOUR + 45 * DAY
    assert standing(later) == standing(rested - timedelta(seconds=1))
    seen.append(standing(rested))
    for n, known in enumerate((Shopper(JANE, wishlist=("a",)), Shopper(JANE, wishlist=("b",)))):
        store.keep_shoppers([known], NOW + n * DAY)
        seen.append(standing(later))
    store.forget(JANE, NOW)
    seen += [standing(later), standing(later, None), standing(later, BO)]
    store.keep_shoppers([Shopper(JANE, wishlist=("c",))], NOW + 3 * DAY)
    seen.append(standing(later))
    assert len(set(seen)) == len(seen) - 1, "before anything happened, to Jane as at the moment before she came"
    assert seen[0] == seen[3]


def test_the_version_of_a_shopper_changes_with_each_event_of_theirs_and_with_none_of_others(store: EventStore) -> None:
    seen = [store.version(JANE)]

    def changed() -> bool:
        seen.append(store.version(JANE))
        return seen[-1] not in seen[:-1]

    store.add([event(1)])
    assert changed()
    store.add([event(1), event(2, shopper=BO)])
    assert not changed()
    store.keep_shoppers([Shopper(JANE, "gold")], NOW)
    assert changed()
    store.keep_shoppers([Shopper(JANE, "gold")], NOW)
    assert not changed()
    store.add([event(3)])
    assert changed()
    store.retain(1, NOW + DAY + 2 * HOUR)
    assert changed()
    store.forget(JANE, NOW)
    store.add([event(1)])
    assert changed(), "numbers are never given twice"


def test_nothing_is_recorded_of_who_opted_out_or_gave_no_consent_and_nothing_is_used(store: EventStore) -> None:
    store.add([event(1), event(2, shopper=BO)])
    store.opt_out(JANE, NOW)
    store.keep_shoppers([Shopper(BO, "gold", consent=False)], NOW)
    assert store.add([event(3), event(4, shopper=BO), event(5, shopper=None)]) == Added(new=1, refused=2)
    for one in (JANE, BO):
        assert store.history(one) == History()
        assert store.person(one).history == History()
        assert not store.person(one).shopper.personal
        assert store.person(one).shopper.tier is None
    store.opt_in(JANE, NOW)
    assert store.history(JANE).items == ("bag",)
    assert store.add([event(3)]) == Added(new=1), "what was refused was not taken for known"


def test_an_import_of_shoppers_does_not_take_an_opt_out_back(store: EventStore) -> None:
    store.opt_out(JANE, NOW)
    assert store.keep_shoppers([Shopper(JANE, "gold"), Shopper(BO, "silver")], NOW) == 2
    assert store.shopper(JANE) == Shopper(JANE, "gold", opted_out=True)
    assert store.keep_shoppers([Shopper(JANE, "gold")], NOW) == 0
    assert {one.id for one in store.shoppers()} == {JANE, BO}


def test_who_is_forgotten_was_never_here(store: EventStore) -> None:
    others = [event(10, shopper=BO, session=hashed(SALT, "hers", "v")), event(11, shopper=None, session=None)]
    store.add(others)
    before = counts(store)
    store.add([event(1), event(2, "purchase", quantity=2), event(3, shopper=None)])
    store.keep_shoppers([Shopper(JANE, "gold", ("bag",))], NOW)
    mark = store.mark()
    gone = store.forget(JANE, NOW)
    assert (gone.events, gone.known, gone.settled) == (3, True, True), "what the visit did before it had a name as well"
    assert list(store.export()) == others
    assert counts(store) == before
    assert store.shopper(JANE) == Shopper(JANE)
    assert store.mark().removed > mark.removed
    assert store.forget(JANE, NOW).events == 0


def test_of_who_opted_out_and_is_forgotten_only_that_stays(store: EventStore) -> None:
    store.add([event(1)])
    store.keep_shoppers([Shopper(JANE, "gold", ("bag",))], NOW)
    store.opt_out(JANE, NOW)
    store.forget(JANE, NOW)
    assert store.shopper(JANE) == Shopper(JANE, opted_out=True)
    assert store.add([event(1)]) == Added(refused=1)


def test_of_a_forgotten_shopper_no_byte_stays_on_disk(tmp_path: Path) -> None:
    opened = Studio(tmp_path / "studio.db")
    store = EventStore(opened)
    bo = [event(n, shopper=BO, session=None, query="of another") for n in range(500, 800)]
    jane = [event(n, "search", None, query="a secret wish", session=hashed(SALT, "hers", "v")) for n in range(400)]
    store.add(jane)
    store.add(bo)
    store.keep_shoppers([Shopper(JANE, "unmistakable tier")], NOW)
    traces = (JANE, jane[7].id, str(jane[7].session), "a secret wish", "unmistakable tier")

    def on_disk(text: str) -> bool:
        return any(text.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert all(on_disk(text) for text in traces)
    assert store.forget(JANE, NOW).settled
    assert not [text for text in traces if on_disk(text)]
    assert on_disk(BO)
    opened.close()


def test_old_events_go_and_their_counts_stay(store: EventStore) -> None:
    store.add([event(1), event(100), event(200)])
    before, mark = counts(store), store.mark()
    assert store.retain(5, NOW + timedelta(hours=221)) == 2
    assert [one.at for one in store.export()] == [NOW + 200 * HOUR]
    assert counts(store) == before
    assert store.mark() == replace(mark, removed=mark.removed + 1)
    assert store.retain(5, NOW + timedelta(hours=221)) == 0
    with pytest.raises(BadRequest, match="a day at least"):
        store.retain(0, NOW)


def test_what_was_made_up_for_the_demo_leaves_and_what_happened_stays(store: EventStore) -> None:
    store.add([event(1, simulated=True), event(2, simulated=True, item="tote")])
    store.add([event(3)])
    assert store.drop_simulated() == 2
    assert store.drop_simulated() == 0
    assert store.count() == 1
    assert set(counts(store)) == {(NOW.date(), "bag", "view")}


def test_a_reader_who_remembers_the_last_number_reads_only_what_came_after(store: EventStore) -> None:
    store.add([event(5), event(6)])
    mark = store.mark()
    store.add([event(1), event(7)])
    later = store.table(after=mark.newest)
    assert later["at"].tolist() == [NOW + HOUR, NOW + 7 * HOUR]
    assert store.mark().newest == later["seq"].max()
    assert len(store.table(newest=mark.newest)) == 2


def test_many_who_write_at_once_lose_nothing_and_keep_nothing_twice(where: str) -> None:
    people = [Studio(where) for _ in range(4)]
    stores = [EventStore(one) for one in people]
    together = threading.Barrier(4)

    def send(n: int) -> Added:
        together.wait()
        done = Added()
        for start in range(0, 60, 10):
            done += stores[n].add([event(number) for number in range(start, start + 15)])
        return done

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(send, range(4)))
    assert sum(one.new for one in told) == 65
    assert stores[0].count() == 65
    assert sum(events for events, _ in counts(stores[0]).values()) == 65
    for one in people:
        one.close()


def test_shoppers_with_most_acts_are_named_first(store: EventStore) -> None:
    store.add([event(1), event(2), event(3, shopper=BO), event(4, "impression", placement="look", shopper=BO)])
    assert store.busiest() == [(JANE, 2), (BO, 1)]
    assert store.busiest(least=2) == [(JANE, 2)]


def test_who_is_known_and_may_have_a_list_of_their_own_is_told_for_all_or_for_some(store: EventStore) -> None:
    cy, dee, eve = (hashed(SALT, name) for name in ("cy", "dee", "eve"))
    store.add([event(1), event(2, shopper=BO), event(3, shopper=None)])
    store.keep_shoppers([Shopper(cy, wishlist=("bag",)), Shopper(dee, consent=False)], NOW)
    store.opt_out(BO, NOW)
    known = {JANE: True, BO: False, cy: True, dee: False}
    assert store.standing() == known
    assert list(store.standing()) == sorted(known)
    assert store.standing([JANE, BO, eve, JANE, cy, dee]) == known
    assert store.standing([eve]) == store.standing([]) == {}
    store.forget(JANE, NOW)
    assert JANE not in store.standing()


def test_what_is_searched_for_most_comes_first(store: EventStore) -> None:
    typed = ["Tote", "tote ", "bag", "abc", "secret"]
    store.add(event(n, "search", None, query=one, simulated=one == "secret") for n, one in enumerate(typed))
    assert store.searches(10) == ("tote", "abc", "bag", "secret")
    assert store.searches(2, simulated=False) == ("tote", "abc")


def test_the_salt_is_made_once_for_the_owner_alone_and_may_stand_in_the_settings(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "shop")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: salt_of(layout), range(16)))
    assert len(made) == 1
    assert len(made.pop()) >= 32
    assert (layout.data / "salt").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in layout.data.iterdir()] == ["salt"]
    assert salt_of(layout, " a salt from the settings ") == b"a salt from the settings"
    with pytest.raises(BadRequest, match="too short"):
        salt_of(layout, "salt")
    (layout.data / "salt").write_bytes(b"")
    with pytest.raises(Damaged, match="backup"):
        salt_of(layout)


def test_hashes_of_another_salt_are_noticed(store: EventStore) -> None:
    assert store.same_salt("one")
    assert store.same_salt("one")
    assert not store.same_salt("another")
