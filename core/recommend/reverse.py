"""Shown in: the lists that show an item, and where."""

from __future__ import annotations

import hashlib
import json
import threading
import weakref

import numpy as np

from core.domain.arrays import Mask, Rows
from core.domain.blends import Path
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.recommend.similar import Progress, rank_rows, shortlists
from core.recommend.view import View

KEPT = 6  # sets of all lists that are kept for one view; a large shop's takes a few megabytes
FINDING = 0.7  # of the work of all lists is finding their candidates, where these are not kept already
_kept: weakref.WeakKeyDictionary[View, dict[str, Rows]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()
_making = threading.Lock()  # all lists take every core: who asks meanwhile waits, and mostly for the same ones


def shown_in(view: View, item: str, request: Request, progress: Progress | None = None) -> list[tuple[str, int]]:
    """(anchor id, rank from 1) of every list of `request`'s kind that shows `item`, the best places first.

    Exact: all lists are computed the first time, and kept for the questions that follow. Raises UnknownItem.
    """
    row = view.catalogue.row(item)
    lists = all_lists(view, request, progress)
    anchors, places = np.nonzero(lists == row)
    order = np.lexsort((anchors, places))
    ids = view.catalogue.ids
    return [(ids[anchors[at]], int(places[at]) + 1) for at in order.tolist()]


def all_lists(
    view: View, request: Request, progress: Progress | None = None, *, but: tuple[Rows, Mask] | None = None
) -> Rows:
    """[n, k] rows of all lists, -1 where one is short; the last `KEPT` sets are kept as long as the view lives.

    but: lists [n, k] that are known to be right, and [n] for which products they are not.
    """
    key = key_of(view, request)
    if (found := _known(view, key)) is not None:
        return found
    with _making:
        if (found := _known(view, key)) is not None:
            return found
        found = _ranked(view, request.changed(anchor=None), progress, but)
        remember(view, request, found)
    return found


def remember(view: View, request: Request, lists: Rows) -> None:
    """Keep lists [n, k] that were made elsewhere, for whoever asks next."""
    with _lock:
        kept = _kept.setdefault(view, {})
        kept[key_of(view, request)] = lists
        while len(kept) > KEPT:
            del kept[next(iter(kept))]


def _ranked(view: View, request: Request, progress: Progress | None, but: tuple[Rows, Mask] | None) -> Rows:
    rows = np.arange(len(view), dtype=np.int64) if but is None else np.flatnonzero(but[1])
    asked, making = len(rows), False

    def candidates(done: int, total: int) -> None:
        nonlocal making
        making = True
        if progress is not None:
            progress(int(FINDING * len(view) * done / total), len(view))

    def lists(done: int, total: int) -> None:
        if progress is not None:
            before = len(view) - asked if not making else FINDING * len(view)
            progress(int(before + (len(view) - before) * done / total), len(view))

    kept = shortlists(view, request, candidates) if asked else None
    found, _ = rank_rows(view, request, rows, lists, kept if kept is None or but is None else kept.lanes(rows))
    if but is None:
        return found
    if progress is not None and not asked:
        progress(len(view), len(view))
    out = but[0].copy()
    out[rows] = found
    return out


def _known(view: View, key: str) -> Rows | None:
    with _lock:
        return _kept.get(view, {}).get(key)


def key_of(view: View, request: Request) -> str:
    """All that the lists depend on. Without priors, two moments with the same items on sale give the same lists."""
    assert request.at is not None
    held: dict[Path, Strategy] = {(): request.strategy or view.strategy}
    if request.strategy is None:
        held |= view.by_category.paths
    ages = any(one.weights.get(name, 0) > 0 for one in held.values() for name in ("newness", "trending"))
    plain = {
        "strategy": [[*path, one.as_json()] for path, one in held.items()], "k": request.k,
        "filters": request.filters.as_json(),
        "exclude": sorted(request.exclude), "placement": str(request.placement), "locale": request.locale,
        "at": request.at.isoformat() if ages or view.rules else None,
        "live": hashlib.sha256(view.live(request.at).tobytes()).hexdigest(),
    }  # fmt: skip
    return json.dumps(plain, sort_keys=True)
