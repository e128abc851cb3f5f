"""The pictures that the tower learns from, decoded once into arrays beside each other.

A cache folder holds for each collection (studio, phone, drawings), one row a picture:

    NAME.npy          [n, SIDE, SIDE, 3] uint8, the picture squashed to a square
    NAME.mask.npy     [n, SIDE, SIDE] uint8, 255 where the product is and 0 where its white backdrop was
    NAME.teacher.npy  [n, 1024] uint8, what the ImageNet embedder sees, zeros where it was not asked
    NAME.parquet      what is known of it

Pictures are material for training and measuring only: the cache is never part of the repository.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

SIDE = 112  # one step above what the tower sees, so that a crop has room to move
TEACHER_DIM = 1024
TEACHER_FILE = Path("mobilenet-v1-embedder") / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
HELD_TITLES = 0.2
HELD_PHOTOS = 0.2
TEACHABLE = 100  # the ImageNet embedder wants 224 px; pictures with a shorter side than this tell it little
WHITE = 240  # a backdrop of the studio: all channels at least this, and joined to the edge of the picture
COLUMNS = ("id", "title", "type", "colour", "gender", "season", "usage", "held")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collection:
    """Pictures of one origin and what is known of each; the arrays are memory-mapped."""

    name: str
    table: pd.DataFrame
    pixels: Pixels
    masks: Pixels
    teacher: Pixels

    def __len__(self) -> int:
        return len(self.table)


def products(data: Path) -> tuple[pd.DataFrame, Callable[[int], bytes]]:
    """The studio products that have a picture, and how to read the picture of a row.

    A fifth of the exact titles is held back (column `held`), drawn with seed 0 over the titles in the order of the
    file, so that no title stands on both sides.
    """
    folder = data / "fashion-product-images"
    source = pd.read_parquet(folder / "products.parquet")
    source = source[source.image != "none"].reset_index(drop=True)
    title = source.title.fillna("")
    unique = title.unique()
    drawn = set(np.random.default_rng(0).choice(unique, int(len(unique) * HELD_TITLES), replace=False))
    packs = {kind: zipfile.ZipFile(folder / f"images_{kind}.zip") for kind in ("large", "thumb")}
    table = pd.DataFrame(
        {
            "id": source.product_id.astype(str),
            "title": title,
            "type": source.articleType,
            "colour": source.baseColour.fillna(""),
            "gender": source.gender.fillna(""),
            "season": source.season.fillna(""),
            "usage": source.usage.fillna(""),
            "held": title.isin(drawn),
        }
    )
    kinds = source.image.tolist()
    return table, lambda row: packs[kinds[row]].read(f"{table.id[row]}.webp")


def photos(data: Path) -> tuple[pd.DataFrame, Callable[[int], bytes]]:
    """The amateur photos, and how to read one.

    Whole senders are held back, in an order shuffled with seed 0, until a fifth of the photos is: the same wardrobe and
    floor never stand on both sides. One sender may bring a tenth of all photos, so senders are not what is counted.
    """
    folder = data / "clothing-photos"
    source = pd.read_csv(folder / "labels.csv")
    sent = source.sender_id.value_counts().sort_index()
    shuffled = sent.iloc[np.random.default_rng(0).permutation(len(sent))]
    enough = int(np.searchsorted(shuffled.cumsum().to_numpy(), HELD_PHOTOS * len(source)))
    drawn = set(shuffled.index[:enough])
    pack = zipfile.ZipFile(folder / "images.zip")
    table = pd.DataFrame(
        {
            "id": source.image.astype(str),
            "title": "",
            "type": source.label,
            "colour": "",
            "gender": np.where(source.kids, "Kids", ""),
            "season": "",
            "usage": "",
            "held": source.sender_id.isin(drawn),
        }
    )
    return table, lambda row: pack.read(f"{table.id[row]}.webp")


def drawings(*folders: Path) -> tuple[pd.DataFrame, Callable[[int], bytes]]:
    """The drawn products of demo boutiques in `folders` that have a picture, and how to read one; none is held back.

    Train on other seeds than the one that ships: `python -m core.demo --seed 21 --out FOLDER`.
    """
    tables, files = [], list[Path]()
    for folder in folders:
        source = pd.read_csv(folder / "catalogue.csv", dtype=str, keep_default_na=False)
        source = source[source.picture != ""]
        files += [folder / picture for picture in source.picture]
        tables.append(
            pd.DataFrame(
                {
                    "id": source.id,
                    "title": source.title,
                    "type": source.type,
                    "colour": source.colour.str.capitalize(),
                    "gender": source.audience.str.capitalize(),
                    "season": "",
                    "usage": "",
                    "held": False,
                    "category": source.category,
                }
            )
        )
    return pd.concat(tables, ignore_index=True), lambda row: files[row].read_bytes()


def squashed(data: bytes, side: int = SIDE) -> Pixels:
    """The picture as [side, side, 3], whatever its shape was: no pixel is spent on a border."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), dtype=np.uint8)


