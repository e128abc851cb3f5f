"""From a plain description to a finished WebP."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from core.demo.drawing import accessories, bags, garments, shoes
from core.demo.drawing.kit import Cloth, Sheet, luminance, mix
from core.demo.drawing.look import Look

MODULES = {"accessories": accessories, "bags": bags, "garments": garments, "shoes": shoes}
LARGEST = 20_000  # bytes of one picture


def picture(drawing: Mapping[str, Any]) -> Image.Image:
    """The picture of a product described by `products.Draft.drawing`: 480 x 600, RGB."""
    sheet = Sheet(int(drawing["seed"]))
    look = _look(drawing)
    module, name = str(drawing["draw"]).split(".")
    getattr(MODULES[module], name)(sheet, look)
    return sheet.finish(
        look.paper, room=tuple(drawing["room"]), standing=bool(drawing["standing"]), most=float(drawing["most"])
    )


def webp(image: Image.Image) -> bytes:
    """`image` as WebP of at most `LARGEST` bytes, the best that fits."""
    for quality in (84, 80, 74, 68, 60, 50, 40, 30):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=5)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()


def save(job: tuple[Path, Mapping[str, Any]]) -> int:
    """Draw one picture into a file; returns its bytes."""
    file, drawing = job
    data = webp(picture(drawing))
    file.write_bytes(data)
    return len(data)


def _cloth(plain: Mapping[str, Any]) -> Cloth:
    return Cloth(tuple(plain["rgb"]), plain["surface"])


def _look(d: Mapping[str, Any]) -> Look:
    rgb = tuple(d["rgb"])
    second = tuple(d["second"])
    if d.get("tortoise"):
        main = Cloth(rgb, d["surface"], "leopard", (58, 30, 16), (96, 50, 22), 0.45, int(d["seed"]) % 7)
    else:
        main = Cloth(rgb, d["surface"], d["print"], second, tuple(d["third"]), float(d["size"]), int(d["seed"]) % 5)
    paper = tuple(d["paper"])
    if luminance(rgb) > 0.78 and str(d["draw"]) != "accessories.jewellery":
        paper = mix(paper, (120, 104, 92), 0.22)
    look = Look(
        kind=str(d["draw"]), audience=str(d["audience"]), cloth=main, options=dict(d["options"]), hardware=str(d["hardware"]),
        trim=_cloth(d["trim"]) if d.get("trim") else None, collar=_cloth(d["collar"]) if d.get("collar") else None,
        metal_buttons=bool(d.get("metal_buttons")), button=tuple(d["button"]) if d.get("button") else None,
        stitch=tuple(d["stitch"]) if d.get("stitch") else None, lining=tuple(d["lining"]), paper=paper, seed=int(d["seed"]),
    )  # fmt: skip
    return look
