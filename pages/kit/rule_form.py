"""The form of a rule: plain words at the left, its sentence and a list with it at the right, both live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from core.curation.reach import Reach
from core.curation.resolve import RuleBook, refuse_clashes
from core.domain.catalogue import AUDIENCES
from core.domain.changes import BOOK, Documents, Key
from core.domain.collections import collections_in
from core.domain.errors import ShopError
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import MAX_K, Request
from core.domain.rules import KINDS, MAX_PRIORITY, Rule
from pages.kit import (
    at_work,
    cards,
    engine,
    finder,
    held,
    parts,
    rule_book,
    rule_fields,
    session,
    states,
    text,
)

FORM, EXAMPLE, SEEN, LIST = rule_book.FORM, "rules:example", "rules:seen", "rules:list"
WHAT = {
    "pin": "Holds one place for one product, whatever its score.",
    "pin_best": "Holds one place for whichever product fits best among those you choose.",
    "block": "Takes products out of lists. It beats every other rule.",
    "keep": "Lets nothing but these products into the lists.",
    "boost": "Moves products up or down; the list stays honest otherwise.",
    "quota": "Sees to it that so many places of a list go to these products, or no more than so many.",
    "boundary": "Keeps houses apart, or lets only some stand together.",
}
KIND_LABELS = {
    "pin": "Pin a product", "pin_best": "A place for the best", "block": "Never show", "keep": "Show only",
    "boost": "Raise or lower", "quota": "Share of places", "boundary": "Keep houses apart",
}  # fmt: skip
STEPS = {"gentle": "Gently", "clear": "Clearly", "strong": "Strongly", rule_fields.NUMBER: "By a number"}
BY = {"": "All of them alike", "margin": "Most for the best margin", "stock_depth": "Most for the deepest stock",
      "newness": "Most for the newest"}  # fmt: skip
BESIDE = {
    rule_fields.ALL: "Beside all products", rule_fields.THESE: "Beside certain ones",
    rule_fields.ALIKE: "Beside those that match",
}  # fmt: skip
FIRST_FIELDS = ("category", "brand", "type", "colour")
MORE_FIELDS = ("audience", "material", "pattern", "occasion", "season", "collection", "brand_tier", "tags")
MOST_VALUES = 1000
LOOKED_AT = 24  # lists that are looked through for one that the rule changes
MEASURED = (
    Placement.SIMILAR, Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND,
)  # placements that have a list beside a product  # fmt: skip


# -- opening and closing -------------------------------------------------------------------------------------------


def opened() -> bool:
    return FORM in st.session_state


def begin(kind: str = "pin", **fields: Any) -> None:
    """A new rule; `fields` are filled in already."""
    held.keep(FORM, {**rule_fields.blank(kind, engine.zone().key, engine.now()), **fields})
    _fresh_example()


def edit(rule: Rule, *, copy: bool = False) -> None:
    """An existing rule, or a new one that says the same."""
    held.keep(FORM, {**rule_fields.of_rule(rule, engine.currency()), **({"id": None} if copy else {})})
    _fresh_example()


def close() -> None:
    for key in (FORM, EXAMPLE, SEEN):
        st.session_state.pop(key, None)


def _fresh_example() -> None:
    for key in (EXAMPLE, SEEN):
        st.session_state.pop(key, None)


def _is(name: str) -> Any:
    return held.of(FORM).get(name)


def _bound(name: str) -> dict[str, Any]:
    return held.bound(FORM, name)


# -- the page ------------------------------------------------------------------------------------------------------


def show(standing: Documents, campaigns: Mapping[str, str]) -> None:
    """Form and preview side by side. campaigns: id -> name of those that a rule can belong to."""
    fields = held.of(FORM)
    st.button("Back to the rule book", key="rule-back", type="tertiary", icon=":material/arrow_back:", on_click=close)
    left, right = st.columns([1, 1.28], gap="large")
    with left, st.container(key="rule-form", gap="medium"):
        what(fields)
        if fields["kind"] != "boundary":
            which(fields, standing)
        where(fields)
        when(fields)
        rest(fields, campaigns)
    with right, st.container(key="rule-preview"):
        rule, wrong = written(standing)
        with st.container(key="rule-saying"):
            saying(rule, wrong, standing)
        if rule is not None:
            preview(rule, standing)


def written(standing: Documents) -> tuple[Rule | None, str]:
    """The rule that the fields say, or None and what is still wrong with them."""
    fields = held.of(FORM)
    if missing := rule_fields.unsaid(fields):
        return None, missing
    plain = rule_fields.as_json(fields, engine.currency())
    plain.setdefault("id", rule_book.free_id(plain, standing))
    try:
        return Rule.from_json(plain).knowing(collections_in(standing)), ""
    except ShopError as error:
        words = error.message.removeprefix(f"Rule {plain['id']}: ")
        return None, words[:1].upper() + words[1:]


def saying(rule: Rule | None, wrong: str, standing: Documents) -> None:
    """The rule as one sentence, how far it reaches, what stands in its way, and the way into the draft."""
    st.html('<p class="by">The rule says</p>')
    if rule is None:
        st.html(f'<p class="sentence still" role="status">{text.markup(wrong)}</p>')
    else:
        st.html(f'<p class="sentence" role="status">{text.markup(rule_book.said(rule))}</p>')
        reaching(engine.shop().reach(rule, at=engine.at(), example=st.session_state.get(EXAMPLE)), rule)
        if clash := in_the_way(rule, standing):
            states.said(clash, "warn")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Keep in my draft", key="rule-keep", type="primary", disabled=rule is None,
                  on_click=_keep, args=(rule, standing))  # fmt: skip
        if Key("rule", str(_is("id"))) in standing:
            st.button("Take the rule out", key="rule-out", type="tertiary", on_click=_take_out)


def reaching(reach: Reach, rule: Rule) -> None:
    """How many lists, how many products."""
    lists = text.count(reach.lists, "list")
    said = f"Works in {lists}" if reach.lists else "Works in no list: no product is one of those it is beside"
    if rule.kind != "pin":
        speaks = text.count(reach.matched, "product")
        about = f"{speaks} match" if reach.matched != 1 else f"{speaks} matches"
        sold = "" if reach.sellable == reach.matched else f", {text.count(reach.sellable)} of them on sale"
        aside = " beside the example" if rule.target.relations else ""
        said += f" · {about}{aside}{sold}"
    tone = "" if reach.lists and (reach.matched or rule.kind == "pin") else "warn"
    states.said(f"{said}.", tone)


def in_the_way(rule: Rule, standing: Documents) -> str:
    """Why the rule could not be published as things stand; "" where it could."""
    plain = [one for key, one in standing.items() if key.kind in BOOK and key != Key("rule", rule.id)]
    try:
        refuse_clashes(RuleBook.of([*plain, rule.as_json()]).on(engine.shop().view(engine.at())))
    except ShopError as error:
        return error.message
    return ""


def _keep(rule: Rule | None, standing: Documents) -> None:
    if rule is None:
        return
    changed = "Change" if Key("rule", rule.id) in standing else "New"
    if rule_book.into_draft(rule, f"{changed}: {rule_book.said(rule)}"):
        close()
        st.session_state[rule_book.SAID] = (f"In your draft: {rule_book.said(rule)}", "")


def _take_out() -> None:
    key = Key("rule", str(_is("id")))
    words = "Take out the rule being written"
    if rule_book.step(lambda desk: desk.edit(key, None, says=words, at=engine.now())):
        close()


# -- the fields ----------------------------------------------------------------------------------------------------


def what(fields: Mapping[str, Any]) -> None:
    _heading("What it does")
    st.session_state["rules:form:kind"] = fields["kind"]
    st.pills("What it does", list(KINDS), format_func=KIND_LABELS.__getitem__, required=True, key="rules:form:kind",
             label_visibility="collapsed", on_change=_take_kind)  # fmt: skip
    states.said(WHAT[fields["kind"]])
    match fields["kind"]:
        case "pin" | "pin_best":
            st.number_input("Place", 1, MAX_K, step=1, width=130, **_bound("place"))
        case "boost":
            _boost(fields)
        case "quota":
            _quota()
        case "boundary":
            _boundary(fields)
        case _:
            pass


def _take_kind() -> None:
    """Another kind keeps everything that it can say too; a pin gets an end."""
    kind = str(st.session_state["rules:form:kind"])
    fresh = rule_fields.blank(kind, engine.zone().key, engine.now())
    now = held.of(FORM)
    ends = fresh["ends_at"] if kind == "pin" and now["ends_at"] is None else now["ends_at"]
    if now["kind"] == "pin" and not now["id"]:
        ends = None  # the end was the pin's, and nobody asked for it
    held.put(FORM, kind=kind, ends_at=fresh["ends_at"] if kind == "pin" else ends)


def _boost(fields: Mapping[str, Any]) -> None:
    st.session_state["rules:form:down"] = "Lower" if fields["down"] else "Raise"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.segmented_control(
            "Direction", ("Raise", "Lower"), required=True, key="rules:form:down", label_visibility="collapsed",
            on_change=lambda: held.put(FORM, down=st.session_state["rules:form:down"] == "Lower"),
        )  # fmt: skip
        st.segmented_control("Strength", list(STEPS), format_func=STEPS.__getitem__, required=True,
                             label_visibility="collapsed", **_bound("step"))  # fmt: skip
    if fields["step"] == rule_fields.NUMBER:
        st.number_input("By so many hundredths of a step", 1.0, 100.0, step=1.0, width=240, format="%g",
                        help="Gently is 10, clearly 25, strongly 50.",
                        **_number("amount"))  # fmt: skip
    st.selectbox("How it is shared out", list(BY), format_func=BY.__getitem__, width=280, **_bound("by"))


def _number(name: str) -> dict[str, Any]:
    """A field as a number with decimals, whatever it was kept as."""
    made = _bound(name)
    value = st.session_state[made["key"]]
    st.session_state[made["key"]] = None if value is None else float(value)
    return made


def _quota() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input("At least", 0, MAX_K, value=None, step=1, width=130, **_bound("at_least"))
        st.number_input("At most", 0, MAX_K, value=None, step=1, width=130, **_bound("at_most"))
        st.session_state["rules:form:percent"] = "per cent" if _is("percent") else "places"
        st.segmented_control(
            "Counted in", ("places", "per cent"), required=True, key="rules:form:percent",
            on_change=lambda: held.put(FORM, percent=st.session_state["rules:form:percent"] == "per cent"),
        )  # fmt: skip


def _boundary(fields: Mapping[str, Any]) -> None:
    _values("brand", "These houses", "brands")
    st.session_state["rules:form:only"] = "only" if fields["only"] else "apart"
    st.segmented_control(
        "Stand", ("apart", "only"), required=True, key="rules:form:only", label_visibility="collapsed",
        format_func={"apart": "never beside", "only": "only beside each other and"}.__getitem__,
        on_change=lambda: held.put(FORM, only=st.session_state["rules:form:only"] == "only"),
    )  # fmt: skip
    _values("brand", "Those houses" if not fields["only"] else "These as well", "others", but=fields["brands"])


def which(fields: Mapping[str, Any], standing: Documents) -> None:
    """The products that the rule is about."""
    if fields["kind"] == "pin":
        _heading("Which product")
        _products("items", "Choose a product", "rule-item", one=True)
        return
    _heading("Which products")
    kept = {id: one.name for id, one in collections_in(standing).items()}
    if kept or fields["collections"]:
        st.multiselect("Your collections", [*kept, *(one for one in fields["collections"] if one not in kept)],
                       format_func=lambda one: kept.get(one, f"{one}, which is not there"), placeholder="Any",
                       **_bound("collections"))  # fmt: skip
    _facets("filters", FIRST_FIELDS)
    with st.expander("More ways to choose", expanded=_more_chosen(fields), key="rule-more", type="compact"):
        _facets("filters", MORE_FIELDS)
        _prices("price_from", "price_to")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input("New in the last days", 1, 3650, value=None, step=1, width=190, placeholder="Any age",
                            **_bound("new_days"))  # fmt: skip
            st.checkbox("Only what can be bought", **_bound("in_stock"))
        _products("items", "Choose by name", "rule-item")
    st.multiselect("Compared with the product beside", _relations(fields), format_func=_relation,
                   placeholder="It does not matter", **_bound("relations"))  # fmt: skip


def _more_chosen(fields: Mapping[str, Any]) -> bool:
    chosen = [fields["filters"].get(name) for name in fields["filters"] if name not in FIRST_FIELDS]
    numbers = (fields["price_from"], fields["price_to"], fields["new_days"])
    return any(chosen) or any(one is not None for one in numbers) or bool(fields["items"] or fields["in_stock"])


def _relations(fields: Mapping[str, Any]) -> list[str]:
    return [*rule_fields.RELATIONS, *(one for one in fields["relations"] if one not in rule_fields.RELATIONS)]


def _relation(pair: str) -> str:
    if pair in rule_fields.RELATIONS:
        return rule_fields.RELATIONS[pair]
    name, how = pair.rsplit(" ", 1)
    return f"{'Same' if how == 'same' else 'Another'} {text.field_name(name).lower()}"


def where(fields: Mapping[str, Any]) -> None:
    """The lists that the rule works in."""
    _heading("In which lists")
    st.segmented_control("Beside", list(BESIDE), format_func=BESIDE.__getitem__, required=True,
                         label_visibility="collapsed",
                         **held.bound(FORM, "beside", then=_take_beside))  # fmt: skip
    if fields["beside"] == rule_fields.THESE:
        _products("anchors", "Choose the products", "rule-anchor")
    alike = fields["anchor_filters"] or fields["anchor_from"] is not None or fields["anchor_to"] is not None
    if fields["beside"] == rule_fields.ALIKE or alike or fields["anchor_in_stock"]:
        _facets("anchor_filters", FIRST_FIELDS, "Beside: ")
        with st.expander("More about the product beside", key="rule-anchor-more", type="compact"):
            _facets("anchor_filters", MORE_FIELDS, "Beside: ")
            _prices("anchor_from", "anchor_to")
            st.checkbox("Only beside what can be bought", **_bound("anchor_in_stock"))
    st.multiselect(
        "Placements", [str(one) for one in Placement], placeholder="Everywhere",
        format_func=lambda one: PLACEMENT_NAMES[Placement(one)], **_then_fresh("placements"),
    )  # fmt: skip


def _take_beside() -> None:
    held.put(FORM, **rule_fields.beside(held.of(FORM), str(_is("beside"))))
    _fresh_example()


def _then_fresh(name: str) -> dict[str, Any]:
    return held.bound(FORM, name, then=_fresh_example)


def when(fields: Mapping[str, Any]) -> None:
    _heading("When")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.datetime_input("From", value=None, format="DD/MM/YYYY", width=240, **_bound("starts_at"))
        st.datetime_input("Until", value=None, format="DD/MM/YYYY", width=240, **_bound("ends_at"))
    ends = "" if fields["ends_at"] is not None or fields["kind"] != "pin" else " This pin has no end."
    states.said(f"Empty means at once, and without an end. Times are those of {_place(fields['zone'])}.{ends}")


def rest(fields: Mapping[str, Any], campaigns: Mapping[str, str]) -> None:
    st.text_input("Note", max_chars=500, placeholder="Why: asked by the house, for the autumn window", **_bound("note"))
    if campaigns or fields["campaign"]:
        options = ["", *campaigns, *([fields["campaign"]] if fields["campaign"] not in ("", *campaigns) else [])]
        st.selectbox("Campaign", options, format_func=lambda one: campaigns.get(one, one) if one else "None",
                     **_bound("campaign"))  # fmt: skip
    with st.expander("For whom, where, and who wins", expanded=_rest_chosen(fields), key="rule-rest", type="compact"):
        st.multiselect("Beside products for", list(AUDIENCES), placeholder="Everybody",
                       format_func=lambda one: text.value_name("audience", one),
                       **_then_fresh("audiences"))  # fmt: skip
        st.text_input("Languages of the shop front", placeholder="All; or fr, de-CH", max_chars=200,
                      **_bound("locales"))  # fmt: skip
        st.number_input("Priority", -MAX_PRIORITY, MAX_PRIORITY, step=1, width=150, **_bound("priority"),
                        help="Where two rules want one place, the higher number has it.")  # fmt: skip
        every = zones()
        known = fields["zone"] if fields["zone"] in every else None
        st.selectbox("Time zone", every if known else [fields["zone"], *every], format_func=_place, **_bound("zone"))
        st.toggle("Switched off", **_bound("off"))


def _rest_chosen(fields: Mapping[str, Any]) -> bool:
    return bool(fields["audiences"] or fields["locales"] or fields["priority"] or fields["off"])


@cache
def zones() -> list[str]:
    return sorted(one for one in available_timezones() if "/" in one or one == "UTC")


def _place(zone: str) -> str:
    return zone.replace("_", " ")


def _heading(words: str) -> None:
    st.html(f'<h2 class="field-of">{text.markup(words)}</h2>')


def _facets(store: str, names: Sequence[str], prefix: str = "") -> None:
    """The values of fields, to be chosen from; a field that the catalogue does not know is left out."""
    extra = [one for one in held.of(FORM)[store] if one not in (*FIRST_FIELDS, *MORE_FIELDS)]
    for name in (*names, *(extra if names is MORE_FIELDS else ())):
        key, chosen = f"rules:form:{store}:{name}", list(held.of(FORM)[store].get(name, ()))
        options = list(dict.fromkeys([*_known(name), *chosen]))
        if not options:
            continue
        st.session_state[key] = chosen
        st.multiselect(
            f"{prefix}{text.field_name(name)}", options, format_func=partial(text.value_name, name), key=key,
            placeholder="Any", on_change=_take_values, args=(store, name, key),
        )  # fmt: skip


def _take_values(store: str, name: str, key: str) -> None:
    values = {**held.of(FORM)[store], name: list(st.session_state[key])}
    held.put(FORM, **{store: {field: some for field, some in values.items() if some}})
    if store == "anchor_filters":
        _fresh_example()


def _values(field: str, label: str, store: str, but: Sequence[str] = ()) -> None:
    """Some values of a field, but for those that another box has already."""
    chosen = held.of(FORM)[store]
    options = [one for one in dict.fromkeys([*_known(field), *chosen]) if one in chosen or one not in but]
    st.multiselect(label, options, placeholder="Choose", **_bound(store))


def _known(field: str) -> list[str]:
    """The values of a field in this shop, the most frequent first."""
    facets = engine.facets()
    return list(facets.get(field, {}))[:MOST_VALUES]


def _prices(low: str, high: str) -> None:
    if not engine.priced():
        return
    symbol = text.SYMBOLS.get(engine.currency() or "", engine.currency() or "")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, words in ((low, "Price from"), (high, "Price to")):
            st.number_input(f"{words}, {symbol}".rstrip(", "), 0.0, None, value=None, step=10.0, width=150,
                            format="%g", placeholder="Any", **_number(name))  # fmt: skip


def _products(store: str, label: str, key: str, *, one: bool = False) -> None:
    """Products chosen by name: as small cards that can be taken away, and the way to more."""
    chosen = list(held.of(FORM)[store])
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    here = [item for item in chosen if item in catalogue]
    if here:
        away = {"act": "remove", "label": "Take away", "icon": "remove"}
        parts.rail(
            [cards.card(catalogue.item(item), at=at, tools=(away,)) for item in here[:24]], key=f"{key}:chosen",
            label="Chosen products", layout="grid", size="small", on_action=lambda: _take_away(store, f"{key}:chosen"),
        )  # fmt: skip
    gone = [item for item in chosen if item not in catalogue]
    if gone:
        states.said(f"Not in the catalogue any more: {text.listed(gone[:5])}.", "warn")
        st.button("Take these away", key=f"{key}:gone", type="tertiary",
                  on_click=lambda: held.put(FORM, **{store: here}))  # fmt: skip
    finder.finder(key, partial(_add, store, one), opens=cards.PRODUCT, key=key,
                  label="Another product" if one and here else label)  # fmt: skip


def _add(store: str, one: bool, item: str) -> None:
    now = [] if one else [other for other in held.of(FORM)[store] if other != item]
    held.put(FORM, **{store: [*now, item]})
    if store == "anchors":
        _fresh_example()


def _take_away(store: str, key: str) -> None:
    sent = parts.event(key)
    if sent.get("type") == "remove":
        held.put(FORM, **{store: [item for item in held.of(FORM)[store] if item != sent.get("id")]})
        _fresh_example()


# -- the preview ---------------------------------------------------------------------------------------------------


def preview(rule: Rule, standing: Documents) -> None:
    """A list in the rule's scope, made by the function that serves, with the draft and this rule."""
    placement = _placement(rule)
    if placement is None:
        states.said(
            f"It works in {text.listed(PLACEMENT_NAMES[one] for one in rule.scope.placements)}, which has no list "
            "beside one product to show here. Measure it on Publish, or look there with your draft."
        )
        return
    at = _moment(rule)
    if rule.ends_at is not None and rule.ends_at <= at:
        states.said("Its last day has passed: it changes nothing any more. Give it a later one to see it at work.")
        return
    shown = rule.changed(off=False, campaign=None)  # as it is while its campaign runs
    with_it = {**standing, Key("rule", rule.id): shown.as_json()}
    without = {key: one for key, one in standing.items() if key != Key("rule", rule.id)}
    example = _example(rule, with_it, without, placement, at)
    if example is None:
        states.said("No product on sale is one of those it is beside, so there is no list to show.", "warn")
        return
    shop = engine.shop()
    catalogue = shop.catalogue(engine.at())
    anchor = catalogue.item(example)
    me = session.current()
    asked = Request(placement=placement, anchor=example, k=me.places, at=at, locale=_locale(rule))
    listing = shop.recommend(asked, draft=with_it)
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    before = shop.recommend(asked, draft=without)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="example"):
        at_work.beside(anchor, PLACEMENT_NAMES[placement])
        finder.finder("rule-example", _choose_example, opens=cards.PRODUCT, label="Another example", key="rule-example")
    if at != engine.moment() and rule.starts_at is not None and at == rule.starts_at:
        states.said(f"Shown as of its first day, {text.moment(at, engine.zone())}.")
    same = listing.ids == before.ids
    states.said("This rule leaves this list as it is." if same else at_work.difference(before.ids, listing.ids))
    if items:
        parts.rail(
            cards.listed(
                listing, items, at=engine.moment(), anchor=anchor, tools=(),
                ruled=at_work.badges(asked, listing, with_it),
                menu=(lambda placed: [{"act": "pin", "label": "Pin this one"}]) if rule.kind == "pin" else None,
            ),
            key=LIST, label="The list with this rule", layout="grid", size="small", say="The list has changed.",
            on_action=lambda: _from_the_list(items),
        )  # fmt: skip
    for note in listing.notes:
        states.said(note.text)


