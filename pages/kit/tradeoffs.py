"""The map of trade-offs: four named settings first, all of them behind; made beside the page, and stopped at will."""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING

import streamlit as st

from core.domain.catalogue import Item
from core.domain.errors import ShopError
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.lab import sweep as sweeping
from core.lab.sweep import Setting, Sweep
from core.shop import Shop
from pages.kit import answers, cards, charts, engine, parts, sides, states, text

if TYPE_CHECKING:
    import plotly.graph_objects as go

log = logging.getLogger("vitrine.pages")

RUNNING, PLOT, SHOWN = "tradeoffs:running", "tradeoffs:plot", 9
AXES = ("relevance", "diversity", "novelty", "coverage", "margin")
FEELS = {
    sweeping.FAITHFUL: "As close to the product as can be",
    sweeping.BALANCED: "A little of everything",
    sweeping.DISCOVERY: "Something she has not seen",
    sweeping.MARGIN: "What earns, without looking like it",
}


class Running:
    """A map being made in a thread of its own; whoever looks asks how far it is."""

    def __init__(self, shop: Shop) -> None:
        self.done, self.total = 0, sweeping.SETTINGS
        self.trouble = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._make, args=(shop,), name="tradeoffs", daemon=True)
        self._thread.start()

    def _make(self, shop: Shop) -> None:
        try:
            shop.sweep(progress=self._tell, stop=self._stop.is_set)
        except ShopError as error:
            self.trouble = error.message
        except Exception:
            log.exception("The map of trade-offs was not made")
            self.trouble = "The map could not be made. The reason stands in the log."

    def _tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def stop(self) -> None:
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()


def page(item: Item) -> None:
    """The four settings around a product, and all of them behind."""
    found = engine.shop().sweep(kept_only=True)
    running: Running | None = st.session_state.get(RUNNING)
    if found is not None:
        st.session_state.pop(RUNNING, None)
        show(found, item)
    elif running is not None and not running.finished:
        st.fragment(run_every=0.7)(_watch)(running)
    else:
        if running is not None and running.trouble:
            states.said(running.trouble, "warn")
        elif running is not None and running.stopped:
            states.said("Stopped. Nothing was kept.")
        states.empty(
            "Not mapped yet",
            f"About {sweeping.SETTINGS} settings are tried on {sweeping.ANCHORS} products, with the rules as they are. "
            "It takes less than a minute for a boutique, and is kept until the shop changes.",
        )
        with st.container(horizontal_alignment="center"):
            st.button("Map the trade-offs", key="tradeoffs-go", type="primary", on_click=_begin)


def _begin() -> None:
    st.session_state[RUNNING] = Running(engine.shop())
    st.session_state["kit:again"] = True


def _watch(running: Running) -> None:
    """How far it is, until it is there."""
    if running.finished:
        st.rerun()
    share = running.done / max(1, running.total)
    st.progress(share, text=f"{text.count(running.done)} of {text.count(running.total)} settings tried")
    st.button("Stop", key="tradeoffs-stop", on_click=running.stop)


def show(found: Sweep, item: Item) -> None:
    live = engine.shop().recommend(_request(item, None))
    what = "what shoppers did" if found.basis == "behaviour" else "the details that are known of products"
    judged = f"{text.count(found.judged)} of {text.count(len(found.anchors), 'product')}"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        states.said(f"Relevance here is agreement with {what}, measured on {judged}.")
        with st.popover("What this can prove", type="tertiary", key="tradeoffs-says"), st.container(width=420):
            for line in found.says:
                st.markdown(text.plain(line))
    sides.said()
    for name in (one for one in FEELS if one in found.named):
        setting = found.settings[found.named[name]]
        strategy = setting.strategy.changed(name=name, note=sweeping.CRITERIA[name])
        with st.container(key=f"named-{name.lower()}"):
            head(name, strategy, setting, found)
            strip(item, strategy, set(live.ids), f"tradeoffs:{name}", name)
    every(found, item)


