"""MiniLM, or any other sentence-transformers folder, as a text encoder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import ModelMissing
from core.embed.hub import hub_access, quiet_transformers
from core.embed.minilm import HOW_TO_GET, REPOSITORY, SHORT_NAME, Found, dimensions, find_minilm
from core.embed.processor import has_bf16
from core.embed.protocols import EncoderCard
from core.settings import Settings

BATCH = 64


class SentenceEncoder:
    """A sentence-transformers model held in memory."""

    def __init__(self, found: Found, *, bf16: bool) -> None:
        """Load the model in `found`. Raises ModelMissing when its files cannot be read as a model."""
        import torch
        from sentence_transformers import SentenceTransformer

        quiet_transformers()
        described = card_of(found, bf16=bf16)
        self.name, self.key, self.dim, self.note = described.name, described.key, described.dim, described.note
        kind = torch.bfloat16 if bf16 else torch.float32
        try:
            # Everything lies in the folder: without this the tokenizer asks the hub whether there is something newer.
            with hub_access(False):
                self._model: Any = SentenceTransformer(
                    str(found.folder), device="cpu", local_files_only=True, model_kwargs={"dtype": kind}
                )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelMissing(f"The text model in {found.folder} cannot be loaded: {error}. {HOW_TO_GET}") from error
        self._model.eval()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] float32 unit rows; a blank text has a zero row. Batches hold texts of like length."""
        import torch

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        filled = sorted((row for row, text in enumerate(texts) if text.strip()), key=lambda row: len(texts[row]))
        for start in range(0, len(filled), BATCH):
            rows = filled[start : start + BATCH]
            with torch.inference_mode():
                raw = self._model.encode(
                    [texts[row] for row in rows], batch_size=BATCH, convert_to_tensor=True, show_progress_bar=False
                )
            # Pooling ends in the model's own number format; the length is settled again in float32.
            vectors[rows] = unit_rows(raw.float().numpy())
        return vectors


def unit_rows(vectors: Vectors) -> Vectors:
    """`vectors` [n, d] with rows of length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


def card_of(found: Found, *, bf16: bool) -> EncoderCard:
    """What the model in `found` will be called, without loading it."""
    kind = "bf16" if bf16 else "fp32"
    name = SHORT_NAME if found.is_original else found.folder.name
    note = f"Words are read by {name} ({kind}), from {found.origin}."
    return EncoderCard(f"{name} ({kind})", f"text-{found.digest}-{kind}", dimensions(found.folder), note)


def load(settings: Settings, *, bf16: bool | None = None) -> SentenceEncoder:
    """The text model of `settings`, from this machine, else from the hub.

    bf16: weights in bfloat16; None takes it where the processor computes in it.
    Raises ModelMissing.
    """
    found = find_minilm(settings) or _from_hub()
    return SentenceEncoder(found, bf16=has_bf16() if bf16 is None else bf16)


def _from_hub() -> Found:
    missing = f"The text model {REPOSITORY} is not on this machine"
    if os.environ.get("HF_HUB_OFFLINE") in ("1", "ON", "YES", "TRUE", "true"):
        raise ModelMissing(f"{missing} and HF_HUB_OFFLINE forbids fetching it. {HOW_TO_GET}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            REPOSITORY, allow_patterns=["*.json", "*.txt", "model.safetensors"], etag_timeout=5, max_workers=2
        )
    except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ModelMissing(f"{missing} and the hub cannot be reached ({type(error).__name__}). {HOW_TO_GET}") from error
    except Exception as error:  # the HTTP client underneath changes with the hub library's version
        raise ModelMissing(f"{missing} and could not be fetched: {error}. {HOW_TO_GET}") from error
    return Found(Path(folder), "the hub")
