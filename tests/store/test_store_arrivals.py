"""Products to come are documents: kept by publishing, gone when that is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.domain.arrivals import Arrival
from core.domain.changes import Change, ChangeSet, Key
from core.domain.errors import BadRequest
from core.store.publications import Publications
from core.store.studio import Studio

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
COAT = Arrival("new-1", title="Navy coat", release_at=AT + timedelta(days=30)).as_json()
BAG = Arrival("new-2", title="Red bag", release_at=AT + timedelta(days=30)).as_json()
ONE, TWO = Key("arrival", "new-1"), Key("arrival", "new-2")


@pytest.fixture
def published():
    return Publications(Studio("sqlite://"))


def put(published, *changes, at=AT):
    return published.publish([Change(*one, ("x",)) for one in changes], name="May", who="Ada", at=at, why="Launch")


def test_what_was_published_of_arrivals_stands(published):
    put(published, (ONE, None, COAT), (TWO, None, BAG))
    put(published, (TWO, BAG, {**BAG, "price": 100}), at=AT + timedelta(hours=1))
    put(published, (ONE, COAT, None), at=AT + timedelta(hours=2))
    assert published.documents() == {TWO: {**BAG, "price": 100}}
    assert published.documents(AT) == {ONE: COAT, TWO: BAG}


def test_a_publication_with_arrivals_is_taken_back_as_one(published):
    done = put(published, (ONE, None, COAT), (TWO, None, BAG))
    published.rollback(done.version, who="Ada", at=AT + timedelta(hours=1))
    assert published.documents() == {}


def test_an_arrival_without_title_or_release_is_not_published(published):
    with pytest.raises(BadRequest):
        put(published, (ONE, None, Arrival("new-1", title="Navy coat").as_json()))
    with pytest.raises(BadRequest):
        put(published, (ONE, None, BAG))
    assert published.documents() == {}


def test_a_draft_gathers_arrivals_beside_rules():
    draft = ChangeSet("May").edited(ONE, COAT, None, says="Navy coat joins", at=AT)
    assert ChangeSet.from_json("May", draft.as_json()) == draft
    assert draft.applied({}) == {ONE: COAT}
