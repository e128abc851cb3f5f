"""Who is looked at on Shoppers: a persona or a recorded shopper, what they do here, and where they are.

Nothing of it is an event of the shop: what is done on the page is kept in the session and in its address alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.errors import BadRequest, ShopError
from core.domain.query import Request
from core.domain.shoppers import DEVICES, Context, Dislikes, History, Person
from core.domain.visit import Visit
from core.recommend import personas as making
from core.recommend.personal import SEASONS
from core.recommend.personas import DEEDS, MOST_ACTS, Act, Persona
from core.recommend.taste import all_interests, liked
from core.shop import Shop
from pages.kit import engine, held, text

PAGE, STORE, SAID = "shoppers", "shoppers", "shoppers:said"
PREFIX = "persona:"  # of the preferences that personas are kept under
INVENTED, KEPT, RECORDED, OWN = "invented", "kept", "recorded", "own"
SHORT_HASH = 8  # letters of a hash that are shown and stand in an address
BUSIEST = 10  # recorded shoppers that are offered
FACES = 4  # pictures that stand for a shopper
SECONDS = 60  # for which the recorded shoppers that are offered stay the same
DOES = {
    "view": "Looks at it", "save": "Saves it", "cart": "Puts it in the cart", "purchase": "Buys it",
    "return": "Sends it back", "not_for_me": "Not for me",
}  # fmt: skip
DID = {
    "view": "Looked at", "save": "Saved", "cart": "In the cart", "purchase": "Bought", "return": "Sent back",
    "not_for_me": "Not for them",
}  # fmt: skip
ACT, CONTEXT, WEIGHTS = "act", "context", "weights"  # what moved the list last
CONTEXT_FIELDS = ("season", "occasion", "hour", "device", "place")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A shopper of the shop's own record. id: the salted hash; name: by interests, "" for who is not followed."""

    id: str
    acts: int
    name: str = ""
    faces: tuple[str, ...] = ()
    followed: bool = True

    @property
    def short(self) -> str:
        return short(self.id)


@dataclass(frozen=True, slots=True)
class Kept:
    """A persona under a name in the studio, and who keeps it."""

    who: str
    persona: Persona


def short(id: str) -> str:
    """As much of a shopper's hash as is shown."""
    return id[2 : 2 + SHORT_HASH]


# -- who there is --------------------------------------------------------------------------------------------------


def invented() -> tuple[Persona, ...]:
    """The ready-made personas of this shop."""
    view = engine.shop().view(engine.at())
    if view.catalogue not in _invented:
        _invented[view.catalogue] = making.ready_made(view, engine.moment())
    return _invented[view.catalogue]


_invented: WeakKeyDictionary[Catalogue, tuple[Persona, ...]] = WeakKeyDictionary()


def kept() -> list[Kept]:
    """The personas that people keep in the studio, by name; those that cannot be read any more are passed over."""
    found = []
    for (who, _), plain in engine.shop().studio.prefs_named(PREFIX).items():
        if plain is None:
            continue
        try:
            found.append(Kept(who, Persona.from_json(plain)))
        except ShopError:
            continue
    return sorted(found, key=lambda one: (one.persona.name.casefold(), one.who))


def recorded() -> list[Recorded]:
    """The busiest shoppers of the record; looked up once a minute, and at once when somebody was forgotten."""
    shop = engine.shop()
    removed = shop.events.mark().removed
    known = _recorded.get(shop)
    if known is None or known[0] != removed or time.monotonic() - known[1] > SECONDS:
        found = [_named(shop, id, acts) for id, acts in shop.events.busiest(BUSIEST)]
        known = _recorded[shop] = (removed, time.monotonic(), found)
    apart = {one.id for one in known[2] if not shop.events.shopper(one.id).personal}
    return [Recorded(one.id, one.acts, followed=False) if one.id in apart else one for one in known[2]]


_recorded: WeakKeyDictionary[Shop, tuple[int, float, list[Recorded]]] = WeakKeyDictionary()


