"""What arrives in files becomes arrivals or is refused with a reason, whatever the files hold."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.domain.arrivals import Arrival
from core.domain.catalogue import Catalogue, Item
from core.embed.template import PERSONAL
from core.intake import arrivals
from core.intake.arrivals import joined, mark_of, plan_paths, plan_uploads, title_of
from core.intake.thumbs import shrunk
from core.settings import Settings

SHOP = Settings()
RELEASE = datetime(2026, 5, 1, 8, tzinfo=UTC)


def decode(pictures):
    return [shrunk(data) for data in pictures]


def photo(colour="red", size=(40, 50), exif=None) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **({"exif": exif} if exif else {}))
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def planned(*uploads, **more):
    return plan_uploads(list(uploads), decode, settings=SHOP, **more)


def test_each_photo_is_a_product_and_a_numbered_series_is_one():
    plan = planned(
        ("navy-wool-coat_1.jpg", photo("navy")), ("navy-wool-coat_2.jpg", photo("blue")),
        ("IMG_0001.jpg", photo("red")), ("IMG_0002.jpg", photo("green")), release_at=RELEASE,
    )  # fmt: skip
    assert [(one.title, len(one.pictures)) for one in plan.arrivals] == [("Navy wool coat", 2), ("", 1), ("", 1)]
    assert all(one.id.startswith("new-") and one.release_at == RELEASE for one in plan.arrivals)
    assert set(plan.pictures) == {key for one in plan.arrivals for key in one.pictures}


def test_what_is_no_picture_is_refused_by_its_name_and_the_rest_arrives():
    svg, bomb = (
        b"<svg onload='x'>",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00",
    )
    plan = planned(("a red bag.jpg", photo()), ("harmless.jpg", svg), ("bomb.png", bomb), ("cut.jpg", photo()[:200]))
    assert [one.title for one in plan.arrivals] == ["A red bag"]
    assert {name for name, _ in plan.refused} == {"harmless.jpg", "bomb.png", "cut.jpg"}
    assert all(why for _, why in plan.refused)


def test_the_place_of_a_photo_is_not_kept():
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    plan = planned(("coat.jpg", photo(exif=exif)))
    webp = next(iter(plan.pictures.values()))[0]
    assert not Image.open(io.BytesIO(webp)).getexif()
    assert b"EXIF" not in webp


def test_names_that_would_leave_their_folder_are_only_names(tmp_path):
    plan = planned(("../../etc/passwd.jpg", photo()), ("C:\\x\\red bag.jpg", photo("blue")), ("", photo("green")))
    assert len(plan.arrivals) == 3
    assert plan.named[plan.arrivals[1].id] == "red bag.jpg"
    evil = zipped(**{"../up.jpg": photo(), "/abs.jpg": photo(), "fine.jpg": photo("blue")})
    assert len(planned(("photos.zip", evil)).arrivals) == 1


TABLE = (
    b"title,price,colour,image,release date\n"
    b"Red bag,120,red,red.jpg,2026-06-01\n"
    b"Blue bag,-5,blue,blue.jpg,\n"
    b"=cmd(),80,black,../../etc/passwd,\n"
)


def test_a_table_without_ids_and_with_faults_arrives_as_far_as_it_can():
    plan = planned(("my arrivals.csv", TABLE), ("red.jpg", photo()), release_at=RELEASE)
    found = {one.title: one for one in plan.arrivals}
    assert set(found) == {"Red bag", "=cmd()"}
    assert found["Red bag"].price == 12_000
    assert len(found["Red bag"].pictures) == 1
    assert found["Red bag"].release_at.month in (5, 6)
    assert found["=cmd()"].release_at == RELEASE
    assert plan.refused_rows == 1
    assert {"negative_price", "picture_path"} <= {one.code for one in plan.findings}
    assert all("my arrivals.csv, row" in plan.named[one.id] for one in plan.arrivals)


def test_photos_that_no_row_names_are_products_of_their_own():
    plan = planned(("x.csv", b"id,title\nbag-1,Red bag\n"), ("bag-1.jpg", photo()), ("IMG_7.jpg", photo("blue")))
    assert [(one.id[:4], len(one.pictures)) for one in plan.arrivals] == [("bag-", 1), ("new-", 1)]
    assert "pictures_left" not in plan.counts


def test_ids_that_are_taken_are_refused():
    plan = planned(("x.csv", b"id,title\nbag-1,Red bag\nbag-2,Blue bag\n"), taken={"bag-1"})
    assert [one.id for one in plan.arrivals] == ["bag-2"]
    assert "id_taken" in plan.counts


def test_a_folder_and_a_file_are_planned_where_they_lie(tmp_path):
    (tmp_path / "capsule" / "green hat").mkdir(parents=True)
    (tmp_path / "capsule" / "green hat" / "IMG_1.jpg").write_bytes(photo("green"))
    (tmp_path / "capsule" / "green hat" / "IMG_2.jpg").write_bytes(photo("lime"))
    (tmp_path / "capsule" / "IMG_3.jpg").write_bytes(photo("pink"))
    (tmp_path / "red scarf.jpg").write_bytes(photo())
    plan = plan_paths([tmp_path / "capsule", tmp_path / "red scarf.jpg"], decode, settings=SHOP)
    assert sorted((one.title, len(one.pictures)) for one in plan.arrivals) == [
        ("", 1),
        ("Green hat", 2),
        ("Red scarf", 1),
    ]


def test_what_does_not_fit_in_time_is_refused_and_said():
    plan = planned(*[(f"IMG_{n}.jpg", photo()) for n in range(20)], seconds=-1)
    assert plan.arrivals == ()
    assert len(plan.refused) == 20


def test_a_batch_has_its_limit(monkeypatch):
    monkeypatch.setattr(arrivals, "MOST", 3)
    plan = planned(*[(f"IMG_{n}.jpg", photo((n * 20, 10, 10))) for n in range(6)])
    assert len(plan.arrivals) == 3
    assert "too_many" in plan.counts


@pytest.mark.parametrize(
    ("stem", "title"),
    [("DSC01234", ""), ("WhatsApp Image 2026-03-01", ""), ("black_dress", "Black dress"), ("7", ""), ("été", "Été"),
     ("veste d’été", "Veste d’été"), ("0f3a9c", ""), ("photo", ""), ("xy", "")],
)  # fmt: skip
def test_a_title_is_read_only_where_a_person_wrote_one(stem, title):
    assert title_of(stem) == title or (stem == "xy" and title_of(stem) in ("", "Xy"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.csv", "b.jpg", "c.zip", "d.xlsx", "e.parquet", "f", "..", "g.tsv", "\x00.png"]),
            st.one_of(
                st.binary(max_size=400),
                st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
                st.sampled_from([TABLE, photo(), photo()[:150], zipped(**{"x.jpg": photo()}), zipped(**{"x": b""})]),
            ),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_no_file_brings_the_intake_down(uploads):
    plan = planned(*uploads)
    assert all(Arrival.from_json(one.as_json()) == one for one in plan.arrivals)
    assert len({one.id for one in plan.arrivals}) == len(plan.arrivals)


# -- into the source -----------------------------------------------------------------------------------------------

BAG, HAT = Item("bag-1", title="A bag", currency="GBP"), Item("hat-1", title="A hat")
COAT = Arrival("new-1", title="A coat", price=100, release_at=RELEASE)


def test_arrivals_join_change_and_leave():
    shop = Catalogue.of([BAG, HAT])
    first = joined(shop, {}, {COAT.id: COAT}, "EUR")
    assert first.put == (COAT.id,)
    assert first.catalogue.item(COAT.id).currency == "GBP"
    assert not joined(first.catalogue, first.marks, {COAT.id: COAT}, "EUR").changed
    later = COAT.changed(release_at=RELEASE + timedelta(days=1))
    second = joined(first.catalogue, first.marks, {COAT.id: later}, "EUR")
    assert second.catalogue.item(COAT.id).release_at == later.release_at
    third = joined(second.catalogue, second.marks, {}, "EUR")
    assert third.gone == (COAT.id,)
    assert third.catalogue.frame.equals(shop.frame)


def test_a_row_of_the_feed_is_never_overwritten():
    own = COAT.changed(id="hat-1")
    found = joined(Catalogue.of([BAG, HAT]), {}, {own.id: own}, "EUR")
    assert (found.put, found.theirs) == ((), ("hat-1",))
    assert found.catalogue.item("hat-1").title == "A hat"


def test_what_looks_personal_stays_out_of_the_words():
    told = COAT.changed(description="Returned by Jane Doe, order no. A-10293")
    assert (
        "description" in joined(Catalogue.of([BAG]), {}, {told.id: told}, "EUR").catalogue.item("new-1").extra[PERSONAL]
    )
    assert mark_of(told) != mark_of(COAT)
