"""Products to come at the command line: rehearsed, planned, kept, seen and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import cli
from tests.worlds import boutique, drawing, open_small_shop


@pytest.fixture
def run(tmp_path: Path, weightless: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VITRINE_WHO", "Ada")
    open_small_shop(tmp_path / "shop", [one for one in boutique() if one.id != "totes-aurel-red"]).studio.close()

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(["--data", str(tmp_path / "shop"), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture
def photo(tmp_path: Path) -> str:
    file = tmp_path / "IMG_0001.png"
    file.write_bytes(drawing(next(one for one in boutique() if one.id == "totes-aurel-red")))
    return str(file)


def test_from_a_photo_to_a_product_and_back(run, photo):
    status, out, _ = run("arrivals", "rehearse", photo, "--title", "Red tote", "--json")
    told = json.loads(out)
    assert status == 0
    assert told["arrival"]["type"] == "Totes"
    assert told["rehearsal"]["shown_in"]
    status, out, _ = run(
        "arrivals",
        "keep",
        photo,
        "--title",
        "Red tote",
        "--release",
        "2099-05-01",
        "--set",
        "brand=Aurel",
        "--stock",
        "4",
    )
    kept = json.loads(out)
    assert (status, kept["waiting"], kept["put"]) == (0, "", [kept["arrival"]["id"]])
    listed = json.loads(run("arrivals", "--json")[1])["arrivals"]
    assert [(one["title"], one["brand"], one["state"]) for one in listed] == [("Red tote", "Aurel", "embargoed")]
    anchor = told["rehearsal"]["shown_in"][0]["anchor"]
    now = json.loads(run("recommend", "--anchor", anchor, "--json")[1])
    later = json.loads(run("recommend", "--anchor", anchor, "--at", "2099-05-02", "--json")[1])
    assert kept["put"][0] not in {one["id"] for one in now["items"]}
    assert kept["put"][0] in {one["id"] for one in later["items"]}
    assert json.loads(run("arrivals", "remove", kept["put"][0])[1])["gone"] == kept["put"]
    assert "no arrivals" in run("arrivals")[1]


def test_a_table_is_planned_first_and_kept_with_yes(run, tmp_path):
    table = tmp_path / "may.csv"
    table.write_text("title,price,colour\nRed tote,120,red\nBad tote,-1,red\n", encoding="utf-8")
    status, out, _ = run("arrivals", "import", str(table), "--release", "2099-05-01")
    assert status == 1
    assert "1 arrival, 1 row refused" in out
    assert "Add --yes" in out
    plain = json.loads(run("arrivals", "import", str(table), "--release", "2099-05-01", "--yes", "--json")[1])
    assert len(plain["kept"]["put"]) == 1


def test_what_cannot_be_done_is_said_in_one_line(run, photo, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    for words in (
        ("arrivals", "keep", photo, "--title", "Red tote"),
        ("arrivals", "rehearse"),
        ("arrivals", "rehearse", str(tmp_path / "broken.jpg")),
        ("arrivals", "rehearse", str(tmp_path / "nowhere.jpg")),
        ("arrivals", "keep", photo, "--title", "x", "--release", "soon"),
        ("arrivals", "keep", photo, "--title", "x", "--set", "path=/etc"),
        ("arrivals", "remove", "nothing"),
    ):
        status, out, err = run(*words)
        assert (status, out, err.count("\n")) == (2, "", 1), words
