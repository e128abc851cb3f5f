"""Two editions side by side: the shares are those one would count by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core import cli
from core.build import build, other_edition, side_of
from core.domain.catalogue import Item
from core.domain.errors import BadRequest
from core.embed.weightless import WeightlessImage
from core.embed.worker import EncoderWorker
from core.lab import editions
from core.lab.editions import Side
from core.rank.calibrate import calibrate
from core.recommend.view import Edition, View, open_view
from core.settings import Settings
from core.store.layout import Layout
from tests.embed.tiny_models import tiny_folder
from tests.worlds import NOW, boutique, stock_the_shop

TYPES = ("Bags", "Shoes", "Coats")
COLOURS = ("red", "blue")


def shop(by: str, *, count: int = 60) -> View:
    """Products that an imagined model places by their type ("type") or by their colour ("colour"), with a grain."""
    from core.domain.catalogue import Catalogue

    items = [
        Item(
            id=f"{n:03d}", title=f"Piece {n}", type=TYPES[n % 3], category=(TYPES[n % 3],),
            colour=(COLOURS[n // 3 % 2],), brand=f"House {n % 7}",
        )
        for n in range(count)
    ]  # fmt: skip
    rng = np.random.default_rng(4)
    centres = np.eye(8, dtype=np.float32)
    place = [n % 3 if by == "type" else n // 3 % 2 for n in range(count)]
    vectors = centres[place] + 0.05 * rng.standard_normal((count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    catalogue = Catalogue.of(items)
    held, present = {"image": vectors}, {"image": np.ones(count, dtype=bool)}
    return open_view(Edition(f"edition-{by}", catalogue, held, present), calibrate(catalogue, held, present))


@pytest.fixture(scope="module")
def sides() -> tuple[Side, Side]:
    return Side("a" * 16, "by type", shop("type")), Side("b" * 16, "by colour", shop("colour"))


def test_a_model_that_sees_types_finds_the_type_and_one_that_sees_colours_the_colour(sides: tuple[Side, Side]) -> None:
    found = editions.compare(*sides, at=NOW)
    assert (found.comparable, found.counted) == (60, 60)
    assert found.same["type"].values[0] == 1.0
    assert found.same["colour"].values[1] == 1.0
    assert found.same["type"].gained == pytest.approx(found.same["type"].values[1] - 1.0)
    assert found.same["type"].gained < -0.5
    assert found.same["type"].products == 60
    assert 0 < found.same["type"].within < 0.1


def test_the_shares_are_those_counted_by_hand(sides: tuple[Side, Side]) -> None:
    for place, side in enumerate(sides):
        vectors = np.asarray(side.view.snapshot.vectors["image"], dtype=np.float64)
        near = vectors @ vectors.T
        np.fill_diagonal(near, -2)
        first = np.argsort(-near, axis=1, kind="stable")[:, : editions.NEAREST]
        types = np.array([TYPES[n % 3] for n in range(60)])
        by_hand = float((types[first] == types[:, None]).mean())
        assert editions.compare(*sides, at=NOW).same["type"].values[place] == pytest.approx(by_hand, abs=0.02)


def test_an_edition_beside_itself_gains_nothing(sides: tuple[Side, Side]) -> None:
    one = sides[0]
    found = editions.compare(one, one, at=NOW)
    assert found.overlap == 1.0
    assert all(share.gained == 0 and share.within == 0 for share in found.same.values())
    assert all(line.first == line.second for line in editions.side_by_side(one, one, at=NOW))


def test_ten_products_come_by_a_fixed_rule_departments_in_turn_and_ten_others_after(sides: tuple[Side, Side]) -> None:
    first = editions.side_by_side(*sides, at=NOW)
    assert first == editions.side_by_side(*sides, at=NOW)
    assert [line.anchor for line in first] == [line.anchor for line in editions.side_by_side(*sides[::-1], at=NOW)]
    assert len(first) == 10
    assert all(len(line.first) == len(line.second) == 6 for line in first)
    departments = [TYPES[int(line.anchor) % 3] for line in first]
    assert max(departments.count(one) for one in TYPES) == 4
    second = editions.side_by_side(*sides, at=NOW, page=1)
    assert not {line.anchor for line in first} & {line.anchor for line in second}
    assert editions.side_by_side(*sides, at=NOW, page=6) == first  # sixty products are six pages


def test_a_large_shop_is_sampled_and_says_so(sides: tuple[Side, Side]) -> None:
    told: list[tuple[int, int]] = []
    found = editions.compare(*sides, at=NOW, most=20, progress=lambda done, total: told.append((done, total)))
    assert (found.comparable, found.counted) == (60, 20)
    assert told[-1] == (40, 40)


def test_an_edition_without_pictures_is_not_compared(sides: tuple[Side, Side]) -> None:
    from core.domain.catalogue import Catalogue

    catalogue = Catalogue.of([Item("1", title="x")])
    bare = Side("c" * 16, "none", open_view(Edition("bare", catalogue, {}, {}), calibrate(catalogue, {}, {})))
    with pytest.raises(BadRequest, match="compares no pictures"):
        editions.compare(sides[0], bare, at=NOW)


# -- editions on disk, and the command line ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A shop with an edition by each of two models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        patch.delenv("VITRINE_IMAGE_MODEL", raising=False)
        settings = stock_the_shop(tmp_path_factory.mktemp("two") / "shop", boutique()[:48])
        tiny = tiny_folder(tmp_path_factory.mktemp("brought") / "tiny", seed=2)
        for chosen in (settings, settings.changed(image_model=f"local:{tiny}")):
            with EncoderWorker(chosen) as worker:
                build(chosen, worker=worker, at=NOW)
        yield settings


@pytest.mark.models
def test_the_edition_that_serves_is_compared_with_the_newest_of_another_model(two: Settings) -> None:
    pair = other_edition(Layout(two.data))
    assert pair is not None
    first, second = (side_of(two, one, at=NOW) for one in pair)
    assert (first.model, second.model) == ("Tiny CLIP", WeightlessImage.name)
    found = editions.compare(first, second, at=NOW)
    assert found.comparable == 48
    assert set(found.same) == {"type", "colour"}


@pytest.mark.models
def test_the_command_line_lists_the_models_and_compares_editions(
    two: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_TEST_ENCODERS", "weightless")

    def run(*words: str) -> tuple[int, str, str]:
        status = cli.main(["--data", str(two.data), "models", *words])
        return status, *capsys.readouterr()

    told = json.loads(run("--json")[1])
    assert [one["name"] for one in told["models"]][:3] == ["compact", "vit-b-32", "fashion-siglip"]
    assert told["serving"]["name"] == "Tiny CLIP"
    assert "Tiny CLIP" in told["change"]  # the settings still name the compact one
    assert "CLIP ViT-B-32" in run()[1]
    compared = json.loads(run("compare", "--json")[1])
    assert compared["models"] == ["Tiny CLIP", WeightlessImage.name]
    assert len(compared["beside"]) == 10
    again = json.loads(run("compare", *reversed(compared["editions"]), "--json")[1])
    assert again["same"]["type"]["values"] == compared["same"]["type"]["values"][::-1]
    assert "in common" in run("compare")[1]
    assert run("compare", "0" * 16, "1" * 16)[0] == 2
    assert run("fetch")[0] == 2
    assert run("fetch", "other", "--yes")[0] == 2
    status, said, _ = run("fetch", "vit-b-32")
    assert status == 1
    assert "605 MB" in said


def test_what_the_command_line_cannot_fetch_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert cli.main(["--data", str(tmp_path), "models", "fetch", "fashion-siglip", "--yes"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "cannot be reached from this machine" in said
    assert "local file" in said
