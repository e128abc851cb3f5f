"""The image models a shop may choose from: what each is, whether it is on this machine, and how good it was measured.

The list is data. Figures of size come from open_clip's configs and the publishers' own file lists; how good a model is
was measured by Vitrine's benchmark, or is not said. Imports no model library.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.errors import BadRequest, ShopError
from core.embed import clip_files, minilm, registry
from core.embed.protocols import EncoderCard
from core.settings import Settings

QUALITY = "quality.json"
BROUGHT = "models"  # the shop's folder of weights that people brought
KNOWN = "known.json"  # in it: which local models were tried, and how they are named in the settings
MEASURED_HERE = "Measured on this machine with tests/benchmarks/image_encoder.py."
FIGURES = {
    "type": "names the type right",
    "colour": "names the colour right",
    "title → picture, R@10": "of titles find their picture among the first ten of two thousand",
    "nearest ten: same type": "of the nearest ten are of the same type",
    "nearest ten: same colour": "of the nearest ten have the same colour",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An image model on offer.

    key:        its name on the command line.    setting: how `image_model` names it.
    sentence:   what it is, for people.          licence: of the weights, as their publisher states it.
    parameters: about how many; 0 is counted in the file.
    download:   bytes to fetch, about; 0 for what is here already.
    repository: where on the hub its weights lie; "" for what is not on the hub.
    file:       what a person looks for who brings it as a file.
    """

    key: str
    name: str
    setting: str
    sentence: str
    licence: str
    parameters: int = 0
    download: int = 0
    repository: str = ""
    file: str = ""


COMPACT = Offer(
    key="compact",
    name="compact CLIP",
    setting="compact",
    sentence="Trained here on product pictures and small enough to ship with Vitrine. Its words are MiniLM's.",
    licence="Apache-2.0; its card says what is known of the photos it learnt from",
)
VIT = Offer(
    key="vit-b-32",
    name="CLIP ViT-B-32",
    setting="open_clip:ViT-B-32:laion2b_s34b_b79k",
    sentence="The well-known general CLIP, trained by LAION on two billion pictures of the web. "
    "Its publisher means it for research.",
    licence="MIT",
    parameters=151_277_313,
    download=605_000_000,
    repository="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    file="open_clip_model.safetensors of laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
)
MARQO = Offer(
    key="fashion-siglip",
    name="Marqo FashionSigLIP",
    setting="hf-hub:Marqo/marqo-fashionSigLIP",
    sentence="Made for fashion: a SigLIP that Marqo tuned on more than a million products, as Marqo says.",
    licence="Apache-2.0",
    parameters=203_155_970,
    download=813_000_000,
    repository="Marqo/marqo-fashionSigLIP",
    file="the whole folder of Marqo/marqo-fashionSigLIP, with its tokenizer",
)
OFFERS = (COMPACT, VIT, MARQO)


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a model was measured. figures: name as in FIGURES -> share in 0..1. measured_on: a sentence."""

    measured_on: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shelved:
    """An offer as it stands on this machine.

    here: whether it can be loaded; `reason` says so in a sentence. card: None where it cannot be told yet.
    parameters, size: counted, or the offer's own "about"; size in bytes, 0 is unknown.
    """

    offer: Offer
    here: bool
    reason: str
    card: EncoderCard | None = None
    parameters: int = 0
    size: int = 0
    quality: Quality | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.offer.key,
            "title": self.offer.name,
            "setting": self.offer.setting,
            "sentence": self.offer.sentence,
            "licence": self.offer.licence,
            "here": self.here,
            "reason": self.reason,
            "parameters": self.parameters or None,
            "bytes": self.size or None,
            "key": self.card.key if self.card else None,
            "dim": self.card.dim if self.card else None,
            "quality": {"measured_on": self.quality.measured_on, "figures": dict(self.quality.figures)}
            if self.quality
            else None,
        }


@dataclass(frozen=True, slots=True)
class Known:
    """A local model that was tried here and works. key: of its vectors."""

    setting: str
    name: str
    key: str
    dim: int

    def as_json(self) -> dict[str, Any]:
        return {"setting": self.setting, "name": self.name, "key": self.key, "dim": self.dim}


def offer_named(name: str) -> Offer:
    """An offer by its name on the command line or its setting. Raises BadRequest."""
    for offer in OFFERS:
        if name in (offer.key, offer.setting, offer.name):
            return offer
    raise BadRequest(f"There is no image model {name!r} on offer. There are {', '.join(one.key for one in OFFERS)}.")


def shelf(settings: Settings) -> list[Shelved]:
    """What is on offer, then the local models that were tried in this shop, then what the settings name beside them."""
    offers = [*OFFERS, *(_brought(one) for one in known(settings.data))]
    named = settings.image_model.strip()
    if named != "none" and named not in {offer.setting for offer in offers}:
        offers.append(Offer("settings", _short(named), named, "Named in the shop's settings.", "not known here"))
    return [shelved(offer, settings) for offer in offers]


def shelved(offer: Offer, settings: Settings) -> Shelved:
    """How an offer stands on this machine."""
    asked = settings.changed(image_model=offer.setting)
    here, reason = registry.image_model_available(asked)
    found: EncoderCard | None = None
    parameters, size = offer.parameters, offer.download
    try:
        found = registry.image_card(asked) if here else None
        where = clip_files.locate(asked)
        if where is not None and where.weights is not None:
            size = where.weights.stat().st_size
            parameters = parameters or parameters_in(where.weights)
    except (ShopError, OSError) as error:
        here, reason = False, getattr(error, "message", str(error))
    return Shelved(offer, here, reason, found, parameters, size, quality_of(found, settings) if found else None)


def quality_of(card: EncoderCard, settings: Settings) -> Quality | None:
    """What Vitrine's benchmark found for the model of `card`: on this machine, else as it ships beside the weights."""
    here = _read(settings.data / BROUGHT / QUALITY)
    if isinstance(figures := here.get(card.name), Mapping):
        return _quality(MEASURED_HERE, figures)
    shipped = _read(clip_files.MODELS / clip_files.COMPACT / QUALITY)
    fits = registry.same_space(str(shipped.get("key")), card.key)
    if fits and isinstance(figures := shipped.get("figures"), Mapping):
        return _quality(str(shipped.get("measured_on") or ""), figures)
    return None


