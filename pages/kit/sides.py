"""Strategies to look at: what is live, what is tried, one's draft, and those with a name; and where each is to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core.curation.desk import Desk
from core.domain import blends
from core.domain.blends import Path
from core.domain.changes import Documents, Key
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.strategy import Strategy
from pages.kit import charts, controls, documents, engine, states, text, tray

LIVE, TRYING, DRAFT = "live", "trying", "draft"
SAID, KEPT = "sides:said", "sides:kept"
NAMES = {LIVE: "Live", TRYING: "What I try", DRAFT: "My draft"}
# Placements that are weighed by the same signals.
OTHERS = tuple(map(str, (Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND)))
EVERYWHERE = "You May Also Like, wherever nothing else holds"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. strategy None: what holds around each product; documents: as a draft has them."""

    id: str
    name: str
    strategy: Strategy | None = None
    documents: Documents | None = None

    def around(self, anchor: str | None) -> Strategy:
        """The strategy that this side has around a product."""
        if self.strategy is not None:
            return self.strategy
        shop = engine.shop()
        view = shop.view(engine.at()) if self.documents is None else shop.proposed(self.documents, engine.at())
        return view.strategy if anchor is None else view.strategy_for(view.catalogue.row(anchor))


def standing() -> Documents:
    """The documents as this person's draft has them; as they are live where there is no draft."""
    desk = tray.desk()
    return engine.published() if desk is None else desk.draft().applied(engine.published())


def choices(known: Documents) -> dict[str, str]:
    """What can be looked at, by id, as people call it."""
    desk = tray.desk()
    drafted = desk is not None and bool(len(desk.draft()))
    names = {id: name for id, name in NAMES.items() if id != DRAFT or drafted}
    return names | {f"blend:{id}": one.name for id, one in blends.named(known).items()}


def side(id: str, known: Documents, anchor: str | None) -> Side:
    """What `id` stands for. Raises BadRequest where nothing is weighed."""
    if id == TRYING:
        return Side(id, NAMES[id], controls.strategy(anchor=anchor)[0])
    if id == DRAFT:
        return Side(id, NAMES[id], None, known)
    named = blends.named(known)
    if id.startswith("blend:") and (found := named.get(id.removeprefix("blend:"))) is not None:
        return Side(id, found.name, found)
    return Side(LIVE, NAMES[LIVE])


def told(strategy: Strategy) -> str:
    """A strategy in a line."""
    return documents.weights(Key(blends.STRATEGY, str(Placement.SIMILAR)), strategy.as_json())


def line(letter: str, one: Side, anchor: str | None) -> None:
    """Which side this is, what it is made of, as a heading over its strip."""
    strategy = one.around(anchor)
    name = f"{one.name}: {strategy.name}" if one.id == LIVE and strategy.name != Strategy().name else one.name
    st.html(
        f'<div class="side-line"><b>{text.markup(letter)}</b><span class="side-name">{text.markup(name)}</span>'
        f'<span class="aside">{text.markup(told(strategy))}</span></div>'
    )
    charts.blend_line(text.shares(strategy.weights), text.part_name)


# -- under a name, and where it holds ----------------------------------------------------------------------------------


def keep_under_a_name(strategy: Strategy, key: str) -> None:
    """The popover that gives a strategy a name, or changes the one that has it."""
    popover = st.popover("Keep under a name", key=f"name-{key}-{_kept()}", icon=":material/bookmark:", type="tertiary",
                         on_change="rerun")  # fmt: skip
    if not popover.open:
        return
    with popover:
        with st.form(f"name:{key}", border=False):
            st.text_input("Name", key=f"name:{key}:name", max_chars=blends.LONGEST_NAME,
                          placeholder="Picture first")  # fmt: skip
            st.text_input("Note", key=f"name:{key}:note", max_chars=200, placeholder="What it is for")
            st.form_submit_button("Into my draft", type="primary", on_click=_name, args=(strategy, key))
        st.caption("A name that is there already is changed, and with it wherever that strategy holds.")


