"""Generations are sealed, found by content, published at once, and a damaged one never serves."""

from __future__ import annotations

import json
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_kills import together
from store_worlds import DAY, NOW, catalogue, generation, presence, published, try_publish, vectors

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, Conflict, Damaged, NotReady
from core.store.generations import (
    Finding,
    Pointer,
    check,
    current,
    editions,
    load_arrays,
    open_current,
    open_snapshot,
    prune,
    publish,
    rollback,
    save_arrays,
    write_generation,
)
from core.store.layout import Layout
from core.store.source import save_source


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "shop").ensure()


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    path.write_bytes(bytes(data))


def test_a_generation_comes_back_as_it_was_written(layout: Layout) -> None:
    written = generation(layout, 3)
    snapshot = open_snapshot(layout, written)
    assert list(snapshot.catalogue) == list(catalogue(3))
    assert (snapshot.catalogue.frame.dtypes == catalogue(3).frame.dtypes).all()
    for signal, mask in presence().items():
        np.testing.assert_array_equal(snapshot.present[signal], mask)
        np.testing.assert_array_equal(snapshot.vectors[signal][mask], vectors(3)[signal][mask])
        assert not snapshot.vectors[signal][~mask].any(), "what is absent is zero"
        assert snapshot.vectors[signal].dtype == np.float32
    manifest = snapshot.manifest
    assert manifest.built_at == NOW + 3 * DAY
    assert manifest.counts == {"items": 12, "image": 8, "text": 12}
    assert manifest.models["text"]["key"] == "a-model@1"
    assert manifest.findings == (Finding("no_picture", "4 products have no picture.", 4, ("000",)),)
    assert manifest.source == {"file": "shop.csv"}
    assert manifest.text_template == "{title}"


def test_the_vectors_of_a_snapshot_cannot_be_written_to(layout: Layout) -> None:
    snapshot = open_snapshot(layout, generation(layout))
    with pytest.raises(ValueError, match="read-only"):
        snapshot.vectors["text"][0, 0] = 1


@pytest.mark.parametrize("items", [0, 1])
def test_an_empty_shop_and_a_shop_of_one_have_generations(layout: Layout, items: int) -> None:
    snapshot = open_snapshot(layout, generation(layout, items=items))
    assert len(snapshot.catalogue) == items
    assert snapshot.vectors["text"].shape == (items, 8)


def test_the_same_content_has_one_id_whatever_the_order_of_rows_and_the_time(layout: Layout) -> None:
    written = generation(layout)
    shuffled = list(catalogue())
    random.Random(0).shuffle(shuffled)
    again = generation(layout, catalogue=Catalogue.of(shuffled), built_at=NOW + 9 * DAY, meta={}, findings=[])
    assert again == written
    assert open_snapshot(layout, written).manifest.built_at == NOW, "it was not written a second time"


def test_the_id_is_the_same_on_every_machine(layout: Layout) -> None:
    given = {"image": vectors()["image"] * 0 + 1, "text": vectors()["text"] * 0 + 2}
    assert generation(layout, vectors=given) == "286fedf2af9e913d"


def test_what_stands_in_absent_rows_does_not_matter(layout: Layout) -> None:
    noisy = vectors()
    noisy["image"][~presence()["image"]] = np.nan
    assert generation(layout, vectors=noisy) == generation(layout)


