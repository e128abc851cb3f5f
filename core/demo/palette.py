"""Colours, cloths and what they are called. A word and its drawn colour always agree."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Shade:
    """A colour as a shop names it: the word on the label, the plain colour shoppers filter by, and its sRGB value."""

    word: str
    plain: str
    rgb: RGB


_SHADES: tuple[tuple[str, str, RGB], ...] = (
    ("black", "black", (30, 28, 30)),
    ("jet", "black", (22, 21, 24)),
    ("charcoal", "grey", (68, 68, 74)),
    ("graphite", "grey", (86, 88, 94)),
    ("dove grey", "grey", (166, 166, 166)),
    ("silver grey", "grey", (190, 192, 196)),
    ("white", "white", (244, 243, 240)),
    ("chalk", "white", (236, 233, 226)),
    ("ivory", "cream", (238, 228, 206)),
    ("ecru", "cream", (224, 212, 188)),
    ("oat", "beige", (212, 196, 168)),
    ("sand", "beige", (204, 180, 142)),
    ("stone", "beige", (186, 176, 158)),
    ("taupe", "beige", (150, 134, 118)),
    ("camel", "camel", (188, 144, 94)),
    ("honey", "camel", (204, 154, 86)),
    ("tan", "brown", (172, 118, 72)),
    ("cognac", "brown", (154, 86, 44)),
    ("chestnut", "brown", (112, 62, 40)),
    ("chocolate", "brown", (74, 46, 36)),
    ("espresso", "brown", (52, 36, 32)),
    ("tobacco", "brown", (124, 90, 56)),
    ("rust", "orange", (170, 76, 38)),
    ("terracotta", "orange", (190, 98, 70)),
    ("tangerine", "orange", (228, 122, 44)),
    ("apricot", "orange", (236, 176, 128)),
    ("saffron", "yellow", (226, 168, 44)),
    ("mustard", "yellow", (194, 148, 46)),
    ("butter", "yellow", (242, 224, 158)),
    ("lemon", "yellow", (240, 216, 84)),
    ("scarlet", "red", (196, 34, 38)),
    ("cherry", "red", (164, 26, 44)),
    ("brick", "red", (150, 60, 48)),
    ("oxblood", "burgundy", (98, 26, 34)),
    ("garnet", "burgundy", (116, 24, 46)),
    ("bordeaux", "burgundy", (86, 24, 44)),
    ("rose", "pink", (218, 142, 148)),
    ("blush", "pink", (232, 196, 188)),
    ("fuchsia", "pink", (198, 44, 116)),
    ("raspberry", "pink", (172, 40, 86)),
    ("lilac", "purple", (184, 164, 206)),
    ("plum", "purple", (88, 40, 78)),
    ("aubergine", "purple", (62, 32, 56)),
    ("navy", "navy", (32, 40, 70)),
    ("midnight", "navy", (24, 28, 52)),
    ("indigo", "blue", (50, 62, 116)),
    ("cobalt", "blue", (36, 76, 168)),
    ("denim blue", "blue", (76, 104, 146)),
    ("slate blue", "blue", (92, 110, 134)),
    ("sky", "light blue", (164, 196, 224)),
    ("ice blue", "light blue", (204, 220, 232)),
    ("teal", "green", (26, 96, 100)),
    ("emerald", "green", (20, 106, 76)),
    ("bottle green", "green", (26, 66, 50)),
    ("forest", "green", (40, 72, 50)),
    ("sage", "green", (156, 170, 140)),
    ("mint", "green", (182, 216, 196)),
    ("pistachio", "green", (190, 204, 140)),
    ("olive", "olive", (100, 98, 56)),
    ("khaki", "olive", (140, 130, 92)),
    ("moss", "olive", (88, 96, 50)),
)
SHADES: dict[str, Shade] = {word: Shade(word, plain, rgb) for word, plain, rgb in _SHADES}

METAL_WORDS = {"gold": "gold", "silver": "silver", "gunmetal": "grey", "rose gold": "rose gold", "brass": "gold"}

STONES: dict[str, RGB] = {
    "diamond": (226, 234, 242), "white topaz": (220, 230, 236), "emerald stone": (22, 122, 84), "sapphire": (36, 66, 156),
    "ruby": (168, 24, 52), "amethyst": (128, 84, 168), "citrine": (226, 170, 60), "turquoise": (84, 176, 176),
    "onyx": (34, 32, 36), "moonstone": (206, 216, 226), "garnet stone": (120, 24, 44), "aquamarine": (150, 204, 220),
    "freshwater pearl": (238, 230, 218), "akoya pearl": (244, 238, 228), "coral": (220, 104, 82), "malachite": (30, 116, 84),
    "lapis lazuli": (36, 56, 128), "tiger's eye": (150, 98, 44),
}  # fmt: skip


@dataclass(frozen=True)
class Material:
    """A material: its word, how its surface is drawn, the price it makes (a factor), and what is said of it."""

    word: str
    surface: str
    cost: float
    said: tuple[str, ...]


_M = (
    # leather
    ("calfskin", "leather", 1.15, ("Cut from vegetable-tanned calfskin that darkens with handling.", "The calfskin is dyed through, so scuffs polish out.", "Smooth Tuscan calfskin, waxed by hand.")),
    ("grained leather", "grained", 1.0, ("Pebbled leather shrugs off rain and keys.", "The grain is natural, not stamped, so no two panels match.", "Grained hide that forgives daily use.")),
    ("nappa leather", "leather", 1.2, ("Nappa so supple it folds like cloth.", "Made of lamb nappa with a dry, glove-like hand.")),
    ("patent leather", "patent", 1.1, ("Five coats of lacquer give the patent its mirror.", "High-shine patent that wipes clean.")),
    ("suede", "suede", 1.05, ("Brushed goat suede with a short, even nap.", "Velvety suede, protected against the first shower.", "The suede softens within a week of wear.")),
    ("nubuck", "nubuck", 1.0, ("Nubuck with a powdery touch.", "Buffed nubuck that ages in soft patches.")),
    ("embossed leather", "croc", 1.1, ("Calf leather pressed under heated plates.", "Embossed hide, finished with agate stones for depth.")),
    ("woven leather", "woven", 1.35, ("Strips of lambskin plaited on a wooden last, about nine hours' work.", "Intreccio-style leather without a single seam in sight.")),
    ("vegan leather", "leather", 0.6, ("An apple-skin alternative to leather, light and free of animal products.", "Plant-based coated fabric on a recycled backing.")),
    ("shearling", "shearling", 1.5, ("Merino shearling, worn fleece side in or out.", "Curly shearling that traps warmth without weight.")),
    ("canvas", "canvas", 0.7, ("Heavy cotton canvas woven in the Vosges.", "Waxed canvas, stiff at first and better every season.")),
    ("raffia", "straw", 0.75, ("Raffia from Madagascar, crocheted by a women's cooperative.", "Hand-plaited raffia with a smell of dry grass.")),
    ("straw", "straw", 0.6, ("Wheat straw, steamed and blocked by hand.", "Fine paper straw that packs flat.")),
    ("nylon", "nylon", 0.65, ("Recycled nylon from fishing nets.", "Technical nylon, rainproof to a 10,000 mm column.")),
    ("satin", "satin", 0.9, ("Heavy duchesse satin.", "Satin with a liquid fall.")),
    ("silk satin", "satin", 1.3, ("Mulberry silk satin, 22 momme.", "Sand-washed silk satin, cool on the skin.")),
    ("silk twill", "silk", 1.2, ("Silk twill printed in Como.", "Thirty-six gram silk twill with hand-rolled edges.")),
    ("silk crêpe", "silk", 1.25, ("Silk crêpe that never needs an iron.", "Four-ply silk crêpe with a dry drape.")),
    ("viscose", "silk", 0.7, ("Certified viscose from managed forests.", "Fluid viscose that moves like silk and washes at thirty degrees.")),
    ("polyester satin", "satin", 0.55, ("Recycled polyester satin that travels without a crease.", "Washable satin made of old bottles.")),
    ("velvet", "velvet", 1.0, ("Cotton-backed velvet from Lyon.", "Velvet with a deep, shifting pile.")),
    ("cashmere", "knit", 1.9, ("Two-ply cashmere combed in Inner Mongolia and spun in Biella.", "Pure cashmere of the longest fibre, so it hardly pills.", "Cashmere knitted slowly, at a loose tension, for loft.")),
    ("merino wool", "knit", 1.0, ("Extra-fine merino, soft enough for bare skin.", "Traceable merino from a single station in New Zealand.")),
    ("lambswool", "knit", 0.9, ("Scottish lambswool, milled for a slightly felted touch.", "Springy lambswool that keeps its shape.")),
    ("alpaca", "knit", 1.2, ("Baby alpaca with a soft halo.", "Andean alpaca, warmer than wool and half the weight.")),
    ("mohair", "knit", 1.05, ("Brushed kid mohair, airy as breath.", "A mohair blend with a cloud-like surface.")),
    ("acrylic", "knit", 0.42, ("An easy-care acrylic that does not itch.", "Soft acrylic yarn, machine washable.")),
    ("cotton knit", "knit", 0.7, ("Long-staple cotton, knitted in a dry summer gauge.", "Combed organic cotton yarn.")),
    ("virgin wool", "wool", 1.15, ("Virgin wool, woven double and pressed by hand.", "Double-faced wool, joined by hand along every seam.", "A dense wool melton that keeps out wind.")),
    ("cashmere blend", "wool", 1.6, ("Wool with a fifth of cashmere for softness.", "A wool and cashmere cloth from Piedmont.")),
    ("camel hair", "wool", 1.7, ("Undyed camel hair from the Gobi.", "Camel hair with a natural lustre.")),
    ("wool tweed", "tweed", 1.1, ("Harris tweed, woven in an island cottage.", "Flecked tweed in five yarns.")),
    ("wool bouclé", "boucle", 1.1, ("Looped bouclé with a nubbly hand.", "Italian bouclé, fully lined.")),
    ("wool flannel", "wool", 1.05, ("Brushed flannel from a mill in Yorkshire.", "Soft flannel with a chalky bloom.")),
    ("tropical wool", "wool", 1.0, ("High-twist wool that breathes and springs back.", "Tropical wool for the months between seasons.")),
    ("wool blend", "wool", 0.65, ("A recycled wool blend, warm and kind to the purse.", "Wool mixed with polyamide for wear.")),
    ("wool felt", "felt", 0.9, ("Rabbit-free wool felt, blocked on antique forms.", "Dense wool felt that holds its line in the rain.")),
    ("cotton gabardine", "cotton", 0.95, ("Cotton gabardine woven so tight that water beads on it.", "Proofed gabardine, made for April.")),
    ("cotton poplin", "poplin", 0.7, ("Crisp two-fold poplin.", "Poplin with a cool, papery hand.")),
    ("organic cotton", "cotton", 0.6, ("Organic cotton, washed before it is cut.", "Combed organic cotton with a dry touch.")),
    ("linen", "linen", 0.85, ("European flax, stone-washed until it gives in.", "Norman linen that looks better crumpled.")),
    ("denim", "denim", 0.8, ("Selvedge denim from an old shuttle loom.", "Fourteen-ounce denim with no stretch at all.", "Soft-washed denim, made with a tenth of the usual water.")),
    ("corduroy", "corduroy", 0.8, ("Wide-wale corduroy that whispers as you walk.", "Cotton corduroy with a velvety rib.")),
    ("quilted nylon", "quilted", 0.9, ("Filled with certified goose down.", "Insulated with recycled wadding.")),
    ("chiffon", "silk", 0.9, ("Layered chiffon, light enough to float.", "Georgette and chiffon over a fine slip.")),
    ("lace", "silk", 1.1, ("Calais-Caudry lace on original Leavers looms.", "Guipure lace with scalloped edges.")),
    ("acetate", "acetate", 1.0, ("Cotton-based acetate, tumbled for three days in wooden drums.", "Mazzucchelli acetate, eight millimetres thick.")),
    ("titanium", "acetate", 1.2, ("Japanese titanium, eleven grams in all.", "Beta titanium that bends and returns.")),
    ("stainless steel", "acetate", 1.0, ("316L stainless steel.", "Brushed and polished steel.")),
    ("gold-plated brass", "acetate", 0.7, ("Eighteen-carat gold plate over recycled brass.", "Thick gold vermeil finish, tarnish-resistant.")),
    ("sterling silver", "acetate", 0.9, ("Recycled sterling silver, hallmarked.", "Solid 925 silver, rhodium dipped.")),
    ("18-carat gold", "acetate", 4.2, ("Solid eighteen-carat gold from certified refiners.", "Cast in eighteen-carat gold and polished by hand.")),
)  # fmt: skip
MATERIALS: dict[str, Material] = {word: Material(word, surface, cost, said) for word, surface, cost, said in _M}
