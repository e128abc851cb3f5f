"""Vectors and pictures are found by their content, and what is damaged is missing, never wrong."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from store_kills import together
from store_worlds import hashes, picture, rows

from core.domain.errors import Damaged
from core.store.pictures import PicturePack, UnknownPicture, picture_key
from core.store.vectors import VectorCache


def test_what_was_added_is_found_and_the_rest_is_named_missing(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    assert cache.find("m", ["a"])[1].shape == (1, 0)
    cache.add("m", hashes(0, 3), rows(0, 3))
    for again in (cache, VectorCache(tmp_path)):
        found, vectors = again.find("m", ["hash-2", "other", "hash-0", "hash-2"])
        assert found.tolist() == [True, False, True, True]
        np.testing.assert_array_equal(vectors, [[2] * 4, [0] * 4, [0] * 4, [2] * 4])
        assert vectors.dtype == np.float32


def test_models_do_not_share_vectors(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    for key in ("a/b", "a-b", "A/B", "hf-hub:x/y@é", "../up"):
        cache.add(key, ["h"], np.full((1, len(key)), len(key), dtype=np.float32))
    assert len(list(tmp_path.iterdir())) == 5
    for key in ("a/b", "a-b", "A/B", "hf-hub:x/y@é", "../up"):
        assert VectorCache(tmp_path).find(key, ["h"])[1].tolist() == [[len(key)] * len(key)]


def test_a_hash_keeps_its_first_vector(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.add("m", ["a"], np.ones((1, 2), dtype=np.float32))
    cache.add("m", ["a", "b", "b"], np.full((3, 2), 7, dtype=np.float32))
    assert cache.find("m", ["a", "b"])[1].tolist() == [[1, 1], [7, 7]]
    files = sorted(tmp_path.rglob("*"))
    cache.add("m", ["a", "b"], np.zeros((2, 2), dtype=np.float32))
    assert sorted(tmp_path.rglob("*")) == files, "nothing new, nothing written"


def test_two_processes_that_encode_the_same_agree_afterwards(tmp_path: Path) -> None:
    here, there = VectorCache(tmp_path), VectorCache(tmp_path)
    here.find("m", ["a"])
    there.find("m", ["a"])
    here._write("m", ("a",), np.full((1, 2), 1, dtype=np.float32))  # both found it missing and encoded it
    there._write("m", ("a",), np.full((1, 2), 2, dtype=np.float32))
    told = [cache.find("m", ["a"])[1].tolist() for cache in (here, there, VectorCache(tmp_path))]
    assert told[0] == told[1] == told[2]


def test_what_another_process_added_is_seen(tmp_path: Path) -> None:
    here, there = VectorCache(tmp_path), VectorCache(tmp_path)
    here.add("m", ["a"], np.ones((1, 2), dtype=np.float32))
    there.add("m", ["b"], np.ones((1, 2), dtype=np.float32))
    assert here.find("m", ["a", "b"])[0].all()
    assert there.find("m", ["a", "b"])[0].all()


@pytest.mark.parametrize(
    "given", [np.ones((2, 2)), np.ones(1), np.full((1, 2), np.nan), np.ones((1, 3))], ids=["two", "flat", "nan", "long"]
)
def test_vectors_that_make_no_sense_are_refused(tmp_path: Path, given: np.ndarray) -> None:
    cache = VectorCache(tmp_path)
    cache.add("m", ["a"], np.ones((1, 2), dtype=np.float32))
    with pytest.raises(ValueError, match=r"."):
        cache.add("m", ["b"], given)


def test_a_damaged_shard_is_missing_reported_and_encoded_again(tmp_path: Path) -> None:
    VectorCache(tmp_path).add("m", hashes(0, 3), rows(0, 3))
    VectorCache(tmp_path).add("m", hashes(3, 6), rows(3, 6))
    shards = sorted(tmp_path.glob("*/*.*"))
    assert len(shards) == 4
    bits = random.Random(0)
    for path in shards:
        whole = path.read_bytes()
        for _ in range(40):
            data = bytearray(whole)
            bit = bits.randrange(len(data) * 8)
            data[bit // 8] ^= 1 << bit % 8
            path.write_bytes(data)
            cache = VectorCache(tmp_path)
            found, vectors = cache.find("m", hashes(0, 6))
            assert found.sum() in (3, 6)
            np.testing.assert_array_equal(vectors[found], rows(0, 6)[found])
            if found.all():
                assert path.suffix == ".json", "only what JSON does not mind may pass"
            else:
                assert path.stem in cache.findings[0]
                assert path.stem in cache.check()[0]
        cache.add("m", hashes(0, 6), rows(0, 6))
        assert VectorCache(tmp_path).find("m", hashes(0, 6))[0].all()
        path.write_bytes(whole)


def test_a_shard_that_is_written_again_after_damage_is_found(tmp_path: Path) -> None:
    VectorCache(tmp_path).add("m", hashes(0, 3), rows(0, 3))
    path = next(tmp_path.glob("*/*.npy"))
    path.write_bytes(path.read_bytes()[:-1])
    cache = VectorCache(tmp_path)
    assert not cache.find("m", hashes(0, 3))[0].any()
    cache.add("m", hashes(0, 3), rows(0, 3))
    assert cache.find("m", hashes(0, 3))[0].all()
    assert VectorCache(tmp_path).find("m", hashes(0, 3))[0].all()
    assert VectorCache(tmp_path).check() == []


# --- pictures ---


def test_a_picture_is_found_by_its_content(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path / "pictures")
    key = pack.add(picture(1), 320, 400)
    assert key == picture_key(picture(1))
    assert len(key) == 32
    assert pack.has(key), "before it is on disk"
    assert pack.read(key) == picture(1)
    pack.flush()
    for again in (pack, PicturePack(tmp_path / "pictures")):
        assert again.has(key)
        assert again.read(key) == picture(1)
        assert again.size(key) == (320, 400)
        assert len(again) == 1


@pytest.mark.parametrize("key", ["", "0" * 32, "../../etc/passwd", "nonsense", "Ü" * 32])
def test_a_picture_that_is_not_there_is_said_to_be_missing(tmp_path: Path, key: str) -> None:
    pack = PicturePack(tmp_path)
    pack.add(picture(1), 3, 4)
    pack.flush()
    assert not pack.has(key)
    for ask in (pack.read, pack.size):
        with pytest.raises(UnknownPicture) as caught:
            ask(key)
        assert caught.value.status == 404


def test_a_picture_is_kept_once(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path)
    for _ in range(3):
        pack.add(picture(1), 3, 4)
        pack.flush()
    PicturePack(tmp_path).add(picture(1), 3, 4)
    assert (tmp_path / "pack").stat().st_size == 32 + len(picture(1))


@pytest.mark.parametrize(("data", "width", "height"), [(b"", 1, 1), (b"x", 0, 1), (b"x", 1, 70_000)])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes, width: int, height: int) -> None:
    with pytest.raises(ValueError, match="no picture"):
        PicturePack(tmp_path).add(data, width, height)


def test_readers_see_what_a_writer_adds_meanwhile(tmp_path: Path) -> None:
    reader, writer = PicturePack(tmp_path), PicturePack(tmp_path)
    for number in range(30):
        key = writer.add(picture(number), 3, 4)
        assert not reader.has(key)
        writer.flush()
        assert reader.read(key) == picture(number)


def test_many_threads_may_read_while_others_write(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path)

    def add_and_read(number: int) -> bool:
        key = pack.add(picture(number), 3, 4)
        if number % 7 == 0:
            pack.flush()
        return pack.read(key) == picture(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(add_and_read, range(300)))
    pack.flush()
    again = PicturePack(tmp_path)
    assert all(again.read(picture_key(picture(number))) == picture(number) for number in range(300))
    assert again.check() == []


def add_portion(folder: Path, start: int) -> None:
    pack = PicturePack(folder)
    for number in range(start, start + 40):
        pack.add(picture(number), 3, 4)
        if number % 3 == 0:
            pack.flush()
    pack.flush()


def test_several_processes_may_write(tmp_path: Path) -> None:
    together(add_portion, *[(tmp_path, start) for start in (0, 20, 40)])
    pack = PicturePack(tmp_path)
    assert len(pack) == 80
    assert pack.check() == []


def test_a_damaged_picture_is_named_and_never_handed_out(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path)
    keys = [pack.add(picture(number), 3, 4) for number in range(5)]
    pack.flush()
    data = bytearray((tmp_path / "pack").read_bytes())
    data[-3] ^= 16
    (tmp_path / "pack").write_bytes(data)
    pack = PicturePack(tmp_path)
    with pytest.raises(Damaged, match=keys[4]):
        pack.read(keys[4])
    assert pack.read(keys[0]) == picture(0)
    assert len(pack.check()) == 1
    assert keys[4] in pack.check()[0]


def test_no_flipped_bit_in_the_index_hands_out_a_wrong_picture_and_all_come_back(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path)
    keys = [pack.add(picture(number), 3, number + 1) for number in range(5)]
    pack.flush()
    whole = (tmp_path / "index").read_bytes()
    for bit in range(0, len(whole) * 8, 5):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        (tmp_path / "index").write_bytes(data)
        damaged = PicturePack(tmp_path)
        there = [key for key in keys if damaged.has(key)]
        assert len(there) == 4
        assert len(damaged.findings) == 1
        assert damaged.check()
        assert all(damaged.read(key) == picture(keys.index(key)) for key in there)
        damaged.mend()
        for again in (damaged, PicturePack(tmp_path)):
            assert [(again.read(key), again.size(key)) for key in keys] == [
                (picture(number), (3, number + 1)) for number in range(5)
            ]
        assert PicturePack(tmp_path).check() == []


def test_a_lost_index_is_made_again_from_the_pack(tmp_path: Path) -> None:
    pack = PicturePack(tmp_path)
    keys = [pack.add(picture(number), 3, 4) for number in range(5)]
    pack.flush()
    (tmp_path / "index").unlink()
    pack = PicturePack(tmp_path)
    assert len(pack) == 0
    pack.add(picture(9), 3, 4)
    pack.flush()
    assert all(pack.has(key) for key in keys)
    assert pack.check() == []


def test_rubbish_in_the_pack_hides_nothing(tmp_path: Path) -> None:
    for number in range(4):
        pack = PicturePack(tmp_path)
        pack.add(picture(number), 3, 4)
        pack.flush()
        with (tmp_path / "pack").open("ab") as file:
            file.write([b"VPIC", b"VPICVPIC" + b"\0" * 40, b"x", b"VPIC" + b"\xff" * 28][number])
    (tmp_path / "index").unlink()
    pack = PicturePack(tmp_path)
    pack.mend()
    assert len(pack) == 4
    assert pack.check() == []


def test_thirty_five_thousand_pictures_are_kept_and_read_quickly(tmp_path: Path) -> None:
    data = [number.to_bytes(4, "big") * 300 for number in range(35_000)]
    pack = PicturePack(tmp_path)
    started = time.process_time()
    keys = [pack.add(picture, 320, 400) for picture in data]
    pack.flush()
    assert time.process_time() - started < 20
    pack = PicturePack(tmp_path)
    started = time.process_time()
    for key in keys[::7]:
        pack.read(key)
    assert (time.process_time() - started) / 5000 < 100e-6