@pytest.mark.parametrize(
    "change",
    [
        {"catalogue": catalogue(1)},
        {"vectors": vectors(1)},
        {"present": {**presence(), "image": np.zeros(12, dtype=bool)}},
        {"models": {"text": {"name": "a model", "key": "a-model@2", "dim": 8}}},
        {"template": "{title}. {type}"},
        {"arrays": {"map": np.zeros((12, 2))}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_content_has_another_id(layout: Layout, change: dict[str, Any]) -> None:
    assert generation(layout, **change) != generation(layout)


def test_a_generation_keeps_other_arrays_too(layout: Layout) -> None:
    places = np.arange(24, dtype=np.float32).reshape(12, 2)
    snapshot = open_snapshot(layout, generation(layout, arrays={"map": places}))
    np.testing.assert_array_equal(snapshot.arrays["map"], places)


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": {**vectors(), "text": vectors(0, 11)["text"]}},
        {"vectors": {**vectors(), "text": vectors()["text"] * np.inf}},
        {"present": {**presence(), "image": np.ones(3, dtype=bool)}},
        {"arrays": {"map": np.array([object()])}},
        {"built_at": NOW.replace(tzinfo=None)},
    ],
)
def test_arrays_that_do_not_fit_are_not_written(layout: Layout, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        generation(layout, **change)
    assert [path for path in layout.generations.iterdir() if path.is_dir()] == []


def test_nothing_serves_before_the_first_publication(layout: Layout) -> None:
    assert current(layout) is None
    assert check(layout) == []
    assert editions(layout) == []
    with pytest.raises(NotReady):
        open_current(layout)
    with pytest.raises(NotReady):
        rollback(layout)
    generation(layout)
    with pytest.raises(NotReady):
        open_current(layout)


def test_what_was_published_last_serves(layout: Layout) -> None:
    first, second = published(layout, 0), published(layout, 1)
    snapshot, calibration = open_current(layout)
    assert (snapshot.id, calibration, snapshot.notices) == (second, "c1", ())
    assert [(e.id, e.current, e.calibration) for e in editions(layout)] == [
        (second, True, "c1"), (first, False, "c0"),
    ]  # fmt: skip
    assert editions(layout)[1].as_json() == {
        "id": first, "built_at": "2026-03-01T09:00:00Z", "counts": {"items": 12, "image": 8, "text": 12},
        "models": {"text": {"name": "a model", "key": "a-model@1", "dim": 8}}, "current": False, "calibration": "c0",
    }  # fmt: skip


def test_a_generation_that_is_not_there_or_damaged_is_not_published(layout: Layout) -> None:
    serving = published(layout, 0)
    for name in ("0123456789abcdef", "../source", "", "no such id"):
        with pytest.raises(NotReady):
            publish(layout, name, "c0")
    broken = generation(layout, 1)
    flip(layout.generations / broken / "present-text.npy", 999)
    with pytest.raises(Damaged, match=r"present-text\.npy"):
        publish(layout, broken, "c0")
    assert open_current(layout)[0].id == serving


def test_roll_back_goes_one_further_each_time_and_forward_by_id(layout: Layout) -> None:
    ids = [published(layout, edition) for edition in range(3)]
    assert rollback(layout).generation == ids[1]
    pointer = rollback(layout)
    assert (pointer.generation, pointer.calibration) == (ids[0], "c0")
    with pytest.raises(NotReady, match="no earlier edition"):
        rollback(layout)
    pointer = rollback(layout, ids[2])
    assert (pointer.generation, pointer.calibration, pointer.number) == (ids[2], "c2", 6)
    assert rollback(layout).generation == ids[0]


def test_roll_back_passes_over_what_is_damaged(layout: Layout) -> None:
    ids = [published(layout, edition) for edition in range(3)]
    flip(layout.generations / ids[1] / "catalogue.parquet", 12345)
    assert rollback(layout).generation == ids[0]
    with pytest.raises(Damaged):
        rollback(layout, ids[1])


def test_what_is_current_is_not_published_a_second_time(layout: Layout) -> None:
    first, second = published(layout, 0), published(layout, 1)
    assert publish(layout, second, "c1") == Pointer(second, "c1", 2)
    assert current(layout) == Pointer(second, "c1", 2)
    assert rollback(layout).generation == first


def test_a_new_calibration_of_the_same_generation_can_be_rolled_back(layout: Layout) -> None:
    written = published(layout, 0)
    publish(layout, written, "c9")
    assert rollback(layout) == Pointer(written, "c0", 3)


# --- damage ----------------------------------------------------------------------------------------------------------


def test_a_flipped_bit_in_any_file_is_found_and_the_previous_generation_serves(layout: Layout) -> None:
    earlier, serving = published(layout, 0), published(layout, 1)
    folder = layout.generations / serving
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 7
    bits = random.Random(1)
    for name in names:
        whole = (folder / name).read_bytes()
        for _ in range(25):
            flip(folder / name, bits.randrange(len(whole) * 8))
            found = check(layout)
            assert found, (name, "the damage was not found")
            assert all(finding.code == "damaged_edition" for finding in found)
            assert name in " ".join(finding.text for finding in found)
            assert serving in found[0].text
            with pytest.raises(Damaged):
                open_snapshot(layout, serving)
            snapshot, calibration = open_current(layout)
            assert (snapshot.id, calibration) == (earlier, "c0")
            assert [notice.code for notice in snapshot.notices] == ["damaged_edition", "serving_earlier_edition"]
            assert serving in snapshot.notices[0].text
            assert earlier in snapshot.notices[1].text
            (folder / name).write_bytes(whole)
    assert check(layout) == []
    assert open_current(layout)[0].id == serving


@pytest.mark.parametrize("name", ["catalogue.parquet", "manifest.json", "SHA256", "vectors-text.npy"])
@pytest.mark.parametrize("damage", ["missing", "cut short", "emptied"])
def test_a_file_that_is_lost_or_cut_short_is_found(layout: Layout, name: str, damage: str) -> None:
    earlier, serving = published(layout, 0), published(layout, 1)
    path = layout.generations / serving / name
    whole = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(whole[: len(whole) // 2] if damage == "cut short" else b"")
    assert name in check(layout)[0].text
    assert open_current(layout)[0].id == earlier


def test_a_damaged_calibration_does_not_serve_either(layout: Layout) -> None:
    earlier = published(layout, 0)
    published(layout, 1)
    flip(layout.calibration / "c1" / "000.npy", 1050)
    assert [finding.code for finding in check(layout)] == ["damaged_calibration"]
    snapshot, calibration = open_current(layout)
    assert (snapshot.id, calibration) == (earlier, "c0")
    assert "000.npy" in snapshot.notices[0].text


def test_no_flipped_bit_in_the_pointer_is_believed(layout: Layout) -> None:
    ids = {published(layout, 0): "c0", published(layout, 1): "c1"}
    good = current(layout)
    whole = layout.current.read_bytes()
    for bit in range(0, len(whole) * 8, 3):
        flip(layout.current, bit)
        try:
            assert current(layout) == good
        except Damaged:
            if bit % 60 == 0:
                snapshot, calibration = open_current(layout)
                assert ids[snapshot.id] == calibration
                assert snapshot.notices[0].code == "damaged_pointer"
                assert "damaged_pointer" in [finding.code for finding in check(layout)]
        layout.current.write_bytes(whole)


def test_a_damaged_pointer_can_be_published_over(layout: Layout) -> None:
    first = published(layout, 0)
    second = published(layout, 1)
    flip(layout.current, 100)
    assert open_current(layout)[0].id == first
    publish(layout, second, "c1")
    assert open_current(layout)[0].notices == ()
    assert rollback(layout).generation == first, "what served before is still known"
    for name in ("CURRENT", "CURRENT.before"):
        (layout.data / name).write_bytes(b"\0\0")
    with pytest.raises(Damaged, match="vitrine build"):
        open_current(layout)
    publish(layout, second, "c1")
    assert open_current(layout)[0].id == second


def test_a_damaged_generation_is_written_again(layout: Layout) -> None:
    serving = published(layout, 0)
    flip(layout.generations / serving / "vectors-text.npy", 1200)
    with pytest.raises(Damaged, match=r"vectors-text\.npy"):
        open_current(layout)
    assert generation(layout, 0) == serving
    assert open_current(layout)[0].id == serving
    assert check(layout) == []


def test_the_checksums_are_in_the_form_that_sha256sum_reads(layout: Layout) -> None:
    folder = layout.generations / generation(layout)
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": OK") == 6


def test_a_generation_of_another_format_is_built_again_not_read(layout: Layout, monkeypatch: Any) -> None:
    earlier = published(layout, 0)
    monkeypatch.setattr("core.store.generations.FORMAT", 0)
    older = published(layout, 1)
    monkeypatch.undo()
    with pytest.raises(NotReady, match="another version"):
        open_snapshot(layout, older)
    assert open_current(layout)[0].id == earlier
    assert [edition.id for edition in editions(layout)] == [earlier]


# --- two at once -----------------------------------------------------------------------------------------------------


def test_of_two_who_publish_at_once_one_is_shown_the_conflict(layout: Layout) -> None:
    first = published(layout, 0)
    seen = current(layout)
    ids = [generation(layout, edition) for edition in range(1, 9)]

    def one(written: str) -> str | None:
        try:
            publish(layout, written, "c0", expected=seen)
        except Conflict:
            return None
        return written

    with ThreadPoolExecutor(8) as pool:
        won = [written for written in pool.map(one, ids) if written]
    assert len(won) == 1
    assert open_current(layout)[0].id == won[0]
    assert {edition.id for edition in editions(layout)} == {first, *ids}, "nothing is lost"


def test_of_two_processes_that_publish_at_once_one_is_shown_the_conflict(layout: Layout) -> None:
    first = generation(layout, 0)
    publish(layout, first, "c")
    ids = [generation(layout, edition, meta={"first": first}) for edition in range(1, 5)]
    won = together(try_publish, *[(layout.data, written, "c") for written in ids])
    assert sum(won) == 1
    assert current(layout) == Pointer(ids[won.index(True)], "c", 2)


def test_the_first_publication_expects_nothing_to_be_current(layout: Layout) -> None:
    written = generation(layout)
    publish(layout, written, "c0", expected=None)
    with pytest.raises(Conflict, match="Somebody published first"):
        publish(layout, written, "c0", expected=None)


def test_publishers_who_expect_nothing_in_particular_all_go_through(layout: Layout) -> None:
    ids = [generation(layout, edition) for edition in range(6)]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda written: publish(layout, written, "c").number, ids))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_writers_of_the_same_content_at_once_write_one_generation(layout: Layout) -> None:
    with ThreadPoolExecutor(6) as pool:
        written = set(pool.map(lambda _: generation(layout), range(6)))
    assert len(written) == 1
    assert [path.name for path in layout.generations.iterdir() if path.is_dir()] == list(written)


# --- pruning ---------------------------------------------------------------------------------------------------------


def test_pruning_keeps_what_serves_and_the_newest(layout: Layout) -> None:
    ids = [published(layout, edition) for edition in range(8)]
    assert sorted(prune(layout, keep=5)) == sorted(ids[:3])
    assert [edition.id for edition in editions(layout)] == list(reversed(ids[3:]))
    rollback(layout, ids[3])
    assert prune(layout, keep=1) == [], "all others are newer than what serves"
    assert open_current(layout)[0].id == ids[3]
    with pytest.raises(BadRequest):
        prune(layout, keep=0)


def test_roll_back_passes_over_what_was_pruned(layout: Layout) -> None:
    ids = [published(layout, edition) for edition in (0, 1, 2)]
    published(layout, 1)
    publish(layout, ids[2], "c2")
    prune(layout, keep=2)
    assert [rollback(layout).generation for _ in range(3)] == [ids[1], ids[2], ids[1]]
    with pytest.raises(NotReady, match="no earlier edition"):
        rollback(layout)


def test_a_snapshot_that_is_open_outlives_its_pruning(layout: Layout) -> None:
    published(layout, 0)
    snapshot, _ = open_current(layout)
    published(layout, 1)
    prune(layout, keep=1)
    assert not (layout.generations / snapshot.id).exists()
    np.testing.assert_array_equal(snapshot.vectors["text"], vectors(0)["text"])


# --- arrays ----------------------------------------------------------------------------------------------------------


def test_arrays_come_back_as_they_were_saved(layout: Layout) -> None:
    arrays = {
        "item/text": np.arange(6, dtype=np.float32).reshape(2, 3),
        "ids": np.array(["ä", "bb"]),
        "none": np.zeros((0, 4)),
        "one": np.float64(2.5),
        "columns first": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "yes": np.array([True, False]),
        "moments": np.array(["2026-03-01"], dtype="datetime64[us]"),
    }
    save_arrays(layout.calibration / "c", arrays, {"mu": 0.25, "name": "é"})
    found, meta = load_arrays(layout.calibration / "c")
    assert meta == {"mu": 0.25, "name": "é"}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.asarray(array).dtype


def test_sealed_arrays_are_not_changed(layout: Layout) -> None:
    folder = layout.calibration / "c"
    save_arrays(folder, {"a": np.arange(3)}, {"drawn": 1})
    save_arrays(folder, {"a": np.arange(3)}, {"drawn": 2})
    assert load_arrays(folder)[1] == {"drawn": 1}
    with pytest.raises(Conflict):
        save_arrays(folder, {"a": np.arange(4)}, {})
    flip(folder / "000.npy", 1100)
    with pytest.raises(Damaged):
        load_arrays(folder)
    save_arrays(folder, {"a": np.arange(3)}, {"drawn": 3})
    assert load_arrays(folder)[1] == {"drawn": 3}


def test_arrays_of_python_objects_are_refused(layout: Layout) -> None:
    with pytest.raises(ValueError, match="python objects"):
        save_arrays(layout.calibration / "c", {"a": np.array([{}])}, {})
    with pytest.raises(NotReady):
        load_arrays(layout.calibration / "c")


def test_check_says_what_is_wrong_everywhere(layout: Layout) -> None:
    save_source(layout, catalogue(), {})
    published(layout, 0)
    name = json.loads((layout.source / "CURRENT").read_text())["imports"][0]
    flip(layout.source / name / "catalogue.parquet", 4000)
    layout.studio_db.write_bytes(b"this is no database at all, and long enough to be looked at" * 40)
    assert [finding.code for finding in check(layout)] == ["damaged_source", "damaged_studio"]
    assert asdict(check(layout)[0])["count"] == 1


def test_the_clock_is_not_read(layout: Layout, monkeypatch: Any) -> None:
    monkeypatch.setattr("time.time", lambda: pytest.fail("the clock was read"))
    written = generation(layout)
    assert written == generation(layout)
    assert os.listdir(layout.generations / written)


def test_write_generation_takes_findings_as_values_or_as_json(layout: Layout) -> None:
    finding = Finding("no_text", "1 product has no text.", 1, ("001",))
    written = write_generation(
        layout, catalogue=catalogue(), vectors={}, present={}, models={}, template="",
        findings=[finding, finding.as_json()], built_at=NOW,
    )  # fmt: skip
    assert open_snapshot(layout, written).manifest.findings == (finding, finding)
