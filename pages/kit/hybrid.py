"""The weights of For You: content, behaviour and trend, and whether they are tried, drafted or live."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.domain import blends
from core.domain.changes import Key
from core.domain.errors import ShopError
from core.domain.placements import Placement
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy, normalised
from core.recommend.for_you import CLASSIC, FEW_ACTS, MANY_ACTS, NONE
from pages.kit import charts, drafting, engine, held, personas, sides, text

STORE, SAID = "shoppers:weights", "shoppers:weights:said"
KEY = Key(blends.STRATEGY, str(Placement.FOR_YOU))
CONTENT, BEHAVIOUR, TREND = "content", "behaviour", "trending"
NAMES = {CONTENT: "Content", BEHAVIOUR: "Behaviour", TREND: "Trend"}
HELP = {
    CONTENT: "Words, picture and details: what resembles the interests.",
    BEHAVIOUR: "What shoppers with these products act on besides, and where visits like this one went.",
    TREND: "What is wanted in its category these days.",
}
AS_IT_COMES, GIVEN = "", "given"
PRESETS = {"classic": CLASSIC, "few": FEW_ACTS, "many": MANY_ACTS}


def published() -> Strategy | None:
    """The strategy that is live for everybody; None while how much is known decides."""
    strategy = engine.shop().view(engine.at(), Placement.FOR_YOU).strategy
    return None if dict(strategy.weights) == DEFAULT_WEIGHTS else strategy


def choices() -> dict[str, str]:
    """What the sliders can begin with, by id, as people call it."""
    named = {f"blend:{id}": one.name for id, one in blends.named(sides.standing()).items()}
    return {AS_IT_COMES: "As it comes", **{id: one.name for id, one in PRESETS.items()}, **named}


def beginning(live: Strategy) -> Strategy:
    """What the sliders begin with: what was taken up, else the live strategy."""
    chosen = str(held.of(STORE).get("base", AS_IT_COMES))
    if chosen in PRESETS:
        return PRESETS[chosen]
    if chosen.startswith("blend:"):
        return blends.named(sides.standing()).get(chosen.removeprefix("blend:"), live)
    if chosen == GIVEN and (plain := held.of(STORE).get("given")) is not None:
        return Strategy.from_json(plain)
    if chosen == "draft" and (mine := drafted()) is not None:
        return mine
    return live


def on_sliders(strategy: Strategy) -> dict[str, int]:
    """Shares of content, behaviour and trend in per cent."""
    shares = normalised(strategy.weights)
    known = {BEHAVIOUR: shares.get("behaviour", 0.0), TREND: shares.get("trending", 0.0)}
    known = {CONTENT: sum(shares.get(name, 0.0) for name in DEFAULT_WEIGHTS), **known}
    return {name: round(100 * share) for name, share in known.items()}


def values(live: Strategy) -> dict[str, int]:
    """What the sliders stand at."""
    begun, now = on_sliders(beginning(live)), held.of(STORE)
    return {name: int(now.get(name, value)) for name, value in begun.items()}


def diversity(live: Strategy) -> int:
    return int(held.of(STORE).get("diversity", round(100 * (1 - beginning(live).lam))))


def tried(live: Strategy) -> tuple[Strategy, bool]:
    """The strategy that the sliders stand for, and whether it is another than the live one. Raises BadRequest where
    nothing counts."""
    begun, now = beginning(live), values(live)
    weights: Mapping[str, float] = begun.weights
    if now != on_sliders(begun):
        shares = normalised(begun.weights)
        content = {name: shares.get(name, 0.0) for name in DEFAULT_WEIGHTS}
        content = content if sum(content.values()) else dict(DEFAULT_WEIGHTS)
        whole = sum(content.values())
        others = {name: share for name, share in shares.items() if name not in (*content, "behaviour", "trending")}
        weights = {
            **{name: round(now[CONTENT] / 100 * share / whole, 6) for name, share in content.items()},
            "behaviour": now[BEHAVIOUR] / 100, "trending": now[TREND] / 100, **others,
        }  # fmt: skip
        normalised(weights)
    lam = begun.lam if diversity(live) == round(100 * (1 - begun.lam)) else round(1 - diversity(live) / 100, 4)
    made = begun.changed(weights=weights, lam=lam)
    differs = (dict(made.weights), made.lam, made.brand_cap) != (dict(live.weights), live.lam, live.brand_cap)
    return made, differs


def drafted() -> Strategy | None:
    found = drafting.drafted(KEY)
    return None if found is None else Strategy.from_json(found)


def panel(live: Strategy, preset: str) -> None:
    """The panel; the list beside it asks `tried`. live: what holds for this shopper.    preset: how much is known."""
    _head(live)
    names = choices()
    if held.of(STORE).get("given") is not None:
        names[GIVEN] = "What it would take"
    if drafted() is not None:
        names["draft"] = "My draft"
    if held.of(STORE).get("base", AS_IT_COMES) not in names:
        reset()
    bound = held.bound(STORE, "base", AS_IT_COMES, _begun)
    st.selectbox("Begin with", list(names), format_func=lambda id: _called(id, names, live), **bound)
    now, known = values(live), engine.shop().signals()
    shares = text.shares({name: value for name, value in now.items() if name in (CONTENT, *known)})
    charts.blend_line({"text" if name == CONTENT else name: share for name, share in shares.items()},
                      lambda name: NAMES[CONTENT if name == "text" else name])  # fmt: skip
    for name in NAMES:
        if name == CONTENT or name in known:
            _slider(name, NAMES[name], now[name], f"{shares[name]}{text.NBSP}%", HELP[name])
        else:
            why = "The shop has no record of what shoppers do, or no build since." if name == BEHAVIOUR else \
                "Nothing is trending while nothing is recorded."  # fmt: skip
            st.html(f'<div class="share off"><b>{NAMES[name]}</b><span>off</span></div><p class="aside">{why}</p>')
    _slider("diversity", "Diversity", diversity(live), str(diversity(live)), "More is more varied.")
    if preset == NONE:
        st.html('<p class="aside">Nothing is known of this shopper, so a first visit’s list stands here; weights begin '
                "to count with the first act.</p>")  # fmt: skip


def _called(id: str, names: Mapping[str, str], live: Strategy) -> str:
    if id != AS_IT_COMES:
        return names[id]
    return f"As it comes: {live.name}"


def _head(live: Strategy) -> None:
    try:
        made, differs = tried(live)
        draft = drafted()
    except ShopError:
        made, differs, draft = None, True, None
    state, words = ("live", "Live") if not differs else ("trying", "Trying (only you)")
    if differs and draft is not None and made == draft:
        state, words = "draft", "In draft"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.subheader("Weights", anchor=False, width="content")
        st.html(f'<span class="state {state}" role="status">{words}</span>', width="content")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="weight-actions"):
        if differs:
            st.button("Reset", key="hybrid:reset", type="tertiary", on_click=reset, help="Back to what is live")
            if made is not None:
                if state == "trying":
                    st.button("Keep as draft", key="hybrid:draft", type="tertiary", on_click=_keep, args=(live,))
                with st.popover("Make live", type="tertiary", key="hybrid-live"):
                    st.markdown("Every For You list will use these weights at once, however much is known.")
                    st.text_input("Why", key="hybrid:why", max_chars=200, placeholder="Asked by the house")
                    st.button("Make live", key="hybrid:publish", type="primary", on_click=_publish, args=(live,),
                              width="stretch")  # fmt: skip
        elif published() is not None:
            st.html('<p class="aside">One strategy for everybody</p>', width="content")
            st.button("To each their own", key="hybrid:free", type="tertiary", on_click=_free,
                      help="Weighs by how much is known of each: takes the strategy out, in your draft")  # fmt: skip
        else:
            st.html('<p class="aside">Weighed by how much is known of them</p>', width="content")
    if said := st.session_state.pop(SAID, None):
        st.html(f'<p class="said {said[1]}" role="status">{text.markup(said[0])}</p>')


def _slider(name: str, words: str, now: int, said: str, help: str) -> None:
    st.html(
        f'<div class="share" aria-hidden="true" title="{text.markup(help)}"><b>{text.markup(words)}</b>'
        f"<span>{text.markup(said)}</span></div>"
    )
    key = f"{STORE}:slide:{name}"
    st.session_state[key] = now

    def write() -> None:
        held.put(STORE, **{name: int(st.session_state[key])})
        personas.moved_by(personas.WEIGHTS)

    st.slider(words, 0, 100, key=key, on_change=write, label_visibility="collapsed")


def take_up(strategy: Strategy) -> None:
    """Let the sliders begin with a strategy, exactly as it is."""
    held.keep(STORE, {"base": GIVEN, "given": strategy.as_json()})
    personas.moved_by(personas.WEIGHTS)
    st.session_state["kit:again"] = True


def _begun() -> None:
    """Begin with something else: what was moved before is put aside."""
    now = held.of(STORE)
    held.keep(STORE, {name: now[name] for name in ("base", "given") if name in now})
    personas.moved_by(personas.WEIGHTS)


def reset() -> None:
    held.keep(STORE, {})
    if personas.mark() == personas.WEIGHTS:
        personas.moved_by("")


def _keep(live: Strategy) -> None:
    try:
        drafting.keep(KEY, tried(live)[0].as_json())
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")


def _publish(live: Strategy) -> None:
    why = str(st.session_state.get("hybrid:why") or "").strip()
    try:
        done = drafting.publish(KEY, tried(live)[0].as_json(), why)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
    else:
        reset()
        st.session_state[SAID] = (f"Live now, for everybody, as publication {done.version}.", "")


def _free() -> None:
    try:
        drafting.drop(KEY, "For You: weighed by how much is known of each shopper.")
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
    else:
        st.session_state[SAID] = ("It is in your draft, and live once you publish it.", "")
