"""Hostile, odd and ordinary pictures: decoded right, or refused with a reason, at once."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core.domain.errors import Refused
from core.embed.pictures import MAX_BYTES, THUMBNAIL, decode, thumbnail

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # pytest undoes the filter of the module itself

RED, BLUE = (200, 30, 40), (40, 70, 190)


def two_halves(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_says(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def close_to(pixel: Any, colour: tuple[int, int, int], slack: int = 14) -> bool:
    return all(abs(int(a) - b) <= slack for a, b in zip(pixel, colour, strict=True))


def near(picture: Image.Image, left: tuple[int, int, int], right: tuple[int, int, int], slack: int = 14) -> None:
    width, height = picture.size
    assert picture.mode == "RGB"
    assert close_to(picture.getpixel((width // 8, height // 2)), left, slack)
    assert close_to(picture.getpixel((width - width // 8 - 1, height // 2)), right, slack)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_ordinary_pictures_come_out_as_they_are(kind: str) -> None:
    near(decode(saved(two_halves(), kind)), RED, BLUE)


REFUSED: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "nothing": (b"", "empty"),
    "a bomb in PNG": (png_that_says(50_000, 50_000), "40 million"),
    "a bomb just above the limit": (png_that_says(8_001, 5_000), "40 million"),
    "a bomb of one line": (png_that_says(2_000_000_000, 1), "40 million"),
    "a bomb in GIF": (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x00\x00\x00;", "million|damaged"),
    "a bomb in BMP": (
        b"BM"
        + struct.pack("<IHHI", 70, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0),
        "million|damaged",
    ),
    "a truncated JPEG": (lambda: saved(two_halves(900, 900), "JPEG")[:-300], "cut off"),
    "a JPEG of which only the preview ends": (lambda: saved(two_halves(900, 900), "JPEG")[:2000], "cut off"),
    "a truncated PNG": (lambda: saved(two_halves(900, 900), "PNG")[:-40], "cut off"),
    "a truncated WebP": (lambda: saved(two_halves(900, 900), "WEBP")[:-20], "cut off"),
    "a truncated BMP": (lambda: saved(two_halves(90, 90), "BMP")[:-300], "cut off|damaged"),
    "a JPEG that is only a head": (b"\xff\xd8\xff\xe0", "cut off|damaged"),
    "a damaged PNG": (lambda: saved(two_halves(), "PNG").replace(b"IDAT", b"IDAX"), "damaged|cut off"),
    "an SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
    "a web page": (b"\n <!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
    "a script": (b"<script>alert(1)</script>", "web page"),
    "a PDF": (b"%PDF-1.7\n", "PDF"),
    "a zip": (b"PK\x03\x04", "zip"),
    "a program": (b"MZ\x90\x00", "program"),
    "a PostScript that Pillow would hand to a program": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "a phone's HEIC": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
    "words": (b"just words", "another kind"),
    "a polyglot that starts as a page": (lambda: b"<html>" + saved(two_halves(), "JPEG"), "web page"),
    "too many bytes": (lambda: b"\xff\xd8\xff" + b"\0" * MAX_BYTES, "MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_pictures_are_refused_with_a_reason_in_50_ms(name: str) -> None:
    made, reason = REFUSED[name]
    data = made() if callable(made) else made
    took = []
    for _ in range(3):  # the quickest of three: others share this processor
        started = time.perf_counter()
        with pytest.raises(Refused, match=reason):
            decode(data)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.05


def test_a_large_truncated_photo_is_refused_before_its_first_half_is_decoded() -> None:
    data = saved(Image.effect_noise((4000, 3000), 60), "JPEG", quality=90)
    started = time.process_time()
    with pytest.raises(Refused, match="cut off"):
        decode(data[: len(data) // 2])
    assert time.process_time() - started < 0.05


def test_a_page_hidden_behind_a_picture_does_not_survive() -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        picture = decode(saved(two_halves(), kind) + hidden)
        near(picture, RED, BLUE)
        assert b"script" not in thumbnail(picture)[0]


def test_metadata_does_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at Maria Rossi's home"
    exif[0x013B] = "Maria Rossi"
    picture = decode(saved(two_halves(), "JPEG", exif=exif.tobytes(), comment=b"Maria Rossi"))
    assert picture.info == {}
    webp = thumbnail(picture)[0]
    assert b"Maria" not in webp
    assert not Image.open(io.BytesIO(webp)).getexif()
    assert b"EXIF" not in webp
    assert b"ICCP" not in webp
    assert b"XMP" not in webp


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_however_the_camera_was_held(orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    upright = two_halves(80, 48)
    stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for within in (None, (20, 20)):
        picture = decode(saved(stored, "JPEG", exif=exif.tobytes(), quality=95), within=within)
        assert picture.width > picture.height
        near(picture, RED, BLUE, slack=20)


def test_cmyk_becomes_the_colours_that_were_meant() -> None:
    near(decode(saved(two_halves().convert("CMYK"), "JPEG", quality=95)), RED, BLUE, slack=20)
    near(decode(saved(two_halves().convert("CMYK"), "TIFF")), RED, BLUE, slack=20)


def test_sixteen_bits_become_eight_without_turning_white() -> None:
    grey = np.zeros((40, 60), dtype=np.uint16)
    grey[:, 30:] = 128 * 257
    for kind in ("PNG", "TIFF"):
        near(decode(saved(Image.fromarray(grey), kind)), (0, 0, 0), (128, 128, 128), slack=3)


def test_sixteen_bit_colour_is_read() -> None:
    rows = b""
    for _ in range(4):
        rows += (
            b"\0"
            + struct.pack(">HHH", 200 * 257, 30 * 257, 40 * 257) * 4
            + struct.pack(">HHH", 40 * 257, 70 * 257, 190 * 257) * 4
        )
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 4, 16, 2, 0, 0, 0))
    near(decode(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")), RED, BLUE, slack=3)


def test_a_cut_out_stands_on_white() -> None:
    cutout = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    cutout.paste((*BLUE, 255), (30, 0, 60, 40))
    near(decode(saved(cutout, "PNG")), (255, 255, 255), BLUE)
    near(decode(saved(cutout, "WEBP", lossless=True)), (255, 255, 255), BLUE)
    near(decode(saved(cutout.quantize(8), "PNG")), (255, 255, 255), BLUE, slack=20)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [two_halves(), Image.new("RGB", (60, 40), (0, 0, 0))]
    for kind in ("GIF", "WEBP", "PNG"):
        near(decode(saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)), RED, BLUE)


def test_a_profile_that_cannot_be_read_is_passed_over() -> None:
    near(decode(saved(two_halves(), "JPEG", icc_profile=b"not a profile")), RED, BLUE)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    near(decode(saved(two_halves(), "JPEG", icc_profile=srgb)), RED, BLUE)


def test_a_thumbnail_fits_its_box_keeps_its_shape_and_never_grows() -> None:
    for size, expected in (((1600, 1000), (320, 200)), ((500, 2000), (100, 400)), ((60, 80), (60, 80))):
        webp, width, height = thumbnail(two_halves(*size))
        assert (width, height) == expected
        assert Image.open(io.BytesIO(webp)).size == expected
    webp, width, height = thumbnail(Image.new("RGB", (20_000, 10)))
    assert width <= THUMBNAIL[0]
    assert height >= 1


def test_equal_pixels_make_equal_bytes() -> None:
    assert thumbnail(decode(saved(two_halves(), "PNG")))[0] == thumbnail(decode(saved(two_halves(), "BMP")))[0]


def test_a_photo_decoded_small_looks_like_the_whole_one() -> None:
    large = two_halves(3000, 2000)
    small = decode(saved(large, "JPEG"), within=THUMBNAIL)
    assert 2 * THUMBNAIL[0] <= small.width < 3000
    near(small, RED, BLUE)


SEEDS = [saved(two_halves(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")]


def decoded_or_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        assert decode(data, within=THUMBNAIL).mode == "RGB"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([b"", *(seed[:12] for seed in SEEDS)]), st.binary(max_size=400))
@example(b"II*\x00", b"\xff" * 40)
def test_random_bytes_never_crash(start: bytes, rest: bytes) -> None:
    decoded_or_refused(start + rest)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8),
    st.integers(0, 60),
)
def test_a_real_picture_with_bytes_changed_or_lost_never_crashes(
    seed: bytes, changes: list[tuple[int, int]], lost: int
) -> None:
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    decoded_or_refused(bytes(data[: len(data) - lost]))