def _quality(measured_on: str, figures: Mapping[str, Any]) -> Quality | None:
    known = {name: float(figures[name]) for name in FIGURES if isinstance(figures.get(name), int | float)}
    return Quality(measured_on, known) if known else None


def parameters_in(weights: Path) -> int:
    """How many numbers a safetensors file holds, read from its head; 0 where it cannot be told."""
    if weights.suffix != ".safetensors":
        return 0
    try:
        with weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            head = json.loads(file.read(min(length, 10 * 2**20)))
        return sum(math.prod(one["shape"]) for name, one in head.items() if name != "__metadata__")
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError):
        return 0


# -- local models --------------------------------------------------------------------------------------------------


def known(data: Path) -> list[Known]:
    """The local models that were tried in this shop and worked, in the order in which they came."""
    found = []
    for plain in _read(data / BROUGHT / KNOWN).get("models", ()):
        try:
            found.append(Known(str(plain["setting"]), str(plain["name"]), str(plain["key"]), int(plain["dim"])))
        except (KeyError, TypeError, ValueError):
            continue  # a line that somebody wrote by hand; the model can be tried again
    return found


def with_known(data: Path, setting: str, card: EncoderCard) -> dict[str, Any]:
    """What KNOWN holds once `setting` is among the models that were tried."""
    kept = [one.as_json() for one in known(data) if one.setting != setting]
    return {"models": [*kept, Known(setting, card.name, card.key, card.dim).as_json()]}


def local_setting(written: str) -> str:
    """The setting for a path that a person typed: a file of ViT-B-32's weights, or a folder in open_clip's layout.

    Raises BadRequest when it is neither.
    """
    typed = written.strip().strip("\"'")
    if not typed:
        raise BadRequest("Type the path of a file or folder on the machine that runs Vitrine.")
    path = Path(typed).expanduser()
    if not path.is_absolute():
        raise BadRequest(
            f"{typed!r} is not a whole path. Write it from the root, such as /home/me/models/vit.safetensors."
        )
    if path.is_dir():
        if not (path / clip_files.CONFIG).is_file():
            raise BadRequest(f"The folder {path} has no {clip_files.CONFIG}. Name a folder in open_clip's layout.")
        return f"{clip_files.FOLDER}{path}"
    if not path.is_file():
        raise BadRequest(f"There is no file or folder {path} on the machine that runs Vitrine.")
    if path.suffix.lower() not in clip_files.WEIGHT_KINDS:
        kinds = " or ".join(clip_files.WEIGHT_KINDS)
        raise BadRequest(f"{path.name} is no file of weights. Bring {kinds}, or a folder in open_clip's layout.")
    return vit_setting(str(path))


def vit_setting(file: str) -> str:
    """The setting for ViT-B-32 from a file."""
    return f"{clip_files.BUILT_IN}ViT-B-32:{file}"


def setting_for(key: str, settings: Settings, remembered: str | None = None) -> str | None:
    """The setting whose model made vectors under `key`, among those known here; None when there is none.

    remembered: what the edition itself says it was made with, tried after the present setting.
    """
    candidates = [settings.image_model, remembered, *(offer.setting for offer in OFFERS)]
    candidates += [one.setting for one in known(settings.data)]
    for setting in dict.fromkeys(one for one in candidates if one and one != "none"):
        asked = settings.changed(image_model=setting)
        try:
            there, _ = registry.image_model_available(asked)
            card = registry.image_card(asked) if there else None
        except ShopError:
            continue
        if card is not None and registry.same_space(card.key, key):
            return setting
    return None


def _brought(one: Known) -> Offer:
    name = f"{one.name}, from a file" if one.setting.startswith(clip_files.BUILT_IN) else one.name
    return Offer(one.setting, name, one.setting, f"Brought from {_file(one.setting)}.", "as its publisher states")


def _file(setting: str) -> str:
    return setting.removeprefix(clip_files.FOLDER).rpartition(":")[2]


def _short(setting: str) -> str:
    return setting.removeprefix(clip_files.HUB).removeprefix(clip_files.BUILT_IN).removeprefix(clip_files.FOLDER)


def _read(file: Path) -> dict[str, Any]:
    """A small JSON file; empty when it is not there or not whole."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return plain if isinstance(plain, dict) else {}


def cache_folder(offer: Offer) -> Path:
    """Where the hub's client keeps what is fetched for `offer`."""
    return minilm.hub_cache() / f"models--{offer.repository.replace('/', '--')}"
