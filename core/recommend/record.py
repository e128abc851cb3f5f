"""A table of events, column by column, as all that learns from it reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Rows, Scores
from core.domain.catalogue import Catalogue


def rows_of(events: Any, catalogue: Catalogue) -> Rows:
    """[m] the row of each event's product, -1 where it has none in this catalogue."""
    row_of = {item: row for row, item in enumerate(catalogue.ids)}
    found = events["item"].astype(object).map(row_of).to_numpy(dtype=np.float64)
    return np.where(np.isnan(found), -1, found).astype(np.int64)


def moments_of(events: Any) -> AnyArray:
    """[m] when each happened, UTC, datetime64[us]."""
    return _plain(events, "us")


def days_of(events: Any) -> Rows:
    """[m] the day of each in UTC, counted from 1970."""
    return _plain(events, "D").astype(np.int64)


def _plain(events: Any, unit: str) -> AnyArray:
    out: AnyArray = events["at"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype=f"datetime64[{unit}]")
    return out


def strengths_of(events: Any, strength: Mapping[str, float]) -> Scores:
    """[m] how much each act says; 0 for a kind that is not in `strength`."""
    return np.array([strength.get(kind, 0.0) for kind in events["kind"].astype(object)], dtype=np.float64)
