"""From a checkpoint to the folder that the shop loads: weights, config, and how sure zero-shot answers may be.

    python -m core.embed.tower.ship --data DATA --work WORK --out assets/models/compact-clip

The scales of zero_shot.json are fitted on one half of the products held back from training; what it says of quality
is measured on the other half.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.domain.arrays import Vectors
from core.embed.protocols import ImageEncoder
from core.embed.tower import data, evaluate, model, zero_shot
from core.embed.tower.captions import CaptionBank

CHUNK = 256
NOTE = "Trained here on product pictures, against a locked MiniLM; starts from MobileNet v1 (ImageNet)."
# What a title says of the pattern; products whose titles say nothing, or two things, are not asked.
PATTERN_WORDS = {
    "Solid": r"\bsolid\b", "Striped": r"\bstripe[sd]?\b", "Checked": r"\bcheck(s|ed|ered)?\b",
    "Printed": r"\bprint(s|ed)?\b", "Floral": r"\bfloral\b",
}  # fmt: skip


def pattern_of(title: str) -> str:
    """
    >>> pattern_of("Fabindia Men Striped Green Shirt"), pattern_of("Titan Women Silver Watch")
    ('Striped', '')
    """
    said = [name for name, words in PATTERN_WORDS.items() if re.search(words, title.lower())]
    return said[0] if len(said) == 1 else ""


def encoded(encoder: ImageEncoder, read: Callable[[int], bytes], rows: Sequence[int]) -> Vectors:
    """[n, d] unit rows of the pictures at `rows`."""
    parts = []
    for start in range(0, len(rows), CHUNK):
        images = [Image.open(io.BytesIO(read(row))).convert("RGB") for row in rows[start : start + CHUNK]]
        parts.append(encoder.encode_images(images))
    return np.concatenate(parts)


def truths(held: pd.DataFrame, types: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
    """For each attribute the words on offer and what each held-back product is; "" where that is unknown."""
    kinds, colours = set(types), set(zero_shot.COLOURS)
    return {
        "type": (list(types), [t if t in kinds else "" for t in held.type]),
        "colour": (list(zero_shot.COLOURS), [c if c in colours else "" for c in held.colour]),
        "pattern": (list(zero_shot.PATTERNS), [pattern_of(title) for title in held.title]),
        "audience": (list(zero_shot.AUDIENCES), [g if g in zero_shot.AUDIENCES else "" for g in held.gender]),
    }


def calibrated(encoder: ImageEncoder, pictures: Vectors, held: pd.DataFrame) -> dict[str, Any]:
    """Scales for `zero_shot`, fitted on every other product, and accuracy and calibration error on the rest."""
    counts = held.type.value_counts()
    types = sorted(counts[counts >= evaluate.TYPE_AT_LEAST].index)
    book = zero_shot.wordbook(CaptionBank(encoder.encode_words), types)
    scores = zero_shot.raw_scores(pictures, book)
    scales: dict[str, float] = {}
    quality: dict[str, dict[str, float]] = {}
    for name, (words, labels) in truths(held, types).items():
        truth = np.array([words.index(label) if label else -1 for label in labels])
        known = np.flatnonzero(truth >= 0)
        fit, check = known[::2], known[1::2]
        scales[name] = round(zero_shot.fit_scale(scores[name][fit], truth[fit].tolist()), 2)
        shares = zero_shot.confidences(scores[name][check], scales[name])
        quality[name] = {
            "right": round(float((shares.argmax(axis=1) == truth[check]).mean()), 3),
            "calibration_error": round(zero_shot.calibration_error(shares, truth[check].tolist()), 3),
            "words": len(words),
            "pictures": len(check),
        }
    return {"key": encoder.key, "scales": scales, "measured": quality}


def main(args: Sequence[str] | None = None) -> int:
    """Export the running mean of the checkpoint in WORK and calibrate it."""
    import torch

    from core.embed import clip, clip_files
    from core.settings import Settings

    p = argparse.ArgumentParser(prog="python -m core.embed.tower.ship", description=main.__doc__)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--work", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args(args)
    torch.set_num_threads(a.threads)
    saved = torch.load(a.work / "checkpoint.pt", map_location="cpu", weights_only=True)
    scale = float(min(saved["learner"]["scales.titles"].item(), np.log(100)))
    weights = model.export(saved["ema"], a.out, scale=scale, note=NOTE)
    encoder = clip.load(clip_files.Where(weights=weights, folder=a.out), Settings())
    table, read = data.products(a.data)
    rows = np.flatnonzero(table.held.to_numpy()).tolist()
    found = calibrated(encoder, encoded(encoder, read, rows), table.iloc[rows].reset_index(drop=True))
    (a.out / "zero_shot.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"step {saved['step']}: {weights} ({weights.stat().st_size / 1e6:.1f} MB), {json.dumps(found['measured'])}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
