"""What stands around every page: the head with the day and the name, headings, the next step, the foot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

import streamlit as st

from core.domain.errors import NotReady
from pages.kit import engine, session, states, text
from pages.kit.menu import ASSETS

COOKIE = "vitrine_name"
JUST_SAID = "kit:just-said"

_REMEMBER = st.components.v2.component(
    "vitrine_remember",
    html="",
    js=f"""export default function ({{data}}) {{
      document.cookie = `{COOKIE}=${{data.name}}; path=/; max-age=31536000; samesite=strict`;
    }}""",
)

# On a small screen Streamlit lays the sections of the menu as bare blocks into one list, which no list may hold. The
# list is told as a group of links instead.
_MENU = st.components.v2.component(
    "vitrine_menu",
    html="",
    js="""export default function () {
      const menu = '[data-testid="stSidebarNav"]';
      const mend = () => {
        document.querySelectorAll(`${menu} ul:not([role])`).forEach((one) => one.setAttribute("role", "group"));
        document.querySelectorAll(`${menu} li:not([role])`).forEach((one) => one.setAttribute("role", "none"));
      };
      mend();
      const watch = new MutationObserver(mend);
      watch.observe(document.body, { childList: true, subtree: true });
      return () => watch.disconnect();
    }""",
)


def style() -> None:
    st.html(ASSETS / "styles" / "studio.css")
    with st.container(key="menu-roles"):
        _MENU(key="part:menu", data={})
    # Popovers hang beside the app in the document, where its light or dark does not reach them.
    if (tone := st.context.theme.type) in ("light", "dark"):
        st.html(f'<style>[data-testid="stPopoverBody"] {{ color-scheme: {tone}; }}</style>')


def recognise() -> None:
    """Who is there: the proxy's header where the settings name one, else the name this browser remembers."""
    if session.current().who:
        return
    header = engine.settings().trusted_user_header
    said = st.context.headers.get(header) if header else unquote(st.context.cookies.get(COOKIE) or "")
    name = said or ""
    if name:
        engine.introduce(name)


def masthead() -> None:
    """The right of the head: the day the shop is shown as of, and who is there."""
    with st.container(key="masthead", horizontal=True, gap="small", vertical_alignment="center"):
        _day()
        if session.current().who:
            _name()


def _day() -> None:
    chosen = engine.as_of()
    label = f"As of {text.day(chosen, year=chosen.year != engine.today().year)}" if chosen else "As of now"
    with st.popover(text.plain(label), key="asof-elsewhen" if chosen else "asof-now"), st.container(width=250):
        st.markdown("**Show the shop as of**")
        key = "control:as_of"
        st.session_state[key] = chosen or engine.today()

        def take() -> None:
            value = st.session_state[key]
            day = value if isinstance(value, date) else None
            session.commit(as_of=None if day in (None, engine.today()) else day.isoformat(), page=0)

        st.date_input("Day", key=key, on_change=take, format="DD/MM/YYYY", label_visibility="collapsed")
        st.caption(
            "Stock, dates, weights and lists are shown as they were, or as they will be, at the end of that day."
        )
        if chosen:
            st.button("Back to now", key="as_of_now", on_click=lambda: session.commit(as_of=None), width="stretch")


def _name() -> None:
    who = session.current().who
    with st.popover(text.plain(who), icon=":material/person:", key="whoami"), st.container(width=250):
        st.markdown(f"You are signed in as **{text.plain(who)}**." if _by_proxy() else "**Your name**")
        if not _by_proxy():
            st.session_state.setdefault("control:rename", who)
            st.text_input("Your name", key="control:rename", max_chars=60, label_visibility="collapsed")
            st.button("Save", key="rename", on_click=lambda: _take_name("control:rename"), width="stretch")
        st.caption("It stands beside every change you make. No password is needed on this machine.")


def _by_proxy() -> bool:
    return bool(engine.settings().trusted_user_header)


def _take_name(key: str) -> None:
    name = str(st.session_state.get(key) or "")
    if name.strip():
        engine.introduce(name)
        st.session_state["kit:remember"] = True