def _name(strategy: Strategy, key: str) -> None:
    name = " ".join(str(st.session_state.get(f"name:{key}:name") or "").split())
    note = str(st.session_state.get(f"name:{key}:note") or "").strip()
    if _doing(lambda: save(strategy.changed(name=name, note=note or strategy.note))):
        st.session_state[KEPT] = _kept() + 1


def save(strategy: Strategy) -> None:
    """Take a named strategy into the draft, and with it the places where the one of that name holds."""
    plain = dict(blends.checked_blend(strategy.as_json()))
    desk = Desk(engine.shop().studio, engine.who())
    known = desk.standing()
    same = [id for id, one in blends.named(known).items() if one.name.casefold() == strategy.name.casefold()]
    id = same[0] if same else blends.fresh_id(strategy.name, blends.named(known))
    key = Key(blends.KIND, id)
    steps: list[tuple[Key, Mapping[str, object] | None, str]] = [
        (key, plain, f"Strategy {strategy.name}: {told(strategy)}.")
    ]
    if key in known:
        steps += [
            (one, plain, f"{documents.name_of(one, None)} follows {strategy.name}.")
            for one in blends.following(known, known[key])
        ]
    desk.edit_all(steps, at=engine.now())
    st.session_state[SAID] = (f"{strategy.name} is in your draft.", "")
    st.session_state["kit:again"] = True


def assign(strategy: Strategy, key: str, anchor: str | None) -> None:
    """The popover that says where a strategy is to hold."""
    popover = st.popover("Use it for", key=f"assign-{key}-{_kept()}", icon=":material/category:", type="tertiary",
                         on_change="rerun")  # fmt: skip
    if not popover.open:
        return
    paths: list[Path | str] = [*categories(), *OTHERS]
    field = f"assign:{key}:where"
    if st.session_state.get(field) not in paths:
        mine = engine.shop().catalogue(engine.at()).item(anchor).category[:1] if anchor else ()
        st.session_state[field] = mine if mine in paths else ()
    with popover:
        with st.form(f"assign:{key}", border=False):
            st.selectbox("Lists beside", paths, key=field, width=340,
                         format_func=_where)  # fmt: skip
            st.form_submit_button("Into my draft", type="primary", on_click=_assign, args=(strategy, key))
        st.caption("The deepest category that has a strategy of its own wins. It goes live when you publish the draft.")


def _assign(strategy: Strategy, key: str) -> None:
    where = st.session_state.get(f"assign:{key}:where") or ()
    place = (Placement(where), ()) if isinstance(where, str) else (Placement.SIMILAR, tuple(where))
    if _doing(lambda: hold(strategy, place[1], place[0])):
        st.session_state[KEPT] = _kept() + 1


def _where(place: Path | str) -> str:
    """A placement or a category, as one chooses it."""
    if isinstance(place, str):
        return f"All {PLACEMENT_NAMES[Placement(place)]}"
    return _held_at(Placement.SIMILAR, place)


def hold(strategy: Strategy | None, path: Path = (), placement: Placement = Placement.SIMILAR) -> None:
    """Let a strategy hold in a placement, or beside a category, in the draft; None takes its own strategy from it."""
    desk = Desk(engine.shop().studio, engine.who())
    key = blends.place_of(placement, path)
    where = documents.placement_name(key.id)
    plain = None if strategy is None else strategy.as_json()
    says = f"{where}: {strategy.name}, {told(strategy)}." if strategy else f"{where}: no strategy of its own."
    desk.edit(key, plain, says=says, at=engine.now())
    st.session_state[SAID] = (f"{where}: it is in your draft.", "")
    st.session_state["kit:again"] = True


def place_around(anchor: str, known: Documents) -> Key:
    """The document that holds around a product as `known` has them: of its category, where that has one."""
    paths = {path: one for path, one in blends.places(known).items() if path}
    category = engine.shop().catalogue(engine.at()).item(anchor).category
    return blends.place_of(Placement.SIMILAR, blends.ByCategory(paths).holding(category))