def head(name: str, strategy: Strategy, setting: Setting, found: Sweep) -> None:
    """One named setting: what it is for, what it gives against what is live, and the ways to take it."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
        st.html(
            f'<div class="setting"><h3>{text.markup(name)}</h3><p class="aside">'
            f"{text.markup(FEELS.get(name, ''))}. {text.markup(sweeping.CRITERIA.get(name, ''))}</p>"
            f'<p class="aside">{text.markup(sides.told(strategy))}.</p></div>',
            width="stretch",
        )
        actions(strategy, name.lower())
    charts.blend_line(text.shares(strategy.weights), text.part_name)
    st.html(given(setting, found.settings[0]))


def actions(strategy: Strategy, key: str) -> None:
    with st.container(horizontal=True, width="content", gap="small"):
        st.button("Try it", key=f"try-{key}", type="tertiary", on_click=sides.try_out, args=(strategy,))
        st.button("Into my draft", key=f"adopt-{key}", type="tertiary", on_click=adopt, args=(strategy,))


def adopt(strategy: Strategy) -> None:
    """As the strategy of all lists, in the draft."""
    try:
        sides.hold(strategy)
    except ShopError as error:
        st.session_state[sides.SAID] = (error.message, "warn")


def given(setting: Setting, live: Setting) -> str:
    """What a setting gives, each figure beside that of the live one."""
    cells = []
    for name in AXES:
        value, was = setting.figures.get(name, math.nan), live.figures.get(name, math.nan)
        if not math.isfinite(value):
            continue
        against = f"live {figure(name, was)}" if math.isfinite(was) else ""
        cells.append(
            f'<div title="{text.markup(sweeping.FIGURE_MEANINGS.get(name, ""))}">'
            f"<dt>{text.markup(sweeping.FIGURE_NAMES[name])}</dt><dd>{figure(name, value)}</dd>"
            f'<dd class="was">{against}</dd></div>'
        )
    return f'<dl class="figures impact small">{"".join(cells)}</dl>'


def figure(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    if name == "novelty":
        return f"{value:.1f}{text.NBSP}bits"
    return f"{100 * value:.1f}{text.NBSP}%"


def _request(item: Item, strategy: Strategy | None) -> Request:
    return Request(anchor=item.id, k=SHOWN, at=engine.at(), strategy=strategy)


def strip(item: Item, strategy: Strategy | None, known: set[str], key: str, label: str) -> None:
    """The list of a product with one setting; what the live one does not show is marked."""
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    listing = engine.shop().recommend(_request(item, strategy))
    if not listing.items:
        states.said(" ".join(note.text for note in listing.notes))
        return
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    made = cards.listed(listing, items, at=at, anchor=item, tools=(cards.TO_LIST,))
    for one in made:
        one["note"], one["moved"] = "", 0
        if one["id"] not in known:
            one["badges"] = [["accent", "New"], *one["badges"]][:2]
    parts.rail(made, key=key, label=label, size="small", on_action=lambda: answers.follow(key))


# -- all settings ------------------------------------------------------------------------------------------------------


def every(found: Sweep, item: Item) -> None:
    """The plot of all settings; a point opens its list."""
    fold = st.expander(f"All {text.count(len(found.settings))} settings", key="all-settings", on_change="rerun")
    if not fold.open:
        return
    with fold:
        known = [name for name in AXES if any(math.isfinite(one.figures[name]) for one in found.settings)]
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            across = _axis("Across", "tradeoffs:x", known, "relevance")
            up = _axis("Upwards", "tradeoffs:y", known, "diversity")
        dark = st.context.theme.type == "dark"
        picture = _plot(repr((found.at, found.k, len(found.settings), found.anchors[:3])), found, across, up, dark)
        chosen = st.plotly_chart(
            picture, key=PLOT, on_select="rerun", selection_mode="points", config={"displayModeBar": False},
            alt=f"Every setting by {across} and {up}; the line joins those that no other beats in both",
        )  # fmt: skip
        states.said("On the line: no other setting gives more of both. Click a point to see its list.")
        number = _picked(chosen, len(found.settings))
        if number is None:
            number = _by_hand(found)
        if number is not None:
            setting = found.settings[number]
            named = next((name for name, at in found.named.items() if at == number), f"Setting {number}")
            strategy = setting.strategy.changed(name=named)
            with st.container(key="one-setting"):
                with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
                    st.html(
                        f'<div class="setting"><h3>{text.markup("Live" if number == 0 else named)}</h3>'
                        f'<p class="aside">{text.markup(sides.told(strategy))}</p></div>',
                        width="stretch",
                    )
                    actions(strategy, "one-setting")
                st.html(given(setting, found.settings[0]))
                live = set(engine.shop().recommend(_request(item, None)).ids)
                strip(item, strategy, live, "tradeoffs:one", "The list of this setting")


def _axis(label: str, key: str, known: list[str], first: str) -> str:
    if st.session_state.get(key) not in known:
        st.session_state[key] = first if first in known else known[0]
    return str(st.selectbox(label, known, key=key, width=190, format_func=sweeping.FIGURE_NAMES.get))


def _picked(chosen: object, count: int) -> int | None:
    """The setting of the point that was clicked."""
    try:
        points = chosen["selection"]["points"]  # type: ignore[index]
        number = points[0]["customdata"] if points else None
        number = number[0] if isinstance(number, list | tuple) else number
    except (KeyError, TypeError, IndexError):
        return None
    return int(number) if isinstance(number, int | float) and 0 <= int(number) < count else None


def _by_hand(found: Sweep) -> int | None:
    """The same by keyboard: the settings that nothing beats, from the most relevant on."""
    front = list(found.front())
    number = st.selectbox(
        "Or choose from those on the line", [None, *front], key="tradeoffs:by-hand", width=520,
        format_func=lambda n: "None" if n is None else sweeping.told(found.settings[n].strategy),
    )  # fmt: skip
    return None if number is None else int(number)


@st.cache_resource(max_entries=12, show_spinner=False)
def _plot(mark: str, _found: Sweep, across: str, up: str, dark: bool) -> go.Figure:
    """All settings by two figures; mark names the sweep."""
    import plotly.graph_objects as go

    ink, mute, accent = ("#EFE9DF", "#8F8374", "#CDAA7A") if dark else ("#14110E", "#A59A8B", "#6B2A32")
    figure_ = go.Figure()
    all_ = list(range(len(_found.settings)))
    special = {number: name for name, number in _found.named.items()}
    special.setdefault(0, "Live")

    def trace(numbers: list[int], **more: object) -> None:
        figure_.add_scatter(
            x=[_found.settings[n].figures[across] for n in numbers],
            y=[_found.settings[n].figures[up] for n in numbers], customdata=numbers,
            hovertext=[sweeping.told(_found.settings[n].strategy) for n in numbers],
            hovertemplate="%{hovertext}<extra></extra>", **more,
        )  # fmt: skip

    front = list(_found.front(across, up))
    trace([n for n in all_ if n not in special], mode="markers", name="Settings",
          marker={"color": mute, "size": 7, "opacity": 0.55})  # fmt: skip
    trace(front, mode="lines", name="Nothing gives more of both", line={"color": accent, "width": 1.5},
          hoverinfo="skip")  # fmt: skip
    trace(list(special), mode="markers+text", name="Named", text=list(special.values()), textposition="top center",
          cliponaxis=False,
          textfont={"color": ink, "size": 13}, marker={"color": accent, "size": 12})  # fmt: skip
    figure_.update_layout(
        height=430, margin={"l": 0, "r": 32, "t": 16, "b": 0}, showlegend=False, uirevision=f"{across}{up}",
        dragmode=False, clickmode="event+select",
    )  # fmt: skip
    for name, update in ((across, figure_.update_xaxes), (up, figure_.update_yaxes)):
        update(title=_titled(name), tickformat=".1f" if name == "novelty" else ".0%", fixedrange=True)
    return figure_


def _titled(name: str) -> str:
    return f"{sweeping.FIGURE_NAMES[name]}{' (bits)' if name == 'novelty' else ''}"
