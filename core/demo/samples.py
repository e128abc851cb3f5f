"""Six products of another boutique, as photos that have just come in: what "Try with ours" on New Arrivals offers.

They are drawn by the same generator from a seed that the demo boutique never saw. Beside them lie a table with the
mistakes that tables have, and a harmless picture that is torn in the middle. `python -m core.demo.samples` makes all of
it again (needs the extra `demo`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "demo" / "arrivals"
TABLE, TORN = "capsule-with-mistakes.csv", "torn-photo.jpg"
SEED = 2027  # of no boutique that ships
# One of each, the first that is drawn.
WANTED = ("Wool coats", "Shoulder bags", "Knee boots", "Evening dresses", "Jumpers", "Silk scarves")
ENDINGS = (".webp",)

# What tables bring: a name twice, no title, money in words, a comma for a point, a formula, a size nobody counted.
MISTAKES = """\
id;title;brand;type;audience;colour;material;price;currency;stock;release_at;image
capsule-01;{0};Maison Vire;{types[0]};women;camel;wool;1 290,00;EUR;S=2|M=4|L=1;2027-03-01;{photos[0]}
capsule-02;{1};Maison Vire;{types[1]};women;;leather;free;EUR;3;2027-03-01;{photos[1]}
capsule-02;{1}, once more;Maison Vire;{types[1]};women;;leather;890,00;EUR;3;2027-03-01;{photos[1]}
capsule-03;;Maison Vire;{types[2]};women;black;leather;640,00;EUR;38=2|39=2;2027-03-01;{photos[2]}
capsule-04;{3};=HYPERLINK("nowhere");{types[3]};nobody;navy;silk;-40,00;EUR;S=1|M=lots;2027-03-01;{photos[3]}
capsule-05;{4};Maison Vire;{types[4]};men;navy;cashmere;420,00;EUR;M=5;31 February;{photos[4]}
capsule-06;{5};Maison Vire;{types[5]};unisex;;silk;180,00;EUR;12;2027-03-01;no-such-photo.jpg
"""


def photos(folder: Path = FOLDER) -> list[tuple[str, bytes]]:
    """(file name, bytes) of the six photos, in order of name; none where they did not ship."""
    return [(file.name, file.read_bytes()) for file in sorted(folder.glob("*")) if file.suffix in ENDINGS]


def table(folder: Path = FOLDER) -> tuple[str, bytes]:
    """The table with mistakes."""
    return TABLE, (folder / TABLE).read_bytes()


def torn(folder: Path = FOLDER) -> tuple[str, bytes]:
    """The picture that ends too early."""
    return TORN, (folder / TORN).read_bytes()


def make(folder: Path, seed: int = SEED) -> None:
    """Draw the six, and write what goes with them."""
    from core.demo.__main__ import make as boutique
    from core.demo.drawing.studio import picture, webp
    from core.demo.products import slug

    folder.mkdir(parents=True, exist_ok=True)
    drafts, _ = boutique(seed)
    chosen = [next(one for one in drafts if one.category[-1] == kind and one.has_picture) for kind in WANTED]
    files = [f"{slug(one.title)}.webp" for one in chosen]
    for one, file in zip(chosen, files, strict=True):
        (folder / file).write_bytes(webp(picture(one.drawing)))
    whole = jpeg(picture(chosen[0].drawing))
    (folder / TORN).write_bytes(whole[: len(whole) // 3])
    said = MISTAKES.format(*(one.title for one in chosen), types=WANTED, photos=files)
    (folder / TABLE).write_text(said, encoding="utf-8")


def jpeg(image: Any) -> bytes:
    import io

    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m core.demo.samples", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args(arguments)
    make(asked.out, asked.seed)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
