"""Whatever bytes are dropped as a picture: the process that opens them answers, stays alive and keeps to its memory.

By hand for longer: VITRINE_FUZZ=100 python -m pytest -n 0 tests/embed/test_hostile_pictures.py
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.embed.pictures import THUMBNAIL
from core.embed.worker import EncoderWorker
from core.settings import Settings
from tests.fuzz import tries

MEMORY = 1 << 30  # bytes that the process may hold while it opens pictures
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
HEADS = (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>", b"<!doctype html><script>alert(1)</script>",
         b"%PDF-1.7\n", b"PK\x03\x04", b"\x7fELF", b"GIF89a", b"\xff\xd8\xff",
         b"RIFF\xff\xff\xff\xffWEBPVP8 ")  # fmt: skip


def drawn(size: tuple[int, int] = (97, 61), mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    noise[:, : size[0] // 2] = (200, 30, 60)
    return Image.fromarray(noise).convert(mode)


def saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, depth: int, colour: int, filling: bytes) -> bytes:
    """A PNG whose header says anything at all, with right checksums."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(filling)) + chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = orientation, {1: "N", 2: (48.0, 51.0, 24.0)}
    return saved(drawn(), "JPEG", exif=exif)


def sixteen() -> Image.Image:
    return Image.fromarray(np.arange(97 * 61, dtype=np.uint16).reshape(61, 97) * 11)


SEEDS: dict[str, bytes] = {
    **{kind: saved(drawn(), kind) for kind in KINDS},
    "CMYK JPEG": saved(drawn(mode="CMYK"), "JPEG"), "CMYK TIFF": saved(drawn(mode="CMYK"), "TIFF"),
    "progressive JPEG": saved(drawn(), "JPEG", progressive=True), "16-bit PNG": saved(sixteen(), "PNG"),
    "16-bit TIFF": saved(sixteen(), "TIFF"), "cut-out PNG": saved(drawn(mode="RGBA"), "PNG"),
    "palette PNG": saved(drawn(mode="P"), "PNG"), "packed TIFF": saved(drawn(), "TIFF", compression="tiff_lzw"),
    "moving GIF": saved(drawn(mode="P"), "GIF", save_all=True, append_images=[drawn(mode="P")] * 3),
    "moving WEBP": saved(drawn(), "WEBP", save_all=True, append_images=[drawn()] * 3),
    **{f"turned {one}": turned(one) for one in (0, 3, 6, 9)},
}  # fmt: skip


@st.composite
def hostile(draw) -> bytes:
    """A picture with bytes changed, lost, repeated or put in, another file before or behind it, or a bomb."""
    kind = draw(st.sampled_from(["changed", "changed", "changed", "behind", "before", "bomb", "noise"]))
    data = bytearray(SEEDS[draw(st.sampled_from(sorted(SEEDS)))])
    if kind == "noise":
        return draw(st.sampled_from([b"", *HEADS, bytes(data[:24])])) + draw(st.binary(max_size=300))
    if kind == "bomb":
        sides = st.sampled_from([0, 1, 2, 65_535, 6_000, 2**31 - 1, 2**32 - 1]) | st.integers(0, 10_000)
        return png_of(
            draw(sides), draw(sides), draw(st.sampled_from([0, 1, 2, 4, 8, 16, 255])),
            draw(st.sampled_from([0, 2, 3, 4, 6, 7])), b"\0" * draw(st.sampled_from([0, 10, 10**5, 10**6])),
        )  # fmt: skip
    if kind in ("behind", "before"):
        other = draw(st.sampled_from([*HEADS, *SEEDS.values()])) + draw(st.binary(max_size=60))
        return bytes(data) + other if kind == "behind" else other + bytes(data)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(data), 400) if draw(st.booleans()) else len(data)))  # often in the header
        match draw(st.sampled_from(["set", "cut", "again", "in", "large"])):
            case "set":
                some = draw(st.binary(min_size=1, max_size=4))
                data[at : at + len(some)] = some
            case "cut":
                del data[at : at + draw(st.integers(1, len(data) + 1))]
            case "again":
                part = data[at : at + draw(st.integers(1, 400))]
                data[at:at] = bytes(part) * draw(st.sampled_from([1, 2, 50]))
            case "in":
                data[at:at] = draw(st.binary(min_size=1, max_size=40))
            case _:
                size = draw(st.sampled_from([2, 4]))
                data[at : at + size] = draw(st.sampled_from([b"\xff", b"\x7f", b"\0"])) * size
    return bytes(data)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncoderWorker]:
    folder = tmp_path_factory.mktemp("hostile")
    with EncoderWorker(Settings(data=folder), memory_limit=MEMORY, weightless_for_tests=True) as made:
        assert all(isinstance(one, tuple) for one in made.decode_pictures(list(SEEDS.values())))
        yield made


def most_held(pid: int) -> int:
    """Bytes that a process held at its most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


@tries(40)
@given(st.lists(hostile(), min_size=1, max_size=8))
def test_any_bytes_are_a_thumbnail_or_refused_and_the_process_lives_on(worker: EncoderWorker, uploads: list[bytes]):
    before = worker.pid
    found = worker.decode_pictures(uploads)
    assert worker.pid == before, "the process went down"
    assert len(found) == len(uploads)
    for one in found:
        if isinstance(one, str):
            assert one.strip()
            continue
        webp, width, height = one
        picture = Image.open(io.BytesIO(webp))
        assert (picture.format, picture.size) == ("WEBP", (width, height))
        assert width <= THUMBNAIL[0]
        assert height <= THUMBNAIL[1]
        assert not picture.getexif()
        assert not {"exif", "icc_profile", "xmp"} & set(picture.info)
        assert not any(head in webp for head in HEADS[:2])
    if Path(f"/proc/{before}/status").exists():
        assert most_held(before) < MEMORY


@pytest.mark.parametrize("name", SEEDS)
def test_every_kind_is_cut_short_without_harm(worker: EncoderWorker, name: str):
    data = SEEDS[name]
    before = worker.pid
    found = worker.decode_pictures([data[: len(data) * at // 12] for at in range(12)])
    assert worker.pid == before
    assert isinstance(found[0], str)
