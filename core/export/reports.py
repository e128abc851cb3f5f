"""The reports that can be taken along: a list, a sheet of lists, looks, a house, the impact of a draft, a drill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.curation.drill import Drill
from core.curation.house import AllLists, House
from core.curation.impact import Impact, ListChange
from core.domain.catalogue import Catalogue, Item, State
from core.domain.listing import Listing, Origin, Versions
from core.domain.looks import PART_NAMES as LOOK_PARTS
from core.domain.looks import PARTS, ROLE_NAMES, Look, Looks, SavedLook
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Filters
from core.domain.strategy import SIGNAL_NAMES, SIGNALS, Strategy
from core.domain.words import MINOR_DIGITS, NBSP, closeness, count, listed, moment, money, rounded, shares, signed
from core.export.paper import (
    COUNT,
    MONEY,
    SCORE,
    SHARE,
    TEXT,
    Block,
    Card,
    Cards,
    Cell,
    Figures,
    Report,
    Section,
    Strip,
    Strips,
    Table,
    Words,
    table,
)

if TYPE_CHECKING:
    from core.shop import Shop

PARTS_OF = {"base": "Starting point", **SIGNAL_NAMES, "boost": "Boosts"}
ORIGINS = {Origin.PIN: "Pinned", Origin.FILL: "Filled up"}
STATES = {State.SOLD_OUT: "Sold out", State.EMBARGOED: "Coming", State.RETIRED: "Retired"}
FIGURES = {
    "price": "Mean price", "margin": "Margin", "in_stock": "In stock", "houses": "Variety of houses",
    "kinds": "Variety of kinds", "length": "Products in a list",
}  # fmt: skip
STRIP = 10  # products of a list in a strip
SIDE = 6  # where two lists stand beside one another
MOST_STRIPS = 40  # lists drawn with pictures; a workbook has all of them
WHY_GONE = {"sold out": "is sold out", "embargoed": "is not on sale yet", "retired": "is retired",
            "missing": "is not in the catalogue any more"}  # fmt: skip


@dataclass(frozen=True)
class Letterhead:
    """What every report says of itself.

    at:   the moment asked about.    made_at, who: when it was made, and for whom; "" where nobody said.
    draft: the name of the draft whose rules and weights are in it, "" for what is live.    without: how many rules
    are left out of it to see what they do.
    """

    shop: Shop
    at: datetime
    made_at: datetime
    who: str = ""
    draft: str = ""
    without: int = 0

    @cached_property
    def catalogue(self) -> Catalogue:
        return self.shop.catalogue(self.at)

    @property
    def zone(self) -> ZoneInfo:
        return self.shop.settings.zone()

    @property
    def currency(self) -> str | None:
        return self.catalogue.currency

    def money(self, minor: float | None) -> str:
        return money(None if minor is None else round(minor), self.currency)

    def foot(
        self, versions: Versions | None = None, encoders: Mapping[str, str | None] | None = None
    ) -> tuple[str, ...]:
        """Who made it, of which moment, with which versions, and whether the data is simulated."""
        versions = versions or self.shop.view(self.at).versions
        said = [f"Made on {moment(self.made_at, self.zone)}{f' for {self.who}' if self.who else ''}, with Vitrine."]
        said.append(f"The shop as of {moment(self.at, self.zone)} ({self.zone.key}).")
        if self.draft:
            said.append(f"With the draft “{self.draft}”, which is not live.")
        if self.without:
            said.append(f"Shown without {count(self.without, 'rule')}, to see what they do.")
        said.append(
            f"Edition {versions.snapshot}, calibration {versions.calibration}, facts {versions.facts}, "
            f"rules {versions.rules}, weights {versions.strategy}."
        )
        read = encoders if encoders is not None else {n: e.name for n, e in self.shop.encoders().items()}
        said += [f"{name} read by {read[signal]}." for signal, name in (("text", "Words"), ("image", "Pictures"))
                 if read.get(signal)]  # fmt: skip
        if self.shop.simulated:
            said.append("Demo boutique: houses, products, shoppers and events are invented (simulated data).")
        return tuple(said)

    @cached_property
    def _read(self) -> dict[str, Item]:
        return {}

    def item(self, item: str) -> Item | None:
        """A product, read once; None where the catalogue no longer holds it."""
        if item not in self._read and item in self.catalogue:
            self._read[item] = self.catalogue.item(item)
        return self._read.get(item)

    def title(self, item: str) -> str:
        """What a product is called; its id where the catalogue no longer holds it."""
        one = self.item(item)
        return item if one is None else one.title.strip() or f"Untitled, {item}"

    def brand(self, item: str) -> str:
        one = self.item(item)
        return "" if one is None else (one.brand or "").strip()

    def price(self, item: str) -> int | None:
        one = self.item(item)
        return None if one is None else one.price

    def card(self, item: str, *, place: int | None = None, note: str = "", badges: Sequence[str] = (),
             quiet: bool = False) -> Card:  # fmt: skip
        """A product as a card."""
        one = self.item(item)
        if one is None:
            return Card(item, item, "", "", "", None, "?", place, note or "Not in the catalogue", tuple(badges), quiet)
        title, brand = self.title(item), self.brand(item)
        down = one.former_price is not None and one.price is not None and one.former_price > one.price
        state = STATES.get(one.state(self.at))
        return Card(
            item, title, brand, money(one.price, one.currency), money(one.former_price, one.currency) if down else "",
            one.pictures[0] if one.pictures else None, (brand or title)[:1].upper(), place, note,
            (*badges, *([state] if state else [])), quiet,
        )  # fmt: skip

    def row(self, item: str) -> tuple[Cell, ...]:
        """A product as cells: title, house, id, price."""
        return (self.title(item), self.brand(item), item, self.price(item))

    @property
    def product(self) -> tuple[tuple[str, str], ...]:
        """The columns that `row` fills."""
        return (("Product", TEXT), ("House", TEXT), ("Id", TEXT), (self.priced, MONEY))

    @property
    def priced(self) -> str:
        return f"Price, {self.currency}" if self.currency else "Price"


def file_name(*words: str) -> str:
    """A file name without anything that a disk or a browser could misread.

    >>> file_name("You May Also Like", "../bag 1")
    'you-may-also-like-bag-1'
    """
    tidy = re.sub(r"[^a-z0-9]+", "-", " ".join(words).casefold()).strip("-")
    return tidy[:80].strip("-") or "vitrine"


def weighed(strategy: Strategy) -> str:
    """The shares of a strategy, its diversity and its limit on one house, in words."""
    told = [f"{PARTS_OF.get(name, name)} {share}{NBSP}%" for name, share in shares(strategy.weights).items() if share]
    cap = f"at most {strategy.brand_cap} of ten from one house" if strategy.brand_cap else "no limit on one house"
    return listed([*told, f"diversity {round(100 * (1 - strategy.lam))}", cap])


def narrowed(filters: Filters, currency: str | None) -> str:
    """Filters in words; empty where there are none."""
    said = [f"{name.replace('_', ' ')}: {listed(values, 'or')}" for name, values in filters.fields.items()]
    if filters.price_from is not None:
        said.append(f"from {money(filters.price_from, currency)}")
    if filters.price_to is not None:
        said.append(f"up to {money(filters.price_to, currency)}")
    return "; ".join(said)


# -- one list, many lists ----------------------------------------------------------------------------------------------


def list_report(
    head: Letterhead,
    listing: Listing,
    *,
    strategy: Strategy | None = None,
    filters: Filters | None = None,
    about: tuple[str, str] | None = None,
    live: bool = False,
) -> Report:
    """One list with its reasons. strategy: the one it was made with, where it was not the live one, or with `live`
    where that hangs on more than the placement.    about: title and sentence of a list that is around no product."""
    name = _placement(listing.placement)
    anchor = listing.anchor if listing.anchor in head.catalogue else None
    asked = strategy or head.shop.strategy(listing.placement, head.at, anchor)
    facts = [("Weighed by", f"{weighed(asked)}{' (tried, not live)' if strategy and not live else ''}")]
    if filters and (told := narrowed(filters, head.currency)):
        facts.append(("Only shown", told))
    if listing.anchor is not None:
        one = head.card(listing.anchor)
        facts = [("Id", listing.anchor), *([("Price", one.price)] if one.price else []), *facts]
        title, lede = one.title, f"What stands beside it: {count(len(listing.items), 'product')}, the best place first."
        hero = one
    elif about is not None:
        (title, lede), hero = about, None
    else:
        title, hero = f"“{listing.words or ''}”", None
        lede = f"What these words find: {count(len(listing.items), 'product')}, the best first."
    cards = Cards(tuple(
        head.card(placed.id, place=placed.rank, badges=[ORIGINS[placed.origin]] if placed.origin in ORIGINS else (),
                  note=closeness(placed.percentile) if placed.percentile is not None else "")
        for placed in listing.items
    ))  # fmt: skip
    notes: tuple[Block, ...] = tuple(Words(note.text) for note in listing.notes)
    blocks: tuple[Block, ...] = (cards, *notes) if listing.items else (Words("Nothing may be shown here."), *notes)
    sections = [Section("The list", blocks, f"{count(len(listing.items))} of its places")]
    scored = [placed for placed in listing.items if placed.contributions]
    if scored:
        sections.append(Section("Why each stands there", (_reasons(head, listing, shown=True),),
                                "Parts add up to the score"))  # fmt: skip
    remarks = [(placed.rank, head.title(placed.id), note.text) for placed in listing.items for note in placed.notes]
    if remarks:
        what = table("Remarks", [("Place", COUNT), ("Product", TEXT), ("Remark", TEXT)], remarks)
        sections.append(Section("Remarks", (what,)))
    return Report(
        name, title, lede, tuple(sections), (_reasons(head, listing, shown=False),),
        head.foot(listing.versions, listing.encoders), file_name(name, listing.anchor or listing.words or ""), hero,
        tuple(facts), head.currency,
    )  # fmt: skip


def _reasons(head: Letterhead, listing: Listing, *, shown: bool) -> Table:
    """The parts of each score. shown: at two decimals that add up as they are shown; else all that is known."""
    order = ("base", *SIGNALS, "wishes", "context", "boost")
    names = sorted({name for one in listing.items for name in one.contributions}, key=order.index)
    rows: list[tuple[Cell, ...]] = []
    for one in listing.items:
        parts: list[Cell] = [one.contributions.get(name) for name in names]
        if shown and one.score is not None:
            some = [number for number, name in enumerate(names) if name in one.contributions]
            tidy = rounded([one.contributions[names[number]] for number in some], one.score, 2)
            for number, value in zip(some, tidy, strict=True):
                parts[number] = float(value)
        known: tuple[Cell, ...] = (head.title(one.id), head.brand(one.id)) if shown else head.row(one.id)
        rest: tuple[Cell, ...] = () if shown else (
            ORIGINS.get(one.origin, ""), one.percentile, " ".join(note.text for note in one.notes),
        )  # fmt: skip
        rows.append((one.rank, *known, *parts, one.score, *rest))
    columns = [("Place", COUNT), *(head.product[:2] if shown else head.product),
               *((PARTS_OF.get(name, name), SCORE) for name in names), ("Score", SCORE)]  # fmt: skip
    if not shown:
        columns += [("Came as", TEXT), ("Closer than", SHARE), ("Remarks", TEXT)]
    return table("The list", columns, rows, quiet=(2,))


def sheet_report(head: Letterhead, listings: Iterable[Listing]) -> Report:
    """Many lists under one another; the page draws the first of them, a workbook holds all."""
    lists = list(listings)
    name = _placement(lists[0].placement) if lists else PLACEMENT_NAMES[Placement.SIMILAR]
    around = [one for one in lists if one.anchor is not None]
    strips = Strips(tuple(
        Strip(head.card(str(one.anchor)), f"{count(len(one.items), 'product')}",
              (("", tuple(head.card(placed.id) for placed in one.items[:STRIP])),))
        for one in around[:MOST_STRIPS]
    ))  # fmt: skip
    columns = [
        ("Around", TEXT),
        ("Around id", TEXT),
        ("Place", COUNT),
        *head.product,
        ("Score", SCORE),
        ("Came as", TEXT),
    ]
    rows = [
        (head.title(str(one.anchor)), one.anchor, placed.rank, *head.row(placed.id), placed.score,
         ORIGINS.get(placed.origin, ""))
        for one in around for placed in one.items
    ]  # fmt: skip
    return Report(
        name, "A sheet of lists", f"{count(len(around), 'list')} of {name}, the first places of each.",
        (Section("Lists", (strips,) if around else (Words("No list was asked for."),), _first(len(around), "list")),),
        (table("Lists", columns, rows),), head.foot(lists[0].versions if lists else None), file_name(name, "sheet"),
        currency=head.currency,
    )  # fmt: skip


# -- looks -------------------------------------------------------------------------------------------------------------


def looks_report(head: Letterhead, found: Looks) -> Report:
    """The looks around one product."""
    name = PLACEMENT_NAMES[Placement.LOOK]
    sections = [_look_section(head, f"Look {number}", look) for number, look in enumerate(found.looks, 1)]
    notes = tuple(Words(note.text) for note in found.notes)
    if notes or not sections:
        sections.append(Section("Notes", notes or (Words("Nothing in the shop goes with it in another role."),)))
    hero = head.card(found.anchor)
    return Report(
        name, hero.title, f"{count(len(found.looks), 'look')} around it, the best first.", tuple(sections),
        (_pieces_table(head, [(f"Look {number}", look) for number, look in enumerate(found.looks, 1)]),),
        head.foot(found.versions), file_name(name, found.anchor), hero,
        tuple(one for one in (("Id", found.anchor), ("Price", hero.price)) if one[1]), head.currency,
    )  # fmt: skip


def look_report(head: Letterhead, look: Look, *, name: str = "", note: str = "") -> Report:
    """One look, as it stands on the board or as it was saved. name: under which it was saved."""
    kind = PLACEMENT_NAMES[Placement.LOOK]
    hero = head.card(look.anchor)
    total = head.money(look.harmony.total) if look.harmony.total is not None else ""
    facts = [("Around", hero.title), ("Id", look.anchor), ("Its price", hero.price), ("The pieces together", total)]
    return Report(
        kind, name or f"A look around {hero.title}", note, (_look_section(head, "The look", look),),
        (_pieces_table(head, [(name or "The look", look)]),), head.foot(), file_name(kind, name or look.anchor), hero,
        tuple(one for one in facts if one[1]), head.currency,
    )  # fmt: skip


def saved_look_report(head: Letterhead, look: SavedLook, composed: Look, gone: Sequence[str] = ()) -> Report:
    """A saved look. composed: the same as the shop scores it now.    gone: ids of it that cannot be shown."""
    made = look_report(head, composed, name=look.name, note=look.note)
    if not gone:
        return made
    pieces = {item: role for role, item in look.pieces}
    cards = tuple(head.card(item, note=ROLE_NAMES.get(pieces.get(item, ""), "The product itself")) for item in gone)
    missing = Section("What is gone", (Cards(cards),), count(len(gone), "piece"))
    return Report(
        made.kind, made.title, made.lede, (*made.sections, missing), made.tables, made.foot, made.file, made.hero,
        made.facts, made.currency,
    )  # fmt: skip


def _look_section(head: Letterhead, title: str, look: Look) -> Section:
    cards = tuple(head.card(piece.id, note=ROLE_NAMES.get(piece.role, piece.role)) for piece in look.pieces)
    total = look.harmony.total
    aside = [f"Score {signed(round(look.score, 2))}", *([f"pieces {head.money(total)}"] if total is not None else [])]
    blocks: list[Block] = [Cards(cards)]
    names = [name for name in PARTS if name in look.contributions]
    if names:
        told = rounded([look.contributions[name] for name in names], look.score, 2)
        parts = [
            f"{LOOK_PARTS.get(name, name)} {signed(float(value))}" for name, value in zip(names, told, strict=True)
        ]
        blocks.append(Words(f"What holds it together: {', '.join(parts)}; together {signed(round(look.score, 2))}."))
    if look.unfilled:
        missing = listed(ROLE_NAMES.get(role, role).lower() for role in look.unfilled)
        blocks.append(Words(f"Nothing in the shop fills the place of {missing}.", warn=True))
    blocks += [Words(note.text) for note in look.notes]
    return Section(title, tuple(blocks), " · ".join(aside))


def _pieces_table(head: Letterhead, looks: Sequence[tuple[str, Look]]) -> Table:
    columns = [("Look", TEXT), ("Role", TEXT), *head.product, ("With the product", SCORE), ("The look", SCORE)]
    rows: list[tuple[Cell, ...]] = []
    for name, look in looks:
        rows.append((name, "The product", *head.row(look.anchor), None, look.score))
        for piece in look.pieces:
            rows.append((name, ROLE_NAMES.get(piece.role, piece.role), *head.row(piece.id), piece.score, look.score))
        rows += [(name, ROLE_NAMES.get(role, role), "Nothing fits", "", "", None, None, None) for role in look.unfilled]
    return table("Pieces", columns, rows)


# -- a house -----------------------------------------------------------------------------------------------------------


def house_report(head: Letterhead, lists: AllLists, house: House) -> Report:
    """Where a house stands in all lists, beside whom, and whether that is its share."""
    one = house.standing
    place = _placement(house.placement)
    figures = Figures((
        ("Lists that show it", count(one.lists), f"of {count(house.lists)}"),
        ("Share of places", _share(one.share), f"{_share(one.by_place)} by place"),
        ("Of the catalogue", _share(one.catalogue), f"{count(one.on_sale, 'product')} on sale"),
        ("Times its share", _times(one.index), "1.00 is its share"),
        ("At home", _share(house.at_home), "of the places beside its own products"),
        ("In no list", count(len(house.unseen)), "of its products on sale"),
    ))  # fmt: skip
    strips = Strips(tuple(
        Strip(
            head.card(seen.anchor), _stands(seen.places, seen.own),
            (("", tuple(head.card(item, quiet=item not in {i for _, i in seen.places})
                        for item in _items(lists, seen.anchor)[:STRIP])),),
        )
        for seen in house.shown_in[:MOST_STRIPS]
    ))  # fmt: skip
    beside = table(
        "Beside whom",
        [("House", TEXT), ("Lists with both", COUNT), (f"{one.name} beside its products", COUNT),
         (f"Its products beside {one.name}", COUNT), ("Kept apart by", TEXT)],
        [(n.name, n.together, n.guest, n.host, n.apart) for n in house.neighbours], quiet=(4,), bar=1,
    )  # fmt: skip
    shown = Cards(tuple(
        head.card(item.id, note=f"In {count(item.lists, 'list')}") for item in house.products[:16]
    ), small=True)  # fmt: skip
    sections = [
        Section("Its share", (figures,)),
        Section("Beside whom", (_top(_filled(beside), 16),), _first(len(house.neighbours), "house", 16)),
        Section("Boundaries", tuple(_boundaries(head, house)), count(len(house.violations), "violation")),
        Section("Shown most", (shown,) if house.products else (Words("No list shows any of its products."),)),
        Section("Lists that show it", (strips,) if house.shown_in else (Words("None."),), _first(one.lists, "list")),
    ]
    where = [
        (head.title(seen.anchor), seen.anchor, head.brand(seen.anchor), place_, *head.row(item))
        for seen in house.shown_in for place_, item in seen.places
    ]  # fmt: skip
    products = [(*head.row(item.id), item.lists, item.exposure) for item in house.products]
    products += [(*head.row(item), 0, 0.0) for item in house.unseen]
    tables = (
        table("Lists", [("Around", TEXT), ("Around id", TEXT), ("House around", TEXT), ("Place", COUNT), *head.product],
              where),
        beside,
        table("Products", [*head.product, ("Lists", COUNT), ("Share of all places, by place", SHARE)], products),
        table("Violations", [("Boundary", TEXT), ("In", TEXT), ("Id", TEXT), ("One side", TEXT), ("The other", TEXT)],
              [(v.boundary, v.look or head.title(v.around), v.around, ", ".join(v.ours), ", ".join(v.theirs))
               for v in house.violations]),
    )  # fmt: skip
    lede = f"Every list of {place} in which {one.name} appears, beside whom, and what share of the places it holds."
    return Report("House view", one.name, lede, tuple(sections), tables, head.foot(lists.versions),
                  file_name("house view", one.name), currency=head.currency)  # fmt: skip


def _boundaries(head: Letterhead, house: House) -> Iterable[Block]:
    if not house.boundaries:
        yield Words("No boundary parts it from another house.")
    for name in house.boundaries:
        broken = sum(one.boundary == name for one in house.violations)
        yield Words(
            f"{name}: {'kept everywhere' if not broken else f'broken {count(broken)} times'}.", warn=bool(broken)
        )
    for one in house.violations[:20]:
        where = f"the look “{one.look}”" if one.look else f"the list of {head.title(one.around)}"
        sides = f"{listed(map(head.title, one.ours))} beside {listed(map(head.title, one.theirs))}"
        yield Words(f"In {where}: {sides}.", warn=True)


def _items(lists: AllLists, anchor: str) -> list[str]:
    ids = lists.catalogue.ids
    return [ids[row] for row in lists.rows[lists.catalogue.row(anchor)].tolist() if row >= 0]


def _stands(places: Sequence[tuple[int, str]], own: bool) -> str:
    where = f"place {places[0][0]}" if len(places) == 1 else f"places {listed(str(place) for place, _ in places)}"
    return f"{where[:1].upper()}{where[1:]}{', around one of its own' if own else ''}"


# -- the impact of a draft ---------------------------------------------------------------------------------------------


def impact_report(
    head: Letterhead, impacts: Mapping[Placement, Impact], changes: Sequence[str] = (), *, title: str = ""
) -> Report:
    """What a draft would do to all lists. changes: what it changes, a sentence each."""
    sections, tables = [], []
    if changes:
        sections.append(Section("What changes", tuple(Words(one) for one in changes), count(len(changes), "change")))
    for placement, found in impacts.items():
        sections += _impact_sections(head, _placement(placement), found)
        tables += _impact_tables(head, _placement(placement), found, several=len(impacts) > 1)
    total = sum(found.lists for found in impacts.values())
    changed = sum(found.changed for found in impacts.values())
    return Report(
        "Impact", title or head.draft or "A draft",
        f"Every list as it is and as it would be: {count(changed)} of {count(total, 'list')} would change.",
        tuple(sections), tuple(tables), head.foot(), file_name("impact", title or head.draft), currency=head.currency,
    )  # fmt: skip


def _impact_sections(head: Letterhead, name: str, found: Impact) -> list[Section]:
    if not found.changed:
        return [Section(name, (Words(f"None of the {count(found.lists, 'list')} changes."),))]
    told = [("Lists changed", f"{count(found.changed)} of {count(found.lists)}", _share(found.share))]
    told += [(FIGURES.get(key, key), _figure(head, key, after), f"was {_figure(head, key, before)}")
             for key, (before, after) in found.figures.items() if before == before or after == after]  # fmt: skip
    blocks: list[Block] = [Figures(tuple(told))]
    if found.of is not None and found.of != found.lists:
        blocks.append(
            Words(f"Made were the {count(found.lists)} of {count(found.of, 'list')} that a change can reach.")
        )
    if found.thin:
        blocks.append(Words(f"{count(len(found.thin), 'list')} would run thin.", warn=True))
    if found.mended:
        blocks.append(Words(f"{count(len(found.mended), 'thin list')} would be full again."))
    sections = [Section(name, tuple(blocks))]
    for title, movers in (("Shown more", found.gainers), ("Shown less", found.losers)):
        if movers:
            cards = tuple(
                head.card(one.id, note=f"{signed(10_000 * one.change, 1)} per{NBSP}10{NBSP}000") for one in movers[:8]
            )
            sections.append(Section(title, (Cards(cards, small=True),), name))
    houses = _houses(found)
    if houses.rows:
        sections.append(Section("Houses", (_top(houses, 12),), _first(len(houses.rows), "house", 12)))
    strips = Strips(tuple(_versus(head, one) for one in found.most_changed))
    sections.append(Section("The lists that change most", (strips,), "Live, and with the draft"))
    return sections


def _versus(head: Letterhead, change: ListChange) -> Strip:
    def side(items: Sequence[str]) -> tuple[Card, ...]:
        return tuple(head.card(item, quiet=item not in change.moves) for item in items[:SIDE])

    fresh = sum(before is None for before, _ in change.moves.values())
    moved = sum(before is not None and after is not None for before, after in change.moves.values())
    said = [*([f"{count(fresh)} new"] if fresh else []), *([f"{count(moved)} moved"] if moved else [])]
    return Strip(head.card(change.anchor), ", ".join(said),
                 (("Live", side(change.before)), ("With the draft", side(change.after))))  # fmt: skip


def _impact_tables(head: Letterhead, name: str, found: Impact, *, several: bool) -> list[Table]:
    def called(what: str) -> str:
        return f"{what} {name}" if several else what

    figures = [("Lists", found.lists, found.lists), ("Lists changed", None, found.changed)]
    rows: list[tuple[Cell, ...]] = [*figures]
    for key, (before, after) in found.figures.items():
        unit = 10 ** _digits(head) if key == "price" else 1
        title = f"{FIGURES.get(key, key)}{f', {head.currency}' if key == 'price' and head.currency else ''}"
        rows.append((title, *(value / unit if value == value else None for value in (before, after))))
    order = sorted(found.exposure.items(), key=lambda one: (-abs(one[1][1] - one[1][0]), one[0]))
    exposure = [(*head.row(item), was, now, now - was) for item, (was, now) in order]
    places: list[tuple[Cell, ...]] = [
        (head.title(change.anchor), change.anchor, *head.row(item), *moves)
        for change in found.most_changed for item, moves in change.moves.items()
    ]  # fmt: skip
    thin: list[tuple[Cell, ...]] = [(*head.row(item), "runs thin") for item in found.thin]
    thin += [(*head.row(item), "full again") for item in found.mended]
    return [
        table(called("Figures"), [("Figure", TEXT), ("Live", "number"), ("With the draft", "number")], rows),
        Table(called("Houses"), _houses(found).columns, _houses(found).rows),
        table(called("Products"), [*head.product, ("Shown, live", SHARE), ("With the draft", SHARE), ("Change", SHARE)],
              exposure),
        table(called("Moves"), [("Around", TEXT), ("Around id", TEXT), *head.product, ("Place, live", COUNT),
                                ("With the draft", COUNT)], places),
        table(called("Thin lists"), [*head.product, ("The list", TEXT)], thin),
    ]  # fmt: skip


def _houses(found: Impact) -> Table:
    columns = [("House", TEXT), ("Share of places", SHARE), ("With the draft", SHARE), ("Of the catalogue", SHARE)]
    rows = [
        (one.name, one.before, one.after, one.catalogue) for one in found.brands if round(one.after - one.before, 4)
    ]
    return table("Houses", columns, rows, quiet=(3,))


def _figure(head: Letterhead, name: str, value: float) -> str:
    if value != value:
        return "unknown"
    if name == "price":
        return head.money(value)
    return f"{value:.1f}" if name == "length" else _share(value)


# -- a sell-out drill --------------------------------------------------------------------------------------------------


def drill_report(head: Letterhead, found: Drill) -> Report:
    """What breaks when products sell out, and what could stand in for them."""
    figures = Figures((
        ("Lists that would change", count(found.changed), f"of {count(found.lists)}"),
        ("Lists that run thin", count(len(found.thin)), f"fewer than {count(10, 'product')}"),
        ("Pins that sleep", count(len(found.pins)), ""),
        ("Looks that break", count(len(found.looks)), ""),
        ("Without a substitute", count(len(found.bare)), f"of {count(len(found.items))}"),
    ))  # fmt: skip
    sold = Cards(tuple(head.card(item) for item in found.items[:40]), small=True)
    sections = [Section("If these sold out", (sold, figures), _first(len(found.items), "product"))]
    if found.pins:
        rows = [(one.text, one.lists, head.title(one.instead) if one.instead else "nothing fits") for one in found.pins]
        told = table("Pins", [("Pin", TEXT), ("Lists", COUNT), ("Could be pinned instead", TEXT)], rows)
        sections.append(Section("Pins that would sleep", (told,)))
    if found.looks:
        strips = [
            Strip(head.card(mend.gone.id), f"{one.look.name}: {ROLE_NAMES.get(mend.gone.role, 'its product').lower()}",
                  (("", tuple(head.card(item) for item, _ in mend.options)),))
            for one in found.looks for mend in one.mends
        ]  # fmt: skip
        sections.append(Section("Looks that would break", (Strips(tuple(strips)),), "What could stand in, best first"))
    if found.findings:
        sections.append(Section("Rules that could not be kept", tuple(Words(one.text) for one in found.findings)))
    if found.thin:
        told = table(
            "Thin lists",
            [*head.product[:2], ("Products now", COUNT), ("Would be", COUNT)],
            [(head.title(one.anchor), head.brand(one.anchor), one.before, one.after) for one in found.thin],
        )
        aside = _first(len(found.thin), "list", 30)
        sections.append(Section("Lists that would run thin", (_top(told, 30),), aside))
    strips = [
        Strip(head.card(str(one.anchor)), stand_ins(one), (("", tuple(head.card(item) for item in one.ids)),))
        for one in found.substitutes[:MOST_STRIPS]
    ]  # fmt: skip
    sections.append(Section("What could stand in", (Strips(tuple(strips)),), "Best first"))
    instead = [
        (head.title(str(one.anchor)), one.anchor, placed.rank, *head.row(placed.id), _noted(one))
        for one in found.substitutes for placed in one.items
    ]  # fmt: skip
    tables = (
        table("Substitutes", [("Instead of", TEXT), ("Its id", TEXT), ("Place", COUNT), *head.product, ("Note", TEXT)],
              instead),
        table("Pins", [("Pin", TEXT), ("Rule", TEXT), ("Id", TEXT), ("Lists", COUNT), ("Instead", TEXT)],
              [(one.text, one.rule, one.item, one.lists, one.instead or "") for one in found.pins]),
        table("Looks", [("Look", TEXT), ("Gone", TEXT), ("Instead", TEXT)],
              [(one.look.name, mend.gone.id, ", ".join(item for item, _ in mend.options))
               for one in found.looks for mend in one.mends]),
        table("Thin lists", [*head.product, ("Products now", COUNT), ("Would be", COUNT)],
              [(*head.row(one.anchor), one.before, one.after) for one in found.thin]),
    )  # fmt: skip
    lede = (
        "Every list, pin and saved look as it would be with these products gone. Nothing was changed; what is broken "
        "already is not counted."
    )
    return Report("Sell-out drill", f"{count(len(found.items), 'product')} sold out", lede, tuple(sections), tables,
                  head.foot(), file_name("sell-out drill"), currency=head.currency)  # fmt: skip


# -- small helpers -----------------------------------------------------------------------------------------------------


def _placement(placement: str) -> str:
    return PLACEMENT_NAMES[Placement(placement)] if placement in set(Placement) else placement


GAVE = {"relaxed_brand": "other houses", "relaxed_price": "other prices", "relaxed_colour": "other colours"}


def stand_ins(listing: Listing) -> str:
    """How many substitutes there are, and what they had to give up, in a few words."""
    if not listing.items:
        return "Nothing could stand in for it."
    gave = [words for code, words in GAVE.items() if any(note.code == code for note in listing.notes)]
    said = count(len(listing.items), "substitute")
    return f"{said}, of {listed(gave)}" if gave else said


def _noted(listing: Listing) -> str:
    return " ".join(note.text for note in listing.notes)


def _share(value: float) -> str:
    return f"{100 * value:.1f}{NBSP}%"


def _times(value: float) -> str:
    return f"{value:.2f} ×" if value == value else "–"


def _digits(head: Letterhead) -> int:
    return MINOR_DIGITS.get(head.currency or "", 2)


def _first(number: int, noun: str, most: int = MOST_STRIPS) -> str:
    """How many there are, and that not all are drawn."""
    return count(number, noun) if number <= most else f"The first {most} of {count(number, noun)}; the workbook has all"


def _filled(one: Table) -> Table:
    """Without a last column that says nothing."""
    if any(row[-1] for row in one.rows):
        return one
    return Table(one.name, one.columns[:-1], tuple(row[:-1] for row in one.rows), bar=one.bar)


def _top(one: Table, most: int) -> Table:
    return Table(one.name, one.columns, one.rows[:most], one.quiet, one.bar)