def _kept() -> int:
    """How much was taken into the draft here; with it the popovers get other keys, and so close."""
    return int(st.session_state.get(KEPT, 0))


def categories() -> list[Path]:
    """Every category that a strategy can hold for, () for all of them, in the order of the tree."""
    found: set[Path] = {()}
    for path in {tuple(one) for one in engine.shop().catalogue(engine.at()).column("category")}:
        found |= {path[:deep] for deep in range(1, len(path) + 1)}
    return sorted(path for path in found if all(step.strip() == step and step for step in path))


def shelf(known: Documents) -> None:
    """The named strategies, and where each strategy holds, with the ways to change that."""
    named = blends.named(known)
    held = [
        (placement, path, one)
        for placement in (str(Placement.SIMILAR), *OTHERS)
        for path, one in blends.places(known, placement).items()
    ]
    own = [(placement, path, one) for placement, path, one in held if path or placement in OTHERS]
    if not named and not own:
        states.said("No strategy has a name yet. Tune one, then keep it under a name: “Picture first”, for bags.")
        return
    for id, one in named.items():
        where = text.listed(_held_at(placement, path) for placement, path, mine in held if mine == one)
        with st.container(key=f"blend-{id}", horizontal=True, vertical_alignment="center",
                          horizontal_alignment="distribute", gap="small"):  # fmt: skip
            note = f"“{text.markup(one.note)}” " if one.note else ""
            holds_at = f"Holds for {text.markup(where)}." if where else "Holds nowhere yet."
            st.html(
                f'<div class="blend-row"><p><b>{text.markup(one.name)}</b> <span class="aside">{note}'
                f'{text.markup(told(one))}. {holds_at}</span></p></div>',
                width="stretch",
            )  # fmt: skip
            with st.container(horizontal=True, width="content", gap="small"):
                st.button("Try it", key=f"blend-try-{id}", type="tertiary", on_click=try_out, args=(one,))
                st.button("Take out", key=f"blend-out-{id}", type="tertiary", on_click=_drop, args=(id, one.name),
                          help="The name goes; where it holds, its weights stay.")  # fmt: skip
    for placement, path, one in own:
        place = blends.place_of(placement, path).id
        whose = f"{'Beside ' if path else ''}<b>{text.markup(_held_at(placement, path))}</b>"
        with st.container(key=f"held-{place}", horizontal=True, vertical_alignment="center",
                          horizontal_alignment="distribute", gap="small"):  # fmt: skip
            st.html(
                f'<div class="blend-row"><p>{whose}: {text.markup(one.name)} '
                f'<span class="aside">{text.markup(told(one))}</span></p></div>',
                width="stretch",
            )
            st.button("As everywhere" if path else "As it comes", key=f"held-out-{place}", type="tertiary",
                      on_click=_free, args=(placement, path))  # fmt: skip


def _held_at(placement: str, path: Path) -> str:
    """Where a strategy holds, as a person reads it."""
    if path:
        return " › ".join(path)
    return EVERYWHERE if placement == Placement.SIMILAR else PLACEMENT_NAMES[Placement(placement)]


def try_out(strategy: Strategy) -> None:
    """Let the sliders begin with it, beside what is live."""
    controls.take_up(strategy)
    st.session_state["tuning:b"] = TRYING
    st.session_state["tuning:mode"] = "A | B"
    st.session_state["kit:again"] = True


def _drop(id: str, name: str) -> None:
    def away() -> None:
        desk = Desk(engine.shop().studio, engine.who())
        desk.edit(Key(blends.KIND, id), None, says=f"Strategy {name} taken out.", at=engine.now())
        st.session_state["kit:again"] = True

    _doing(away)


def _free(placement: str, path: Path) -> None:
    _doing(lambda: hold(None, path, Placement(placement)))


def _doing(step: Callable[[], None]) -> bool:
    """A step of a callback, and whether it was done; what a person can put right is said on the page."""
    return states.done(step, SAID)


def said() -> None:
    """What the last step came to."""
    states.told(SAID)