def _named(shop: Shop, id: str, acts: int) -> Recorded:
    view, now = shop.view(), engine.now()
    person = shop.events.person(id, now)
    if not person.shopper.personal:
        return Recorded(id, acts, followed=False)
    found = all_interests(view, liked(person, now))
    faces = tuple(dict.fromkeys(item for one in found for item, _ in one.items[:2]))
    return Recorded(id, acts, making.name_of(found) or f"Shopper {short(id)}", faces)


# -- who is looked at ----------------------------------------------------------------------------------------------


def kind() -> str:
    """What is looked at: `INVENTED`, `KEPT`, `RECORDED` or `OWN`; "" while nobody was chosen."""
    named = str(held.of(STORE).get("kind", ""))
    return named if named in (INVENTED, KEPT, RECORDED, OWN) else ""


def open_persona(persona: Persona, of: str, who: str = "") -> None:
    held.keep(STORE, {**_stays(), "kind": of, "persona": persona.as_json(), "who": who})


def open_recorded(id: str) -> None:
    held.keep(STORE, {**_stays(), "kind": RECORDED, "shopper": id})


def compose() -> None:
    """Begin a persona of one's own."""
    open_persona(Persona("own", ""), OWN)
    held.put(STORE, composing=True)


def close() -> None:
    """Back to all of them."""
    held.keep(STORE, _stays())


def _stays() -> dict[str, Any]:
    """What is set on the page whoever is looked at."""
    return {name: value for name, value in held.of(STORE).items() if name in ("beside", "layout", *CONTEXT_FIELDS)}


def persona() -> Persona:
    """The persona that is looked at; a blank one where it is a recorded shopper."""
    try:
        return Persona.from_json(held.of(STORE).get("persona") or {"key": "own", "name": ""})
    except ShopError:
        return Persona("own", "")


def shopper() -> str:
    """The hash of the recorded shopper that is looked at."""
    return str(held.of(STORE).get("shopper", ""))


def change(**changes: Any) -> bool:
    """Change the persona, which makes it one's own; False, and said on the page, where that makes no sense."""
    try:
        then = persona().changed(**changes)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return False
    own = then if kind() != INVENTED else then.changed(key="own", story="")
    held.put(STORE, kind=OWN, mark="", persona=own.as_json())
    return True


# -- what they do here ---------------------------------------------------------------------------------------------


def extra() -> tuple[Act, ...]:
    """What was added on the page: it happens now, and nowhere else."""
    return tuple(_act(one) for one in held.of(STORE).get("acts") or () if _act(one) is not None)  # type: ignore[misc]


def _act(plain: Any) -> Act | None:
    try:
        return Act(**plain) if isinstance(plain, Mapping) else None
    except (ShopError, TypeError):
        return None


def stamp() -> str:
    """Changes with all that is kept of the recorded shopper who is looked at; "" where it is a persona."""
    return engine.shop().events.version(shopper()) if kind() == RECORDED else ""


def act(item: str, what: str) -> None:
    """Let them do something with a product, now."""
    room = MOST_ACTS - len(persona().acts)
    if what in DEEDS and item in engine.shop().catalogue() and len(extra()) < room:
        held.put(STORE, acts=[*(one.as_json() for one in extra()), Act(item, what).as_json()], mark=ACT)


def undo() -> None:
    """Take back what was done last."""
    held.put(STORE, acts=[one.as_json() for one in extra()[:-1]], mark="")


def forget_extra(number: int) -> None:
    """Take back one of the things done here."""
    left = [one.as_json() for n, one in enumerate(extra()) if n != number]
    held.put(STORE, acts=left, mark="")


def mark() -> str:
    """What moved the list last."""
    return str(held.of(STORE).get("mark", ""))


def moved_by(what: str) -> None:
    held.put(STORE, mark=what)


def context() -> Context:
    """Where and when they are; what makes no sense is unknown."""
    now = held.of(STORE)
    try:
        given = {name: now.get(name) or None for name in CONTEXT_FIELDS if name != "hour"}
        return Context(**given, hour=now.get("hour"))
    except ShopError:
        return Context()


