"""The worklist of the map: what is probably wrong in the catalogue, one case at a time, with its pictures side by side.

A case is corrected (a fact, live at once, kept over the next import) or left, for everybody; both can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import ShopError
from core.explore.misfits import kinds
from core.explore.worklist import CATEGORY, KINDS, MOST, PICTURE, TWINS, Case
from core.shop import Shop
from pages.kit import cards, engine, frame, held, parts, states, text, underway

STORE, SAID, DONE, WHY = "worklist", "worklist:said", "worklist:done", "worklist:why"
WORK = "worklist"
LEFT = "left"
NAMES = {CATEGORY: "Wrong category", PICTURE: "Text and picture", TWINS: "Same picture", LEFT: "Left"}
NONE_OF = {
    CATEGORY: ("Every product stands where it belongs", "No product has neighbours that speak against its category."),
    PICTURE: ("Words and pictures agree", "No product looks like other products than its words describe."),
    TWINS: ("Every picture is seen once", "No two products show the same photograph."),
    LEFT: ("Nothing was left", "What you leave as it is stands here, with who left it, and can be taken up again."),
}
SHOWN, AHEAD, MOST_LEFT, UNDO = 10, 12, 100, 20  # neighbours, next cases, of what was left, steps back
LISTS = ("colour", "material", "occasion", "season")
FIELDS = ("type", "colour", "material", "pattern", "audience", "occasion", "season", "brand")
COMPARED = ("brand", "type", "category", "colour", "material", "pattern", "audience", "season", "price")
OPEN = {"act": "product", "label": "Open the product", "icon": "open"}
CHOOSE = {"act": "choose", "label": "Look at this one", "icon": "choose"}

Doubt = tuple[str, Case]  # what speaks against a correction, in words, and the case that shows it


def panel(shop: Shop) -> None:
    """The worklist: what kinds of cases there are, the one on the table, those that come next, and what was left."""
    worked = shop.atlas.worked(everything=True)
    again = st.session_state.get("worklist:again") == shop.snapshot.id
    if worked is None or (again and not worked.current):
        work = underway.watched(
            shop, WORK, "Looking through the catalogue", lambda watch: shop.atlas.worklist(watch=watch),
            "Every product is held against its nearest. It goes on while you do something else.",
        )  # fmt: skip
        worked = shop.atlas.worked(everything=True)
        if work is not None and worked is None:  # the shop changed meanwhile
            underway.forget(shop, WORK)
        if worked is None:
            return
    st.session_state.pop("worklist:again", None)
    left = shop.atlas.left()
    every = {case.key: case for case in worked.cases}
    cases = {kind: [case for case in every.values() if case.kind == kind and case.key not in left] for kind in KINDS}
    counts = {**{kind: len(found) for kind, found in cases.items()}, LEFT: sum(key in every for key in left)}
    most = {kind for kind in KINDS if sum(case.kind == kind for case in every.values()) >= MOST}
    kind = _switch(counts, most)
    _just_done(shop, worked.current)
    if kind == LEFT:
        _left(shop, [(every[key], how) for key, how in left.items() if key in every])
        return
    if not cases[kind]:
        states.empty(*NONE_OF[kind])
        return
    catalogue = shop.catalogue()
    at = _place(cases[kind])
    case = cases[kind][at]
    following = cases[kind][at + 1 :] + cases[kind][:at]
    doubt = _doubted(catalogue, case, [*cases[PICTURE], *cases[TWINS]])
    _table(shop, catalogue, case, at, len(cases[kind]), following[0].key if following else "", doubt)
    _ahead(catalogue, following)


def _switch(counts: Mapping[str, int], most: Container[str]) -> str:
    """The kinds of cases with how many there are of each. most: kinds of which only the surest were kept."""
    bound = held.bound(STORE, "kind", next((kind for kind in KINDS if counts[kind]), CATEGORY))
    if st.session_state[bound["key"]] not in NAMES:
        st.session_state[bound["key"]] = CATEGORY
    st.segmented_control(
        "Cases", list(NAMES), label_visibility="collapsed", required=True,
        format_func=lambda kind: f"{NAMES[kind]} · {text.count(counts[kind])}{'+' if kind in most else ''}", **bound,
    )  # fmt: skip
    return str(st.session_state[bound["key"]])


def _place(cases: Sequence[Case]) -> int:
    """Which of the cases is on the table."""
    chosen = held.of(STORE).get("case")
    return next((at for at, case in enumerate(cases) if case.key == chosen), 0)


# -- the case on the table ---------------------------------------------------------------------------------------------


def _table(
    shop: Shop, catalogue: Catalogue, case: Case, at: int, of: int, then: str, doubt: Doubt | None
) -> None:  # fmt: skip
    with st.container(key="case", gap="medium"):
        if case.kind == TWINS:
            _twins(catalogue, case, at, of, then)
            return
        item = catalogue.item(case.items[0])
        left, right = st.columns([1, 2.6], gap="large")
        with left:
            _portrait(item)
        with right, st.container(gap="medium"):
            _words(case, at, of)
            if case.kind == CATEGORY:
                _votes(shop, catalogue, case)
                if doubt is not None:
                    _perhaps(*doubt)
                _refile(item, case, then, sure=doubt is None)
                _rail(catalogue, case.beside[:SHOWN], "nearest", "Its nearest")
            else:
                _described(item)
                _mend(item, case, then)
                seen, read = st.columns(2, gap="medium")
                with seen:
                    _rail(catalogue, case.beside, "seen", "Its picture looks like")
                with read:
                    _rail(catalogue, case.read_like, "read", "Its words read like")


def _words(case: Case, at: int, of: int) -> None:
    number = f"Case {text.count(at + 1)} of {text.count(of)}"
    st.html(f'<p class="by">{number}</p><p class="sentence">{text.markup(case.says)}</p>')


def _portrait(item: Item) -> None:
    picture = cards.picture_url(item)
    named = text.markup(f"{text.title(item)}{f' by {text.house(item)}' if text.house(item) else ''}")
    initial = text.markup((text.house(item) or text.title(item))[:1].upper())
    inner = f'<img src="{picture}" alt="{named}">' if picture else f'<span aria-hidden="true">{initial}</span>'
    facts = " · ".join(one for one in (" › ".join(item.category), text.money(item.price, item.currency)) if one)
    st.html(
        f'<figure class="portrait">{inner}</figure><p class="over case-house">{text.markup(text.house(item))}</p>'
        f'<p class="anchor-title">{text.markup(text.title(item))}</p><p class="aside">{text.markup(facts)}</p>'
    )
    st.page_link("product.py", label="Open the product", icon=":material/arrow_forward:", icon_position="right",
                 query_params={"item": item.id})  # fmt: skip


def _votes(shop: Shop, catalogue: Catalogue, case: Case) -> None:
    """What its nearest are said to be."""
    named = kinds(shop.view())
    said = Counter(named[catalogue.row(id)] or "Unknown" for id in case.beside if id in catalogue)
    better, most = str(case.correct.get("type")), max(said.values(), default=1)
    lines = "".join(
        f'<li class="{"on" if kind == better else ""}"><b>{text.markup(kind)}</b>'
        f'<span class="meter" aria-hidden="true"><i style="width:{100 * count / most:.0f}%"></i></span>'
        f"<span>{text.count(count)}</span></li>"
        for kind, count in said.most_common(5)
    )
    st.html(f'<ul class="votes" aria-label="What its nearest are">{lines}</ul>')
    first = said.most_common(1)[0][0] if said else better
    if said.get(better, 0) < most:
        states.said(f"Fewer, yet likelier: in this shop {better} often stand among {first}.")


def _doubted(catalogue: Catalogue, case: Case, others: Sequence[Case]) -> Doubt | None:
    """Whether the picture may be what is wrong of a product that seems filed wrongly: the other case that says so."""
    if case.kind != CATEGORY:
        return None
    mine = catalogue.item(case.items[0])
    for other in others:
        if mine.id not in other.items:
            continue
        if other.kind == PICTURE:
            return "Its words and its picture disagree, too: perhaps it is the picture that is wrong.", other
        for twin in (catalogue.item(id) for id in other.items if id in catalogue):
            if twin.type != mine.type and twin.brand != mine.brand:  # of one house it may be the same thing
                whose = f" by {text.house(twin)}" if text.house(twin) else ""
                says = f"{text.title(twin)}{whose} shows this picture, too: perhaps it is the picture that is wrong."
                return says, other
    return None


def _perhaps(says: str, other: Case) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="case-doubt"):
        st.html(f'<p class="said warn">{text.markup(says)}</p>', width="content")
        st.button("See both sides", key="case:doubt", type="tertiary", on_click=_to, args=(other,))


def _to(case: Case) -> None:
    held.put(STORE, kind=case.kind, case=case.key)


def _described(item: Item) -> None:
    """What its words say of it, to be held against its picture."""
    zone = engine.zone()
    known = [text.fact(name, getattr(item, name), item, zone) for name in ("type", "colour", "material", "pattern")]
    facts = " · ".join(words for words in known if words)
    story = " ".join(item.description.split())
    story = story if len(story) <= 240 else story[:240].rsplit(" ", 1)[0] + "…"
    quote = f'<p class="quote">{text.markup(story)}</p>' if story else ""
    st.html(f'{quote}<p class="aside">{text.markup(facts)}</p>')


def _rail(catalogue: Catalogue, ids: Sequence[str], name: str, label: str) -> None:
    there = [id for id in ids if id in catalogue]
    if not there:
        return
    key = f"worklist:{name}"
    st.html(f'<p class="by">{text.markup(label)}</p>')
    at = engine.moment()
    shown = [catalogue.item(id) for id in there]
    parts.rail(
        [cards.card(one, at=at, note=one.type or "", tools=(cards.TO_LIST,)) for one in shown],
        key=key, label=label, size="small", on_action=lambda: _follow(key),
    )  # fmt: skip


def _follow(key: str) -> None:
    """A card was clicked: its product opens, or its list."""
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


# -- what can be done with it ------------------------------------------------------------------------------------------


def _refile(item: Item, case: Case, then: str, *, sure: bool) -> None:
    """File it elsewhere: where its neighbours say, or where somebody knows better. sure: nothing speaks against it."""
    better, path = str(case.correct["type"]), " › ".join(case.correct["category"])
    says = f"{text.title(item)} is filed under {better}."
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="case-deeds"):
        st.button(
            f"File it under {text.plain(better)}", key="case:correct", type="primary" if sure else "secondary",
            shortcut="Y" if sure else None,
            help=text.plain(f"Type {better}, category {path}") if path else None,
            on_click=_correct, args=(case, {item.id: dict(case.correct)}, says, then),
        )  # fmt: skip
        elsewhere = st.popover("Elsewhere", key=f"case-elsewhere-{case.key}", on_change="rerun")
        if elsewhere.open:  # what a shop has is counted for whoever asks
            with elsewhere, st.container(width=300):
                _elsewhere(item, case, then)
        _others(case, then)
    _for_the_history()


def _elsewhere(item: Item, case: Case, then: str) -> None:
    """Any kind that this shop has."""
    chosen = st.selectbox(
        "It is", list(engine.facets().get("type", {})), index=None, key=f"case:type:{case.key}", format_func=text.plain,
        placeholder="Choose a type",
    )  # fmt: skip
    paths = _paths(str(chosen)) if chosen else []
    where = st.selectbox(
        "Filed under", paths, key=f"case:path:{case.key}:{chosen}", disabled=len(paths) < 2,
        format_func=lambda path: text.plain(" › ".join(path)), placeholder="Its usual place",
    )  # fmt: skip
    fields, says = {"type": chosen, "category": tuple(where or ())}, f"{text.title(item)} is filed under {chosen}."
    st.button("File it there", key="case:refile", type="primary", disabled=not chosen, width="stretch",
              on_click=_correct, args=(case, {item.id: fields}, says, then))  # fmt: skip


def _paths(kind: str) -> list[tuple[str, ...]]:
    """Where this shop keeps products of a type, the fullest places first."""
    known = engine.shop().catalogue()
    both = zip(known.column("category"), known.column("type"), strict=True)
    return [path for path, _ in Counter(tuple(path) for path, one in both if path and one == kind).most_common(40)]


def _mend(item: Item, case: Case, then: str) -> None:
    """Correct a fact, where it is the words that are wrong."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="case-deeds"):
        mending = st.popover("Correct a fact", key=f"case-mend-{case.key}", icon=":material/edit:", on_change="rerun")
        if mending.open:
            with mending, st.container(width=300):
                _other_facts(item, case, then)
        _others(case, then)
    _for_the_history()


