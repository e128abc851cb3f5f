"""A shop's own outfits, or baskets, from a file: which products were shown or bought together.

One row a piece: the outfit's id and the product's. What cannot be used is said with its row before anything is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, NotReady
from core.intake.read import read
from core.intake.report import Finding, Findings
from core.intake.values import read_id
from core.recommend.looks import learn, own, tables
from core.recommend.looks.own import Own
from core.recommend.looks.tables import Tables
from core.recommend.view import View
from core.store import files
from core.store.layout import Layout
from core.store.lock import exclusive

OUTFIT_NAMES = (
    "outfit_id", "outfit", "look_id", "look", "set_id", "set", "basket_id", "basket", "order_id", "order", "invoice",
    "invoiceno", "invoice_no", "transaction_id", "session_id", "session",
)  # fmt: skip
ITEM_NAMES = (
    "item_id", "item", "product_id", "product", "article_id", "article", "sku", "stockcode", "stock_code", "variant_id",
    "id",
)  # fmt: skip
MOST_PIECES = 30  # in one outfit; more is a wholesale order or a wardrobe, and says little of what goes together
MOST_OUTFITS = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class OutfitsPlan:
    """What a file of outfits holds. Nothing has been written.

    own:      the outfits that can be used, counted.
    rows, pieces, outfits: rows read, pieces known to the shop, outfits with at least two of them in different roles.
    small, large: outfits left out because fewer than two known pieces are left, or more than MOST_PIECES.
    unknown:  ids that the shop does not have, most frequent first, with their rows counted.
    beside:   the pairs of kinds shown most, with this shop's lift beside the shipped one.
    """

    file: str
    own: Own
    rows: int
    pieces: int
    outfits: int
    small: int
    large: int
    unknown: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    beside: tuple[Mapping[str, Any], ...]

    @property
    def ready(self) -> bool:
        """Whether there is anything to keep."""
        return self.outfits > 0

    def summary(self) -> str:
        """The report for a person: the sum, what was left out, and the pairs shown most."""
        rows = sum(count for _, count in self.unknown)
        lines = [
            f"{self.file}: {self.rows:,} rows, {self.outfits:,} outfits with two or more products of this shop.",
            *([f"  {rows:,} rows name products the shop lacks, such as {self.unknown[0][0]}."] if rows else []),
            *([f"  {self.small:,} outfits have fewer than two products of this shop."] if self.small else []),
            *([f"  {self.large:,} have more than {MOST_PIECES} products and are left out."] if self.large else []),
            *(f"  row {finding.row}: {finding.text}" for finding in self.findings[:10]),
        ]
        if self.beside:
            lines.append(f"  {'worn together':<36} {'pairs':>7} {'here':>6} {'elsewhere':>9} {'used':>6}")
        for one in self.beside:
            pair = f"{one['a']} with {one['b']}".replace("_", " ")
            shipped, used = (f"{one[name]:.2f}" if one[name] is not None else "-" for name in ("shipped", "used"))
            lines.append(f"  {pair:<36} {one['pairs']:>7,} {one['own']:>6.2f} {shipped:>9} {used:>6}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "ready": self.ready, "rows": self.rows, "pieces": self.pieces, "outfits": self.outfits,
            "too_small": self.small, "too_large": self.large,
            "unknown_rows": sum(count for _, count in self.unknown), "unknown": dict(self.unknown[:100]),
            "findings": [finding.as_json() for finding in self.findings], "beside": [dict(one) for one in self.beside],
        }  # fmt: skip


def plan_outfits(
    file: str | Path, *, present: Catalogue, looks: Tables, mapping: Mapping[str, str] | None = None
) -> OutfitsPlan:
    """The dry run of a file of outfits.

    mapping: {"outfit": column, "item": column} where they are not recognised. Raises Refused when the file is no table,
    BadRequest when its columns are not recognised.
    """
    table = read(Path(file))
    findings = Findings()
    findings.absorb(table.found)
    named = _columns(table.headers, dict(mapping or {}))
    baskets: dict[str, dict[str, None]] = {}
    unknown: Counter[str] = Counter()
    pieces = 0
    cells = zip(table.rows.tolist(), table.texts(named["outfit"]), table.texts(named["item"]), strict=True)
    for row, outfit, item in cells:
        ids = read_id(outfit or ""), read_id(item or "")
        wrong = next((one.problem for one in ids if one.problem is not None), None)
        if wrong is not None:
            findings.add(wrong.code, "error", wrong.text, row=int(row))
            continue
        if str(ids[1].value) not in present:
            unknown[str(ids[1].value)] += 1
            continue
        pieces += 1
        baskets.setdefault(str(ids[0].value), {})[str(ids[1].value)] = None
    if len(baskets) > MOST_OUTFITS:
        raise BadRequest(f"{table.name} has {len(baskets):,} outfits; {MOST_OUTFITS:,} are taken. Bring the latest.")
    large = sum(len(ids) > MOST_PIECES for ids in baskets.values())
    usable = [tuple(baskets[name]) for name in sorted(baskets) if 2 <= len(baskets[name]) <= MOST_PIECES]
    counted = own.count_outfits(present, looks, usable, {"file": table.name, "outfits": len(usable)})
    together = len(usable) if counted.counts["kind"].names else 0
    return OutfitsPlan(
        table.name, counted, len(table) + len(table.bad), pieces, together, len(baskets) - len(usable) - large, large,
        tuple(unknown.most_common()), findings.listed(), tuple(counted.beside(looks)),
    )  # fmt: skip


def carry_out(plan: OutfitsPlan, layout: Layout, *, view: View | None, who: str, at: datetime) -> learn.Verdict:
    """Keep the outfits of `plan` in place of earlier ones, and learn from them where that helps.

    view: the edition in force, None where nothing was built yet; then nothing is learned. Raises BadRequest when there
    is nothing to keep, Conflict while another import or build runs.
    """
    if not plan.ready:
        raise BadRequest(f"{plan.file} holds no outfit with two products of this shop. Nothing was kept.")
    folder = looks_folder(layout)
    about = {**plan.own.about, "who": who, "at": at.isoformat()}
    kept = Own(plan.own.outfits, plan.own.counts, about, plan.own.id)
    head, verdict = _learned(kept, folder, view)
    with exclusive(layout, "import of outfits"):
        files.make_folder(folder)
        own.save(folder, kept)
        encoder = "" if view is None else view.encoders.get("text") or ""
        learn.save(folder, head, verdict, kept, encoder)
    return verdict


def learn_again(layout: Layout, view: View) -> learn.Verdict:
    """Judge anew whether learning from the outfits that are kept helps: after a new encoder, or a first build.

    Raises NotReady when no outfits were imported.
    """
    folder = looks_folder(layout)
    kept = own.load(folder)
    if kept is None:
        raise NotReady("This shop has no outfits of its own. Bring them with `vitrine import-outfits FILE`.")
    head, verdict = _learned(kept, folder, view)
    with exclusive(layout, "learning from outfits"):
        learn.save(folder, head, verdict, kept, view.encoders.get("text") or "")
    return verdict


def outdated(layout: Layout, encoder: str) -> bool:
    """Whether what was learned from a shop's outfits reads the vectors of another encoder than `encoder`."""
    folder = looks_folder(layout)
    return (folder / own.FILE).is_file() and learn.learned_over(folder) != encoder


