"""The command line shows what the pages show, in JSON, and refuses in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import cli
from core.shop import Shop
from tests.shop.conftest import own_shop, small_shop  # noqa: F401  fixtures
from tests.worlds import NOW, boutique, drawing

BAG = "handbags-aurel-black"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: F811
    """Run a command on the small shop: (status, output, errors)."""

    def command(*words: str, data: Path | None = None) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(["--data", str(data or small_shop.settings.data), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command


def test_all_lists_come_one_a_line_and_equal_those_asked_for_alone(run: Run, small_shop: Shop) -> None:  # noqa: F811
    status, out, _ = run("recommend", "--all", "-k", "3", "--at", NOW.isoformat(), "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [line["anchor"] for line in lines] == list(small_shop.snapshot.catalogue.ids)
    alone = json.loads(run("recommend", "--anchor", BAG, "-k", "3", "--at", NOW.isoformat(), "--json")[1])
    assert alone in lines


def test_anchors_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text(f"{BAG}\n\nboots-corvin-red\n", encoding="utf-8")
    _, out, _ = run("recommend", "--anchors", str(tmp_path / "ids"), "--json")
    assert [json.loads(line)["anchor"] for line in out.splitlines()] == [BAG, "boots-corvin-red"]


def test_weights_variety_filters_and_exclusions_bend_the_list(run: Run) -> None:
    asked = ("recommend", "--anchor", BAG, "--at", NOW.isoformat(), "--json")
    plain = json.loads(run(*asked)[1])
    shoes = json.loads(run(*asked, "--filter", "category=shoes")[1])
    assert {one["id"].split("-")[0] for one in shoes["items"]} == {"boots", "loafers"}
    words = json.loads(run(*asked, "--weights", "text=1", "--lam", "1")[1])
    assert {name for one in words["items"] for name in one["contributions"]} <= {"base", "text"}
    first = plain["items"][0]["id"]
    assert first not in run(*asked, "--exclude", first)[1]


def test_a_list_can_be_asked_why_and_why_not(run: Run) -> None:
    _, out, _ = run("recommend", "--anchor", BAG, "--at", NOW.isoformat(), "--trace", "--why", "handbags-aurel-red")
    plain = json.loads(out)
    assert [stage["stage"] for stage in plain["trace"]][:2] == ["eligible", "block"]
    assert "colourway" in plain["why_missing"]["reason"]


def test_what_is_in_the_list_is_not_missing_from_it(run: Run) -> None:
    asked = ("recommend", "--anchor", BAG, "--at", NOW.isoformat(), "--json")
    first = json.loads(run(*asked)[1])["items"][0]["id"]
    status, out, _ = run(*asked, "--why", first)
    assert status == 0
    assert json.loads(out)["why_missing"] is None


def test_looks_are_asked_for_by_their_placement(run: Run, small_shop: Shop) -> None:  # noqa: F811
    asked = ("recommend", "--placement", "look", "--anchor", BAG, "--at", NOW.isoformat(), "--json")
    plain = json.loads(run(*asked)[1])
    assert (plain["anchor"], plain["placement"], plain["snapshot"]) == (BAG, "look", small_shop.snapshot.id)
    assert plain["looks"]
    for look in plain["looks"]:
        assert isinstance(look["unfilled"], list)
        for piece in look["pieces"]:
            assert {"role", "id", "score", "contributions"} <= set(piece)
            assert piece["score"] == pytest.approx(sum(piece["contributions"].values()), abs=1e-6)
    shoes = next(piece["id"] for piece in plain["looks"][0]["pieces"] if piece["role"] == "shoes")
    locked = json.loads(run(*asked, "--lock", f"shoes={shoes}", "--count", "1", "--diversity", "0")[1])
    assert [piece["id"] for piece in locked["looks"][0]["pieces"] if piece["role"] == "shoes"] == [shoes]
    house = json.loads(run(*asked, "--brands", "one house")[1])
    assert {small_shop.item(p["id"]).brand for look in house["looks"] for p in look["pieces"]} <= {"Aurel"}
    poor = json.loads(run(*asked, "--budget", "60000")[1])
    assert all(look["total"] is None or look["total"] <= 60000 for look in poor["looks"])
    colour = json.loads(run(*asked, "--weights", "colour=1")[1])
    assert all(
        abs(value) < 1e-9 or name == "colour"
        for look in colour["looks"] for name, value in look["contributions"].items()
    )  # fmt: skip


def test_looks_can_be_asked_why_and_come_one_a_line_for_many(run: Run, tmp_path: Path) -> None:
    asked = ("recommend", "--placement", "look", "--at", NOW.isoformat())
    plain = json.loads(run(*asked, "--anchor", BAG, "--trace", "--why", "handbags-aurel-red")[1])
    assert [stage["stage"] for stage in plain["trace"]][-2:] == ["shortlist", "compose"]
    assert "colourway" in plain["why_missing"]["reason"]
    (tmp_path / "ids").write_text(f"{BAG}\nboots-corvin-red\n", encoding="utf-8")
    status, out, _ = run(*asked, "--anchors", str(tmp_path / "ids"))
    lines = [json.loads(line) for line in out.splitlines()]
    assert (status, [line["anchor"] for line in lines]) == (0, [BAG, "boots-corvin-red"])
    assert lines[0] == json.loads(run(*asked, "--anchor", BAG, "--json")[1])
    told = run(*asked, "--anchor", BAG)[1]
    assert "Shoes" in told


def test_the_coverage_of_looks_is_reported_by_branch(run: Run) -> None:
    status, out, _ = run("looks", "--coverage", "--sample", "30", "--at", NOW.isoformat(), "--json")
    plain = json.loads(out)
    assert status == 0
    assert plain["products"] == 30 == sum(one["products"] for one in plain["branches"])
    assert "of" in run("looks", "--coverage", "--sample", "30", "--at", NOW.isoformat())[1]


def test_substitutes_are_asked_for_by_their_placement(run: Run) -> None:
    plain = json.loads(
        run("recommend", "--placement", "substitute", "--anchor", BAG, "--at", NOW.isoformat(), "--json")[1]
    )
    assert plain["placement"] == "substitute"
    assert all(one["id"].startswith("handbags") for one in plain["items"])


def test_a_folder_where_a_file_should_go_is_said_in_one_line(run: Run, tmp_path: Path, weightless: None) -> None:
    (tmp_path / "texts").write_text("red coat\n", encoding="utf-8")
    status, out, err = run("embed", "--texts", str(tmp_path / "texts"), "--out", str(tmp_path))
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("recommend", "--anchor", "nothing"),
        ("recommend",),
        ("recommend", "--anchor", BAG, "-k", "0"),
        ("recommend", "--anchor", BAG, "--weights", "text=x"),
        ("recommend", "--anchor", BAG, "--weights", "taste=1"),
        ("recommend", "--anchor", BAG, "--lam", "3"),
        ("recommend", "--anchor", BAG, "--at", "yesterday"),
        ("recommend", "--anchor", BAG, "--at", ""),
        ("recommend", "--anchor", BAG, "--filter", "bags"),
        ("recommend", "--anchors", "no-such-file"),
        ("recommend", "--anchors", "/"),
        ("recommend", "--all", "--why", BAG),
        ("recommend", "--all", "--trace"),
        ("recommend", "--anchor", BAG, "--placement", "search"),
        ("recommend", "--anchor", BAG, "--placement", "trending"),
        ("recommend", "--anchor", BAG, "--occasion", "work"),
        ("recommend", "--anchor", BAG, "--lock", f"bag={BAG}"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--filter", "brand=Aurel"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--lock", "shoes"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--lock", "carpet=boots-corvin-red"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--weights", "text=1"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--weights", ""),
        ("recommend", "--anchor", BAG, "--placement", "look", "--brands", "none"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--occasion", "on the moon"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--diversity", "101"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--diversity", "50", "--lam", ".5"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--count", "0"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--budget", "-1"),
        ("recommend", "--anchor", BAG, "--placement", "look", "--why", "nothing"),
        ("recommend", "--all", "--placement", "look", "--trace"),
        ("looks",),
        ("looks", "--coverage", "--sample", "0"),
        ("recommend", "--anchor", BAG, "--why", "nothing"),
        ("recommend", "--anchor", BAG, "-k", "ten"),
        ("recommend", "--anchor", BAG, "--lam", "nan"),
        ("recommend", "--anchor", BAG, "--weights", "text=inf"),
        ("recommend", "--anchor", BAG, "--weights", ""),
        ("recommend", "--anchor", BAG, "--price-from", "5", "--price-to", "1"),
        ("recommend", "--anchor", BAG, "--anchor", "--all"),
        ("recommend", "--anchor", "caf\udce9"),
        ("search", "caf\udce9"),
        ("search",),
        ("build", "--daily", "25:00"),
        ("import", "/"),
        ("import", "no-such-file.csv", "--map", "title"),
        ("import", "no-such-file.csv", "--preset", "nobody"),
        ("embed", "--texts", "no-such-file", "--out", "x.npy"),
        ("snapshot", "rollback", "../../etc"),
        ("snapshot", "dance"),
        ("snapshot", "rollback", "no-such-edition"),
        ("import", "no-such-file.csv"),
        ("embed", "--images", "no-such-folder", "--out", "x.npy"),
        ("recommend", "--anchor", BAG, "--nonsense"),
        ("dance",),
    ],
)
def test_wrong_use_exits_with_2_and_one_clear_line(run: Run, words: tuple[str, ...]) -> None:
    status, out, err = run(*words)
    assert status == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("vitrine")


def test_a_shop_that_was_never_built_says_what_to_do(run: Run, tmp_path: Path) -> None:
    status, _, err = run("recommend", "--anchor", BAG, data=tmp_path / "empty")
    assert status == 2
    assert "vitrine build" in err


def test_import_build_check_list_and_roll_back(run: Run, tmp_path: Path, weightless: None) -> None:
    data, file, folder = tmp_path / "shop", tmp_path / "shop.csv", tmp_path / "pictures"
    folder.mkdir()
    rows = ["id,title,brand,category,colour,price,currency,stock"]
    for item in boutique()[:40]:
        (folder / f"{item.id}.png").write_bytes(drawing(item))
        rows.append(f"{item.id},{item.title},{item.brand},{item.type},{item.colour[0]},{item.price / 100:.2f},EUR,3")
    file.write_text("\n".join([*rows, ",no id,x,x,x,1,EUR,1"]), encoding="utf-8")

    status, out, _ = run("import", str(file), "--images", str(folder), "--json", data=data)
    assert status == 0
    assert json.loads(out)["imported"] is None
    assert not list((data / "source").iterdir())

    aside = tmp_path / "aside.csv"
    status, out, _ = run(
        "import", str(file), "--images", str(folder), "--yes", "--json", "--set-aside", str(aside), data=data
    )
    assert status == 0
    assert json.loads(out)["imported"]["items"] == 40
    assert "no id" in aside.read_text(encoding="utf-8")

    status, out, _ = run("build", data=data)
    assert status == 0
    first = json.loads(out)
    assert first["items"] == 40
    assert first["encoded"] == {"text": 40, "image": 40}
    assert run("check", data=data)[0] == 0

    file.write_text("\n".join(rows[:30]), encoding="utf-8")
    assert run("import", str(file), "--yes", data=data)[0] == 0
    second = json.loads(run("build", data=data)[1])
    listed = json.loads(run("snapshot", "list", data=data)[1])["editions"]
    assert {one["id"]: one["current"] for one in listed} == {first["snapshot"]: False, second["snapshot"]: True}
    back = json.loads(run("snapshot", "rollback", data=data)[1])
    assert back["snapshot"] == first["snapshot"]

    told = json.loads(run("calibrate", data=data)[1])
    assert told["lists"] == 40
    assert "moved" in told


def test_a_damaged_edition_is_found(run: Run, tmp_path: Path, weightless: None) -> None:
    from tests.worlds import open_small_shop

    shop = open_small_shop(tmp_path / "shop")
    file = next((shop.layout.generations / shop.snapshot.id).glob("vectors-*.npy"))
    content = bytearray(file.read_bytes())
    content[-7] ^= 1
    file.write_bytes(content)
    status, out, _ = run("check", data=tmp_path / "shop")
    assert status == 1
    assert shop.snapshot.id in out


def test_embed_gives_one_unit_row_a_line_and_a_picture(run: Run, tmp_path: Path, weightless: None) -> None:
    (tmp_path / "texts").write_bytes("red coat\r\nblue\u2028bag\x0c of felt\n\nhat".encode())
    assert run("embed", "--texts", str(tmp_path / "texts"), "--out", str(tmp_path / "t.npy"))[0] == 0
    texts = np.load(tmp_path / "t.npy")
    assert texts.shape[0] == 4
    assert not texts[2].any()  # a line without words has no direction
    texts = texts[[0, 1, 3]]
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for item in boutique()[:3]:
        (folder / f"{item.id}.png").write_bytes(drawing(item))
    assert run("embed", "--images", str(folder), "--out", str(tmp_path / "i.npy"))[0] == 0
    assert np.load(tmp_path / "i.npy").shape[0] == 3


def test_the_night_build_waits_for_its_hour_in_the_shops_time_zone() -> None:
    from datetime import UTC, datetime
    from pathlib import Path

    from core.build import next_time
    from core.domain.errors import BadRequest
    from core.settings import Settings

    paris = Settings(data=Path("x"), time_zone="Europe/Paris")
    assert next_time("03:00", datetime(2026, 1, 10, 1, 59, tzinfo=UTC), paris) == datetime(2026, 1, 10, 2, tzinfo=UTC)
    assert next_time("03:00", datetime(2026, 1, 10, 2, 0, tzinfo=UTC), paris) == datetime(2026, 1, 11, 2, tzinfo=UTC)
    with pytest.raises(BadRequest):
        next_time("three", datetime(2026, 1, 10, tzinfo=UTC), paris)


def test_training_takes_its_own_options(run: Run) -> None:
    status, out, _ = run("train-image-tower", "--help")
    assert status == 0
    assert "--epochs" in out