def welcome() -> None:
    """Ask for a name, once; and have the browser keep it."""
    if st.session_state.pop("kit:remember", False):
        with st.container(key="remember"):
            _REMEMBER(key="part:remember", data={"name": quote(session.current().who)})
    if session.current().who or _by_proxy():
        return
    with st.container(key="welcome", horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(
            '<div class="welcome"><p>Welcome to Vitrine. What may we call you?</p><p class="aside">Your name stands '
            "beside every change you make. No password is needed on this machine.</p></div>"
        )
        with st.container(width="content", horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(
                "Your name", key="control:name", max_chars=60, placeholder="Your name", width=220,
                label_visibility="collapsed", autocomplete="given-name", on_change=lambda: _take_name("control:name"),
            )  # fmt: skip
            st.button("Begin", key="begin", type="primary", on_click=lambda: _take_name("control:name"))


def heading(
    title: str, sentence: str, *, over: str = "", guide: Sequence[str] = (), beside: Callable[[], None] | None = None
) -> None:  # fmt: skip
    """The page's name, one sentence on what it is for, a short guide a click away, and `beside` it what switches
    the page. All words are shown as text."""
    with st.container(key="heading", gap=None):
        if over:
            st.html(f'<p class="over">{text.markup(over)}</p>')
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
            st.title(text.plain(title), anchor=False, width="content")
            with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
                if beside:
                    beside()
                if guide:
                    with st.popover("Guide", type="tertiary", key="guide"):
                        st.markdown("\n".join(f"- {text.plain(line)}" for line in guide))
        if sentence:
            st.html(f'<p class="lede">{text.markup(sentence)}</p>')


def section(title: str, aside: str = "") -> None:
    """A heading within a page, with a quiet remark at its right."""
    with st.container(
        key=f"section-{abs(hash(title)) % 10**6}", horizontal=True, vertical_alignment="bottom",
        horizontal_alignment="distribute", gap="small",
    ):  # fmt: skip
        st.header(text.plain(title), anchor=False, width="content")
        if aside:
            st.html(f'<p class="aside">{text.markup(aside)}</p>', width="content")


def why(key: str, example: str = "") -> None:
    """The comment that is kept in the history with what is about to be done."""
    st.text_input("Why, for the history", key=key, max_chars=300, placeholder=example)


def figures(told: Iterable[tuple[str, str, str]], *, label: str = "", kind: str = "") -> None:
    """Figures in a row: what each is called, what it is, and a quiet remark below. kind: a class of its own."""
    cells = "".join(
        f"<div><dt>{text.markup(name)}</dt><dd>{text.markup(now)}</dd><dd class='was'>{text.markup(was)}</dd></div>"
        for name, now, was in told
    )
    named = f' aria-label="{text.markup(label)}"' if label else ""
    st.html(f'<dl class="{" ".join(filter(None, ("figures impact", kind)))}"{named}>{cells}</dl>')


def next_step(sentence: str, *links: tuple[str, str, Mapping[str, Any] | None]) -> None:
    """The end of a page: what one does next. Each link is (label, page file, parameters)."""
    with st.container(key="next", horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(f'<p class="next">{text.markup(sentence)}</p>', width="content")
        for label, page, parameters in links:
            st.page_link(
                page, label=text.plain(label), icon=":material/arrow_forward:", icon_position="right",
                query_params=dict(parameters) if parameters else None,
            )  # fmt: skip


def foot() -> None:
    """Which encoders read words and pictures, which edition serves, and whether the data is simulated."""
    try:
        shop = engine.shop()
    except NotReady:
        return
    said = []
    for signal, name in (("text", "Words"), ("image", "Pictures")):
        state = shop.encoders()[signal]
        said.append(f"{name} read by {state.name}" if state.name else f"{name} are off: {state.reason}")
        if signal in shop.unread:
            said.append(f"Search goes without {name.lower()}: {shop.unread[signal]}")
    said.append(f"Edition of {text.moment(shop.snapshot.manifest.built_at, engine.zone())}")
    if shop.simulated:
        said.append("Demo boutique: houses, products, shoppers and events are invented (simulated data)")
    lines = "".join(f"<span>{text.markup(one)}</span>" for one in said)
    st.html(f'<footer class="foot" role="contentinfo">{lines}</footer>')


def go() -> None:
    """Follow what was clicked: a callback leaves (page file, parameters), the body of the page goes there."""
    if target := st.session_state.pop("kit:go", None):
        page, parameters = target
        st.switch_page(page, query_params=parameters)


def anew() -> None:
    """How a fragment begins: all of the page is drawn where more than the fragment has changed; see `go`."""
    if st.session_state.pop("kit:again", False):
        st.rerun()
    go()


def begin() -> None:
    """A new run of the script: what the last one said was read."""
    st.session_state.pop(JUST_SAID, None)


def once(key: str) -> None:
    """Say what a callback left under `key`: once, however often the page meanwhile shows itself anew (`again`)."""
    if said := st.session_state.pop(key, None):
        st.session_state.setdefault(JUST_SAID, {})[key] = said
        states.said(*said)


@st.fragment(run_every=2.0)
def again(done: Callable[[], bool]) -> None:
    """Show the page anew once something that is being counted is done; what it just said stays to be read."""
    if done():
        st.session_state.update(st.session_state.get(JUST_SAID, {}))
        st.rerun()
