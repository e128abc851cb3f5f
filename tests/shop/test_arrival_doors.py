"""What pages, API and command line ask of the shop about products to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.build import keep, open_shop
from core.domain.catalogue import State
from core.domain.errors import ModelMissing
from core.intake.thumbs import shrunk
from core.settings import Settings
from tests.worlds import NOW, PlainWorker, boutique, drawing, open_small_shop


class Opening(PlainWorker):
    """The plain encoders, which open pictures too."""

    def decode_pictures(self, pictures):
        return [shrunk(data) for data in pictures]


@pytest.fixture
def shop(tmp_path, weightless):
    open_small_shop(tmp_path / "shop", [one for one in boutique() if one.family_id != "totes-aurel"]).studio.close()
    return open_shop(Settings(data=tmp_path / "shop"), worker=Opening())


RED_TOTE = next(one for one in boutique() if one.id == "totes-aurel-red")


def test_a_photo_and_a_title_are_all_that_a_rehearsal_needs(shop):
    plan = shop.plan_arrivals([("red tote.jpg", drawing(RED_TOTE)), ("broken.jpg", b"\xff\xd8\xff nothing")])
    assert [name for name, _ in plan.refused] == ["broken.jpg"]
    shop.take_arrivals(plan)
    arrival = plan.arrivals[0]
    assert shop.pictures.has(arrival.pictures[0])
    guessed = shop.suggest(arrival.pictures, arrival.title)
    assert guessed.best("type").value == "Totes"
    assert guessed.best("type").said
    assert guessed.best("colour").value == "red"
    assert guessed.best("category").value == ("Bags", "Totes")
    assert not shop.rehearsals_ready(at=NOW)
    shop.prepare_rehearsals(at=NOW)
    assert shop.rehearsals_ready(at=NOW)
    found = shop.rehearse(arrival.changed(**guessed.values(0.3)), at=NOW)
    assert len(found.blend.items) == 10
    assert found.shown
    assert {shop.item(one.anchor).category[0] for one in found.shown[:3]} == {"Bags"}
    assert arrival.id not in shop.catalogue()


def test_every_upload_is_answered(shop):
    key, refusal = shop.take_pictures([drawing(RED_TOTE), b"<svg/>"])
    assert shop.pictures.has(key[0])
    assert refusal[0] == ""
    assert "SVG" in refusal[1] or "picture" in refusal[1]


def test_what_is_kept_is_listed_and_can_be_rehearsed_again(shop):
    plan = shop.plan_arrivals([("red tote.jpg", drawing(RED_TOTE))], release_at=NOW + timedelta(days=9))
    shop.take_arrivals(plan)
    first = shop.rehearse(plan.arrivals[0].changed(type="Totes"), at=NOW)
    keep(
        shop.settings, [plan.arrivals[0].changed(type="Totes")], who="Ada", why="May", at=NOW, worker=Opening(),
        studio=shop.studio,
    )  # fmt: skip
    again = open_shop(shop.settings, worker=Opening(), studio=shop.studio)
    assert [(one.arrival.id, one.state) for one in again.arrivals(NOW)] == [(plan.arrivals[0].id, State.EMBARGOED)]
    assert [one.arrival.id for one in shop.arrivals(NOW)] == [plan.arrivals[0].id]
    assert shop.arrivals(NOW)[0].state is None
    assert [one.anchor for one in again.rehearse(plan.arrivals[0].changed(type="Totes"), at=NOW).shown] == [
        one.anchor for one in first.shown
    ]


def test_without_encoders_it_is_said(shop):
    bare = open_shop(shop.settings, studio=shop.studio)
    with pytest.raises(ModelMissing):
        bare.plan_arrivals([("red tote.jpg", drawing(RED_TOTE))])
    assert bare.suggest(title="A red tote").best("type").value == "Totes"
