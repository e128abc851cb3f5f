"""The maisons of the boutique. All are invented."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class House:
    """One maison: its tier (1 everyday to 4 haute), its taste, and how its pictures and words sound.

    palette: colour words it loves, most loved first.  prints: patterns it uses.  printed: share of printed styles.
    metals: of its hardware.  groups: product group -> how much of it the house makes.  paper: of its photographs.
    voice: which of the ways of writing it uses.  pattern_known: whether its data sheets name the pattern.
    """

    name: str
    tier: int
    palette: tuple[str, ...]
    prints: tuple[str, ...]
    printed: float
    metals: tuple[str, ...]
    groups: dict[str, float]
    paper: RGB
    voice: str
    pattern_known: bool = True
    men: float = 0.3
    names: tuple[str, ...] = ()


HOUSES: tuple[House, ...] = (
    House("Aurel", 4, ("camel", "ivory", "oat", "stone", "taupe", "navy", "chocolate", "dove grey", "honey"),
          ("windowpane", "herringbone", "pinstripe"), 0.10, ("gold",),
          {"coat": 5, "knit": 4, "trousers": 3, "bag": 2, "scarf": 3, "shoe": 2, "shirt": 2, "jacket": 3, "dress": 1, "skirt": 2, "hat": 1, "belt": 1, "gloves": 1},
          (232, 226, 215), "quiet", men=0.4,
          names=("Adèle", "Basile", "Céleste", "Damien", "Élie", "Faustine", "Gaspard", "Honoré", "Isaure", "Joachim", "Lazare", "Mathilde", "Noémie", "Octave", "Perrine", "Rosalie")),
    House("Maison Kestrel", 4, ("black", "bordeaux", "emerald", "midnight", "ivory", "plum", "oxblood", "cobalt", "blush"),
          ("floral", "dots", "leopard", "abstract"), 0.28, ("gold", "rose gold"),
          {"dress": 7, "jacket": 3, "coat": 2, "shoe": 4, "bag": 4, "jewellery": 4, "skirt": 2, "shirt": 2, "gloves": 1, "scarf": 1, "tie": 1, "eyewear": 1},
          (226, 218, 216), "evening", men=0.12,
          names=("Aurore", "Belladonna", "Callisto", "Desdemona", "Esmé", "Fedora", "Giselle", "Héloïse", "Isolde", "Juno", "Lucrezia", "Marguerite", "Ondine", "Pénélope", "Salomé", "Violetta")),
    House("Corvin", 3, ("cognac", "black", "chestnut", "oxblood", "bottle green", "tan", "espresso", "navy", "saffron"),
          ("monogram",), 0.07, ("gold", "brass"),
          {"bag": 12, "slg": 6, "belt": 5, "shoe": 5, "gloves": 3, "watch": 1, "jacket": 1},
          (234, 227, 215), "workshop", men=0.4,
          names=("Alder", "Bramble", "Corbin", "Dunstan", "Ember", "Fenwick", "Gower", "Harrow", "Ingram", "Jarrow", "Kelso", "Linden", "Marlow", "Nairn", "Orford", "Pembury")),
    House("Talamone", 3, ("tan", "ivory", "terracotta", "black", "scarlet", "olive", "rose", "sand", "cobalt", "chocolate"),
          ("leopard", "zebra", "stripe"), 0.14, ("gold",),
          {"shoe": 14, "bag": 7, "belt": 2, "eyewear": 4, "hat": 2, "scarf": 1},
          (238, 228, 214), "sunny", pattern_known=False, men=0.28,
          names=("Amalfi", "Bellagio", "Capri", "Dorsoduro", "Elba", "Fiesole", "Giglio", "Ischia", "Lerici", "Maremma", "Noto", "Orvieto", "Portofino", "Ravello", "Siena", "Taormina")),
    House("Ilse Moreau", 3, ("rose", "ivory", "sage", "navy", "butter", "cherry", "lilac", "black", "apricot", "sky"),
          ("floral", "dots", "abstract", "gingham", "paisley"), 0.48, ("gold", "rose gold"),
          {"dress": 10, "shirt": 6, "skirt": 5, "scarf": 3, "shoe": 3, "bag": 3, "hat": 2, "jewellery": 2, "knit": 1},
          (236, 226, 222), "romantic", pattern_known=False, men=0.0,
          names=("Anaïs", "Blanche", "Clémence", "Delphine", "Éloïse", "Fleur", "Garance", "Hortense", "Inès", "Joséphine", "Lise", "Manon", "Ninon", "Odile", "Pauline", "Suzanne")),
    House("Norrland", 2, ("bottle green", "charcoal", "oat", "rust", "navy", "ecru", "mustard", "slate blue", "chestnut", "forest"),
          ("check", "argyle", "herringbone", "breton"), 0.26, ("silver", "gunmetal"),
          {"coat": 6, "knit": 8, "hat": 4, "scarf": 4, "gloves": 3, "shoe": 4, "trousers": 3, "jacket": 3, "bag": 2},
          (222, 224, 220), "outdoor", men=0.5,
          names=("Abisko", "Birk", "Dalarna", "Eira", "Fjell", "Gotland", "Halla", "Idun", "Jokk", "Kiruna", "Lofot", "Malung", "Njord", "Orsa", "Pite", "Ran")),
    House("Ferrand", 2, ("navy", "white", "scarlet", "ecru", "denim blue", "sky", "olive", "black", "mustard"),
          ("breton", "stripe", "check", "gingham"), 0.38, ("silver", "brass"),
          {"shirt": 8, "knit": 6, "trousers": 6, "jacket": 4, "dress": 3, "bag": 3, "shoe": 5, "hat": 3, "scarf": 2, "coat": 2, "skirt": 2, "belt": 2},
          (228, 229, 226), "plain", men=0.5,
          names=("Alban", "Brest", "Cancale", "Dinard", "Erquy", "Fécamp", "Groix", "Honfleur", "Jules", "Lannion", "Morlaix", "Nantes", "Ouessant", "Penmarch", "Quimper", "Roscoff")),
    House("Oda Lindqvist", 3, ("black", "white", "dove grey", "graphite", "ice blue", "jet", "chalk", "teal", "stone"),
          ("pinstripe", "geometric", "windowpane"), 0.14, ("silver",),
          {"dress": 4, "trousers": 5, "jacket": 4, "bag": 5, "shoe": 5, "eyewear": 3, "shirt": 3, "skirt": 3, "watch": 2, "jewellery": 3, "coat": 3, "knit": 2, "belt": 1},
          (224, 225, 227), "minimal", men=0.35,
          names=("Ask", "Bo", "Disa", "Edda", "Frej", "Gro", "Hedda", "Ivar", "Jorun", "Kaja", "Liv", "Mo", "Nor", "Oda", "Pil", "Signe")),
    House("Solenne", 3, ("navy", "black", "chestnut", "oxblood", "ivory", "bottle green", "tan"),
          (), 0.0, ("gold", "silver", "rose gold"),
          {"watch": 12, "jewellery": 26, "eyewear": 4, "slg": 2},
          (229, 225, 222), "precious", men=0.3,
          names=("Altair", "Bellatrix", "Capella", "Deneb", "Electra", "Fornax", "Gemma", "Hadar", "Izar", "Lyra", "Mira", "Norma", "Orion", "Polaris", "Rigel", "Sirius", "Tania", "Vega", "Wezen", "Zosma")),
    House("Bellweather", 1, ("fuchsia", "cobalt", "lemon", "mint", "tangerine", "white", "black", "scarlet", "lilac", "teal", "pistachio"),
          ("floral", "abstract", "zebra", "geometric", "dots", "stripe", "gingham", "leopard"), 0.5, ("gold", "silver"),
          {"dress": 6, "shirt": 5, "bag": 6, "shoe": 6, "knit": 3, "skirt": 4, "hat": 3, "scarf": 3, "eyewear": 4, "jewellery": 4, "slg": 3, "trousers": 3},
          (236, 231, 222), "bright", men=0.1,
          names=("Apple", "Bonnie", "Clover", "Daisy", "Echo", "Fizz", "Goldie", "Hattie", "Indie", "Joss", "Kiki", "Lola", "Minnie", "Nell", "Otti", "Pip")),
    House("Hollis & Rue", 1, ("denim blue", "black", "white", "khaki", "charcoal", "brick", "sand", "navy", "moss"),
          ("check", "stripe", "houndstooth", "herringbone", "pinstripe"), 0.3, ("brass", "gunmetal"),
          {"trousers": 8, "shirt": 7, "jacket": 5, "shoe": 5, "belt": 3, "hat": 3, "knit": 3, "coat": 2, "watch": 2, "tie": 5, "bag": 3, "slg": 2, "eyewear": 2, "skirt": 1},
          (228, 224, 214), "casual", men=0.65,
          names=("Abbott", "Baxter", "Calder", "Dexter", "Ellis", "Foster", "Grady", "Hudson", "Irving", "Jasper", "Keaton", "Lowell", "Mercer", "Nolan", "Otis", "Porter")),
    House("Vesper Lane", 2, ("aubergine", "saffron", "teal", "black", "raspberry"),
          ("paisley", "abstract", "houndstooth"), 0.4, ("rose gold", "gunmetal"),
          {"coat": 2, "dress": 2, "bag": 3, "shoe": 3, "scarf": 1, "knit": 1, "skirt": 1},
          (228, 220, 226), "new", men=0.0,
          names=("Ashdown", "Brixton", "Camden", "Dulwich", "Earlham", "Finsbury", "Greenwich", "Holborn", "Islington", "Jubilee", "Kew", "Lambeth")),
)  # fmt: skip
NEW_HOUSE = "Vesper Lane"
BY_NAME = {house.name: house for house in HOUSES}
