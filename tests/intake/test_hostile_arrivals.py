"""Whatever files are dropped as arrivals, a plan comes of it: products that hold, and a reason for the rest.

By hand for longer: VITRINE_FUZZ=100 python -m pytest -n 0 tests/intake/test_hostile_arrivals.py
"""

from __future__ import annotations

import io
import resource
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.domain.arrivals import Arrival
from core.domain.catalogue import Catalogue
from core.domain.errors import ShopError
from core.intake.arrivals import Plan, plan_uploads, product
from core.intake.thumbs import shrunk
from core.settings import Settings
from tests.fuzz import tries

RELEASE = datetime(2026, 5, 1, 8, tzinfo=UTC)
GROWTH = 600 << 20  # bytes that all examples together may add to the most that the process ever held
COLUMNS = ("id", "title", "price", "stock", "colour", "type", "category", "image", "release date", "audience", "brand",
           "description", "currency", "", "title", "quantity", "size", "\ufeffid", "=1+1", "x" * 300)  # fmt: skip
CELLS = ("", "NA", "nan", "007", "12,50", "1.234,56", "-5", "1e309", "=cmd()", "@x", "<script>alert(1)</script>",
         "../../etc/passwd", "red|blue", "red;blue", '{"S": 2}', "S=2, M=4", "2026-13-45", "2026-06-01", "01/02/2026",
         "9999-12-31", "0001-01-01", "\x00", "\ud7ff\u202e", "\u00e9" * 3, "a" * 21_000, "'", '"', "ines@example.com",
         "99999999999999999999", "men", "WOMEN", "no such audience", "\t", "a\nb", "\U0001f45c")  # fmt: skip


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 50), "red").save(out, "JPEG")
    return out.getvalue()


PHOTO = photo()
cells = st.sampled_from(CELLS) | st.text(max_size=12)


@st.composite
def tables(draw) -> bytes:
    """A table as people save them: other separators and encodings, ragged, quoted and torn."""
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=7))
    rows = draw(st.lists(st.lists(cells, max_size=8), max_size=6))
    mark = draw(st.sampled_from([",", ";", "\t", "|"]))
    quote = draw(st.sampled_from(["", '"']))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = [mark.join(f"{quote}{cell}{quote}" for cell in row) for row in [columns, *rows]]
    text = end.join(lines) + draw(st.sampled_from(["", end, '"', "\x00"]))
    coding = draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252"]))
    data = bytearray(text.encode(coding, "replace"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


@st.composite
def zips(draw) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for name in draw(st.lists(names, max_size=4, unique=True)):
            if name and "\x00" not in name:
                archive.writestr(name, draw(st.sampled_from([PHOTO, PHOTO[:99], b"<svg>", b"\0" * 10**6, b""])))
    data = bytearray(out.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        data[at : at + 2] = draw(st.binary(max_size=4))
    return bytes(data)


ENDINGS = (".csv", ".tsv", ".txt", ".CSV", ".xlsx", ".parquet", ".json")
names = st.sampled_from(["red bag.jpg", "IMG_1.jpg", "../up.jpg", "/etc/passwd.png", "C:\\x\\y.jpg", "a/b/c.jpg", "",
                         ".jpg", "con.jpg", "x" * 300 + ".jpg", "\ud7ff.jpg",
                         "<b>.webp"]) | st.text(max_size=8)  # fmt: skip


@st.composite
def uploads(draw) -> list[tuple[str, bytes]]:
    out = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["table", "table", "table", "photo", "zip", "other"]))
        stem = draw(names)
        if kind == "table":
            out.append((stem + draw(st.sampled_from(ENDINGS)), draw(tables())))
        elif kind == "zip":
            out.append((stem + ".zip", draw(zips())))
        else:
            out.append((stem, PHOTO if kind == "photo" else draw(st.binary(max_size=200))))
    return out


def planned(files: list[tuple[str, bytes]]) -> Plan | None:
    """The plan, or None where the files are refused as a whole, with a reason."""
    try:
        return plan_uploads(
            files, lambda data: [shrunk(one) for one in data], settings=Settings(), taken={"007"}, release_at=RELEASE,
            seconds=30,
        )  # fmt: skip
    except ShopError as error:
        if not error.message.strip():
            pytest.fail("refused without a reason")
        return None


@tries(60)
@given(uploads())
def test_any_files_make_a_plan_that_holds_or_say_why_not(given_files: list[tuple[str, bytes]]):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    plan = planned(given_files)
    if plan is None:
        return
    ids = [one.id for one in plan.arrivals]
    assert len(set(ids)) == len(ids)
    assert "007" not in ids
    for one in plan.arrivals:
        assert Arrival.from_json(one.as_json()) == one
        assert all(key in plan.pictures for key in one.pictures)
        assert one.release_at is not None
    assert len(Catalogue.of([product(one, "EUR") for one in plan.arrivals])) == len(ids)
    assert all(why.strip() for _, why in plan.refused)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < GROWTH


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".json", ".zip", ".jpg", ""])
@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"\xff\xfe", PHOTO, b"id\n" + b'"' * 5000])
def test_a_file_that_is_not_what_its_name_says_does_no_harm(ending: str, data: bytes):
    plan = planned([("capsule" + ending, data)])
    assert plan is None or plan.arrivals or plan.refused or plan.findings