def person(at: datetime, acts: Sequence[Act] | None = None) -> Person:
    """Who is looked at, as a shopper, with `acts` done here: all of them by default."""
    done = extra() if acts is None else tuple(acts)
    if kind() == RECORDED:
        one = engine.shop().events.person(shopper(), at, context())
        if not one.shopper.personal:
            return one
        return Person(one.shopper, making.more(one.history, done, at), one.context)
    return persona().also(done).person(at, context())


def request(at: datetime, k: int, acts: Sequence[Act] | None = None) -> Request:
    """The question for the list of who is looked at."""
    whom = persona().audience if kind() != RECORDED else None
    visit = Visit(audience=whom) if whom else None
    return Request("for_you", k=k, at=at, visit=visit, shopper=person(at, acts))  # type: ignore[arg-type]


# -- under a name in the studio ------------------------------------------------------------------------------------


def keep(name: str) -> Persona:
    """Keep the persona with what was done here, under a name. Raises BadRequest."""
    tidy = " ".join(name.split())
    if not tidy:
        raise BadRequest("Give the persona a name, so that you and your colleagues find it again.")
    if kind() == RECORDED:
        raise BadRequest("A recorded shopper is kept nowhere else, so that they can be forgotten.")
    who = engine.who()
    made = persona().also(extra()).changed(key="own", name=tidy)
    engine.shop().studio.set_pref(who, PREFIX + tidy, made.as_json())
    held.put(STORE, kind=KEPT, persona=made.as_json(), who=who, acts=[], mark="", composing=False)
    return made


def rename(name: str) -> None:
    """Give one's own kept persona another name. Raises BadRequest."""
    before, who, tidy = _mine(), engine.who(), " ".join(name.split())
    if tidy and tidy != before:
        if any(one.who == who and one.persona.name.casefold() == tidy.casefold() for one in kept()
               if one.persona.name != before):  # fmt: skip
            raise BadRequest(f"You keep a persona “{tidy}” already. Take another name.")
        keep(tidy)
        engine.shop().studio.set_pref(who, PREFIX + before, None)


def drop() -> str:
    """Remove one's own kept persona; its name. Raises BadRequest."""
    name = _mine()
    engine.shop().studio.set_pref(engine.who(), PREFIX + name, None)
    close()
    return name


def _mine() -> str:
    """The name of the kept persona that is looked at. Raises BadRequest where somebody else keeps it."""
    if kind() != KEPT or held.of(STORE).get("who") != engine.who():
        raise BadRequest("Only who keeps a persona can change it. Keep it under a name of your own.")
    return persona().name


def keeper() -> str:
    """Who keeps the persona that is looked at."""
    return str(held.of(STORE).get("who", ""))


# -- the address ---------------------------------------------------------------------------------------------------


def give() -> dict[str, list[str]]:
    """What the address says: who, what they did here, and where they are."""
    if not kind():
        return {}
    made, out = persona(), dict[str, list[str]]()
    match kind():
        case "recorded":
            out["shopper"] = [short(shopper())]
        case "invented":
            out["persona"] = [made.key]
        case "kept":
            out |= {"kept": [made.name], "by": [keeper()]}
        case _:
            out |= {
                "own": [made.name or "1"], "audience": [made.audience] if made.audience else [],
                "did": [f"{one.kind}:{one.days:g}:{one.item}" for one in made.acts], "wish": list(made.wishes),
                "follow": list(made.followed), "size": [f"{of}={size}" for of, size in made.sizes.items()],
                "not": [f"{of}:{value}" for of, values in made.dislikes.as_json().items() for value in values],
            }  # fmt: skip
    out["does"] = [f"{one.kind}:{one.item}" for one in extra()]
    return out | {name: [str(value)] for name, value in context().as_json().items()}


