"""What search is worth on real products: NDCG@10 of meaning alone, exact words alone and the shipped blend.

    python -m tests.benchmarks.words --data DIR        a built shop of fashion-product-images

Four kinds of query. *attributes*: "navy blue shirts for men", relevant is what has this type, colour and audience.
*with use*: the same with the occasion. *by heart*: three words out of a title, relevant is that title. *in other
words*: written by hand in words that the catalogue mostly does not use ("purse for women"), relevant is what was
meant. Exact words win the first two by construction, meaning the last; the blend has to hold everywhere.

Measured on all 35,401 products with MiniLM and no image model, columns as above and their mean:
MiniLM alone       .776 .749 .213 .780   .630
BM25 alone         .977 .920 .445 .593   .734
the shipped blend  .964 .924 .451 .769   .777
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.domain.catalogue import Catalogue
from core.domain.strategy import SEARCH_WEIGHTS
from core.rank.blend import blend_for
from core.rank.signals import sides_of_words
from core.recommend.search import retrieve
from core.recommend.view import View
from core.retrieve.bm25 import Bm25Index
from tests.benchmarks.quality import luck

AT = datetime(2026, 3, 1, tzinfo=UTC)
Query = tuple[str, str, np.ndarray]  # kind, words, which rows are relevant [n]

FORMS = ("{0} {1} {2}", "{2} {0} {1}", "{1} in {0} for {2}", "{0} {1} for {2}")
# Words, types meant, colours meant, audiences meant (unisex always counts); empty is any.
IN_OTHER_WORDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("purse for women", ("Handbags", "Clutches"), (), ("women",)),
    ("ladies purse black", ("Handbags", "Clutches", "Wallets"), ("Black",), ("women",)),
    ("sneakers for men", ("Casual Shoes", "Sports Shoes"), (), ("men",)),
    ("running shoes men", ("Sports Shoes",), (), ("men",)),
    ("trainers white women", ("Casual Shoes", "Sports Shoes"), ("White",), ("women",)),
    ("hoodie men grey", ("Sweatshirts", "Jackets"), ("Grey", "Grey Melange", "Charcoal"), ("men",)),
    ("pumps black high heels", ("Heels",), ("Black",), ("women",)),
    ("stilettos", ("Heels",), (), ("women",)),
    ("spectacles for men", ("Sunglasses",), (), ("men",)),
    ("shades aviator", ("Sunglasses",), (), ()),
    ("wristwatch silver dial men", ("Watches",), ("Silver", "Steel"), ("men",)),
    ("timepiece for women", ("Watches",), (), ("women",)),
    ("oxford shoes brown leather", ("Formal Shoes", "Casual Shoes"), ("Brown", "Tan", "Coffee Brown"), ("men",)),
    ("formal office shoes black", ("Formal Shoes",), ("Black",), ("men",)),
    ("denim pants men blue", ("Jeans",), ("Blue", "Navy Blue"), ("men",)),
    ("jogging bottoms", ("Track Pants", "Lounge Pants"), (), ()),
    ("sweatpants grey", ("Track Pants", "Lounge Pants"), ("Grey", "Grey Melange", "Charcoal"), ()),
    ("gym shorts men", ("Shorts",), (), ("men",)),
    ("rucksack", ("Backpacks",), (), ()),
    ("school bag", ("Backpacks",), (), ()),
    ("laptop case", ("Laptop Bag", "Backpacks", "Messenger Bag"), (), ()),
    ("billfold brown leather", ("Wallets",), ("Brown", "Tan", "Coffee Brown"), ("men",)),
    ("perfume for her", ("Perfume and Body Mist", "Deodorant"), (), ("women",)),
    ("cologne men", ("Perfume and Body Mist", "Deodorant"), (), ("men",)),
    ("fragrance gift", ("Perfume and Body Mist", "Fragrance Gift Set", "Deodorant"), (), ()),
    ("red lip color", ("Lipstick", "Lip Gloss"), ("Red", "Maroon"), ()),
    ("nail varnish pink", ("Nail Polish",), ("Pink", "Magenta", "Rose", "Peach"), ()),
    ("thong sandals men", ("Flip Flops", "Sandals"), (), ("men",)),
    ("beach slippers", ("Flip Flops",), (), ()),
    ("indian tunic for women", ("Kurtas", "Kurtis", "Tunics"), (), ("women",)),
    ("ethnic dress wedding", ("Sarees", "Lehenga Choli", "Kurtas", "Dresses"), (), ("women",)),
    ("silk sari", ("Sarees",), (), ("women",)),
    ("stole wrap for women", ("Dupatta", "Stoles", "Scarves", "Shawls"), (), ("women",)),
    ("pullover jumper men", ("Sweaters", "Sweatshirts"), (), ("men",)),
    ("cardigan women", ("Sweaters",), (), ("women",)),
    ("windbreaker", ("Jackets", "Rain Jacket"), (), ()),
    ("raincoat", ("Rain Jacket",), (), ()),
    ("winter coat", ("Jackets",), (), ()),
    ("waistcoat", ("Waistcoat",), (), ()),
    ("boxer briefs", ("Boxers", "Briefs", "Trunk"), (), ("men",)),
    ("men's underwear", ("Briefs", "Boxers", "Trunk", "Innerwear Vests"), (), ("men",)),
    ("brassiere nude", ("Bra",), ("Nude", "Skin", "Beige"), ("women",)),
    ("lingerie", ("Bra", "Briefs", "Nightdress", "Baby Dolls", "Camisoles"), (), ("women",)),
    ("sleepwear women", ("Nightdress", "Night suits", "Lounge Pants", "Baby Dolls"), (), ("women",)),
    ("pyjama set", ("Night suits",), (), ()),
    ("earings gold", ("Earrings",), ("Gold",), ("women",)),
    ("studs for ears", ("Earrings",), (), ()),
    ("neck piece silver", ("Necklace and Chains", "Pendant"), ("Silver",), ()),
    ("bangles", ("Bangle", "Bracelet"), (), ()),
    ("engagement ring", ("Ring",), (), ()),
    ("football jersey", ("Tshirts",), (), ()),
    ("cricket shoes", ("Sports Shoes",), (), ()),
    ("polo neck tee men red", ("Tshirts",), ("Red",), ("men",)),
    ("striped formal shirt for office", ("Shirts",), (), ("men",)),
    ("checked shirt men", ("Shirts",), (), ("men",)),
    ("summer dress floral", ("Dresses",), (), ("women",)),
    ("party dress black", ("Dresses",), ("Black",), ("women",)),
    ("mini skirt", ("Skirts",), (), ()),
    ("leggings black", ("Leggings", "Tights", "Jeggings"), ("Black",), ()),
    ("capris women", ("Capris",), (), ("women",)),
    ("three-quarter pants", ("Capris",), (), ()),
    ("chinos beige men", ("Trousers",), ("Beige", "Khaki", "Cream", "Tan"), ("men",)),
    ("slacks for men", ("Trousers",), (), ("men",)),
    ("baseball cap", ("Caps",), (), ()),
    ("hat", ("Hat", "Caps"), (), ()),
    ("bow tie", ("Ties",), (), ()),
    ("necktie stripes", ("Ties",), (), ()),
    ("cufflinks gift", ("Cufflinks", "Ties and Cufflinks", "Accessory Gift Set"), (), ("men",)),
    ("leather strap watch brown", ("Watches",), ("Brown", "Tan", "Coffee Brown", "Black"), ()),
    ("waist belt leather black", ("Belts",), ("Black",), ()),
    ("ballerinas pink", ("Flats",), ("Pink", "Peach", "Rose", "Magenta"), ("women",)),
    ("loafers", ("Casual Shoes", "Formal Shoes", "Flats"), (), ()),
    ("kids sandals", ("Sandals", "Sports Sandals", "Flip Flops", "Booties"), (), ("boys", "girls")),
    ("tshirt for little boy", ("Tshirts",), (), ("boys",)),
    ("dress for girl child", ("Dresses",), (), ("girls",)),
    ("gym bag", ("Duffel Bag",), (), ()),
    ("travel bag", ("Duffel Bag", "Trolley Bag", "Rucksacks"), (), ()),
    ("suitcase", ("Trolley Bag",), (), ()),
    ("evening clutch golden", ("Clutches",), ("Gold",), ("women",)),
    ("tote", ("Handbags",), (), ("women",)),
    ("sling bag", ("Handbags", "Messenger Bag"), (), ()),
    ("swimming costume", ("Swimwear",), (), ()),
    ("headscarf", ("Scarves", "Stoles", "Dupatta", "Headband"), (), ()),
    ("mascara black", ("Mascara",), (), ()),
    ("eyeliner", ("Kajal and Eyeliner",), (), ()),
    ("foundation makeup", ("Foundation and Primer", "Compact", "Concealer"), (), ()),
    ("moisturizer", ("Face Moisturisers", "Body Lotion"), (), ()),
    ("shampoo hair", ("Hair Colour", "Shampoo"), (), ()),
)  # fmt: skip


def queries(catalogue: Catalogue) -> list[Query]:
    """All queries that have at least three relevant products."""
    frame = catalogue.frame
    kind, audience = np.array(frame["type"].tolist(), dtype=object), np.array(frame["audience"].tolist(), dtype=object)
    colour = np.array([values[0] if values else None for values in frame["colour"].tolist()], dtype=object)
    use = np.array([values[0] if values else None for values in frame["occasion"].tolist()], dtype=object)
    title = np.array(frame["title"].tolist(), dtype=object)
    out: list[Query] = []
    for name, columns, forms, count in (
        ("attributes", (colour, kind, audience), FORMS, 150),
        ("with use", (colour, kind, audience, use), ("{0} {3} {1} {2}", "{3} {0} {1} for {2}"), 100),
    ):  # fmt: skip
        groups: dict[tuple[str, ...], int] = {}
        for values in zip(*(column.tolist() for column in columns), strict=True):
            if all(values) and values[2] != "unisex":
                groups[values] = groups.get(values, 0) + 1
        often = sorted((values for values, size in groups.items() if size >= 5), key=lambda v: luck(repr(v), name))
        for place, values in enumerate(often[:count]):
            mask = np.logical_and.reduce([column == value for column, value in zip(columns, values, strict=True)])
            out.append((name, forms[place % len(forms)].format(*values).lower(), mask))
    order = sorted(range(len(catalogue)), key=lambda row: luck(catalogue.ids[row], "by heart"))
    for row in order[:250]:
        words = re.findall(r"\w+", title[row])
        if len(words) >= 5:
            item = catalogue.ids[row]
            chosen = sorted(sorted(range(len(words)), key=lambda at, item=item: luck(f"{item} {at}", "word"))[:3])
            out.append(("by heart", " ".join(words[at] for at in chosen).lower(), title == title[row]))
    for words, kinds, colours, who in IN_OTHER_WORDS:
        mask = np.isin(kind, kinds)
        if colours:
            mask &= np.isin(colour, colours)
        if who:
            mask &= np.isin(audience, [*who, "unisex"])
        if mask.sum() >= 3:
            out.append(("in other words", words, mask))
    return out


def ndcg(rows: np.ndarray, relevant: np.ndarray, k: int = 10) -> float:
    """NDCG@k with gains of 0 and 1."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    found = relevant[rows[:k]]
    return float((found * discount[: len(found)]).sum() / discount[: min(k, int(relevant.sum()))].sum())


