"""New Arrivals: a photo is rehearsed, corrected and kept; a batch is read and kept; nothing is kept unasked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.build import open_shop, settle
from core.demo import samples
from core.domain.arrivals import Arrival
from core.domain.catalogue import State
from core.domain.changes import Key
from core.domain.errors import BadRequest
from core.domain.query import Request
from core.intake.thumbs import shrunk
from core.settings import Settings
from core.shop import Shop
from core.store.publications import Publications
from pages.kit import incoming, rehearsal
from tests.pages.conftest import Visit, part, words
from tests.worlds import PlainWorker, boutique, drawing, open_small_shop

PAGE = "new_arrivals.py"
BAG = next(item for item in boutique() if item.id == "handbags-corvin-red")


class Opening(PlainWorker):
    """The plain encoders, which open pictures too."""

    def decode_pictures(self, pictures: Sequence[bytes]) -> list[Any]:
        return [shrunk(data) for data in pictures]


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """A shop without red handbags of Corvin, which can open pictures."""
    open_small_shop(tmp_path / "shop", [item for item in boutique() if item.id != BAG.id]).studio.close()
    opened = open_shop(Settings(data=tmp_path / "shop"), worker=Opening())  # type: ignore[arg-type]
    shops.install(opened)
    yield opened
    shops.install(None)


def dropped(visit: Visit, name: str = "Corvin red handbags.png", data: bytes | None = None, **more: Any) -> AppTest:
    """The page with a photo in it."""
    at = visit(PAGE, **more)
    at.file_uploader[0].upload(name, drawing(BAG) if data is None else data, "image/png").run()
    return sound(at)


def sound(at: AppTest) -> AppTest:
    assert not at.exception, [one.value for one in at.exception]
    return at


def published(shop: Shop) -> dict[str, Any]:
    return {key.id: plain for key, plain in Publications(shop.studio).documents().items() if key.kind == "arrival"}


def keep(at: AppTest, shop: Shop, days: int = 40) -> AppTest:
    day = rehearsal.engine.today() + timedelta(days=days)
    at.date_input(key="arrival:one:day").set_value(day).run()
    at.number_input(key="arrival:one:price").set_value(310.0).run()
    at.text_input(key="arrival:one:stock").set_value("S=2, M=4").run()
    at.text_input(key="arrival:why").set_value("Spring").run()
    at.button(key="arrival:keep").click().run()
    return sound(at)


def test_the_page_begins_with_six_photos_to_try(shop: Shop, visit: Visit) -> None:
    at = visit(PAGE)
    assert "Drop a photo, or write a title" in words(at)
    assert len(part(at, "arrival:samples")["items"]) == len(samples.photos()) == 6


def test_a_photo_alone_is_rehearsed_and_nothing_is_kept(shop: Shop, visit: Visit) -> None:
    before = shop.catalogue().ids
    at = dropped(visit)
    assert at.text_input(key="arrival:one:title").value == "Corvin red handbags"
    assert at.selectbox(key="arrival:one:type").value == "Handbags"
    assert at.multiselect(key="arrival:one:colour").value == ["red"]
    said = words(at)
    for heading in ("What would stand beside it", "Lists that would show it", "What its neighbours cost",
                    "What is missing"):  # fmt: skip
        assert heading in said
    assert len(part(at, "arrival:blend")["items"]) == 10
    shown = part(at, "arrival:shown")["items"]
    assert shown
    assert all(one["note"].startswith("Place ") for one in shown)
    assert (shop.catalogue().ids, published(shop)) == (before, {})


def test_what_is_corrected_is_the_merchandisers_and_moves_the_lists(shop: Shop, visit: Visit) -> None:
    at = dropped(visit)
    before = [one["id"] for one in part(at, "arrival:blend")["items"]]
    at.selectbox(key="arrival:one:type").set_value("Boots").run()
    at.text_input(key="arrival:one:title").set_value("Red boots").run()
    sound(at)
    assert at.selectbox(key="arrival:one:type").value == "Boots"
    assert at.selectbox(key="arrival:one:category").value == "Shoes › Boots", "a category follows its type"
    assert "Yours" in words(at)
    after = [one["id"] for one in part(at, "arrival:blend")["items"]]
    assert before != after
    at.text_input(key="arrival:one:title").set_value("Corvin red handbags").run()
    assert at.selectbox(key="arrival:one:type").value == "Boots", "a new title does not take a correction back"


def test_it_is_kept_hidden_until_its_day_and_taken_back(shop: Shop, visit: Visit) -> None:
    at = dropped(visit)
    at.button(key="arrival:keep").click().run()
    assert "release date" in words(at)
    assert published(shop) == {}
    at = keep(sound(at), shop)
    assert "is kept" in words(at)
    (plain,) = published(shop).values()
    one = Arrival.from_json(plain)
    assert (one.title, one.price, dict(one.stock or {})) == ("Corvin red handbags", 31000, {"S": 2, "M": 4})
    settle(shop.settings, worker=Opening(), at=rehearsal.engine.now(), studio=shop.studio)  # type: ignore[arg-type]
    grown = open_shop(shop.settings, worker=Opening())  # type: ignore[arg-type]
    shops.install(grown)
    assert grown.item(one.id).state(rehearsal.engine.now()) is State.EMBARGOED
    at = visit(PAGE, mode="arrivals")
    assert "Hidden until" in words(at)
    later = one.release_at + timedelta(hours=20) if one.release_at else None
    beside = "handbags-corvin-black"
    assert one.id not in grown.recommend(Request(anchor=beside, k=30)).ids
    assert one.id in grown.recommend(Request(anchor=beside, k=30, at=later)).ids
    # Into the draft it goes, and out of it again, before it is taken back.
    at.button(key=f"arrivals:remove-later:{one.id}").click().run()
    assert "Leaves with your draft" in words(sound(at))
    assert published(grown)
    at.button(key=f"arrivals:leave:{one.id}").click().run()
    assert "Hidden until" in words(sound(at))
    at.text_input(key=f"arrivals:back:{one.id}").set_value("Not this season").run()
    at.button(key=f"arrivals:remove:{one.id}").click().run()
    sound(at)
    assert published(grown) == {}


def test_a_draft_takes_it_and_lets_it_go(shop: Shop, visit: Visit) -> None:
    at = dropped(visit)
    at.date_input(key="arrival:one:day").set_value(rehearsal.engine.today() + timedelta(days=9)).run()
    at.button(key="arrival:draft").click().run()
    sound(at)
    assert "lies in your draft" in words(at)
    assert published(shop) == {}
    at = visit(PAGE, mode="arrivals")
    assert "In your draft" in words(at)
    (leave,) = [one for one in at.button if str(one.key).startswith("arrivals:leave:")]
    leave.click().run()
    assert "In your draft" not in words(sound(at))


def test_a_torn_picture_and_one_that_is_none_are_refused_with_the_reason(shop: Shop, visit: Visit) -> None:
    at = dropped(visit, *samples.torn())
    assert "torn-photo.jpg" in words(at)
    at = dropped(visit, "<b>evil</b>.png", b"<svg onload=alert(1)>")
    assert "&lt;b&gt;evil" in words(at)
    assert "<b>evil" not in words(at)
    assert "Drop a photo, or write a title" in words(at)


def test_a_title_alone_is_enough_and_is_shown_as_text(shop: Shop, visit: Visit) -> None:
    at = visit(PAGE)
    at.text_input(key="arrival:one:title").set_value("<img src=x onerror=alert(1)> :red[boots]").run()
    sound(at)
    assert "What would stand beside it" in words(at)
    assert "<img src=x" not in words(at)


def test_a_table_with_mistakes_says_each_and_the_rest_is_rehearsed_and_kept(shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, mode="arrivals")
    at.button(key="arrivals:try:table").click().run()
    sound(at)
    said = words(at)
    assert "to know" in said
    assert "Left out" in said
    batch = at.session_state["arrivals:batch"]["arrivals"]
    assert any(one["id"] == "capsule-01" for one in batch)
    at.button(key="arrivals:rehearse").click().run()
    sound(at)
    figures = at.session_state["arrivals:batch"]["figures"]
    assert set(figures) == {one["id"] for one in at.session_state["arrivals:batch"]["arrivals"]}
    assert any(one["lists"] for one in figures.values())
    row = next(n for n, one in enumerate(batch) if one["id"] == "capsule-01")
    turn = at.session_state["arrivals:batch"]["round"]
    edits = {str(n): {"Keep": False} for n in range(len(batch)) if n != row} | {str(row): {"Price": 990.0}}
    at.session_state[f"arrivals:table:{turn}"] = {
        "edited_rows": {int(n): edit for n, edit in edits.items()}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    at.run()
    at.text_input(key="arrivals:why").set_value("Capsule").run()
    at.button(key="arrivals:keep").click().run()
    sound(at)
    assert {id: plain["price"] for id, plain in published(shop).items()} == {"capsule-01": 99000}
    left = [one["id"] for one in at.session_state["arrivals:batch"]["arrivals"]]
    assert "capsule-01" not in left
    assert len(left) == len(batch) - 1


def test_one_of_a_batch_is_corrected_in_its_rehearsal_and_goes_back(shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, mode="arrivals")
    at.button(key="arrivals:try:photos").click().run()
    (first, *others) = sound(at).session_state["arrivals:batch"]["arrivals"]
    assert len(others) == 5
    at.session_state["arrival:one"] = {**first, "given": {}, "batch": True}
    at.session_state["arrivals:page"] = {"mode": "Rehearsal"}
    at.run()
    at.text_input(key="arrival:one:title").set_value("A better name").run()
    at.button(key="arrival:back").click().run()
    sound(at)
    assert at.session_state["arrivals:page"]["mode"] == "Arrivals"
    assert [one["id"] for one in at.session_state["arrivals:batch"]["arrivals"]] == [
        one["id"] for one in (first, *others)
    ]
    assert at.session_state["arrivals:batch"]["arrivals"][0]["title"] == "A better name"


def test_the_quiz_stands_on_the_page(shop: Shop, visit: Visit) -> None:
    assert "No quiz yet" in words(visit(PAGE, mode="quiz"))


@pytest.mark.parametrize(
    ("said", "pieces"),
    [("", None), ("12", {"": 12}), ("S=2, M = 4", {"S": 2, "M": 4}), ("S=0; L=1", {"S": 0, "L": 1})],
)
def test_pieces_are_a_number_or_numbers_by_size(said: str, pieces: dict[str, int] | None) -> None:
    assert rehearsal.read_stock(said) == pieces


@pytest.mark.parametrize("said", ["many", "S=lots", "-3", "3, 4", "S=²", "9999999999"])
def test_pieces_that_make_no_sense_are_refused(said: str) -> None:
    with pytest.raises(BadRequest):
        rehearsal.read_stock(said)


def test_a_published_arrival_is_a_document_of_its_own_kind(shop: Shop, visit: Visit) -> None:
    at = keep(dropped(visit), shop)
    (id,) = published(shop)
    assert Publications(shop.studio).documents()[Key("arrival", id)]["title"] == "Corvin red handbags"
    assert "Drop a photo, or write a title" in words(at), "the desk is clear for the next one"


def test_a_page_that_is_read_anew_shows_the_part_it_showed(shop: Shop, visit: Visit) -> None:
    at = visit(PAGE, mode="arrivals")
    assert at.query_params["mode"] == "arrivals"
    assert at.segmented_control[0].value == incoming.BATCH
    at = at.segmented_control[0].set_value(incoming.REHEARSAL).run()
    assert "mode" not in at.query_params
    at.query_params["mode"] = "quiz"
    assert at.run().segmented_control[0].value == incoming.QUIZ
