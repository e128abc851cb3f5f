"""Pictures find their product, and nothing else finds its way in."""

from __future__ import annotations

import io
import os
import stat
import sys
import threading
import unicodedata
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from core.domain.errors import Refused
from core.intake import thumbs
from core.intake.importer import carry_out, plan
from core.intake.pictures import Entry, FolderSource, PictureIndex, PictureLimits, match, unsafe_path
from core.intake.report import Findings
from core.intake.thumbs import GIVEN_UP, thumbnails
from core.settings import Settings
from core.store.layout import Layout
from core.store.pictures import PicturePack
from core.store.source import load_source

AT = datetime(2026, 5, 1, tzinfo=UTC)


def picture(colour: str = "red", size: tuple[int, int] = (30, 40), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def filled(folder: Path, *names: str, data: bytes | None = None) -> Path:
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data or picture(size=(30 + i, 40)))
    return folder


def zipped(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def matched(paths: list[Path], ids: list[str], names: dict[str, tuple[str, ...]] | None = None, padded: int = 0):
    findings = Findings()
    with PictureIndex(paths, findings) as index:
        found = match(ids, index, findings, names=names or {}, rows={}, padded=padded).found
    return {item: [entry.name for entry in entries] for item, entries in found.items()}, findings


def test_pictures_are_found_by_id_with_their_further_views(tmp_path):
    folder = filled(
        tmp_path / "p", "a/7.jpg", "7_2.png", "7-1.webp", "8/front.jpg", "8/back.jpg", "b.JPG", "9_1.jpg", "10_1.jpg"
    )
    found, findings = matched([folder], ["7", "8", "B", "9", "10_1", "10", "11"])
    assert found == {
        "7": ["a/7.jpg", "7-1.webp", "7_2.png"], "8": ["8/back.jpg", "8/front.jpg"], "B": ["b.JPG"], "9": ["9_1.jpg"],
        "10_1": ["10_1.jpg"],
    }  # fmt: skip
    assert findings.counts == {}


def test_pictures_are_found_by_the_names_a_catalogue_gives(tmp_path):
    folder = filled(tmp_path / "p", "x/one.jpg", "y/one.jpg", "two.png")
    names = {"1": ("Y\\one.jpg", "two"), "2": ("C:/shop/img/two.png",), "3": ("none.jpg",), "4": ("../p/two.png",)}
    found, findings = matched([folder], ["1", "2", "3", "4"], names)
    assert found == {"1": ["y/one.jpg", "two.png"]}
    assert findings.counts == {"picture_path": 2, "picture_not_found": 1, "pictures_left": 1}


def test_several_folders_and_zips_are_one_place(tmp_path):
    archive = zipped(
        tmp_path / "a.zip", **{"images/1.jpg": picture(), "readme.txt": b"hello", "__MACOSX/._1.jpg": b"x"}
    )
    found, findings = matched([filled(tmp_path / "p", "2.jpg"), archive], ["1", "2"])
    assert found == {"1": ["images/1.jpg"], "2": ["2.jpg"]}
    assert findings.counts == {"not_pictures": 1}


def test_hms_layout_is_found_for_ids_that_lost_their_zero(tmp_path):
    folder = filled(tmp_path / "p", "010/0108775015.jpg", "011/0110065001.jpg")
    found, _ = matched([folder], ["108775015", "0110065001"], padded=10)
    assert found == {"108775015": ["010/0108775015.jpg"], "0110065001": ["011/0110065001.jpg"]}


@pytest.mark.parametrize(
    "name", ["../x.jpg", "/etc/x.jpg", "C:\\x.jpg", "a/../../x.jpg", "", " ", "x\0.jpg", "..\\x.jpg"]
)
def test_names_that_leave_their_folder_are_known(name):
    assert unsafe_path(name)


def test_zip_slip_links_encryption_and_bombs_are_passed_over(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../1.jpg", picture())
        link = zipfile.ZipInfo("2.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("3.jpg", b"\0" * (5 << 20))
        archive.writestr("4.jpg", picture())
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")  # the last entry of the directory, 4.jpg, says it is encrypted
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    found, findings = matched([path], ["1", "2", "3", "4"])
    assert found == {}
    assert findings.counts == {"picture_unsafe": 4}


def test_symbolic_links_are_not_followed(tmp_path):
    outside = filled(tmp_path / "outside", "1.jpg", "2.jpg")
    folder = filled(tmp_path / "p", "3.jpg")
    (folder / "1.jpg").symlink_to(outside / "1.jpg")
    (folder / "more").symlink_to(outside)
    found, findings = matched([folder], ["1", "2", "3"])
    assert found == {"3": ["3.jpg"]}
    assert findings.counts == {"picture_link": 1}
    with pytest.raises(Refused):
        FolderSource(folder, PictureLimits()).read("1.jpg")
    with pytest.raises(Refused, match="leads out"):
        FolderSource(folder, PictureLimits()).read("more/2.jpg")


def test_a_pipe_among_the_pictures_does_not_hang_the_shop(tmp_path):
    folder = filled(tmp_path / "p", "1.jpg")
    os.mkfifo(folder / "2.jpg")
    assert matched([folder], ["1", "2"])[0] == {"1": ["1.jpg"]}


def test_limits_on_count_and_size_hold(tmp_path):
    folder = filled(tmp_path / "p", "1.jpg", "2.jpg", "3.jpg")
    with pytest.raises(Refused, match="more than 2 pictures"):
        PictureIndex([folder], Findings(), limits=PictureLimits(files=2))
    findings = Findings()
    with PictureIndex([folder], findings, limits=PictureLimits(file_bytes=10)) as index:
        assert index.entries == []
    assert findings.counts == {"picture_too_large": 3}


def test_what_a_zip_says_of_a_size_is_not_believed(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"1.jpg": os.urandom(4000)})
    with PictureIndex([path], Findings(), limits=PictureLimits(file_bytes=2000)) as index:
        assert index.entries == []
        with pytest.raises(Refused):
            index.read(Entry(0, "1.jpg", 10))


@pytest.mark.parametrize("name", ["nowhere", "table.csv", "broken.zip"])
def test_what_is_no_place_for_pictures_is_refused(tmp_path, name):
    (tmp_path / "table.csv").write_text("id\n1\n")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing more")
    with pytest.raises(Refused, match=name):
        PictureIndex([tmp_path / name], Findings())


def test_pictures_are_imported_anew_encoded_and_bad_ones_named(tmp_path):
    folder = filled(tmp_path / "p", "1.jpg", data=picture("blue", (900, 1200), "JPEG"))
    filled(folder, "2.jpg", data=b"<svg onload=alert(1)>")
    filled(folder, "3.jpg", data=picture("red")[:60])
    (tmp_path / "shop.csv").write_text("id,title\n1,Bag\n2,Hat\n3,Cap\n4,Tie\n")
    layout = Layout(tmp_path / "data")
    told: list[tuple[str, int, int]] = []
    result = plan(tmp_path / "shop.csv", images=[folder], settings=Settings())
    assert result.report.pictures.items == 3
    done = carry_out(result, layout, who="Ada", at=AT, workers=1, progress=lambda *now: told.append(now))
    assert (done.pictures, sorted(item for item, _, _ in done.pictures_refused)) == (1, ["2", "3"])
    assert told[0] == ("pictures", 0, 3)
    assert ("pictures", 3, 3) in told
    assert told[-1] == ("catalogue", 1, 1)
    (key,) = load_source(layout)[0].item("1").pictures
    pack = PicturePack(layout.pictures)
    assert pack.size(key) == (300, 400)
    assert pack.read(key)[8:12] == b"WEBP"


def test_the_second_import_decodes_only_what_is_new(tmp_path, monkeypatch):
    folder = filled(tmp_path / "p", "1.jpg", "2.jpg")
    (tmp_path / "shop.csv").write_text("id,title\n1,Bag\n2,Hat\n3,Cap\n")
    layout = Layout(tmp_path / "data")
    seen: list[int] = []
    monkeypatch.setattr(thumbs, "shrunk", lambda data, plain=thumbs.shrunk: (seen.append(len(data)), plain(data))[1])
    for expected in (2, 1, 0):
        seen.clear()
        result = plan(tmp_path / "shop.csv", images=[folder], settings=Settings())
        done = carry_out(result, layout, who="Ada", at=AT, workers=0)
        assert len(seen) == expected
        filled(folder, "3.jpg", data=picture("green"))
    assert [len(item.pictures) for item in done.catalogue] == [1, 1, 1]
    (layout.pictures / "uploads.json").write_text("{broken")
    assert carry_out(result, layout, who="Ada", at=AT, workers=0).pictures == 3


def test_without_pictures_given_products_keep_theirs_and_urls_are_not_fetched(tmp_path):
    folder = filled(tmp_path / "p", "1.jpg")
    layout = Layout(tmp_path / "data")
    (tmp_path / "shop.csv").write_text(
        "id,title,image_url,image\n1,Bag,https://example.org/1.jpg,http://x/2.jpg\n2,Hat,,2.jpg\n"
    )
    first = plan(tmp_path / "shop.csv", images=[folder], settings=Settings())
    assert first.report.counts == {"picture_urls": 1, "picture_not_found": 1}
    before = carry_out(first, layout, who="Ada", at=AT, workers=0).catalogue
    second = plan(tmp_path / "shop.csv", settings=Settings(), present=before)
    assert second.report.counts == {"picture_urls": 1, "pictures_not_given": 1}
    assert second.report.pictures.kept == 1
    assert carry_out(second, layout, who="Ada", at=AT).catalogue.item("1").pictures == before.item("1").pictures != ()


def test_a_replacing_import_says_which_pictures_it_would_lose(tmp_path):
    layout = Layout(tmp_path / "data")
    (tmp_path / "shop.csv").write_text("id,title\n1,Bag\n2,Hat\n")
    first = plan(tmp_path / "shop.csv", images=[filled(tmp_path / "p", "1.jpg", "2.jpg")], settings=Settings())
    present = carry_out(first, layout, who="Ada", at=AT, workers=0).catalogue
    images = [filled(tmp_path / "q", "2.jpg")]
    second = plan(tmp_path / "shop.csv", images=images, settings=Settings(), present=present)
    assert second.report.counts == {"pictures_lost": 1}
    merging = plan(tmp_path / "shop.csv", images=images, settings=Settings(), present=present, merge=True)
    assert merging.report.counts == {}
    after = carry_out(merging, layout, who="Ada", at=AT, workers=0).catalogue
    assert after.item("1").pictures == present.item("1").pictures != ()


def test_accents_are_one_letter_however_a_disk_writes_them(tmp_path):
    folder = filled(tmp_path / "p", unicodedata.normalize("NFD", "Été.jpg"))
    assert matched([folder], ["été"])[0] == {"été": [unicodedata.normalize("NFD", "Été.jpg")]}


def test_a_picture_that_went_after_the_check_is_named(tmp_path):
    (tmp_path / "shop.csv").write_text("id,title\n1,Bag\n2,Hat\n")
    folder = filled(tmp_path / "p", "1.jpg", "2.jpg")
    result = plan(tmp_path / "shop.csv", images=[folder], settings=Settings())
    (folder / "2.jpg").unlink()
    done = carry_out(result, Layout(tmp_path / "data"), who="Ada", at=AT, workers=0)
    assert [(item, name) for item, name, _ in done.pictures_refused] == [("2", "2.jpg")]


def test_hms_articles_and_pictures_are_imported_in_their_layout(tmp_path):
    (tmp_path / "articles.csv").write_text(
        "article_id,product_code,prod_name,product_type_name,index_group_name\n"
        "0108775015,0108775,Strap top,Vest top,Ladieswear\n0110065001,0110065,OP T-shirt,Bra,Ladieswear\n"
    )
    folder = filled(tmp_path / "images", "010/0108775015.jpg", "011/0110065001.jpg")
    result = plan(tmp_path / "articles.csv", images=[folder], settings=Settings())
    assert result.report.preset == "hm"
    catalogue = carry_out(result, Layout(tmp_path / "data"), who="Ada", at=AT, workers=0).catalogue
    assert [(item.family_id, len(item.pictures)) for item in catalogue] == [("0108775", 1), ("0110065", 1)]


BRITTLE = """
import os, sys, time
from core.embed import wire
from core.intake import thumbs
decode = thumbs.shrunk
def shrunk(data):
    if data == b"die":
        os._exit(9)
    if data == b"hang":
        time.sleep(60)
    if data == b"nonsense":
        sys.__stdout__.buffer.write(b"x" * 64)
    return decode(data)
thumbs.shrunk = shrunk
thumbs.main()
"""


@pytest.mark.parametrize("fault", [b"die", b"hang", b"nonsense"])
def test_a_picture_that_brings_the_decoder_down_costs_itself_only(fault):
    uploads = [(i, picture(size=(20 + i, 20))) for i in range(5)]
    uploads[3] = (3, fault)
    results = dict(thumbnails(uploads, workers=2, seconds=4, command=[sys.executable, "-c", BRITTLE]))
    assert [i for i, result in results.items() if result == GIVEN_UP] == [3]
    assert sorted(results) == [0, 1, 2, 3, 4]


def test_a_broken_off_import_leaves_no_process_behind():
    names = threading.active_count()
    started = thumbnails(((i, picture()) for i in range(200)), workers=2)
    next(started)
    started.close()
    assert threading.active_count() == names