def take(came: Mapping[str, Sequence[str]]) -> None:
    """Look at whom an address names. What makes no sense in it changes nothing. Raises BadRequest for nobody."""
    one = {name: values[0].strip()[:200] for name, values in came.items() if values}
    if "shopper" in one:
        open_recorded(_recorded_as(one["shopper"]))
    elif "persona" in one:
        found = next((each for each in invented() if each.key == one["persona"]), None)
        if found is None:
            raise BadRequest(f"There is no ready-made persona “{one['persona'][:40]}”. Choose one below.")
        open_persona(found, INVENTED)
    elif "kept" in one:
        mine = [each for each in kept() if each.persona.name == one["kept"] and one.get("by") in (None, each.who)]
        if not mine:
            raise BadRequest(f"Nobody keeps a persona “{one['kept'][:60]}” any more.")
        open_persona(mine[0].persona, KEPT, mine[0].who)
    elif "own" in one:
        open_persona(made := _spelled(came, one), OWN)
        held.put(STORE, composing=made.blank)
    else:
        return
    known = engine.shop().catalogue()
    done = [each.partition(":") for each in came.get("does", ())][:MOST_ACTS]
    acts = [Act(item, what).as_json() for what, _, item in done if what in DEEDS and item in known]
    given = {name: one.get(name) for name in CONTEXT_FIELDS}
    there = {"device": DEVICES, "season": SEASONS, "occasion": engine.occasions()}
    given |= {name: None for name, values in there.items() if given[name] not in values}
    hour = one.get("hour", "")
    whole = int(hour) if hour.isdecimal() and len(hour) < 3 and int(hour) < 24 else None
    held.put(STORE, **{**given, "hour": whole}, acts=acts)
    held.put(STORE, mark=ACT if acts else CONTEXT if context() else "")


def _recorded_as(start: str) -> str:
    """The shopper whose hash begins so. Raises BadRequest."""
    found = []
    if re.fullmatch(r"(s_)?[0-9a-f]{6,24}", start):
        found = engine.shop().events.begins_with(f"s_{start.removeprefix('s_')}")
    if not found:
        raise BadRequest("No shopper of this shop is known so. They may have been forgotten.")
    if len(found) > 1:
        raise BadRequest("Several shoppers begin so. Write more of the hash.")
    return found[0]


def _spelled(came: Mapping[str, Sequence[str]], one: Mapping[str, str]) -> Persona:
    """The persona that an address spells out; what names nothing of this shop is left out."""
    known = engine.shop().catalogue()

    def pairs(name: str, sign: str) -> Iterable[tuple[str, str]]:
        return ((a, b) for a, _, b in (each.partition(sign) for each in came.get(name, ())[:MOST_ACTS]) if a and b)

    acts = []
    for what, rest in pairs("did", ":"):
        days, _, item = rest.partition(":")
        made = (
            _act({"item": item, "kind": what, "days": float(days)}) if re.fullmatch(r"\d{1,4}(\.\d+)?", days) else None
        )
        acts += [made] if made is not None and item in known else []
    said: dict[str, list[str]] = {"items": [], "colours": [], "houses": []}
    for of, value in pairs("not", ":"):
        if of in said:
            said[of].append(value)
    try:
        return Persona(
            "own", "" if one["own"] == "1" else one["own"][: making.LONGEST_NAME],
            audience=one["audience"] if one.get("audience") in AUDIENCES else None, acts=tuple(acts),
            wishes=tuple(item for item in came.get("wish", ())[:MOST_ACTS] if item in known),
            followed=tuple(came.get("follow", ())[:20]), sizes=dict(pairs("size", "=")), dislikes=Dislikes(**said),
        )  # fmt: skip
    except (ShopError, TypeError):
        return Persona("own", "")


# -- words ---------------------------------------------------------------------------------------------------------


def acts_in(history: History) -> list[int]:
    """Which rows of a history are acts with a product, which is what the page shows and counts."""
    return [n for n, item in enumerate(history.items) if item is not None and history.kinds[n] in DID]


def ago(days: float) -> str:
    """How long ago something was."""
    if days < 1 / 24:
        return "just now"
    if days < 1:
        return f"{text.count(max(1, round(24 * days)), 'hour')} ago"
    whole = round(days)
    return "yesterday" if whole == 1 else f"{text.count(whole, 'day')} ago"
