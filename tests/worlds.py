"""Small shops made by hand, so that the right answer is known."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

from core.build import build, open_shop
from core.domain.arrays import Vectors
from core.domain.catalogue import Catalogue, Item
from core.embed.pictures import decode, thumbnail
from core.embed.weightless import NAMED_COLOURS, WeightlessImage, WeightlessText
from core.settings import Settings
from core.shop import Shop
from core.store import source
from core.store.layout import Layout
from core.store.pictures import PicturePack

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

KINDS = {
    "Handbags": (("Bags", "Handbags"), "A structured bag with a short handle"),
    "Totes": (("Bags", "Totes"), "A roomy bag to carry everything"),
    "Boots": (("Shoes", "Boots"), "Boots on a stacked heel"),
    "Loafers": (("Shoes", "Loafers"), "Loafers with a leather sole"),
    "Coats": (("Clothing", "Coats"), "A long coat cut to layer"),
    "Knitwear": (("Clothing", "Knitwear"), "A jumper knitted in ribs"),
}
# With these a look has more than two places to fill.
WARDROBE = {
    **KINDS,
    "Trousers": (("Clothing", "Trousers"), "Trousers with a straight leg"),
    "Shirts": (("Clothing", "Shirts"), "A shirt with a small collar"),
    "Belts": (("Accessories", "Belts"), "A narrow belt with a plain buckle"),
}
HOUSES = ("Aurel", "Corvin", "Ferrand", "Norrland", "Talamone")
COLOURS = ("black", "brown", "navy", "red")


class PlainWorker:
    """The encoders without weights, in this process: what `EncoderWorker` offers, for small worlds."""

    ready = True

    def __init__(self) -> None:
        self.text, self.image = WeightlessText(), WeightlessImage()
        self.encoded = 0

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return self.text.encode(list(texts))

    def encode_pictures(self, pictures: Sequence[bytes]) -> Vectors:
        self.encoded += len(pictures)
        return self.image.encode_images([decode(one) for one in pictures])

    def encode_words(self, texts: Sequence[str]) -> Vectors:
        return self.image.encode_words(list(texts))

    def warm(self, wait: bool = False) -> None:
        """Always warm."""

    def close(self) -> None:
        """Nothing to close."""


def boutique(kinds: Mapping[str, tuple[tuple[str, ...], str]] = KINDS) -> list[Item]:
    """120 products: six kinds by five houses in four colours, with prices, stock and dates that differ."""
    items = []
    for k, (kind, (category, words)) in enumerate(kinds.items()):
        for h, house in enumerate(HOUSES):
            for c, colour in enumerate(COLOURS):
                audience = ("women", "men", "unisex")[(k + h) % 3]
                items.append(
                    Item(
                        id=f"{kind.lower()}-{house.lower()}-{colour}",
                        family_id=f"{kind.lower()}-{house.lower()}",
                        title=f"{house} {colour} {kind.lower()}",
                        description=f"{words}, in {colour}.",
                        brand=house,
                        brand_tier=1 + h % 3,
                        category=category,
                        type=kind,
                        audience=audience,
                        colour=(colour,),
                        material=("leather",) if k < 4 else ("wool",),
                        season=("autumn", "winter") if k % 2 else ("spring", "summer"),
                        price=20000 + 9000 * k + 4000 * h,
                        cost=9000 + 3000 * k,
                        currency="EUR",
                        stock={"S": (h + c) % 4, "M": (k + c) % 5 + (1 if (h + c) % 4 == 0 else 0)},
                        release_at=NOW - timedelta(days=10 * k + 30 * h + 1),
                    )
                )
    return items


def drawing(item: Item, size: tuple[int, int] = (80, 100)) -> bytes:
    """A flat picture of an item: a shape for its kind in its colour on paper, with its house's own band."""
    image = Image.new("RGB", size, (240, 236, 228))
    colour = NAMED_COLOURS.get(item.colour[0] if item.colour else "grey", (128, 128, 128))
    kind = list(KINDS).index(item.type) if item.type in KINDS else 0
    ImageDraw.Draw(image).rounded_rectangle(
        (15 + 2 * kind, 20 + 5 * kind, 65 - 2 * kind, 80), radius=2 + 3 * kind, fill=colour
    )
    band = 30 + 8 * (HOUSES.index(item.brand) if item.brand in HOUSES else 5)
    ImageDraw.Draw(image).rectangle((20, band, 60, band + 3), fill=(205, 170, 120))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def stock_the_shop(data: Path, items: Iterable[Item], *, pictures: bool = True) -> Settings:
    """Make `items` the source of a shop in `data`, each with its drawing. Returns the shop's settings."""
    settings = Settings(data=data)
    layout = Layout(data)
    layout.ensure()
    pack = PicturePack(layout.pictures)
    shown = []
    for item in items:
        keys = (pack.add(*thumbnail(decode(drawing(item)))),) if pictures else ()
        shown.append(Item(**{**{name: getattr(item, name) for name in Item.__dataclass_fields__}, "pictures": keys}))
    pack.flush()
    source.save_source(layout, Catalogue.of(shown), {"name": "A small shop", "kind": "test"})
    return settings


def open_small_shop(data: Path, items: Iterable[Item] | None = None, *, pictures: bool = True) -> Shop:
    """A shop of `items` (the boutique by default), built and opened with encoders without weights.

    The same products are built once for all tests of a process; each test opens a copy of its own.
    """
    made = list(boutique() if items is None else items)
    key = repr((made, pictures))
    if key not in _BUILT:
        folder = Path(_FOLDERS.name) / str(len(_BUILT))
        built = stock_the_shop(folder, made, pictures=pictures)
        build(built, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
        open_shop(built, worker=PlainWorker()).studio.close()  # type: ignore[arg-type]
        _BUILT[key] = folder
    # What points to the edition comes last: a server may be watching the folder already.
    pointers = [path.name for path in _BUILT[key].glob("CURRENT*")]
    top = str(_BUILT[key])  # the folder of imports has a pointer of its own, which goes with it
    shutil.copytree(top, data, dirs_exist_ok=True, ignore=lambda folder, _: pointers if folder == top else ())
    for name in sorted(pointers, reverse=True):
        shutil.copy2(_BUILT[key] / name, data)
    return open_shop(Settings(data=data), worker=PlainWorker())  # type: ignore[arg-type]


_FOLDERS = tempfile.TemporaryDirectory(prefix="vitrine-tests-")
_BUILT: dict[str, Path] = {}
