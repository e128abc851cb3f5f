"""Which column of a file fills which field of a product."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.errors import BadRequest
from core.intake.report import Findings

# What a column may be mapped to: the fields of an item as files have them. `size` with `stock` makes stock by size of
# several rows; `sale_price` is what is paid where it is filled, `price` then the former one.
FIELDS = (
    "id",
    "title",
    "family_id",
    "brand",
    "brand_tier",
    "category",
    "type",
    "audience",
    "colour",
    "material",
    "pattern",
    "occasion",
    "season",
    "collection",
    "description",
    "tags",
    "price",
    "sale_price",
    "currency",
    "former_price",
    "cost",
    "stock",
    "size",
    "release_at",
    "embargo_until",
    "retired_at",
    "picture",
    "picture_url",
)
MANY = ("category", "picture", "picture_url", "tags")  # fields that several columns may fill together
IGNORE = "ignore"  # as a field: columns that are left out altogether

# Names under which shops keep these, in the order of preference; compared without case, accents, spaces and marks.
_NAMES: Mapping[str, str] = {
    "id": (
        "id, product_id, item_id, sku, article_id, product_code_id, variant_sku, item_number, item_no, "
        "article_number, article, reference, ref, handle, ean, gtin, upc, code, product_code, identifiant, "
        "code_article, référence, artikelnummer, artikel_nr, produktnummer, codice, codice_articolo, id_prodotto, "
        "produit_id, id_produit"
    ),
    "title": (
        "title, name, product_name, product_title, item_name, product_display_name, prod_name, display_name, "
        "label, titre, nom, nom_produit, désignation, libellé, titel, bezeichnung, produktname, "
        "artikelbezeichnung, titolo, nome, nome_prodotto, product"
    ),
    # Not "family", "famille", "style" or "model": in many shops these name a whole department or a look.
    "family_id": "family_id, style_code, style_number, style_id, item_group_id, parent_sku, parent_id, model_code",
    "brand": (
        "brand, brand_name, maison, house, designer, vendor, manufacturer, label_name, marque, fabricant, marke, "
        "hersteller, marca, produttore"
    ),
    "brand_tier": "brand_tier, tier, brand_level, gamme",
    "category": (
        "category, category_path, categories, product_category, google_product_category, department, "
        "product_type_path, catégorie, famille, rayon, famiglia, kategorie, warengruppe, categoria, reparto"
    ),
    "type": (
        "type, product_type, article_type, item_type, product_type_name, kind, sub_category_type, "
        "type_de_produit, sous_famille, sous_catégorie, produkttyp, artikelart, tipo, tipo_prodotto"
    ),
    "audience": (
        "audience, gender, sex, target_group, department_gender, genre, sexe, geschlecht, zielgruppe, genere, "
        "sesso, target_gender"
    ),
    "colour": (
        "colour, color, colours, colors, base_colour, base_color, colour_name, color_name, main_colour, couleur, "
        "coloris, farbe, farben, colore, colori"
    ),
    "material": (
        "material, materials, fabric, composition, matière, matières, matériau, stoff, zusammensetzung, "
        "materiale, materiali, composizione, tessuto"
    ),
    "pattern": "pattern, print, graphical_appearance_name, motif, muster, fantasia, motivo",
    "occasion": "occasion, occasions, usage, use, anlass, occasione, utilisation",
    "season": "season, seasons, saison, stagione",
    "collection": "collection, collection_name, range, line, kollektion, collezione",
    "description": (
        "description, desc, product_description, long_description, body, body_html, detail_desc, details, text, "
        "beschreibung, produktbeschreibung, descrizione, descriptif"
    ),
    "tags": "tags, tag, keywords, labels, mots_clés, étiquettes, schlagworte, stichworte, parole_chiave, etichette",
    "price": (
        "price, price_eur, retail_price, unit_price, regular_price, list_price, variant_price, current_price, "
        "prix, prix_ttc, prix_de_vente, prix_vente, prix_vente_ttc, preis, "
        "verkaufspreis, vk, prezzo, prezzo_vendita, rrp, msrp"
    ),
    "sale_price": (
        "sale_price, discounted_price, special_price, promo_price, prix_promo, prix_soldé, aktionspreis, "
        "sonderpreis, prezzo_scontato"
    ),
    "currency": "currency, currency_code, price_currency, devise, monnaie, währung, valuta",
    "former_price": (
        "former_price, compare_at_price, variant_compare_at_price, old_price, was_price, original_price, "
        "strike_price, crossed_price, prix_barré, ancien_prix, streichpreis, alter_preis, uvp, prezzo_precedente, "
        "prezzo_pieno"
    ),
    "cost": (
        "cost, cost_price, unit_cost, cost_per_item, purchase_price, wholesale_price, prix_achat, prix_d_achat, "
        "coût, einkaufspreis, ek, costo, prezzo_acquisto"
    ),
    "stock": (
        "stock, stock_by_size, quantity, qty, inventory, inventory_quantity, variant_inventory_qty, "
        "stock_quantity, stock_level, available_quantity, on_hand, availability, quantité, bestand, lagerbestand, "
        "menge, giacenza, quantità, disponibilità, disponibilité, verfügbarkeit"
    ),
    "size": "size, taille, pointure, größe, taglia, misura",
    "release_at": (
        "release_at, release_date, released, launch_date, launch, available_from, publish_date, published_at, "
        "online_from, date_de_sortie, date_sortie, mise_en_vente, disponible_le, erscheinungsdatum, verfügbar_ab, "
        "data_uscita, disponibile_dal"
    ),
    "embargo_until": "embargo_until, embargo, embargo_date, hidden_until, sous_embargo, sperrfrist, embargo_fino_al",
    "retired_at": (
        "retired_at, retired, retirement_date, end_date, end_of_life, discontinued_at, available_until, "
        "online_until, date_de_fin, fin_de_vie, auslaufdatum, verfügbar_bis, data_fine"
    ),
    "picture": (
        "picture, pictures, image, images, photo, photos, image_file, picture_file, image_name, image_path, "
        "file_name, filename, main_image, bild, bilder, bilddatei, foto, immagine, immagini, image_filename"
    ),
    "picture_url": (
        "picture_url, image_url, image_link, image_src, photo_url, img_url, additional_image_link, url_image, "
        "bild_url, url_immagine, images_urls, image_urls"
    ),
}  # fmt: skip

# Columns of levels of one category path: category_1, category level 2, catégorie 3, level1 …
_LEVEL = re.compile(r"(?:category|categorie|kategorie|categoria|cat|categorylevel|level|department)(\d)")
# Columns of stock by size: stock_S, "Stock M", qty_42, quantity (L), bestand_XL.
_SIZED = re.compile(
    r"(?:stock|qty|quantity|inventory|quantité|quantite|bestand|giacenza)[ _:.\-(\[]+([^)\]]{1,12})[)\]]?", re.I
)
_NOT_SIZES = {
    "quantity", "qty", "level", "status", "total", "bysize", "by size", "by_size", "date", "value", "depth", "min",
    "max", "location", "policy", "tracker", "keeping unit", "keeping_unit", "code", "id", "item", "unit",
}  # fmt: skip


# Names that may stand for the id where nothing better does, but are no rivals of one.
_QUIET = frozenset({"gtin", "ean", "upc", "handle", "code", "productcode"})


def plain_name(header: str) -> str:
    """A header without case, accents, spaces and marks: "Prix d’achat" -> "prixdachat"."""
    decomposed = unicodedata.normalize("NFKD", header.casefold().replace("ß", "ss"))
    return "".join(c for c in decomposed if c.isalnum() and not unicodedata.combining(c))


KNOWN: Mapping[str, tuple[str, ...]] = {
    name: tuple(dict.fromkeys(plain_name(word) for word in words.split(","))) for name, words in _NAMES.items()
}


@dataclass(frozen=True, slots=True)
class Columns:
    """field -> the columns that fill it, in order. sized: size -> column of its stock. extras: kept as attributes."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sized: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ()

    def shown(self) -> dict[str, tuple[str, ...]]:
        """As `fields`, with the columns of stock by size under `stock`."""
        shown = dict(self.fields)
        if self.sized:
            shown["stock"] = (*shown.get("stock", ()), *self.sized.values())
        return shown


