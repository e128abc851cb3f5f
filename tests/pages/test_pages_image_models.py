"""Shop setup: image models are offered, fetched by consent, tried, built, compared and left again, in plain words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import build as builds
from core import shop as shops
from core.build import Works, build
from core.domain.errors import ModelMissing
from core.embed import registry, shelf
from core.intake import models
from core.settings import Settings, read
from core.store import generations
from core.store.layout import Layout
from tests.embed.tiny_models import tiny_folder
from tests.pages.conftest import Visit, part, words
from tests.worlds import NOW, PlainWorker, boutique, stock_the_shop

pytestmark = pytest.mark.models
PAGE = "shop_setup.py"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_folder(tmp_path_factory.mktemp("brought") / "tiny", seed=5)


@pytest.fixture
def app(tmp_path: Path, weightless: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    """The works of an app on a small shop with one edition."""
    monkeypatch.delenv("VITRINE_IMAGE_MODEL", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    settings = stock_the_shop(tmp_path / "shop", boutique()[:24])
    build(settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    works = Works(read(settings.data))
    works.open()
    monkeypatch.setattr(builds, "_works", works)
    yield works
    done(works)
    works.close()
    shops.install(None)


def done(works: Works) -> None:
    if works._thread is not None:
        works._thread.join(300)
    assert not works.busy


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def bring(at: AppTest, works: Works, path: Path) -> AppTest:
    at.text_input(key="models:path").set_value(str(path))
    press(at, "models:try")
    done(works)
    return at.run()


def on_the_shelf(works: Works, folder: Path) -> None:
    """As if the folder had been tried before."""
    setting = f"local:{folder}"
    card = registry.image_card(works.settings.changed(image_model=setting))
    assert card is not None
    models.remember(works.settings, setting, card)


def toml(works: Works) -> str:
    file = works.serving.settings.data / "settings.toml"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def test_three_models_are_offered_with_what_is_known_of_them_and_no_more(app: Works, visit: Visit) -> None:
    said = words(visit(PAGE))
    for name in ("compact CLIP", "CLIP ViT-B-32", "Marqo FashionSigLIP"):
        assert name in said
    assert "about 151 million parameters" in said
    assert said.count("not measured here") >= 2
    assert "Once an edition was built with another image model" in said


@pytest.mark.slow
def test_a_model_is_brought_built_compared_and_left_again(app: Works, visit: Visit, tiny: Path) -> None:
    at = bring(visit(PAGE), app, tiny)
    assert "Tiny CLIP works" in words(at)
    assert toml(app) == ""
    press(at, f"use:local:{tiny}")
    done(app)
    assert app.error is None
    at.run()
    assert "pictures are read by Tiny CLIP" in words(at)
    assert f"local:{tiny}" in toml(app)

    press(at, "versus:go")
    rows = part(at, "versus:rows")
    assert rows["labels"] == ["Tiny CLIP", "weightless pictures (tests)"]
    assert len(rows["rows"]) == 10
    for row in rows["rows"]:
        one, two = ({piece["id"] for piece in side} for side in row["sides"])
        for side, other in zip(row["sides"], (two, one), strict=True):
            assert all(piece["own"] == (piece["id"] not in other) for piece in side)
    said = words(at)
    assert "The same type" in said
    assert "all 24" in said
    press(at, "versus:next")
    assert [row["anchor"]["id"] for row in part(at, "versus:rows")["rows"]] != [
        row["anchor"]["id"] for row in rows["rows"]
    ]

    before = next(one.id for one in shops.current().editions() if not one.current)
    press(at, f"serve-{before}")
    assert shops.current().snapshot.id == before
    assert 'image_model = "compact"' in toml(app)
    assert "every list comes from that edition now" in words(at)
    assert "A new one has them read by" not in words(at)


@pytest.mark.slow
def test_an_upload_is_kept_only_when_it_works(app: Works, visit: Visit, tiny: Path) -> None:
    at = visit(PAGE)
    weights = (tiny / "open_clip_model.safetensors").read_bytes()
    uploader = next(one for one in at.get("file_uploader") if "ViT-B-32" in one.label)
    uploader.upload("mine.safetensors", weights, "application/octet-stream").run()
    press(at, "models:keep")
    done(app)
    at.run()
    assert "weights of another model" in words(at)
    assert not list((app.settings.data / shelf.BROUGHT).glob("*.safetensors"))


@pytest.mark.parametrize(("typed", "answer"), [("", "Type the path"), ("/nowhere/at/all", "no file or folder")])
def test_a_path_that_leads_nowhere_is_answered_in_a_sentence(app: Works, visit: Visit, typed: str, answer: str) -> None:
    at = visit(PAGE)
    at.text_input(key="models:path").set_value(typed)
    press(at, "models:try")
    assert answer in words(at)
    assert not app.what


def test_a_model_is_fetched_only_after_consent_and_changes_nothing_by_itself(
    app: Works, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(settings: Settings, offer: shelf.Offer, **_: Any) -> None:
        asked.append(offer.key)

    monkeypatch.setattr(models, "fetch", fetch)
    at = visit(PAGE)
    assert asked == []
    serving = generations.current(Layout(app.settings.data))
    press(at, "fetch:fashion-siglip")
    done(app)
    at.run()
    assert asked == ["fashion-siglip"]
    assert "is on this machine now. Nothing was changed" in words(at)
    assert generations.current(Layout(app.settings.data)) == serving


def test_without_a_network_the_page_says_what_to_do(app: Works, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    at = press(visit(PAGE), "fetch:vit-b-32")
    done(app)
    at.run()
    assert isinstance(app.error, ModelMissing)
    assert "cannot be reached from this machine" in words(at)
    assert "local file" in words(at)


def test_where_the_environment_decides_the_page_says_so_and_offers_no_choice(
    app: Works, visit: Visit, monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    on_the_shelf(app, tiny)
    monkeypatch.setenv("VITRINE_IMAGE_MODEL", "compact")
    at = visit(PAGE)
    assert "Models can be fetched and tried here" in words(at)
    press(at, f"use:local:{tiny}")  # a browser can press what is greyed out
    assert "VITRINE_IMAGE_MODEL" in words(at)
    assert not app.what
    assert toml(app) == ""


def test_a_build_that_would_change_the_model_says_so_beside_its_button(app: Works, visit: Visit, tiny: Path) -> None:
    models.choose(app.settings, f"local:{tiny}")
    said = words(visit(PAGE))
    assert "A new one has them read by Tiny CLIP" in said
    assert "Chosen for the next edition" in said


def test_who_has_no_name_changes_nothing(app: Works, visit: Visit, tiny: Path) -> None:
    at = visit(PAGE, who="")
    at.text_input(key="models:path").set_value(str(tiny))
    press(at, "models:try")
    assert "Tell us yours" in words(at)
    assert not app.what


def test_whatever_a_model_calls_itself_is_shown_as_text(app: Works, visit: Visit, tmp_path: Path) -> None:
    harm = tiny_folder(tmp_path / "harm", seed=8, name="<img src=x onerror=alert(1)> :red[x]")
    on_the_shelf(app, harm)
    at = visit(PAGE)
    assert "&lt;img src=x" in words(at)
    assert "<img src=x" not in words(at)


def test_an_upload_is_read_where_it_lies(app: Works) -> None:
    kept = models.keep(app.settings, io.BytesIO(b"weights"), "Meine Gewichte.SAFETENSORS")
    assert kept.parent == app.settings.data / shelf.BROUGHT
    assert kept.suffix == ".safetensors"
    assert kept == models.keep(app.settings, io.BytesIO(b"weights"), "again.safetensors")