def measure(
    view: View, bm25: Bm25Index, encode: Callable[[Sequence[str]], np.ndarray], blends: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """Blend -> kind of query -> mean NDCG@10."""
    asked = queries(view.catalogue)
    vectors = encode([words for _, words, _ in asked])
    everything = np.ones(len(view), dtype=bool)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in blends}
    for (kind, words, relevant), vector in zip(asked, vectors, strict=True):
        sides = sides_of_words({"text": vector}, {"words": bm25.agreement(words)})
        for name, weights in blends.items():
            blend = blend_for(view.calibration, "words", weights, set(sides.sides))
            rows, _ = retrieve(view, blend, sides, everything, 10)
            found[name].setdefault(kind, []).append(ndcg(rows, relevant))
    return {name: {kind: float(np.mean(values)) for kind, values in kinds.items()} for name, kinds in found.items()}


def report(view: View, bm25: Bm25Index, encode: Callable[[Sequence[str]], np.ndarray]) -> dict[str, dict[str, float]]:
    """The table, printed."""
    blends = {
        "MiniLM alone": {"text": 1.0},
        "BM25 alone": {"words": 1.0},
        "shipped": {name: SEARCH_WEIGHTS[name] for name in ("text", "words")},
        "text .6, words .4": {"text": 0.6, "words": 0.4},
        "text .4, words .6": {"text": 0.4, "words": 0.6},
    }
    found = measure(view, bm25, encode, blends)
    kinds = list(next(iter(found.values())))
    print(f"{'NDCG@10':<20}" + "".join(f"{kind:>16}" for kind in kinds) + f"{'mean':>10}")
    for name, figures in found.items():
        mean = float(np.mean(list(figures.values())))
        print(f"{name:<20}" + "".join(f"{figures[kind]:>16.3f}" for kind in kinds) + f"{mean:>10.3f}")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.words", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a built shop")
    given = parser.parse_args(arguments)

    from core.build import open_shop
    from core.embed.registry import text_encoder
    from core.settings import Settings

    settings = Settings(data=given.data)
    opened = open_shop(settings)
    report(opened.view(), opened.bm25(), text_encoder(settings).encode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