def _placement(rule: Rule) -> Placement | None:
    """Where the rule can be seen at work; None where it works in no placement that has a list for a product."""
    if not rule.scope.placements:
        return Placement.SIMILAR
    return next((one for one in MEASURED if one in rule.scope.placements), None)


def _moment(rule: Rule) -> datetime:
    """Now, or the rule's first moment where it is still to come."""
    now = engine.moment()
    return rule.starts_at if rule.starts_at is not None and rule.starts_at > now else now


def _locale(rule: Rule) -> str | None:
    return rule.scope.locales[0] if rule.scope.locales else None


def _choose_example(item: str) -> None:
    st.session_state[EXAMPLE] = item


def _example(rule: Rule, with_it: Documents, without: Documents, placement: Placement, at: datetime) -> str | None:
    """The product beside which the rule is shown: the one asked for, else the first in scope whose list it changes
    and that has a picture. It stays while the rule changes its list, so that the list does not jump about."""
    shop, chosen = engine.shop(), st.session_state.get(EXAMPLE)
    catalogue = shop.catalogue(engine.at())
    if chosen in catalogue:
        return str(chosen)
    asked = Request(placement=placement, k=session.current().places, at=at, locale=_locale(rule))
    anchors = shop.reach(rule, at=engine.at(), most=LOOKED_AT).anchors
    before = st.session_state.get(SEEN)
    if before in catalogue and _in_scope(asked, before, rule):
        anchors = (before, *(one for one in anchors if one != before))
    found: str | None = None
    for few in (anchors[:1], anchors[1:8], anchors[8:]):
        if not few:
            break
        both = (shop.recommend_all(asked, few, draft=drafted) for drafted in (with_it, without))
        changed = [one.anchor for one, other in zip(*both, strict=True) if one.ids != other.ids and one.anchor]
        pictured = [one for one in changed if catalogue.item(one).pictures]
        found = (pictured or ([found] if found else changed) or [None])[0]
        if pictured:
            break
    found = found or (anchors[0] if anchors else None)
    st.session_state[SEEN] = found
    return found


def _in_scope(asked: Request, item: str, rule: Rule) -> bool:
    """Whether the rule bears on the list around `item`."""
    whenever = rule.changed(off=False, starts_at=None, ends_at=None, campaign=None)
    alone = {Key("rule", rule.id): whenever.as_json()}
    return bool(engine.shop().at_work(asked.changed(anchor=item), draft=alone))


def _from_the_list(items: Mapping[str, Any]) -> None:
    """A tile was dragged to a place, or clicked."""
    sent = parts.event(LIST)
    item, place = sent.get("id"), sent.get("place")
    if sent.get("type") == "pin" and item in items and isinstance(place, int) and 1 <= place <= MAX_K:
        held.put(FORM, items=[item], place=place)
