"""What can be published, in words: a rule, a collection, weights, a saved look; and what a change makes of it."""

from __future__ import annotations

from core.domain.arrivals import Arrival
from core.domain.blends import KIND as BLEND
from core.domain.blends import read_place
from core.domain.campaigns import Campaign
from core.domain.changes import Change, Documents, Key, Plain
from core.domain.collections import KIND as COLLECTION
from core.domain.collections import Collection, collections_in
from core.domain.errors import ShopError
from core.domain.looks import PART_NAMES, PARTS, LookStrategy, SavedLook
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.quiz import KIND as QUIZ
from core.domain.quiz import Option, Quiz
from core.domain.rules import Rule
from core.domain.sentences import campaign_sentence, sentence
from core.domain.steer import Steer
from core.domain.strategy import SIGNALS, Strategy
from pages.kit import engine, text, tray


def described(change: Change) -> tuple[str, list[str]]:
    """What kind of change it is, and what it says."""
    if change.after is None:
        return "Taken away", lines(change.key, change.before or {})
    if change.before is None:
        return "New", lines(change.key, change.after)
    if change.key.kind in ("strategy", BLEND):
        return "Changed", differences(change.key, change.before, change.after)
    if change.key.kind == COLLECTION:
        return "Changed", moved(change.before, change.after)
    return "Changed", lines(change.key, change.after)


def name_of(key: Key, plain: Plain | None) -> str:
    """The document's name for people."""
    if key.kind == "strategy":
        return f"Weights of {placement_name(key.id)}"
    if key.kind == BLEND:
        return f"The strategy {(plain or {}).get('name', key.id)}"
    if key.kind == "look":
        return f"The look {(plain or {}).get('name', key.id)}"
    if key.kind == "campaign":
        return f"The campaign {(plain or {}).get('name', key.id)}"
    if key.kind == "arrival":
        return f"The arrival {(plain or {}).get('title') or key.id}"
    if key.kind == COLLECTION:
        return f"The collection {(plain or {}).get('name', key.id)}"
    if key.kind == QUIZ:
        return f"The quiz {(plain or {}).get('title', key.id)}"
    return f"Rule {key.id}"


def placement_name(place: str) -> str:
    """A placement as people know it, or the part of it that is about one category."""
    placement, category = read_place(place)
    name = PLACEMENT_NAMES[Placement(placement)] if placement in set(Placement) else placement
    return f"{name} beside {' › '.join(category)}" if category else name


def lines(key: Key, plain: Plain) -> list[str]:
    """What a document says, in a sentence or two."""
    try:
        match key.kind:
            case "rule":
                rule = Rule.from_json(plain)
                if rule.target.collections:
                    rule = rule.knowing(collections_in(_standing()))
                return [rule_sentence(rule), *([f"“{rule.note}”"] if rule.note else [])]
            case "campaign":
                campaign = Campaign.from_json(plain)
                said = f"Campaign {campaign_sentence(campaign, title_or_nothing, engine.zone().key)}"
                return [said, *([f"“{campaign.story}”"] if campaign.story else [])]
            case "quiz":
                return asking(Quiz.from_json(plain))
            case "strategy" | "blend":
                return [f"{name_of(key, plain)}: {weights(key, plain)}."]
            case "collection":
                return holding(Collection.from_json(plain))
            case "arrival":
                return [arrival(Arrival.from_json(plain))]
            case _:
                look = SavedLook.from_json(plain)
                pieces = text.listed(title(item) for _, item in look.pieces)
                return [f"{look.name}: {title(look.anchor)} with {pieces}."]
    except ShopError as error:
        return [error.message]


def rule_sentence(rule: Rule) -> str:
    """What a rule says, in the shop's time; its collections by name where it knows them."""
    return sentence(rule, title_or_nothing, engine.zone().key, engine.currency())


def _standing() -> Documents:
    """What is published, with the draft of whoever is here over it."""
    desk = tray.desk()
    return engine.published() if desk is None else desk.draft().applied(engine.published())


def holding(one: Collection) -> list[str]:
    """What a collection is called, and what is in it."""
    few = [title(item) for item in one.items[:3]]
    more = [text.count(len(one) - len(few), "more product")] if len(one) > len(few) else []
    said = f"with {text.listed([*few, *more])}" if one.items else "with nothing in it yet"
    return [f"The collection “{one.name}”, {said}.", *([f"“{one.note}”"] if one.note else [])]


