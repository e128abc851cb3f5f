"""What reviews speak of: a sentence belongs to a theme by its key words, or, where there are none, by its meaning.

Key words are exact and need no encoder; a negation before them turns them around or silences them. Meaning is the
cosine of the sentence to the nearest sentence that says the theme, where an encoder reads both.
"""

# ruff: noqa: E501 - patterns are easier to read unbroken

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from core.domain.arrays import Vectors
from core.domain.reviews import Review, ReviewSummary, ThemeSaid
from core.intake.personal import personal_of

Encode = Callable[[Sequence[str]], Vectors]

CLOSE = 0.57  # cosine from which a sentence says what a theme says; measured with MiniLM, where .55 already errs
MOST_THEMES = 8
LONGEST_QUOTE = 160
LONGEST_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Theme:
    """Something that reviews say of fashion.

    tone:     1 speaks for the product, -1 against it; 0 is neither, and the ratings of those who say so decide.
    opposite: the id of the theme that its negation says; "" where that says nothing.
    words:    a pattern of the key words.    sayings: sentences that say it.
    """

    id: str
    label: str
    tone: int
    opposite: str
    words: re.Pattern[str]
    sayings: tuple[str, ...]


def _theme(name: str, label: str, tone: int, opposite: str, words: str, *sayings: str) -> Theme:
    return Theme(name, label, tone, opposite, re.compile(words, re.IGNORECASE), sayings)


