"""MobileNet v1 as an image encoder, for measurements alone: a small real network that knows pictures and no words.

The file comes with the real data (mobilenet-v1-embedder) and runs in ai-edge-litert, which only the tests install.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from core.domain.arrays import Mask, Vectors
from core.domain.catalogue import Catalogue
from core.store.pictures import PicturePack

ROOT = Path(__file__).resolve().parents[2]
FILE = "mobilenet-v1-embedder/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
SIZE = 224


def model_file() -> Path | None:
    """The network, where the real data is at hand."""
    for folder in (os.environ.get("VITRINE_TEST_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / FILE).exists():
            return Path(folder) / FILE
    return None


class MobileNet:
    """`ImageEncoder` without words."""

    name, key, dim, note = "MobileNet v1 1.0 224, 8-bit", "mobilenet-v1-quant", 1024, "for measurements"

    def __init__(self, file: Path, threads: int = 2) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._network = Interpreter(model_path=str(file), num_threads=threads)
        self._network.allocate_tensors()
        self._put = self._network.get_input_details()[0]["index"]
        self._take = self._network.get_output_details()[0]["index"]

    def encode_images(self, images: list[Image.Image]) -> Vectors:
        """[m, 1024] unit rows."""
        out = np.zeros((len(images), self.dim), dtype=np.float32)
        for row, image in enumerate(images):
            pixels = np.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR), dtype=np.uint8)
            self._network.set_tensor(self._put, pixels[None])
            self._network.invoke()
            out[row] = self._network.get_tensor(self._take).reshape(-1)
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        return out / np.where(lengths > 0, lengths, 1)


def picture_vectors(catalogue: Catalogue, pack: PicturePack, cache: Path) -> tuple[Vectors, Mask]:
    """[n, 1024] unit vectors of the main pictures and which items have one; kept in `cache` by picture key."""
    keys = [pictures[0] if pictures else "" for pictures in catalogue.column("pictures")]
    known: dict[str, np.ndarray] = {}
    if cache.exists():
        with np.load(cache, allow_pickle=False) as kept:
            known = dict(zip(kept["keys"].tolist(), kept["vectors"].astype(np.float32), strict=True))
    missing = sorted({key for key in keys if key and key not in known})
    if missing:
        file = model_file()
        if file is None:
            raise SystemExit(f"{FILE} is not here. Point VITRINE_TEST_DATA at the folder of real data.")
        encoder = MobileNet(file)
        for start in range(0, len(missing), 256):
            part = missing[start : start + 256]
            images = [Image.open(io.BytesIO(pack.read(key))) for key in part]
            known.update(zip(part, encoder.encode_images(images), strict=True))
            print(f"\r{start + len(part):,} of {len(missing):,} pictures", end="", flush=True)
        print()
        named = sorted(known)
        np.savez(cache, keys=np.array(named), vectors=np.stack([known[key] for key in named]).astype(np.float16))
    vectors = np.zeros((len(keys), MobileNet.dim), dtype=np.float32)
    present = np.array([bool(key) for key in keys], dtype=bool)
    for row, key in enumerate(keys):
        if key:
            vectors[row] = known[key]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1), present