def _other_facts(item: Item, case: Case, then: str) -> None:
    field = st.selectbox("What", FIELDS, format_func=text.field_name, key="case:field")
    now = getattr(item, field)
    value = _should_be(field, now, f"case:value:{case.key}:{field}")
    fields = {field: value}
    if field == "type" and value and (paths := _paths(str(value))):
        fields["category"] = paths[0]
    says = f"{text.field_name(field)} of {text.title(item)} is corrected."
    st.button("Save", key="case:save", type="primary", disabled=value == now or not value, width="stretch",
              on_click=_correct, args=(case, {item.id: fields}, says, then))  # fmt: skip
    st.caption("A wrong picture is put right in the catalogue file; the next import takes it up.")


def _should_be(field: str, now: Any, key: str) -> Any:
    """One of the shop's own values of a field, or several where a product has several."""
    known = list(engine.facets().get(field, {}))
    known += [one for one in (now if isinstance(now, tuple) else (now,)) if one and one not in known]

    def shown(one: Any) -> str:
        return text.plain(text.value_name(field, str(one)))

    if field in LISTS:
        return tuple(st.multiselect("Should be", known, default=list(now), key=key, format_func=shown,
                                    accept_new_options=True, placeholder="Not known"))  # fmt: skip
    return st.selectbox("Should be", known, index=known.index(now) if now in known else None, key=key,
                        format_func=shown, placeholder="Not known")  # fmt: skip


