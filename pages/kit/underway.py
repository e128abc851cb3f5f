"""Long work beside the page: begun once for the whole shop, watched by whoever looks, kept when it is done.

Somebody may leave the page meanwhile. Whoever opens it next, in whichever window, finds the same work further on.
People who look at different days ask for different works of one name: each has a mark of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from core.domain.errors import ShopError
from core.domain.progress import Progress, Watch
from core.shop import Shop
from pages.kit import states, text

log = logging.getLogger("vitrine.pages")
QUICK = 1.5  # seconds for which a page waits before it shows how far something is
SETTLED = 3.0  # seconds of a stage before which nobody can say how long it still takes
KEPT = 4  # works of one name that stay when they are done, each with its mark

_lock = threading.Lock()
_works: WeakKeyDictionary[Shop, dict[tuple[str, str], Work]] = WeakKeyDictionary()


class Work:
    """Something that takes a while. told: where it stands. error: what a person can put right.

    Once done it holds nothing of its shop but what it found, so that a shop nobody looks at any more is let go.
    """

    def __init__(self, name: str, body: Callable[[Watch], Any]) -> None:
        self.name = name
        self.told = Progress("Beginning")
        self.found: Any = None
        self.error: ShopError | None = None
        self.failed = False
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(body,), name=name, daemon=True)
        self._thread.start()

    def _watch(self, progress: Progress) -> None:
        if progress.stage != self.told.stage:
            self._since = time.monotonic()
        self.told = progress

    def _run(self, body: Callable[[Watch], Any]) -> None:
        try:
            self.found = body(self._watch)
        except ShopError as error:
            self.error = error.with_traceback(None)  # its frames hold the shop
        except Exception:
            log.exception("%s stopped", self.name)
            self.failed = True

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return self.done

    @property
    def seconds_left(self) -> float | None:
        """Of the stage it is in; None while nobody can say."""
        spent, now = time.monotonic() - self._since, self.told
        if spent < SETTLED or not now.total or not 0 < now.done < now.total:
            return None
        return spent * (now.total - now.done) / now.done


def begin(shop: Shop, name: str, body: Callable[[Watch], Any], mark: str = "") -> Work:
    """The work of this name and mark: the one under way, else a new one."""
    key = (name, mark)
    with _lock:
        mine = _works.setdefault(shop, {})
        if key not in mine or mine[key].done:
            mine.pop(key, None)
            mine[key] = Work(name, body)
            for old in [one for one, work in mine.items() if one[0] == name and work.done][:-KEPT]:
                del mine[old]
        return mine[key]


def of(shop: Shop, name: str, mark: str = "") -> Work | None:
    """The work of this name and mark that was begun last."""
    with _lock:
        return _works.get(shop, {}).get((name, mark))


def forget(shop: Shop, name: str, mark: str | None = None) -> None:
    """So that it is begun anew, after it failed. mark: None is whichever mark it has."""
    with _lock:
        mine = _works.get(shop, {})
        for key in [one for one in mine if one[0] == name and mark in (None, one[1])]:
            del mine[key]


def watched(
    shop: Shop, name: str, says: str, body: Callable[[Watch], Any], aside: str = "", mark: str = ""
) -> Work | None:  # fmt: skip
    """The work once it is done; else None, and the page shows how far it is and shows itself anew when it is done.

    says: what is being done, in a few words. aside: what one may know meanwhile. What went wrong is said here, too.
    mark: what it depends on. Works of one name that differ in it are different works.
    """
    work = of(shop, name, mark) or begin(shop, name, body, mark)
    if not work.wait(QUICK):
        _follow(work, says, aside)
        return None
    if work.error is not None or work.failed:
        if work.error is not None:
            states.trouble(work.error)
        else:
            states.said("This could not be finished. The reason stands in the log; nothing was lost.", "warn")
        st.button("Try again", key=f"underway:{name}", on_click=forget, args=(shop, name, mark))
        return None
    return work


@st.fragment(run_every=1.0)
def _follow(work: Work, says: str, aside: str) -> None:
    if work.done:
        st.rerun()
    show(work, says, aside)


def show(work: Work, says: str, aside: str = "") -> None:
    """Where a work stands: its stage, how far, how long still."""
    now, left = work.told, work.seconds_left
    share = now.done / now.total if now.total else None
    parts = [f"{text.count(now.done)} of {text.count(now.total)}"] if now.total else []
    parts += [states.time_left(left)] if left is not None else []
    width = f"width:{100 * share:.1f}%" if share is not None else ""
    value = f' aria-valuenow="{round(100 * share)}"' if share is not None else ""
    beneath = f'<p class="work-aside">{text.markup(aside)}</p>' if aside else ""
    st.html(
        f'<div class="work"><p><strong>{text.markup(says)}</strong><span>{text.markup(now.stage)}</span>'
        f"<span>{text.markup(', '.join(parts))}</span></p>"
        f'<div class="track{"" if share is not None else " unknown"}" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100"{value} aria-label="{text.markup(now.stage)}"><i style="{width}"></i></div>{beneath}</div>'
    )