def moved(before: Plain, after: Plain) -> list[str]:
    """What became of a collection."""
    try:
        old, new = Collection.from_json(before), Collection.from_json(after)
    except ShopError as error:
        return [error.message]
    was, now = set(old.items), set(new.items)
    said = [
        f"{word} {text.listed([title(item) for item in items[:3]])}"
        + (f" and {text.count(len(items) - 3, 'more product')}" if len(items) > 3 else "")
        for word, items in (
            ("it gains", [item for item in new.items if item not in was]),
            ("it loses", [item for item in old.items if item not in now]),
        )
        if items
    ]
    said += [f"it was called “{old.name}”"] if old.name != new.name else []
    said += ["it has another note"] if old.note != new.note else []
    said += ["it has another order"] if not said else []
    return [f"The collection “{new.name}”: {text.listed(said)}."]


def arrival(one: Arrival) -> str:
    """A product to come: what it is, and from when shoppers see it."""
    released = (
        f"on sale from {text.short_day(one.release_at, engine.zone())}"
        if one.release_at
        else "without a release date yet"
    )
    return f"{one.title or one.id}{f', {one.type}' if one.type else ''}: {released}."


def asking(quiz: Quiz) -> list[str]:
    """What a quiz asks, a line a question."""
    off = " It is switched off." if quiz.off else ""
    said = f"The quiz “{quiz.title}”: {text.count(len(quiz.questions), 'question')}, "
    asks = [
        f"{one.text} {text.listed((f'{o.label} ({_comes_to(o)})' for o in one.options), 'or')}."
        for one in quiz.questions
    ]
    picks = [f"Picked by the house: {text.listed(map(title, quiz.picks))}."] if quiz.picks else []
    return [f"{said}{text.count(len(quiz.picks), 'pick')}.{off}", *asks, *picks]


def _comes_to(option: Option) -> str:
    """What an answer does, in a few words."""
    does = [f"the style of {text.listed(map(title, option.style))}"] if option.style else []
    does += [
        text.listed(text.value_name(name, one) for one in values) for name, values in option.filters.fields.items()
    ]
    prices = (("from", option.filters.price_from), ("up to", option.filters.price_to))
    does += [f"{word} {text.money(price, engine.currency())}" for word, price in prices if price is not None]
    return text.listed(does) if does else "no matter"


def weights(key: Key, plain: Plain) -> str:
    """The shares of a strategy, its diversity and its limit on one house."""
    if key.id == Placement.LOOK:
        look = LookStrategy.from_json(plain)
        shares = text.shares({name: look.weights[name] for name in PARTS if name in look.weights})
        said = [f"{PART_NAMES[name]} {share}{text.NBSP}%" for name, share in shares.items() if share]
        houses = {"one house": ["one house alone"], "mixed": ["no house twice"]}.get(look.brands, [])
        return text.listed([*said, f"diversity {round(100 * (1 - look.lam))}", *houses])
    strategy = Strategy.from_json(plain)
    shares = text.shares({name: strategy.weights[name] for name in SIGNALS if name in strategy.weights})
    said = [f"{text.part_name(name)} {share}{text.NBSP}%" for name, share in shares.items() if share]
    cap = f"at most {strategy.brand_cap} of ten from one house" if strategy.brand_cap else "no limit on one house"
    said += [f"diversity {round(100 * (1 - strategy.lam))}", cap]
    return text.listed([*said, *([steered(strategy.steer)] if strategy.steer else [])])


def steered(steer: Steer) -> str:
    """What examples do to a list, in words."""
    sides = (("towards", steer.plus, steer.plus_words), ("away from", steer.minus, steer.minus_words))
    said = [
        f"{way} {text.listed([*(title(item) for item in items), *(f'“{words}”' for words in typed)])}"
        for way, items, typed in sides
        if items or typed
    ]
    return f"steered {text.listed(said)}"


def differences(key: Key, before: Plain, after: Plain) -> list[str]:
    return [f"{name_of(key, after)}: {weights(key, after)}.", f"Until now: {weights(key, before)}."]


def title(item: str) -> str:
    catalogue = engine.shop().catalogue()
    return text.title(catalogue.item(item)) if item in catalogue else item


def title_or_nothing(item: str) -> str:
    """The title of a product that is there, for a rule's sentence; "" for one that is not."""
    catalogue = engine.shop().catalogue()
    return text.title(catalogue.item(item)) if item in catalogue else ""
