"""The finished boutique, moved to the present: its last event was yesterday."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from core.demo.table import items
from core.domain.catalogue import Item

PICTURE_SIZE = (480, 600)  # width and height of every drawing, in pixels
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "demo"


@dataclass(frozen=True, slots=True)
class Boutique:
    """The demo boutique as of a moment.

    items:    all products, without picture keys, in order of id.
    pictures: item id -> files, the main one first; an item without picture is missing.
    events:   simulated shopper events, oldest first; see `events.COLUMNS`, and `at` (UTC) in place of `second`.
    stories:  situation -> ids, as planted.
    anchor:   midnight UTC of the day that day 0 stands for; the last event lies on the day before.
    """

    items: list[Item]
    pictures: dict[str, list[Path]]
    events: pd.DataFrame
    stories: dict[str, Any]
    anchor: datetime


def load(at: datetime, folder: Path = FOLDER) -> Boutique:
    """The boutique with all its dates shifted so that the last event is on the day before `at`.

    `at` must carry a time zone. Raises ValueError if it does not, FileNotFoundError where the boutique was not made.
    """
    if at.tzinfo is None:
        raise ValueError("load() needs a moment with a time zone")
    anchor = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    frame = pd.read_csv(folder / "catalogue.csv", dtype=str, keep_default_na=False)
    pictures = {item: [folder / name] for item, name in zip(frame["id"], frame["picture"], strict=True) if name}
    return Boutique(items(frame, anchor), pictures, events(anchor, folder), stories(folder), anchor)


def events(anchor: datetime, folder: Path = FOLDER) -> pd.DataFrame:
    """The simulated events with `at` (UTC) counted from `anchor`."""
    frame = pd.read_parquet(folder / "events.parquet")
    moments = pd.Timestamp(anchor) + pd.to_timedelta(frame.pop("second").to_numpy(), unit="s")
    frame.insert(0, "at", moments)
    frame["simulated"] = True
    return frame


def stories(folder: Path = FOLDER) -> dict[str, Any]:
    """Situation -> ids."""
    out: dict[str, Any] = json.loads((folder / "stories.json").read_text(encoding="utf-8"))
    return out


def frequent_searches(most: int, folder: Path = FOLDER) -> tuple[str, ...]:
    """What shoppers of the boutique searched for most, simulated; the most frequent first, then by the alphabet."""
    typed = pd.read_parquet(folder / "events.parquet", columns=["query"])["query"].dropna()
    counts = typed.str.strip().str.casefold().value_counts()
    order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(str(words) for words, _ in order if words)[:most]


def yesterday(at: datetime) -> datetime:
    """The day before `at`, midnight UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
