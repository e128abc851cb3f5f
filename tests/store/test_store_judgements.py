"""Judgements: the last word of each person counts, and no word is ever lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from store_worlds import DAY, NOW
from test_store_studio import postgres, studio, where

from core.domain.errors import BadRequest
from core.store.judgements import DOWN, TAKEN_BACK, UP, Judgement, Judgements
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
FITS = Judgement("bag", "coat", UP, "Ada", NOW, strategy=3)


def test_a_judgement_comes_back_as_it_was_given(studio: Studio) -> None:
    kept = Judgements(studio)
    assert kept.add([FITS, replace(FITS, item="hat", verdict=DOWN)]) == 2
    assert kept.standing() == [FITS, replace(FITS, item="hat", verdict=DOWN)]


def test_the_last_word_of_each_person_counts_and_can_be_taken_back(studio: Studio) -> None:
    kept = Judgements(studio)
    kept.add([FITS, replace(FITS, who="Bo")])
    kept.add([replace(FITS, verdict=DOWN, at=NOW + DAY)])
    assert {(one.who, one.verdict) for one in kept.standing()} == {("Ada", DOWN), ("Bo", UP)}
    kept.add([replace(FITS, verdict=TAKEN_BACK, at=NOW + 2 * DAY)])
    assert [one.who for one in kept.standing()] == ["Bo"]
    assert {(one.who, one.verdict) for one in kept.standing(at=NOW + DAY)} == {("Ada", DOWN), ("Bo", UP)}


def test_judgements_are_asked_for_by_placement_product_and_person(studio: Studio) -> None:
    kept = Judgements(studio)
    kept.add([FITS, replace(FITS, anchor="shoe"), replace(FITS, who="Bo"), replace(FITS, placement="substitute")])
    assert len(kept.standing()) == 3
    assert [one.anchor for one in kept.standing(anchor="shoe")] == ["shoe"]
    assert [one.who for one in kept.standing(who="Bo")] == ["Bo"]
    assert len(kept.standing("substitute")) == 1


@pytest.mark.parametrize("change", [{"verdict": 2}, {"item": "bag"}, {"anchor": ""}, {"who": " "}])
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(studio: Studio, change: dict[str, object]) -> None:
    kept = Judgements(studio)
    with pytest.raises(BadRequest):
        kept.add([FITS, replace(FITS, **change)])  # type: ignore[arg-type]
    assert kept.standing() == []


def test_many_may_judge_at_once(studio: Studio) -> None:
    kept = Judgements(studio)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: kept.add([replace(FITS, item=f"i{n}", who=f"P{n % 3}")]), range(20)))
    assert {one.item for one in kept.standing()} == {f"i{n}" for n in range(20)}


@pytest.mark.parametrize("statement", ["DELETE FROM judgements", "UPDATE judgements SET who = 'Eve'"])
def test_no_judgement_is_rewritten_by_hand(studio: Studio, statement: str) -> None:
    Judgements(studio).add([FITS])
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), studio.database.writing() as connection:
        connection.execute(sa.text(statement))
