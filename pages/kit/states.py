"""What a page shows when there is nothing yet, when something went wrong, and while something is being made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

import streamlit as st

from core.domain.errors import NotReady, ShopError, UnknownItem
from pages.kit import engine, text

# Stages of a build that have a plainer name on screen.
STAGES = {"Calibrating the signals": "Learning how close is close in this shop"}
Result = TypeVar("Result")
Body = TypeVar("Body", bound=Callable[..., Any])


def empty(title: str, sentence: str, link: tuple[str, str, Mapping[str, Any] | None] | None = None) -> None:
    """Nothing here, why, and where to go."""
    with st.container(key=f"empty-{abs(hash(title)) % 10**6}", gap="small", horizontal_alignment="center"):
        st.html(
            f'<div class="empty"><p class="empty-title">{text.markup(title)}</p><p>{text.markup(sentence)}</p></div>'
        )
        if link:
            label, page, parameters = link
            st.page_link(page, label=text.plain(label), query_params=dict(parameters) if parameters else None)


def empty_shop() -> None:
    empty(
        "The shop is empty",
        "Bring a catalogue in, or return to the demo boutique.",
        ("Shop setup", "shop_setup.py", None),
    )


def trouble(error: ShopError) -> None:
    """Something a person can put right: what happened, and what to do."""
    st.html(f'<div class="trouble" role="alert"><p>{text.markup(error.message)}</p></div>')


def said(sentence: str, tone: str = "") -> None:
    """A quiet remark in the flow of a page."""
    st.html(f'<p class="said {tone}">{text.markup(sentence)}</p>')


def told(key: str) -> None:
    """Say what a callback left under `key`, a sentence and its tone, also to those who listen to the page."""
    if left := st.session_state.pop(key, None):
        st.html(f'<p class="said {left[1]}" role="status">{text.markup(left[0])}</p>')


def done(step: Callable[[], object], key: str) -> bool:
    """A step of a callback; False where it could not be done, and why is left under `key` to be said on the page."""
    try:
        step()
    except ShopError as error:
        st.session_state[key] = (error.message, "warn")
        return False
    return True


def guarded(body: Body) -> Body:
    """A page's body, or a fragment's: what a person can put right is said on the page, a bug keeps its traceback."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **kwargs)
        except NotReady:
            preparing()
        except UnknownItem as error:
            trouble(error)
            st.page_link("catalogue.py", label="Search the catalogue", icon=":material/search:")
        except ShopError as error:
            trouble(error)
        return None

    return run  # type: ignore[return-value]


def preparing(level: int = 1) -> None:
    """There is no edition yet: what is being done about it. `level` is that of its heading."""
    heading = f'<p class="empty-title" role="heading" aria-level="{level}">'
    works = engine.works()
    if works is not None and (works.busy or works.progress):
        st.html(
            f'<div class="empty">{heading}The shop is being set up</p>'
            "<p>This happens once. The catalogue opens as soon as the pictures hang; the lists follow.</p></div>"
        )
    elif works is not None and works.error is not None:
        trouble(works.error)
        st.button("Try again", key="open-again", type="primary", on_click=works.open)
    elif works is not None and works.what:
        empty("The shop could not be set up", "The reason stands in the log. Nothing was lost; try once more.")
        st.button("Try again", key="open-again", type="primary", on_click=works.open)
    else:
        st.html(f'<div class="empty">{heading}The shop is opening</p><p>One moment, please.</p></div>')
    _watch_for_opening()


@st.fragment(run_every=1.0)
def _watch_for_opening() -> None:
    """Look every second whether the shop has opened, and show the page when it has."""
    if engine.ready():
        st.rerun()
    progress()


def building() -> None:
    """On every page while an edition is being made: where the work stands. Pages go on working underneath."""
    works = engine.works()
    if works is None or not engine.ready():
        return
    if works.busy:
        _watch_the_work()
    elif works.error is not None:
        trouble(works.error)


@st.fragment(run_every=1.0)
def _watch_the_work() -> None:
    works = engine.works()
    if works is None or not works.busy:
        st.rerun()
    progress()


def progress() -> None:
    """Where the long work of the app stands: its stage, how far, how long still."""
    works = engine.works()
    now = works.progress if works is not None else None
    if works is None or now is None:
        return
    stage = STAGES.get(now.stage, now.stage)
    share = now.done / now.total if now.total else None
    parts = []
    if now.total:
        parts.append(f"{text.count(now.done)} of {text.count(now.total)}")
    if now.rate:
        parts.append(f"{text.count(round(now.rate))} a second" if now.rate >= 1 else "less than one a second")
    if now.seconds_left is not None:
        parts.append(time_left(now.seconds_left))
    width = f"width:{100 * share:.1f}%" if share is not None else ""
    value = f' aria-valuenow="{round(100 * share)}"' if share is not None else ""
    st.html(
        f'<div class="work"><p><strong>{text.markup(works.what)}</strong>'
        f"<span>{text.markup(stage)}</span><span>{text.markup(', '.join(parts))}</span></p>"
        f'<div class="track{"" if share is not None else " unknown"}" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100"{value} aria-label="{text.markup(stage)}"><i style="{width}"></i></div></div>'
    )


def watched(work: Callable[[Callable[[int, int], None]], Result], says: str) -> Result:
    """Do `work` beside the page, which shows how far it is: workers may not write on pages themselves."""
    told = {"done": 0, "total": 0}
    bar = st.progress(0.0, text=says)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work, lambda done, total: told.update(done=done, total=total))
        while not running.done():
            bar.progress(min(1.0, told["done"] / max(1, told["total"])), text=says)
            wait([running], timeout=0.1)
        found = running.result()
    bar.empty()
    return found


def time_left(seconds: float) -> str:
    """How long something still takes, as one says it."""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {round(seconds / 5) * 5} seconds left"
    if seconds < 90:
        return "about a minute left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} minutes left"
    return f"about {round(seconds / 3600)} hours left"
