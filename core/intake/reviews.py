"""Reviews from files: ratings and words, never who wrote them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest
from core.domain.reviews import LONGEST_TEXT, REVIEW, Review
from core.intake import themes
from core.intake.checks import RowReader
from core.intake.people import (
    ITEM_NAMES,
    MOMENT_NAMES,
    PeoplePlan,
    bad_rows,
    made_id,
    needs,
    opened,
    read_hashes,
    refuse_personal,
    told,
)
from core.intake.read import Table
from core.intake.report import Findings
from core.intake.values import NOTHING, Read, date_reader, decimal_number, is_unknown, month_first, read_id, refused
from core.settings import Settings
from core.store.events import Added
from core.store.reviews import ReviewStore

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "review_id", "reviewid"),
    "item": ITEM_NAMES,
    "rating": ("rating", "stars", "score", "overall", "note"),
    "title": ("title", "headline", "summary", "review_title", "review_headline"),
    "text": ("text", "review", "review_text", "reviewtext", "body", "review_body", "comment", "content"),
    "at": (*MOMENT_NAMES, "review_date", "unix_review_time", "unixreviewtime", "submitted_at"),
}


@dataclass(frozen=True, slots=True, eq=False)
class ReviewsPlan(PeoplePlan):
    """What a file of reviews holds."""

    reviews: tuple[Review, ...]


def plan_reviews(
    file: str | Path, *, salt: bytes, settings: Settings, present: Catalogue | None, at: datetime,
    mapping: Mapping[str, str] | None = None,
) -> ReviewsPlan:  # fmt: skip
    """The dry run of a file of reviews: CSV, TSV, Parquet or Excel, one row a review.

    at: the moment of those that have none. A column of reviewers, or any other that is not asked for, is not read; a
    text that looks as if it spoke of a person refuses its row. Reviews of products that `present` lacks are refused.
    Raises Refused when the file is no table, BadRequest for a bad mapping.
    """
    table, findings, columns = opened(file, NAMES, mapping, "Reviews")
    reviews: tuple[Review, ...] = ()
    if needs(columns, ("item",), table, findings):
        if not {"rating", "text"} & set(columns):
            findings.add("no_rating_column", "error", "No column was recognised as the rating, nor as the text. "
                         f"Say which it is (rating=COLUMN): {', '.join(table.headers[:12])}.")  # fmt: skip
        else:
            reviews = _reviews(table, columns, findings, salt, settings, present, at)
    rated = [one.rating for one in reviews if one.rating is not None]
    figures: dict[str, Any] = {
        "products": len({one.item for one in reviews}),
        "with words": sum(one.text is not None for one in reviews),
        "mean rating": round(sum(rated) / len(rated), 2) if rated else None,
    }
    report = told(table, "reviews", len(reviews), columns, findings, figures if reviews else {})
    return ReviewsPlan(report, table, bad_rows(findings), reviews)


def carry_out(
    plan: ReviewsPlan, store: ReviewStore, encode: themes.Encode | None = None, encoder: str | None = None
) -> Added:
    """Keep the reviews of `plan` and say anew what those of their products come to.

    encode: reads sentences that no key word explains; see core/intake/themes.py. Raises BadRequest when there is none.
    """
    if not plan.ready:
        raise BadRequest(f"{plan.report.file} holds no review that can be taken. Nothing was kept.")
    done = store.add(plan.reviews)
    summarise(store, encode, encoder, sorted({one.item for one in plan.reviews}))
    return done


def summarise(
    store: ReviewStore, encode: themes.Encode | None, encoder: str | None = None, items: list[str] | None = None
) -> int:
    """Say anew what the reviews of products (all without `items`) come to; returns of how many."""
    found = themes.summarise(store.all(items), encode, encoder)
    store.keep_summaries(found)
    return len(found)


def _reviews(
    table: Table, columns: Mapping[str, str], findings: Findings, salt: bytes, settings: Settings,
    present: Catalogue | None, at: datetime,
) -> tuple[Review, ...]:  # fmt: skip
    rows = RowReader(table, findings, strict=True)
    refuse_personal(rows, [columns[name] for name in ("title", "text") if name in columns])
    nothing = np.full(len(table), None, dtype=object)
    ids = read_hashes(rows, columns["id"], salt, REVIEW) if "id" in columns else nothing
    items = rows.read(columns["item"], read_id)
    ratings = rows.read(columns["rating"], _read_rating) if "rating" in columns else nothing
    titles, texts = (rows.read(columns[name], _read_text) if name in columns else nothing for name in ("title", "text"))
    moments = nothing
    if "at" in columns:
        first = month_first(rows.coded(columns["at"]).words)
        moments = rows.read(columns["at"], date_reader("date", settings.zone(), months_first=first))
    seen: Counter[str] = Counter()
    kept: list[Review] = []
    for i, row in enumerate(table.rows.tolist()):
        if row in findings.refused:
            continue
        item = items[i]
        if item is None:
            findings.add("empty_id", "error", "The row names no product.", row=row)
            continue
        if present is not None and item not in present:
            findings.add("unknown_id", "error", f"There is no product with the id {item!r} in this shop.", row=row,
                         value=item, item=item)  # fmt: skip
            continue
        text = _joined(titles[i], texts[i])
        try:
            made = ids[i] or _named(salt, seen, item, ratings[i], text, moments[i])
            kept.append(Review(made, item, moments[i] or at, ratings[i], text))
        except BadRequest as error:
            findings.add("bad_review", "error", error.message, row=row)
    return tuple(kept)


def _named(salt: bytes, seen: Counter[str], item: str, rating: Any, text: str | None, moment: datetime | None) -> str:
    """The id of a review that has none: a hash of what it says, and of how often the file has said it before."""
    said = json.dumps([item, rating, text, None if moment is None else moment.isoformat()])
    return made_id(salt, said, seen, REVIEW)


def _joined(title: str | None, text: str | None) -> str | None:
    apart = title and text and title != text
    whole = f"{(title or '').rstrip('.')}. {text}" if apart else title or text or ""
    return whole[:LONGEST_TEXT] or None


def _read_text(text: str) -> Read:
    return Read(" ".join(text.split()) or None)


def _read_rating(text: str) -> Read:
    """ "4", "4.5", "4/5", "4 out of 5", "8/10"."""
    if is_unknown(text):
        return NOTHING
    parts = text.casefold().replace("out of", "/").replace("stars", "").replace("star", "").replace("★", "").split("/")
    numbers = [decimal_number(part.strip()) for part in parts]
    if not 1 <= len(numbers) <= 2 or any(number is None for number in numbers):
        return Read(None, refused("bad_rating", "The rating is not a number. Write 1 to 5."))
    value, most = ([float(number[0]) for number in numbers if number is not None] + [5.0])[:2]
    if most <= 0 or not 0 < value <= most or most > 100:
        return Read(None, refused("bad_rating", "The rating goes from 1 to 5."))
    return Read(value if most == 5.0 else max(1.0, 5.0 * value / most))