def map_columns(
    headers: Sequence[str],
    *,
    preset: Mapping[str, Sequence[str]] | None = None,
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    findings: Findings | None = None,
) -> Columns:
    """Which of `headers` fill which field: as `mapping` says, then `preset`, then by name; the rest are extras.

    mapping: field -> column, or several where the field takes several ("A + B", or a list); an empty column leaves the
             field empty; the field `ignore` takes columns that are left out.
    Raises BadRequest for a field or column that does not exist, or one column for two fields.
    """
    explicit = _explicit(headers, mapping or {})
    fields: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()

    def take(name: str, columns: Iterable[str]) -> None:
        found = tuple(column for column in columns if column not in used)
        if found:
            fields[name] = found
            used.update(found)

    for name, columns in explicit.items():
        take(name, columns)
    if preset is not None:
        for name, wanted in preset.items():
            if name not in explicit:
                take(name, [column for column in wanted if column in headers])
    sized: dict[str, str] = {}
    if "stock" not in explicit:
        sized = {size: column for size, column in _sized(headers).items() if column not in used}
        used.update(sized.values())
    levels = sorted(
        (int(found[1]), column)
        for column in headers
        if column not in used and (found := _LEVEL.fullmatch(plain_name(column)))
    )
    if "category" not in fields and "category" not in explicit and len(levels) > 1:
        take("category", [column for _, column in levels])
    _by_name(headers, fields, used, set(explicit), take, findings)
    ignored = set(fields.pop(IGNORE, ()))
    extras = tuple(column for column in headers if column not in used and column not in ignored)
    return Columns({name: fields[name] for name in FIELDS if fields.get(name)}, sized, extras)