def _others(case: Case, then: str) -> None:
    """What every case offers."""
    st.button("Leave it", key="case:leave", shortcut="L", on_click=_leave, args=(case, then),
              help="It is right as it is: nobody is asked again")  # fmt: skip
    if then:
        st.button("Skip", key="case:skip", type="tertiary", shortcut="N", on_click=_on, args=(then,),
                  help="Decide later")  # fmt: skip


def _for_the_history() -> None:
    st.text_input("Why, for the history", key=WHY, max_chars=200, placeholder="Why, for the history (if you like)",
                  label_visibility="collapsed", width=360)  # fmt: skip


def _twins(catalogue: Catalogue, case: Case, at: int, of: int, then: str) -> None:
    """Products that show one picture, side by side, with what else tells them apart."""
    items = [catalogue.item(id) for id in case.items if id in catalogue]
    moment = engine.moment()
    left, right = st.columns([1, 1.5], gap="large")
    with left:
        parts.rail(
            [cards.card(one, at=moment, tools=(cards.TO_LIST,)) for one in items],
            key="worklist:twins", label="Products that show one picture", on_action=lambda: _follow("worklist:twins"),
        )  # fmt: skip
    with right, st.container(gap="medium"):
        _words(case, at, of)
        _parted(items, case, then)
        _apart(items)


