"""Where image models lie on this machine. Looks and reads; imports no model library.

A local model is a folder with `open_clip_config.json` (open_clip's own layout) and weights beside it. The folder may
leave its text tower to MiniLM: then the config names that model and its folder is found when the model is loaded.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.errors import BadRequest, ModelMissing, ShopError
from core.embed import minilm
from core.embed.processor import has_bf16
from core.embed.protocols import EncoderCard
from core.settings import Settings

MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"
COMPACT = "compact-clip"
CONFIG = "open_clip_config.json"
HUB = "hf-hub:"
BUILT_IN = "open_clip:"
FOLDER = "local:"
WEIGHT_KINDS = (".safetensors", ".pt")
TAGGED = {("ViT-B-32", "laion2b_s34b_b79k"): "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"}  # where open_clip has a tag from
HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin")
FORMS = "compact, none, open_clip:NAME:TAG_OR_FILE, hf-hub:OWNER/MODEL or local:FOLDER"
OFF = "Pictures are shown but not compared: the image model is set to none."
NOT_THERE = "Pictures are shown but not compared: the compact image model is not part of this installation."


@dataclass(frozen=True, slots=True)
class Where:
    """How an image model is named and where it would be.

    model:   open_clip's name of the architecture, or "hf-hub:OWNER/MODEL"; "" for a folder.
    weights: file of the weights, for a folder and for open_clip:NAME:FILE.
    tag:     open_clip's name of a set of weights, for open_clip:NAME:TAG.
    folder:  for a local folder.
    """

    model: str = ""
    weights: Path | None = None
    tag: str | None = None
    folder: Path | None = None


def locate(settings: Settings) -> Where | None:
    """What `settings.image_model` means; None when there is no image model.

    Raises BadRequest when the setting makes no sense, ModelMissing when it names files that are not there.
    """
    setting = settings.image_model.strip()
    if setting == "none":
        return None
    if setting == "compact":
        folder = MODELS / COMPACT
        return _folder(folder) if folder.is_dir() and weights_in(folder) is not None else None
    if setting.startswith(HUB) and "/" in setting:
        return Where(model=setting)
    if setting.startswith(BUILT_IN):
        name, _, source = setting.removeprefix(BUILT_IN).partition(":")
        if name and source:
            return _named(name, source, settings.data)
    elif setting.startswith(FOLDER):
        folder = _path(setting.removeprefix(FOLDER), settings.data)
        if folder.is_dir():
            return _folder(folder)
        raise ModelMissing(
            f"The settings name the folder {setting.removeprefix(FOLDER)!r} as image model; there is none."
        )
    raise BadRequest(f"{settings.image_model!r} names no image model. Write {FORMS}.")


def _path(written: str, data: Path) -> Path:
    """A path as a person writes it; a relative one is looked for here, then in the shop's folder, which may move."""
    path = Path(written).expanduser()
    return path if path.is_absolute() or path.exists() else data / path


def _named(name: str, source: str, data: Path) -> Where:
    file = _path(source, data)
    if file.is_file():
        return Where(model=name, weights=file)
    if file.suffix in (".safetensors", ".pt", ".bin", ".pth") or "/" in source or "\\" in source:
        raise ModelMissing(f"The settings name the file {source!r} as weights of {name}; there is none.")
    return Where(model=name, tag=source)


def _folder(folder: Path) -> Where:
    if not (folder / CONFIG).is_file():
        raise ModelMissing(f"The image model in {folder} has no {CONFIG}. Name a folder in open_clip's layout.")
    weights = weights_in(folder)
    if weights is None:
        raise ModelMissing(f"The image model in {folder} has no weights (.safetensors). Put them beside {CONFIG}.")
    return Where(weights=weights, folder=folder)


def weights_in(folder: Path) -> Path | None:
    files = sorted(folder.glob("*.safetensors"))
    preferred = [file for file in files if file.name in HUB_WEIGHTS]
    return next(iter(preferred or files), None)