def _by_name(
    headers: Sequence[str], fields: Mapping[str, tuple[str, ...]], used: set[str], explicit: set[str],
    take: Callable[[str, Iterable[str]], None], findings: Findings | None,
) -> None:  # fmt: skip
    plain: dict[str, list[str]] = {}
    for column in headers:
        if column not in used:
            plain.setdefault(plain_name(column), []).append(column)
    for name in FIELDS:
        if name in fields or name in explicit:
            continue
        matches = [column for word in KNOWN[name] for column in plain.get(word, ()) if column not in used]
        if not matches:
            continue
        take(name, matches if name in MANY and name != "category" else matches[:1])
        rivals = [column for column in matches[1:] if plain_name(column) not in _QUIET]
        if findings is not None and rivals and name not in MANY:
            others = ", ".join(repr(column) for column in rivals)
            findings.add(
                "two_columns",
                "warning",
                f"Both {matches[0]!r} and {others} could be the {name}; {matches[0]!r} is taken and the rest kept "
                f"as attributes. Map {name} to a column to decide otherwise.",
                column=matches[0],
            )


def _sized(headers: Sequence[str]) -> dict[str, str]:
    sized = {}
    for column in headers:
        found = _SIZED.fullmatch(column.strip())
        size = found[1].strip() if found else ""
        if size and size.casefold() not in _NOT_SIZES and size not in sized:
            sized[size] = column
    return sized


def _explicit(headers: Sequence[str], mapping: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    explicit: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for name, wanted in mapping.items():
        if name not in FIELDS and name != IGNORE:
            raise BadRequest(f"There is no field called {name!r}. Fields are: {', '.join((*FIELDS, IGNORE))}.")
        columns: tuple[str, ...]
        if isinstance(wanted, str):
            columns = (wanted,) if wanted in headers else tuple(w.strip() for w in wanted.split("+") if w.strip())
        else:
            columns = tuple(wanted)
        for column in columns:
            if column not in headers:
                raise BadRequest(f"There is no column called {column!r} for {name}. Columns are: {', '.join(headers)}.")
            if owner.setdefault(column, name) != name:
                raise BadRequest(f"The column {column!r} is mapped to both {owner[column]} and {name}. Choose one.")
        if len(columns) > 1 and name not in (*MANY, IGNORE):
            raise BadRequest(f"The field {name} takes one column, not {len(columns)}.")
        explicit[name] = columns
    return explicit


def read_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`field=column` as given on a command line. Raises BadRequest.

    >>> read_mapping(["title=Product name"])
    {'title': 'Product name'}
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, mark, column = pair.partition("=")
        if not mark or not name.strip():
            raise BadRequest(f"{pair!r} is not a mapping. Write field=column, for example title=Name.")
        mapping[name.strip()] = column.strip()
    return mapping