def _parted(items: Sequence[Item], case: Case, then: str) -> None:
    """Two colours of one style, one product entered twice, or two that only look alike."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="case-deeds"):
        families = {one.family_id for one in items}
        alike = len({(one.brand, one.type) for one in items}) == 1
        if len(families) > 1 or None in families:
            family = next((one.family_id for one in items if one.family_id), items[0].id)
            st.button(
                "They are one style", key="case:style", type="primary" if alike else "secondary",
                shortcut="Y" if alike else None,
                args=(case, {one.id: {"family_id": family} for one in items if one.family_id != family},
                      f"{text.title(items[0])} and what shows its picture are one style.", then),
                on_click=_correct, help="Colours or lengths of one thing: no list shows two of them",
            )  # fmt: skip
        with st.popover("One is a copy", key=f"case-copy-{case.key}"), st.container(width=320):
            names = {one.id: f"{text.title(one)} ({one.id})" for one in items}
            gone = st.selectbox(
                "Take out of the shop", list(names), index=len(names) - 1, key=f"case:copy:{case.key}",
                format_func=lambda id: text.plain(names[id]),
            )  # fmt: skip
            st.caption("It is retired now, and leaves every list at once. Undo brings it back.")
            st.button("Retire it", key="case:retire", type="primary", width="stretch", on_click=_retire,
                      args=(case, gone, names[gone], then))  # fmt: skip
        _others(case, then)
    if len({one.type for one in items}) > 1:
        states.said(
            "They are of different kinds: one is probably filed wrongly, or shows the picture of the other, which is "
            "put right in the catalogue file."
        )
    _for_the_history()


def _apart(items: Sequence[Item]) -> None:
    """A table of the facts in which they differ, at most four beside one another."""
    zone, shown = engine.zone(), items[:4]
    rows = []
    for name in COMPARED:
        said = [text.fact(name, getattr(one, name), one, zone) or "unknown" for one in shown]
        if len(set(said)) > 1:
            rows.append(f"<tr><th scope='row'>{text.markup(text.field_name(name))}</th>"
                        + "".join(f"<td>{text.markup(one)}</td>" for one in said) + "</tr>")  # fmt: skip
    if not rows:
        states.said("In all that is known of them they are alike.")
        return
    head = "".join(f"<th scope='col'>{text.markup(text.title(one))}</th>" for one in shown)
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="Where they differ">'
        '<table class="plain-table side-facts">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


# -- doing and undoing -------------------------------------------------------------------------------------------------


def _why(otherwise: str) -> str:
    said = " ".join(str(st.session_state.get(WHY) or "").split())[:200]
    st.session_state[WHY] = ""
    return said or otherwise


def _correct(case: Case, fields: Mapping[str, Mapping[str, Any]], says: str, then: str) -> None:
    """Set facts of the products of a case; all of them or none."""
    shop = engine.shop()
    try:
        who = engine.who()
        catalogue = shop.catalogue()
        before = {id: {name: getattr(catalogue.item(id), name) for name in some} for id, some in fields.items()}
        known = {id: shop.studio.facts().get(id, {}) for id in fields}
        undo = [[id, name, name in known[id], before[id][name]] for id, some in fields.items() for name in some]
        why = _why("From the worklist")
        shop.studio.change_facts(fields, before=before, who=who, at=engine.now(), why=why)
        if case.kind != CATEGORY:  # words and pictures are read anew with the next edition only
            shop.atlas.leave(case, who=who, at=engine.now(), why=says)
    except ShopError as error:
        st.session_state[SAID] = error.message
        return
    _did(case, says, undo, left=case.kind != CATEGORY, then=then)


def _retire(case: Case, id: str, name: str, then: str) -> None:
    _correct(case, {id: {"retired_at": engine.now()}}, f"{name} is retired.", then)


def _leave(case: Case, then: str) -> None:
    try:
        engine.shop().atlas.leave(case, who=engine.who(), at=engine.now(), why=_why(""))
    except ShopError as error:
        st.session_state[SAID] = error.message
        return
    named = text.title(engine.shop().item(case.items[0]))
    _did(case, f"{named} is left as it is.", [], left=True, then=then)


def _did(case: Case, says: str, undo: Sequence[Sequence[Any]], *, left: bool, then: str) -> None:
    plain = {"key": case.key, "kind": case.kind, "items": list(case.items), "says": case.says}
    steps = [*st.session_state.get(DONE, ()), {"case": plain, "says": says, "undo": list(undo), "left": left}]
    st.session_state[DONE] = steps[-UNDO:]
    held.put(STORE, case=then)


def _on(key: str) -> None:
    held.put(STORE, case=key)


def _just_done(shop: Shop, current: bool) -> None:
    """What was done last, and the way back. current: nothing was corrected since the list was made."""
    if said := st.session_state.pop(SAID, None):
        states.said(said, "warn")
    steps = st.session_state.get(DONE) or []
    if not steps and current:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="case-done"):
        if steps:
            done = text.markup(steps[-1]["says"])
            st.html(f'<p class="said" role="status">{done}</p>', width="content")
            st.button("Undo", key="case:undo", type="tertiary", icon=":material/undo:", shortcut="Z", on_click=_undo)
        if not current:
            st.button("Look again", key="worklist:anew", type="tertiary", icon=":material/refresh:", on_click=_anew,
                      args=(shop,), help="Products were corrected since this list was made")  # fmt: skip


def _undo() -> None:
    """Take the last step back: facts become what they were, and what was left is asked again."""
    steps = list(st.session_state.get(DONE) or ())
    if not steps:
        return
    step, shop = steps.pop(), engine.shop()
    case = Case(**{**step["case"], "items": tuple(step["case"]["items"])})
    try:
        who, now = engine.who(), engine.now()
        back: dict[str, dict[str, Any]] = {}
        for id, name, by_hand, before in step["undo"]:
            if by_hand:
                back.setdefault(id, {})[name] = before
            else:
                shop.studio.clear_fact(id, name, who=who, at=now, why="Undone on the worklist")
        if back:
            seen = shop.catalogue()
            present = {id: {name: getattr(seen.item(id), name) for name in some} for id, some in back.items()}
            shop.studio.change_facts(back, before=present, who=who, at=now, why="Undone on the worklist")
        if step["left"]:
            shop.atlas.take_up(case, who=who, at=now)
    except ShopError as error:
        st.session_state[SAID] = error.message
        return
    st.session_state[DONE] = steps
    held.put(STORE, case=case.key, kind=case.kind)


def _anew(shop: Shop) -> None:
    underway.forget(shop, WORK)
    st.session_state["worklist:again"] = shop.snapshot.id


# -- what comes next, and what was left --------------------------------------------------------------------------------


def _ahead(catalogue: Catalogue, following: Sequence[Case]) -> None:
    """The next cases as cards; one of them is taken onto the table with a click."""
    if not following:
        return
    frame.section("Next on the list", text.count(len(following), "case"))
    moment, shown = engine.moment(), []
    for case in following[:AHEAD]:
        item = catalogue.item(case.items[0])
        one = cards.card(item, at=moment, note=_short(case, item), tools=(CHOOSE,))
        shown.append({**one, "id": case.key, "href": "", "open": f"Look at {text.title(item)}"})

    def chosen() -> None:
        key = parts.event("worklist:ahead").get("id")
        if key in {case.key for case in following}:
            _on(str(key))

    parts.rail(shown, key="worklist:ahead", label="Next on the list", size="small", on_action=chosen)


def _short(case: Case, item: Item) -> str:
    if case.kind == CATEGORY:
        return f"{item.type or 'Unknown'} → {case.correct['type']}"
    return text.count(len(case.items), "product") if case.kind == TWINS else ""


def _left(shop: Shop, found: Sequence[tuple[Case, Mapping[str, Any]]]) -> None:
    """What somebody has left, the last first, and the way to take it up again."""
    if not found:
        states.empty(*NONE_OF[LEFT])
        return
    catalogue, zone = shop.catalogue(), engine.zone()
    found = sorted(found, key=lambda one: str(one[1].get("at", "")), reverse=True)
    for case, how in found[:MOST_LEFT]:
        item = catalogue.item(case.items[0])
        picture = cards.picture_url(item)
        shot = f'<img src="{picture}" alt="" loading="lazy">' if picture else ""
        when = text.moment(datetime.fromisoformat(str(how["at"])), zone) if how.get("at") else ""
        said = " · ".join(one for one in (NAMES[case.kind], str(how.get("who", "")), when) if one)
        why = f"<p>“{text.markup(how['why'])}”</p>" if how.get("why") else ""
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
                          key=f"left-{case.key}"):  # fmt: skip
            st.html(
                f'<div class="anchor small"><div class="portrait">{shot}</div><div>'
                f'<p>{text.markup(text.title(item))}</p>{why}<p class="aside">{text.markup(said)}</p></div></div>',
                width="content",
            )  # fmt: skip
            st.button("Take it up again", key=f"take-up:{case.key}", type="tertiary", on_click=_take_up, args=(case,))
    if len(found) > MOST_LEFT:
        states.said(f"And {text.count(len(found) - MOST_LEFT)} before them.")


def _take_up(case: Case) -> None:
    try:
        engine.shop().atlas.take_up(case, who=engine.who(), at=engine.now())
    except ShopError as error:
        st.session_state[SAID] = error.message
        return
    held.put(STORE, case=case.key)