_BIT = r"(?:(?:a |too |very |quite |rather |slightly |bit |little |touch |on the |way |far )*)"
THEMES = (
    _theme(
        "runs_small", "Runs small", 0, "",
        rf"\b(?:runs?|ran|fits?|came|comes?|is|was|are|cut|sizing)\s{_BIT}(?:small|tight|snug|narrow)\b"
        r"|\bsize up\b|\btoo (?:small|tight|narrow|short)\b|\b(?:touch|bit|little) (?:small|tight|narrow|short)\b"
        r"|\bone size (?:up|larger|bigger)\b",
        "It runs small.", "Too tight, order one size up.", "The fit is smaller than expected.",
    ),
    _theme(
        "runs_large", "Runs large", 0, "",
        rf"\b(?:runs?|ran|fits?|came|comes?|is|was|are|cut|sizing)\s{_BIT}(?:large|big|loose|wide)\b"
        r"|\bsize down\b|\btoo (?:large|big|loose|wide|long)\b|\b(?:touch|bit|little) (?:large|big|loose|wide|long)\b"
        r"|\bone size (?:down|smaller)\b|\boversized?\b",
        "It runs large.", "Too big, order one size down.", "The fit is larger than expected.",
    ),
    _theme(
        "true_to_size", "True to size", 1, "",
        r"\btrue to size\b|\bfits? (?:me )?(?:perfectly|very well|well|like a glove|as expected)\b|\bperfect(?:ly)? fit",
        "True to size.", "It fits perfectly.",
    ),
    _theme(
        "soft", "Soft", 1, "stiff", r"\bsoft(?:er|est|ness)?\b|\bsilky\b|\bbuttery\b|\bcos[yi]\b|\bcozy\b",
        "So soft against the skin.", "The fabric feels silky.",
    ),
    _theme(
        "comfortable", "Comfortable", 1, "uncomfortable", r"\bcomfortable\b|\bcomfy\b|\bcomfort\b",
        "Very comfortable to wear all day.", "Comfortable from the first day.",
    ),
    _theme(
        "uncomfortable", "Uncomfortable", -1, "", r"\buncomfortable\b|\bblisters?\b|\bpinch(?:es|ed)?\b|\brubs?\b",
        "Uncomfortable to wear.", "They gave me blisters.",
    ),
    _theme(
        "stiff", "Stiff or scratchy", -1, "", r"\bstiff(?:er)?\b|\bscratchy\b|\bitch(?:y|es)\b|\brough\b",
        "The fabric is stiff and scratchy.", "It itches.",
    ),
    _theme(
        "well_made", "Well made", 1, "poorly_made",
        r"\b(?:beautifully|well|superbly|nicely|solidly)[- ]made\b|\bcraftsmanship\b|\bsturdy\b"
        r"|\b(?:good|great|high|excellent|lovely|superb|fine|best|amazing|beautiful) quality\b"
        r"|\bquality is (?:very |really |so )?(?:good|great|excellent|superb|lovely)\b|\bwell (?:sewn|finished)\b",
        "Beautifully made.", "Very good quality.", "The quality is excellent.",
    ),
    _theme(
        "poorly_made", "Does not last", -1, "",
        r"\bseams? (?:opened|split|came|gave|ripped)\b|\b(?:fell|came|falling|coming) apart\b|\bbroke(?:n)?\b|\bripped\b"
        r"|\btore\b|\bholes? (?:after|in)\b|\bpill(?:s|ed|ing)\b|\b(?:poor|bad|cheap|low|terrible) quality\b"
        r"|\b(?:poorly|badly|cheaply)[- ](?:made|sewn|finished)\b|\bflimsy\b|\bafter (?:one|a|the first) (?:week|wash)\b",
        "It fell apart after a week.", "Poor quality, badly sewn.", "The seam opened.",
    ),
    _theme(
        "colour_differs", "Colour differs", -1, "",
        r"\bcolou?rs? (?:is|was|are|looks?|seems?) (?:a |much |very |quite )?(?:little |bit |lot )?"
        r"(?:different|darker|lighter|duller|brighter|off|paler|faded|yellower)\b"
        r"|\b(?:different|wrong|another) colou?r\b|\bcolou?r (?:differs|fades?|faded)\b",
        "The colour is darker than in the picture.", "The colour is different from the photo.",
    ),
    _theme(
        "as_pictured", "As in the picture", 1, "not_as_pictured",
        r"\bbetter than (?:in |on )?the (?:picture|photo|image)s?\b"
        r"|\b(?:just|exactly|looks?) (?:like|as) (?:in |on )?(?:the |in the )?(?:picture|photo|image|pictured|described)"
        r"|\b(?:as pictured|as described)\b|\b(?:nicer|better|prettier) in (?:person|real life|reality)\b",
        "Exactly like the picture.", "Even nicer in person than in the photo.",
    ),
    _theme(
        "not_as_pictured", "Not as in the picture", -1, "",
        r"\bnothing like the (?:picture|photo|image)\b"
        r"|\b(?:differs|different) from the (?:picture|photo|image|description)\b|\bmisleading (?:picture|photo|image)s?\b",
        "Looks nothing like the photo.", "It is not what the picture shows.",
    ),
    _theme(
        "beautiful", "Beautiful", 1, "",
        r"\bbeautiful\b|\bgorgeous\b|\bstunning\b|\belegant\b|\bpretty\b(?! (?:small|large|big|bad|poor|much|thin))"
        r"|\blovely\b|\bstylish\b|\bchic\b",
        "It is beautiful.", "A gorgeous, elegant piece.",
    ),
    _theme(
        "worth_it", "Worth its price", 1, "too_dear",
        r"\bworth (?:every|the|its|it|all)\b|\b(?:good|great|excellent|fair) (?:value|price)\b|\bbargain\b"
        r"|\bdecent for the price\b",
        "Worth every cent.", "Great value for money.",
    ),
    _theme(
        "too_dear", "Too dear", -1, "worth_it",
        r"\boverpriced\b|\btoo (?:expensive|dear|pricey)\b|\b(?:expensive|pricey) for (?:what|the)\b|\bwaste of money\b",
        "Too expensive for what it is.", "Overpriced.",
    ),
    _theme(
        "warm", "Warm", 1, "thin", r"\bwarm(?:er|th)?\b(?! (?:colou?r|tone|shade))",
        "It keeps me warm.", "Very warm in winter.",
    ),
    _theme(
        "thin", "Thin", -1, "", r"\b(?:very |too |so |quite )thin\b|\bsee[- ]through\b|\btransparent\b|\bexpected more weight\b",
        "The fabric is thin and see-through.", "It has less weight than I expected.",
    ),
    _theme(
        "heavy", "Heavy", 0, "", r"\b(?:very |too |so |quite |rather |bit )heavy\b", "It is heavy to carry.",
    ),
    _theme(
        "worn_daily", "Worn all the time", 1, "",
        r"\b(?:not|n[’']t) taken (?:it|them) off\b|\b(?:wear|worn|use|used) (?:it|them) (?:every day|all the time|daily|constantly)"
        r"|\bgoes with everything\b|\bmy (?:second|third|fourth) one\b",
        "I wear it every day.", "I have not taken it off since.", "It goes with everything.",
    ),
    _theme(
        "quick", "Arrived quickly", 1, "late",
        r"\b(?:quick|fast|swift|prompt) (?:to arrive|delivery|shipping|dispatch)\b|\barrived (?:quickly|fast|early|on time|promptly)\b",
        "It arrived quickly.", "Fast delivery.",
    ),
    _theme(
        "late", "Arrived late", -1, "",
        r"\b(?:arrived|came|delivered|delivery was) (?:very |too |so |much )?late\b|\btook (?:weeks|ages|forever|a long time)\b|\bslow delivery\b",
        "It arrived late.", "Delivery took ages.",
    ),
    _theme(
        "damaged", "Arrived damaged", -1, "",
        r"\bdented\b|\bdamaged\b|\bscratched\b|\bstain(?:ed|s)?\b|\bused (?:before|item)\b",
        "The box was dented.", "It arrived damaged.",
    ),
)  # fmt: skip
BY_ID = {theme.id: theme for theme in THEMES}
_NEGATION = re.compile(
    r"(?:\b(?:not|never|hardly|no|isn[’']?t|wasn[’']?t|aren[’']?t|don[’']?t|doesn[’']?t|didn[’']?t|nor|neither|less)\s+"
    r"(?:\w+\s+){0,2})$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?<=[.!?…;])\s+|\n+|(?<=,)\s+(?=but\b)", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """The sentences of a review; "but" begins a new one.

    >>> sentences("So soft! Pretty, but it runs small.")
    ['So soft!', 'Pretty,', 'but it runs small.']
    """
    return [one.strip()[:LONGEST_SENTENCE] for one in _ENDS.split(text) if one.strip(" .!?…;,-")]


def by_words(sentence: str) -> tuple[str, ...]:
    """The themes that the key words of a sentence say.

    >>> by_words("Pretty, runs small."), by_words("It is not soft at all"), by_words("Good.")
    (('runs_small', 'beautiful'), ('stiff',), ())
    """
    found: list[str] = []
    for theme in THEMES:
        for hit in theme.words.finditer(sentence):
            negated = _NEGATION.search(sentence[: hit.start()]) is not None
            said = theme.opposite if negated else theme.id
            if said and said not in found:
                found.append(said)
            break
    return tuple(found)


def summarise(reviews: Iterable[Review], encode: Encode | None, encoder: str | None = None) -> list[ReviewSummary]:
    """What the reviews of each product come to, in order of product.

    encode: reads sentences into unit vectors, for those without a key word; None goes by key words alone.
    encoder: its name.
    """
    by_item: dict[str, list[Review]] = {}
    for review in reviews:
        by_item.setdefault(review.item, []).append(review)
    split = {review.id: sentences(review.text) for some in by_item.values() for review in some if review.text}
    said = {one: by_words(one) for some in split.values() for one in some}
    if encode is not None:
        said |= _by_meaning([one for one, themes in said.items() if not themes], encode)
    return [
        _summary(item, by_item[item], split, said, encoder if encode is not None else None) for item in sorted(by_item)
    ]


def _by_meaning(left: Sequence[str], encode: Encode) -> dict[str, tuple[str, ...]]:
    """Sentence -> the theme that it is closest to, if it is close."""
    if not left:
        return {}
    sayings = [(theme.id, one) for theme in THEMES for one in theme.sayings]
    known = np.asarray(encode([one for _, one in sayings]), dtype=np.float32)
    cosines = np.asarray(encode(list(left)), dtype=np.float32) @ known.T
    best = cosines.argmax(axis=1)
    return {
        sentence: ((sayings[at][0],) if cosines[row, at] >= CLOSE else ())
        for row, (sentence, at) in enumerate(zip(left, best.tolist(), strict=True))
    }


def _summary(
    item: str, reviews: Sequence[Review], split: dict[str, list[str]], said: dict[str, tuple[str, ...]],
    encoder: str | None,
) -> ReviewSummary:  # fmt: skip
    ratings: dict[int, int] = {}
    mentions: dict[str, list[tuple[Review, str]]] = {}
    for review in reviews:
        if review.rating is not None:
            stars = round(review.rating + 1e-9)
            ratings[stars] = ratings.get(stars, 0) + 1
        once: dict[str, str] = {}
        for sentence in split.get(review.id, ()):
            for theme in said[sentence]:
                once.setdefault(theme, sentence)
        for theme, sentence in once.items():
            mentions.setdefault(theme, []).append((review, sentence))
    order = sorted(mentions, key=lambda theme: (-len(mentions[theme]), list(BY_ID).index(theme)))
    rated = [review.rating for review in reviews if review.rating is not None]
    return ReviewSummary(
        item, len(reviews), fmean(rated) if rated else None, ratings,
        tuple(_said(BY_ID[theme], mentions[theme]) for theme in order[:MOST_THEMES]), encoder,
        all(review.simulated for review in reviews),
    )  # fmt: skip


def _said(theme: Theme, mentions: Sequence[tuple[Review, str]]) -> ThemeSaid:
    rated = [(review.rating - 3.0) / 2.0 for review, _ in mentions if review.rating is not None]
    sentiment = float(theme.tone) if theme.tone else fmean(rated) if rated else 0.0
    return ThemeSaid(theme.id, theme.label, len(mentions), sentiment, _quote([one for _, one in mentions]))


def _quote(candidates: Sequence[str]) -> str:
    """The sentence to quote: short enough to read, long enough to say something, and of nobody."""
    fit = [one for one, kinds in zip(candidates, personal_of(list(candidates)), strict=True) if not kinds]
    if not fit:
        return ""
    best = min(fit, key=lambda one: (abs(len(one) - 60) if len(one) <= LONGEST_QUOTE else 10_000 + len(one), one))
    return best if len(best) <= LONGEST_QUOTE else f"{best[: LONGEST_QUOTE - 1].rstrip()}…"
