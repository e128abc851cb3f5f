"""One table of figures for any image encoders, measured in one run on pictures held back from training.

    python tests/benchmarks/image_encoder.py --data ../shared/data compact local:/path/to/a/folder

An encoder is named as in the settings ("compact", "local:FOLDER", "open_clip:NAME:TAG_OR_FILE", "hf-hub:OWNER/MODEL");
"imagenet" is the MobileNet embedder of the data folder, which has no words. Figures of an earlier run stand beside them
with --earlier FILE. The split by title and by sender is that of core/embed/tower/data.py.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.domain.arrays import Vectors
from core.embed.tower import captions, data, evaluate
from core.embed.tower.captions import CaptionBank, Vocabulary
from core.embed.tower.ship import encoded

SPEED_PICTURES = 512
BOUTIQUE = Path(__file__).resolve().parents[2] / "assets" / "demo"


class ImagenetEncoder:
    """The 8-bit MobileNet of the data folder, as an encoder that has no words."""

    name, key, dim, note = "MobileNet v1 (ImageNet)", "imagenet-mobilenet-v1", data.TEACHER_DIM, "Has no words."

    def __init__(self, folder: Path) -> None:
        self._see = data.Teacher(folder, threads=1)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return captions.unit(np.stack([self._see(image) for image in images]).astype(np.float32))


def encoder_named(name: str, folder: Path) -> Any:
    from core.embed import registry
    from core.settings import Settings

    if name == "imagenet":
        return ImagenetEncoder(folder)
    encoder = registry.image_encoder(Settings(image_model=name))
    if encoder is None:
        raise SystemExit(f"{name} names no image encoder that is on this machine.")
    return encoder


def pictures_a_second(encoder: Any, read: Callable[[int], bytes], rows: Sequence[int]) -> float:
    """Decoded pictures through preprocessing and network: what two cores would do, by the processor time of one thread.

    Processor time, because the wall clock of a busy machine measures its neighbours. The best of three goes.
    """
    import torch

    torch.set_num_threads(1)
    images = [Image.open(io.BytesIO(read(row))).convert("RGB") for row in rows[:SPEED_PICTURES]]
    encoder.encode_images(images[:64])
    took = []
    for _ in range(3):
        started = time.process_time()
        encoder.encode_images(images)
        took.append(time.process_time() - started)
    return 2 * len(images) / min(took)


def figures(encoder: Any, folder: Path, limit: int | None) -> dict[str, float]:
    """All figures of one encoder."""
    products, read_product = data.products(folder)
    photos, read_photo = data.photos(folder)
    vocabulary = Vocabulary.of(products[~products.held])
    words = CaptionBank(encoder.encode_words) if hasattr(encoder, "encode_words") else None
    rows, photo_rows = (np.flatnonzero(t.held.to_numpy())[:limit].tolist() for t in (products, photos))
    held, held_photos = products.iloc[rows].reset_index(drop=True), photos.iloc[photo_rows].reset_index(drop=True)
    seen, seen_photos = encoded(encoder, read_product, rows), encoded(encoder, read_photo, photo_rows)
    return {
        **evaluate.studio_figures(seen, held, words, vocabulary),
        **evaluate.photo_figures(seen_photos, held_photos, words, evaluate.frequent_classes(photos)),
        **boutique(encoder),
        "pictures a second, two cores": pictures_a_second(encoder, read_product, rows),
    }


def boutique(encoder: Any) -> dict[str, float]:
    """Figures on the demo boutique that ships; the tower learnt from drawings of another seed."""
    if not (BOUTIQUE / "catalogue.csv").is_file():
        return {}
    drawn, read = data.drawings(BOUTIQUE)
    return evaluate.boutique_figures(encoded(encoder, read, range(len(drawn))), drawn)


def table(columns: dict[str, dict[str, float]]) -> str:
    """The figures side by side, as Markdown."""
    frame = pd.DataFrame(columns)
    lines = ["| held back from training | " + " | ".join(frame.columns) + " |"]
    lines.append("| --- " * (len(frame.columns) + 1) + "|")
    for name, row in frame.iterrows():
        shown = ["–" if pd.isna(v) else f"{v:,.0f}" if v > 1 else f"{v:.3f}" for v in row]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("encoders", nargs="*", default=["compact", "imagenet"])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--earlier", type=Path, action="append", default=[], help="JSON of an earlier run")
    p.add_argument("--out", type=Path, help="write the figures as JSON")
    p.add_argument("--limit", type=int, help="only the first so many held-back pictures of each collection")
    a = p.parse_args()
    columns: dict[str, dict[str, float]] = {}
    for name in a.encoders:
        encoder = encoder_named(name, a.data)
        columns[encoder.name if encoder.name not in columns else name] = figures(encoder, a.data, a.limit)
    for file in a.earlier:
        columns |= {f"{name} (earlier)": was for name, was in json.loads(file.read_text(encoding="utf-8")).items()}
    print(table(columns))
    if a.out:
        a.out.write_text(json.dumps(columns, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
