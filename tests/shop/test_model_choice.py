"""Choosing another image model is one step, is written down, and goes back whole; nothing is swapped silently."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core import build as builds
from core import cli
from core import shop as shops
from core.build import Serving, Works, build, daily, model_change, other_edition, roll_back, studio_of
from core.domain.errors import BadRequest, ModelMissing
from core.embed import shelf
from core.embed.worker import EncoderWorker
from core.intake import models
from core.settings import Settings, read
from core.store import generations
from core.store.layout import Layout
from tests.embed.tiny_models import tiny_folder
from tests.worlds import NOW, boutique, stock_the_shop

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that a person brings as a folder."""
    return tiny_folder(tmp_path_factory.mktemp("brought") / "tiny", seed=5)


@pytest.fixture
def stocked(tmp_path: Path, weightless: None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A shop with one edition, whose settings file somebody wrote with care."""
    monkeypatch.delenv("VITRINE_IMAGE_MODEL", raising=False)
    settings = stock_the_shop(tmp_path / "shop", boutique()[:24])
    (settings.data / "settings.toml").write_text('# ours\nshop_name = "Aurel"  # the house\n', encoding="utf-8")
    settings = read(settings.data)
    with EncoderWorker(settings) as worker:
        build(settings, worker=worker, at=NOW)
    return settings


@pytest.fixture
def works(stocked: Settings) -> Iterator[Works]:
    made = Works(stocked)
    made.open()
    yield made
    finished(made)
    made.close()
    shops.install(None)


def finished(works: Works) -> None:
    if works._thread is not None:
        works._thread.join(300)
    assert not works.busy


def until(true: Callable[[], bool], seconds: float = 180) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def toml(settings: Settings) -> str:
    return (settings.data / "settings.toml").read_text(encoding="utf-8")


def reads_words_for_pictures() -> bool:
    """Whether typed words meet pictures in one space, in the edition that serves."""
    shop = shops.current()
    if shop.unread or not until(lambda: shop.words("black boots").image is not None):
        return False
    return len(shop.words("black boots").image) == shop.snapshot.vectors["image"].shape[1]


def test_a_model_is_chosen_built_and_served_and_going_back_takes_the_choice_back(
    works: Works, stocked: Settings, tiny: Path
) -> None:
    before = shops.current().snapshot.id
    assert reads_words_for_pictures()
    assert works.use_image_model(f"local:{tiny}", "Tiny CLIP")
    finished(works)
    assert works.error is None
    after = shops.current()
    assert after.snapshot.id != before
    assert after.snapshot.manifest.models["image"]["name"] == "Tiny CLIP"
    assert after.snapshot.vectors["image"].shape[1] == 32
    assert works.built is not None
    assert works.built.encoded["text"] == 0
    assert toml(stocked) == f'# ours\nshop_name = "Aurel"  # the house\nimage_model = "local:{tiny}"\n'
    assert works.settings.image_model == f"local:{tiny}"
    assert reads_words_for_pictures()
    assert [one.id for one in after.editions() if not one.current] == [before]
    assert other_edition(after.layout) == (after.snapshot.id, before)
    assert model_change(works.settings) is None

    went = works.roll_back(before)
    assert went.note == ""
    assert shops.current().snapshot.id == before
    assert 'image_model = "compact"' in toml(stocked)
    assert works.settings.image_model == "compact"
    assert model_change(works.settings) is None
    assert reads_words_for_pictures()


def test_what_the_command_line_rolls_back_is_read_by_its_own_model_in_a_running_app(
    works: Works, stocked: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = shops.current().snapshot.id
    works.use_image_model(f"local:{tiny}", "Tiny CLIP")
    finished(works)
    works.serving.follow()
    assert cli.main(["--data", str(stocked.data), "snapshot", "rollback"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["snapshot"], told["image_model"]) == (first, "compact")
    assert until(lambda: shops.current().snapshot.id == first)
    assert reads_words_for_pictures()
    assert works.settings.image_model == "compact"  # so the next build swaps nothing


def test_an_edition_is_read_by_its_own_model_though_the_settings_name_another(stocked: Settings, tiny: Path) -> None:
    other = stocked.changed(image_model=f"local:{tiny}")
    serving = Serving(other, worker=EncoderWorker(other), studio=studio_of(other))
    try:
        serving.install()
        assert serving.reads.image_model == "compact"
        assert reads_words_for_pictures()
        assert "Tiny CLIP" in (model_change(other) or "")
    finally:
        serving.close()
        shops.install(None)


def test_where_its_model_is_gone_a_search_says_what_it_goes_without_and_so_does_the_roll_back(
    works: Works, stocked: Settings, tmp_path: Path
) -> None:
    brief = tiny_folder(tmp_path / "brief", seed=6)
    first = shops.current().snapshot.id
    works.use_image_model(f"local:{brief}", "Tiny CLIP")
    finished(works)
    second = shops.current().snapshot.id
    works.roll_back(first)
    (brief / "open_clip_model.safetensors").unlink()
    went = works.roll_back(second)
    assert "Tiny CLIP" in went.note
    assert "weightless" in went.note
    assert shops.current().snapshot.id == second
    assert "image" in shops.current().unread


def test_the_environment_stands_above_a_choice_and_nothing_pretends_otherwise(
    works: Works, stocked: Settings, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = toml(stocked)
    first = shops.current().snapshot.id
    monkeypatch.setenv("VITRINE_IMAGE_MODEL", f"local:{tiny}")
    with pytest.raises(BadRequest, match="VITRINE_IMAGE_MODEL"):
        works.use_image_model("compact", "compact CLIP")
    assert toml(stocked) == written
    with EncoderWorker(read(stocked.data)) as worker:
        build(read(stocked.data), worker=worker, at=NOW)
    went = roll_back(read(stocked.data), first)
    assert "VITRINE_IMAGE_MODEL" in went.note
    assert went.settings.image_model == f"local:{tiny}"
    assert toml(stocked) == written


@pytest.mark.parametrize("wrong", ["nonsense", "other"])
def test_a_wrong_file_is_said_plainly_and_changes_nothing(
    works: Works, stocked: Settings, tmp_path: Path, tiny: Path, wrong: str
) -> None:
    file = tmp_path / "wrong.safetensors"
    file.write_bytes(b"no" * 50 if wrong == "nonsense" else (tiny / "open_clip_model.safetensors").read_bytes())
    before, written = generations.current(Layout(stocked.data)), toml(stocked)
    works.use_image_model(shelf.vit_setting(str(file)), "ViT-B-32")
    finished(works)
    assert works.error is not None
    assert "cannot be loaded" in works.error.message
    assert generations.current(Layout(stocked.data)) == before
    assert toml(stocked) == written
    assert works.settings.image_model == "compact"


def test_a_build_that_fails_takes_the_choice_back(
    works: Works, stocked: Settings, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = toml(stocked)

    def fails(*_: object, **__: object) -> None:
        assert "local:" in toml(stocked)
        raise RuntimeError("a fault")

    monkeypatch.setattr(builds, "build", fails)
    works.use_image_model(f"local:{tiny}", "Tiny CLIP")
    finished(works)
    assert works.error is not None
    assert toml(stocked) == written


def test_an_unreadable_settings_file_is_not_written_over(works: Works, stocked: Settings, tiny: Path) -> None:
    (stocked.data / "settings.toml").write_bytes(b"shop_name = ")
    works.use_image_model(f"local:{tiny}", "Tiny CLIP")
    finished(works)
    assert works.error is not None
    assert "cannot be read" in works.error.message
    assert toml(stocked) == "shop_name = "
    first = shops.current().snapshot.id
    assert generations.editions(Layout(stocked.data))[0].id == first


def test_a_settings_file_keeps_its_readers_and_its_place(stocked: Settings, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    file = stocked.data / "settings.toml"
    real.write_bytes(file.read_bytes())
    real.chmod(0o600)
    file.unlink()
    file.symlink_to(real)
    models.choose(stocked, "none")
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert read(stocked.data).image_model == "none"


def test_a_build_with_another_model_says_so_before_it_begins(
    stocked: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert model_change(stocked) is None
    assert "would go without them" in (model_change(stocked.changed(image_model="none")) or "")
    assert "would go without them" in (model_change(stocked.changed(image_model="local:/gone")) or "")
    models.choose(stocked, f"local:{tiny}")
    assert cli.main(["--data", str(stocked.data), "build"]) == 0
    said = capsys.readouterr().err
    assert said.startswith(
        "vitrine: The edition that serves has pictures read by weightless pictures (tests). A new one"
    )
    assert said.index("Tiny CLIP") < said.index("Looking at the pictures")


def test_a_nightly_build_follows_the_choice_that_was_made_by_day(
    stocked: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[builds.Built] = []

    def sleep(seconds: float) -> None:
        models.choose(stocked, f"local:{tiny}")

    def now() -> datetime:
        return NOW

    with EncoderWorker(stocked) as worker:
        daily(stocked, "03:00", worker=worker, tell=told.append, now=now, sleep=sleep, days=1)
    manifest = generations.read_manifest(Layout(stocked.data), told[0].snapshot)
    assert manifest.models["image"]["name"] == "Tiny CLIP"
    assert "Tiny CLIP" in capsys.readouterr().err


# -- what people bring ---------------------------------------------------------------------------------------------


def test_an_upload_that_is_no_model_is_not_kept(stocked: Settings, tiny: Path) -> None:
    weights = (tiny / "open_clip_model.safetensors").read_bytes()
    with pytest.raises(ModelMissing, match="weights of another model"):
        models.take_upload(stocked, io.BytesIO(weights), "mine.safetensors")
    for data, name, words in ((b"", "a.pt", "empty"), (b"x", "a.exe", "was not kept")):
        with pytest.raises(BadRequest, match=words):
            models.take_upload(stocked, io.BytesIO(data), name)
    assert not [path for path in (stocked.data / shelf.BROUGHT).iterdir() if not path.name.startswith(".")]
    assert shelf.known(stocked.data) == []


def test_a_folder_that_works_stands_on_the_shelf_from_then_on(stocked: Settings, tiny: Path) -> None:
    known = models.take_local(stocked, shelf.local_setting(str(tiny)))
    assert known.setting == f"local:{tiny}"
    found = next(one for one in shelf.shelf(stocked) if one.offer.setting == known.setting)
    assert found.here
    assert found.card is not None
    assert (found.card.name, found.card.key) == ("Tiny CLIP", known.key)
    assert found.parameters > 1000
    models.take_local(stocked, known.setting)
    assert len(shelf.known(stocked.data)) == 1


STORE = """
import io, sys, time
from pathlib import Path
from core.intake import models
from core.settings import Settings

class Slow(io.BytesIO):
    reads = 0
    def read(self, size=-1):
        Slow.reads += 1
        if Slow.reads > 8:  # half-way through the second reading, the one that writes
            print("half", flush=True)
            time.sleep(60)
        return super().read(size)

models.keep(Settings(data=Path(sys.argv[1])), Slow(bytes(5 << 20)), "w.safetensors")
"""


def test_a_kill_while_an_upload_is_kept_leaves_no_half_file(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STORE, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    folder = tmp_path / shelf.BROUGHT
    left = [path.name for path in folder.iterdir()]
    assert left
    assert all(name.startswith(".") for name in left)
    kept = models.keep(Settings(data=tmp_path), io.BytesIO(bytes(5 << 20)), "w.safetensors")
    assert [path.name for path in folder.iterdir()] == [kept.name]
    assert kept.stat().st_size == 5 << 20