def looks_folder(layout: Layout) -> Path:
    """Where a shop's own tables and outfits lie."""
    return layout.data / "looks"


def _learned(kept: Own, folder: Path, view: View | None) -> tuple[Any, learn.Verdict]:
    text: Any = view.signals.get("text") if view is not None else None
    if view is None or text is None:
        return None, learn.Verdict(
            False,
            "There are no text vectors to learn over yet; run `vitrine build` and import again. The counts are used.",
        )
    return learn.learn(view.snapshot.catalogue, tables.load(folder), kept, text.vectors, text.present)


def _columns(headers: tuple[str, ...], mapping: dict[str, str]) -> dict[str, str]:
    """ "outfit" and "item" -> header. Raises BadRequest."""
    if wrong := sorted(set(mapping) - {"outfit", "item"}):
        raise BadRequest(f"A file of outfits has no field {wrong[0]!r}. Map outfit=COLUMN and item=COLUMN.")
    plain = {_plain(name): name for name in reversed(headers)}
    out = {}
    for field, names in (("outfit", OUTFIT_NAMES), ("item", ITEM_NAMES)):
        column = mapping.get(field) or next((plain[name] for name in names if name in plain), None)
        if column is None or column not in headers:
            raise BadRequest(
                f"No column {'called ' + repr(column) if column else 'was recognised'} as the {field}. "
                f"The columns are {', '.join(headers[:12])}. Say which: --map {field}=COLUMN."
            )
        out[field] = column
    if out["outfit"] == out["item"]:
        raise BadRequest(f"The column {out['item']!r} cannot be both the outfit and the item.")
    return out


def _plain(header: str) -> str:
    return header.strip().casefold().replace(" ", "_").replace("-", "_")