def product_mask(pixels: Pixels, white: int = WHITE) -> Pixels:
    """[h, w] uint8: 0 on the white backdrop that touches the edge, 255 on the product.

    All 255 where the picture has no such backdrop (it fills less than a tenth, or all but a fiftieth), so that a photo
    on location stays whole.
    """
    from scipy.ndimage import binary_dilation, label

    pale = pixels.min(axis=2) >= white
    parts, _ = label(pale)
    edge = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    backdrop = np.isin(parts, edge[edge > 0])
    if not 0.1 <= backdrop.mean() <= 0.98:
        return np.full(pale.shape, 255, np.uint8)
    wide: NDArray[np.bool_] = binary_dilation(backdrop)  # one pixel inwards: the edge is mixed with white
    return np.where(wide, 0, 255).astype(np.uint8)


class Teacher:
    """The ImageNet embedder of the data folder (MobileNet v1, 8 bit): an image to [1024] uint8, scale 0.0235."""

    def __init__(self, data: Path, threads: int = 2) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(str(data / TEACHER_FILE), num_threads=threads)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._output = self._net.get_output_details()[0]["index"]

    def __call__(self, image: Image.Image) -> Pixels:
        small = np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC), dtype=np.uint8)
        self._net.set_tensor(self._input, small[None])
        self._net.invoke()
        seen: Pixels = self._net.get_tensor(self._output).reshape(-1).astype(np.uint8)
        return seen


def prepare(
    name: str,
    table: pd.DataFrame,
    read: Callable[[int], bytes],
    cache: Path,
    teacher: Callable[[Image.Image], Pixels] | None,
    find_backdrop: bool,
) -> None:
    """Decode a collection into `cache`; a collection that is already whole there is left alone.

    The teacher sees training pictures of a fair size; elsewhere its array is zeros, which training leaves out. The
    table is written last: it marks a whole collection.
    """
    cache.mkdir(parents=True, exist_ok=True)
    done = cache / f"{name}.parquet"
    if done.exists() and len(pd.read_parquet(done, columns=["id"])) == len(table):
        return
    n = len(table)
    pixels = _array(cache / f"{name}.npy", (n, SIDE, SIDE, 3))
    masks = _array(cache / f"{name}.mask.npy", (n, SIDE, SIDE))
    seen = _array(cache / f"{name}.teacher.npy", (n, TEACHER_DIM))
    for row in range(n):
        data = read(row)
        pixels[row] = squashed(data)
        masks[row] = product_mask(pixels[row]) if find_backdrop else 255
        if teacher is not None and not table.held.iloc[row]:
            image = Image.open(io.BytesIO(data))
            if min(image.size) >= TEACHABLE:
                seen[row] = teacher(image)
        if (row + 1) % 2000 == 0:
            log.info("%s: %d of %d pictures decoded", name, row + 1, n)
    for array in (pixels, masks, seen):
        array.flush()
    table.to_parquet(done)


def _array(path: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.uint8]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def collection(cache: Path, name: str) -> Collection:
    """A prepared collection. Raises FileNotFoundError when `prepare` has not finished it."""
    table = pd.read_parquet(cache / f"{name}.parquet")

    def open_(suffix: str) -> Pixels:
        array: Pixels = np.load(cache / f"{name}{suffix}.npy", mmap_mode="r")
        return array

    return Collection(name, table, open_(""), open_(".mask"), open_(".teacher"))


def backdrops(photos_: Collection, rows: Iterable[int], count: int, rng: np.random.Generator) -> Pixels:
    """[count, SIDE, SIDE, 3]: surfaces to lay a studio product on.

    Half are corners of amateur photos (bedspreads, floors, doors), enlarged; the rest are papers, walls and gradients.
    """
    pool = list(rows)
    out = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for i in range(count):
        out[i] = _corner(photos_.pixels[int(rng.choice(pool))], rng) if pool and i % 2 == 0 else _surface(rng)
    return out


def _corner(photo: Pixels, rng: np.random.Generator) -> Pixels:
    side = int(rng.integers(SIDE // 5, SIDE // 3))
    top, left = (int(v) * (SIDE - side) for v in rng.integers(0, 2, 2))
    patch = Image.fromarray(photo[top : top + side, left : left + side])
    return np.asarray(patch.resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.uint8)


def _surface(rng: np.random.Generator) -> Pixels:
    """A flat, shaded or mottled surface; mostly pale, as papers and walls are."""
    base = rng.uniform(150, 255) + rng.normal(0, 8, 3) if rng.random() < 0.7 else rng.uniform(20, 255, 3)
    cells = int(rng.integers(2, 12))
    rough = rng.normal(0, rng.uniform(1, 18), (cells, cells, 1)).repeat(3, axis=2)
    small = np.clip(base + rough, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.uint8)