def config_in(folder: Path) -> dict[str, Any]:
    """The model config of a folder: {"model_cfg", "preprocess_cfg", …}. Raises ModelMissing."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if not all(isinstance(config["model_cfg"][tower], dict) for tower in ("vision_cfg", "text_cfg")):
            raise TypeError("model_cfg lacks its towers")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"{folder / CONFIG} cannot be read as an open_clip model: {error}.") from None
    return dict(config)


def card_of(where: Where) -> EncoderCard:
    """What the model at `where` will be called, without loading it. Raises ModelMissing, BadRequest.

    The key follows the weights' bytes where they are a file, the revision for a hub model, and the name for a tag of
    open_clip, which always means the same weights.
    """
    note = ""
    if where.folder is not None and where.weights is not None:
        config = config_in(where.folder)
        cfg, note = config["model_cfg"], str(config.get("note") or "")
        of = [minilm.sha256_of(where.weights), cfg["vision_cfg"], config.get("preprocess_cfg")]
    elif where.model.startswith(HUB):
        repository = where.model.removeprefix(HUB)
        snapshot = minilm.snapshot_in_hub_cache(repository)
        if snapshot is None:
            raise ModelMissing(f"The image model {repository} is not on this machine. Fetch it in Shop setup.")
        cfg, of = config_in(snapshot)["model_cfg"], [repository, snapshot.name]
    else:
        cfg = built_in_config(where.model)
        of = [where.model, where.tag if where.weights is None else minilm.sha256_of(where.weights)]
    mark = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:12]
    kind = "bf16" if has_bf16() else "fp32"
    return EncoderCard(name_of(where), f"image-{mark}-{kind}", int(cfg["embed_dim"]), note)


def built_in_config(model: str) -> dict[str, Any]:
    """open_clip's own config of an architecture, read from its package without importing it. Raises BadRequest."""
    package = importlib.util.find_spec("open_clip")
    if package is None or package.origin is None:
        raise ModelMissing("The package open-clip-torch is not installed. Run `pip install open-clip-torch`.")
    name = model.replace("/", "-")
    file = Path(package.origin).parent / "model_configs" / f"{name}.json"
    if not file.is_file():
        near = difflib.get_close_matches(name, [known.stem for known in file.parent.glob("*.json")], n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Take one of its names, such as ViT-B-32."
        raise BadRequest(f"open_clip knows no model {model!r}. {hint}")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def wants_minilm(config: dict[str, Any]) -> bool:
    """Whether the folder leaves its text tower to the MiniLM of this machine."""
    named = str(config["model_cfg"]["text_cfg"].get("hf_model_name") or "")
    return named.rpartition("/")[2].casefold() == minilm.SHORT_NAME.casefold()


def in_hub_cache(repository: str) -> bool:
    """Whether the weights of a hub model are on this machine."""
    snapshot = minilm.snapshot_in_hub_cache(repository)
    return snapshot is not None and any((snapshot / name).is_file() for name in HUB_WEIGHTS)


def available(settings: Settings) -> tuple[bool, str]:
    """Whether the image model can be loaded here, and a sentence that says so."""
    try:
        where = locate(settings)
        if where is None:
            return False, OFF if settings.image_model.strip() == "none" else NOT_THERE
        if where.folder is not None:
            config = config_in(where.folder)
            if wants_minilm(config) and minilm.find_minilm(settings) is None:
                return False, f"The image model needs the words of {minilm.SHORT_NAME}. {minilm.HOW_TO_GET}"
            return True, f"Pictures are read by {name_of(where)}."
    except ShopError as error:
        return False, error.message
    if not where.model.startswith(HUB):
        try:
            built_in_config(where.model)
        except ShopError as error:
            return False, error.message
    if where.weights is not None:
        return True, f"Pictures are read by {name_of(where)}, from {where.weights.name}."
    if where.model.startswith(HUB):
        there = in_hub_cache(where.model.removeprefix(HUB))
        if not there:
            return False, f"The image model {name_of(where)} is not on this machine. Fetch it, or name a local folder."
        return True, f"Pictures are read by {name_of(where)}."
    repository = TAGGED.get((where.model, where.tag or ""))
    if repository is not None:
        if not in_hub_cache(repository):
            return False, f"The image model {name_of(where)} is not on this machine. Fetch it, or name a local file."
        return True, f"Pictures are read by {name_of(where)}."
    return True, f"Pictures are read by {name_of(where)}, if its weights were fetched before; loading it will tell."


def name_of(where: Where) -> str:
    """The model's name for people."""
    if where.folder is not None:
        named = config_in(where.folder).get("name")
        return str(named) if named else ("compact CLIP" if where.folder.name == COMPACT else where.folder.name)
    short = where.model.removeprefix(HUB)
    return f"{short} ({where.tag})" if where.tag else short
