"""Search: typed words against the whole shop, by meaning and to the letter.

MiniLM, BM25 and, where the picture model reads words, pictures are signals like any others: calibrated for queries of
the kind "words", blended by the same weighted sum, explained by the same contributions. A query is calibrated against
pseudo-queries that are drawn from the catalogue itself.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Note, Origin, Placed
from core.domain.query import Request
from core.domain.strategy import DEFAULT_WEIGHTS, SEARCH_WEIGHTS, Strategy
from core.rank.blend import DECIMALS, Blend, blend_for, contributions, score
from core.rank.calibrate import Calibration
from core.rank.candidates import Scanner, Wishes, pool, scope
from core.rank.signals import Sides, VectorSignal, sides_of_words
from core.recommend.filters import allowed
from core.recommend.personal import disliked
from core.recommend.similar import Within, answer
from core.recommend.view import View
from core.retrieve.bm25 import Bm25Index, Reading, words_of
from core.retrieve.protocol import VectorIndex
from core.retrieve.registry import build_index

SEARCH_STRATEGY = Strategy("House search", SEARCH_WEIGHTS, lam=1.0, brand_cap=None)
PSEUDO_QUERIES = 500
PAIRS = 1_000_000
DEEPEST = 2_000  # products that one search finds at most
# A product that shares no word with the query must be so many deviations closer in meaning than a pseudo-query and any
# product. Over 35,401 real products the best reach .3 to 1.0 for nonsense, 1.9 to 4.1 for words that only MiniLM knows.
CLOSE = 1.0
SHARE = 0.6  # what the catalogue page finds is at least so close as the best, on the normal scale
MATCHED_AT_MOST = 2_000  # so many products that agree most in words are scored one by one
SLACK = 1e-5  # by how much a float32 sum of the index may mislead about a score

Encode = Callable[[Sequence[str]], Vectors]


class Seen(Protocol):
    """Typed words as the encoders see them; None where one is off or not warm yet."""

    @property
    def text(self) -> Vectors | None: ...
    @property
    def image(self) -> Vectors | None: ...


@dataclass(frozen=True, eq=False)
class Found:
    """What words found in the whole catalogue, sold out and coming products included, best first.

    rows, scores: [m].    notes: what a person should know about how the words were read.
    """

    rows: Rows
    scores: Scores
    notes: tuple[Note, ...] = ()


_exact_words: weakref.WeakKeyDictionary[Catalogue, dict[tuple[str, ...], list[int]]] = weakref.WeakKeyDictionary()
_vector_indexes: weakref.WeakKeyDictionary[VectorSignal, dict[tuple[str, tuple[int, ...]], VectorIndex]] = (
    weakref.WeakKeyDictionary()
)
_words_only: weakref.WeakKeyDictionary[Calibration, Calibration] = weakref.WeakKeyDictionary()


def index_words(catalogue: Catalogue, like: Bm25Index | None = None) -> Bm25Index:
    """The exact words of a catalogue; `like` is handed back where it speaks of the same ones."""
    return Bm25Index.of(catalogue, like)


def search(
    view: View,
    request: Request,
    *,
    bm25: Bm25Index,
    text_vector: Vectors | None = None,
    image_words_vector: Vectors | None = None,
    sellable: bool = True,
    index: str = "faiss",
) -> Listing:
    """The products that `request.words` find.

    text_vector, image_words_vector: the words as unit vectors [d]; None where an encoder is off or not warm: the
    others answer, and a note says so.
    sellable: False keeps sold-out, coming and twin products and leaves the rules aside, as the catalogue page does.
    Raises BadRequest for weights that leave nothing to search by.
    """
    if request.at is None:
        raise ValueError("a request below the door has its moment")
    view, asked, reading, sides, notes = _ready(view, request, bm25, text_vector, image_words_vector)
    if reading.empty or reading.only_stop or not len(view):
        return Listing(
            str(request.placement), None, (), view.versions, request.at, dict(view.encoders), notes, request.words
        )
    if not sellable:
        return _whole_shop(view, asked, bm25, reading, sides, notes, index)
    named = exactly(view.catalogue, request.words or "")
    view, told = _first(view, asked, named, sides)
    listing = answer(view, asked, sides, within=_liked(view, asked, named))
    kept = _worth_showing(view, listing.items, sides, named)
    items = tuple(replace(_plain(item, told), rank=place) for place, item in enumerate(kept, 1))
    said = [note for note in listing.notes if note.code not in ("short", "empty")]
    return replace(listing, items=items, notes=(*notes, *said, *_ending(len(items), request.k)))


def search_rows(
    view: View, words: str, *, bm25: Bm25Index, vectors: Seen | None = None, at: datetime, index: str = "faiss"
) -> Found:
    """Everything in the catalogue that `words` find, whatever its state, best first; at most `DEEPEST`."""
    request = Request(words=words, at=at)
    text, image = (vectors.text, vectors.image) if vectors is not None else (None, None)
    view, asked, reading, sides, notes = _ready(view, request, bm25, text, image)
    if reading.empty or reading.only_stop or not len(view):
        return Found(np.empty(0, dtype=np.int64), np.empty(0), notes)
    everything = np.ones(len(view), dtype=bool)
    blend = _blend(view, asked, sides)
    rows, scores = retrieve(view, blend, sides, everything, DEEPEST, index=index)
    good = _good(view, rows, scores, sides)
    named = exactly(view.catalogue, words)
    rest = good & ~np.isin(rows, named)
    ahead = np.flatnonzero(np.isin(rows, named))
    missing = np.setdiff1d(named, rows)
    own = score(blend, view.signals, sides, missing[None, :], {}).scores[0] if missing.size else np.empty(0)
    return Found(
        np.concatenate([rows[ahead], missing, rows[rest]]), np.concatenate([scores[ahead], own, scores[rest]]), notes
    )


def nearest(
    view: View, signal: str, vector: Vectors, k: int, *, within: Mask | None = None, index: str = "faiss"
) -> Found:
    """The k products closest to `vector` [d] by one signal's cosine, best first; scores are cosines.

    within: [n] rows that may come back. Raises BadRequest for a signal that has no vectors here.
    """
    found = view.signals.get(signal)
    if not isinstance(found, VectorSignal):
        raise BadRequest(f"This shop has no vectors called {signal!r} to search by.")
    mask = found.present if within is None else found.present & within
    rows, scores = _index_over(view, (signal,), index).search(np.asarray(vector, np.float32).reshape(1, -1), k, mask)
    return Found(rows[0], scores[0])


def retrieve(
    view: View, blend: Blend, sides: Sides, mask: Mask, depth: int, *, index: str = "faiss"
) -> tuple[Rows, Scores]:
    """The best `depth` rows of `mask` [n] for one query of words by the exact score, best first.

    The products that agree most in words are scored one by one. The others agree in words at most so much; by all else
    they stand, within a pattern of signals, in the order of an inner product with the joined, weighted vectors, and
    the index finds the first of them. When that does not prove that nothing better is left, all are scanned.
    """
    words = sides.sides["words"][0] if "words" in blend.similarity else np.zeros(len(mask))
    named = tuple(name for name in blend.similarity if isinstance(view.signals[name], VectorSignal))
    apart = mask & (words > 0)
    if np.count_nonzero(apart) > MATCHED_AT_MOST:
        least = np.partition(words[apart], -MATCHED_AT_MOST)[-MATCHED_AT_MOST]
        apart &= words > least
    reach = depth + 64
    if not named:
        return _scan(view, blend, sides, mask, depth)
    slopes = {name: blend.weights[name] / blend.calibration.sigma[blend.kind, name] for name in named}
    query = np.concatenate([sides.sides[name][0] * np.float32(slope) for name, slope in slopes.items()])
    finder = _index_over(view, named, index)
    rest = mask & ~apart
    bits = np.zeros(len(mask), dtype=np.int64)
    for bit, name in enumerate(named):
        bits |= view.signals[name].present.astype(np.int64) << bit
    found, limits = [np.flatnonzero(apart)], []
    for code in np.unique(bits[rest]):
        pattern = rest & (bits == code)
        rows = finder.search(query[None, :], reach, pattern)[0][0]
        found.append(rows)
        if rows.shape[0] < np.count_nonzero(pattern):
            limits.append(_most(view, blend, sides, int(rows[-1]), float(words[pattern].max())))
    rows, scores = _best(view, blend, sides, np.concatenate(found), depth)
    if not limits or (rows.shape[0] >= depth and scores[-1] > max(limits) + SLACK):
        return rows, scores
    return _scan(view, blend, sides, mask, depth)


def _most(view: View, blend: Blend, sides: Sides, row: int, words: float) -> float:
    """The highest score of a row that is no closer than `row` by its vectors and agrees in words by `words` at most."""
    parts = score(blend, view.signals, sides, np.array([[row]]), {})
    g = parts.g
    if "words" in blend.similarity:
        own = sides.sides["words"][0][row]
        between = blend.calibration.z(blend.kind, "words", np.array([own, words]))
        g = g + blend.weights["words"] * (between[1] - between[0])
    bound = blend.share * blend.normal(g, parts.pattern)
    return float(bound[0, 0]) if np.isfinite(bound[0, 0]) else -np.inf


def _scan(view: View, blend: Blend, sides: Sides, mask: Mask, depth: int) -> tuple[Rows, Scores]:
    """The best `depth` of all rows in `mask`."""
    scanner = Scanner(blend, view.signals, scope(blend, view.signals, mask))
    found = pool(
        scanner, scanner.one(sides, view.columns), sides, Wishes([np.empty(0, dtype=np.int64)]), {}, np.array([depth])
    )
    real = found.rows[0] >= 0
    return found.rows[0][real], found.scores[0][real]


def _best(view: View, blend: Blend, sides: Sides, rows: Rows, depth: int) -> tuple[Rows, Scores]:
    """The best `depth` of `rows` by the exact score; rows with nothing to compare are left out."""
    scores = score(blend, view.signals, sides, rows[None, :], {}).scores[0]
    comparable = np.isfinite(scores)
    rows, scores = rows[comparable], scores[comparable]
    order = np.lexsort((rows, -np.round(scores, DECIMALS)))[:depth]
    return rows[order], scores[order]


def _index_over(view: View, names: tuple[str, ...], kind: str) -> VectorIndex:
    """The index over the joined vectors of some signals, zero where an item has none; kept as long as they are."""
    signals = [signal for name in names if isinstance(signal := view.signals[name], VectorSignal)]
    kept = _vector_indexes.setdefault(signals[0], {})
    key = kind, tuple(id(signal) for signal in signals[1:])
    if key not in kept:
        parts = [
            signal.vectors if signal.present.all() else np.where(signal.present[:, None], signal.vectors, np.float32(0))
            for signal in signals
        ]
        kept[key] = build_index(kind, parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))
    return kept[key]


def _ready(
    view: View, request: Request, bm25: Bm25Index, text: Vectors | None, image: Vectors | None
) -> tuple[View, Request, Reading, Sides, tuple[Note, ...]]:
    """The view with a calibration for words, the request with its strategy, and the words as each signal sees them."""
    if bm25.count != len(view):
        raise ValueError(f"the exact words speak of {bm25.count} products, the shop holds {len(view)}")
    words = request.words or ""
    reading = bm25.read(words)
    if not view.calibration.has("words", "words"):
        view = replace(view, calibration=_by_words_alone(view, bm25))
    vectors: dict[str, AnyArray] = {}
    for name, vector in (("text", text), ("image", image)):
        if vector is not None and name in view.signals and view.calibration.has("words", name):
            vectors[name] = np.asarray(vector, dtype=np.float32).reshape(-1)
    sides = sides_of_words(vectors, {"words": bm25.agreement(reading)})
    strategy = request.strategy or _published(view)
    usable = {name: weight for name, weight in strategy.weights.items() if name in sides.sides}
    notes = _reading_notes(words, reading, meaning="text" in vectors)
    if exactly(view.catalogue, words).size:
        notes = tuple(note for note in notes if note.code not in ("unknown_words", "read_as"))
    if "text" not in vectors and strategy.weights.get("text") and not (reading.empty or reading.only_stop):
        text_of = "The language model is not ready" if "text" in view.signals else "This shop has no language model"
        notes = (*notes, Note("exact_words_only", f"{text_of}, so only products that say these words are found."))
    if not any(usable.values()):
        if request.strategy is not None and not any(strategy.weights.get(name) for name in ("text", "image", "words")):
            raise BadRequest("These weights leave nothing to search by. Give text, words or image a weight.")
        usable = {"words": 1.0}
    return view, request.changed(strategy=strategy.changed(weights=usable)), reading, sides, notes


def _published(view: View) -> Strategy:
    """The shop's strategy for search; one that was made for lists around products is none."""
    return SEARCH_STRATEGY if dict(view.strategy.weights) == DEFAULT_WEIGHTS else view.strategy


def _blend(view: View, asked: Request, sides: Sides) -> Blend:
    assert asked.strategy is not None
    return blend_for(view.calibration, sides.kind, asked.strategy.weights, set(sides.sides))


def _reading_notes(words: str, reading: Reading, *, meaning: bool) -> tuple[Note, ...]:
    """How the words were read, where a person should know."""
    if reading.empty:
        return (Note("no_words", "Type what you are looking for: a kind of product, a colour, a brand, an id."),)
    if reading.only_stop:
        text = f"“{_short(words)}” says nothing that tells products apart. Add a kind of product, a colour or a brand."
        return (Note("only_common_words", text),)
    notes = []
    for typed, read in sorted(reading.corrected.items()):
        notes.append(Note("read_as", f"No product says “{typed}”; “{read}” was looked for as well."))
    if reading.unknown:
        named = ", ".join(f"“{_short(word)}”" for word in reading.unknown[:5])
        how = "only its meaning counts" if len(reading.unknown) == 1 else "only their meaning counts"
        notes.append(Note("unknown_words", f"No product says {named}; {how if meaning else 'it finds nothing'}."))
    if reading.cut:
        notes.append(Note("cut", "That is a long text; only its first words were looked up."))
    return tuple(notes)


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59] + "…"


def exactly(catalogue: Catalogue, words: str) -> Rows:
    """The rows whose id or whole title `words` are, regardless of case, accents and plurals; the id first."""
    typed = words.strip()
    rows = [row for name in (typed, typed.upper(), typed.lower()) if name in catalogue for row in [catalogue.row(name)]]
    titles = _exact_words.get(catalogue)
    if titles is None:
        titles = {}
        for row, title in enumerate(catalogue.frame["title"].tolist()):
            if title and (key := words_of(title)):
                titles.setdefault(key, []).append(row)
        _exact_words[catalogue] = titles  # whole, so that no other thread finds half of it
    return np.array(list(dict.fromkeys([*rows, *titles.get(words_of(typed), [])])), dtype=np.int64)


def _first(view: View, asked: Request, named: Rows, sides: Sides) -> tuple[View, Mapping[str, Note]]:
    """A view whose lists begin with the product that was named exactly, where it may be shown; and a note on it."""
    if not named.size:
        return view, {}
    assert asked.at is not None
    open_ = view.live(asked.at) & allowed(view.catalogue, asked.filters, asked.at)
    rules = view.curation(None, asked)
    ids = [view.catalogue.ids[row] for row in named.tolist()]
    usable = [
        (row, item) for row, item in zip(named.tolist(), ids, strict=True)
        if open_[row] and item not in rules.blocked and item not in asked.exclude
    ]  # fmt: skip
    if not usable:
        return view, {}
    typed = (asked.words or "").strip().casefold()
    by_id = [item for _, item in usable if item.casefold() == typed]
    if by_id:
        best = by_id[0]
    else:
        blend = _blend(view, asked, sides)
        rows, _ = _best(view, blend, sides, np.array([row for row, _ in usable], dtype=np.int64), 1)
        best = view.catalogue.ids[int(rows[0])] if rows.size else usable[0][1]
    held = {*rules.pins, *(one.place for one in rules.best)}
    place = next(place for place in range(1, len(held) + 2) if place not in held)
    if best in rules.pins.values():
        return view, {}
    pinned = replace(rules, pins={**rules.pins, place: best})
    return replace(view, curation=lambda anchor, request: pinned), {best: Note("exact", "This is what was typed.")}


def _liked(view: View, asked: Request, named: Rows) -> Within | None:
    """What the shopper did not say is not for them; what was named exactly is looked for all the same."""
    person = asked.shopper
    if person is None or not person.shopper.personal:
        return None
    barred = disliked(view, person)
    barred[named] = False
    return Within(~barred, lambda rows: ["the shopper said it is not for them"] * len(rows)) if barred.any() else None


def _plain(item: Placed, told: Mapping[str, Note]) -> Placed:
    """What was named exactly came by itself, not by anybody's pin."""
    return replace(item, origin=Origin.MODEL, notes=(*item.notes, told[item.id])) if item.id in told else item


def _good(view: View, rows: Rows, scores: Scores, sides: Sides) -> Mask:
    """[m] which of the rows found are worth showing, and not far behind the best."""
    if not rows.size:
        return np.zeros(0, dtype=bool)
    out: Mask = _fitting(view, rows, sides) & (scores >= SHARE * max(float(scores.max()), 0.0))
    return out


def _fitting(view: View, rows: Rows, sides: Sides) -> Mask:
    """[m] which rows share a word with the query or are close to it in meaning."""
    fits: Mask = sides.sides["words"][0][rows] > 0
    for name, side in sides.sides.items():
        signal = view.signals[name]
        if isinstance(signal, VectorSignal) and rows.size:
            z = view.calibration.z(sides.kind, name, signal.exact(side, rows[None, :])[0])
            fits = fits | (signal.present[rows] & (z >= CLOSE))
    return fits


def _worth_showing(view: View, items: Sequence[Placed], sides: Sides, named: Rows) -> list[Placed]:
    """Items without those that do not fit; pins and what was named exactly stay."""
    rows = np.array([view.catalogue.row(item.id) for item in items], dtype=np.int64)
    stay = _fitting(view, rows, sides) | np.isin(rows, named)
    return [item for item, fits in zip(items, stay, strict=True) if fits or item.origin != Origin.MODEL]


def _ending(count: int, k: int) -> tuple[Note, ...]:
    if count >= k:
        return ()
    if count == 0:
        return (Note("empty", "No product fits these words. Try other ones, or loosen the filters."),)
    return (Note("short", f"{count} of {k} places are filled; nothing else fits these words."),)


def _whole_shop(
    view: View, asked: Request, bm25: Bm25Index, reading: Reading, sides: Sides, notes: tuple[Note, ...], index: str
) -> Listing:
    """The list with every product that passes the filters, in whatever state, without rules."""
    assert asked.at is not None
    mask = allowed(view.catalogue, asked.filters, asked.at)
    mask[[view.catalogue.row(item) for item in asked.exclude if item in view.catalogue]] = False
    blend = _blend(view, asked, sides)
    rows, scores = retrieve(view, blend, sides, mask, asked.k, index=index)
    rows = rows[_good(view, rows, scores, sides)]
    named = [row for row in exactly(view.catalogue, asked.words or "").tolist() if mask[row]]
    rows = np.array(list(dict.fromkeys([*named, *rows.tolist()])), dtype=np.int64)[: asked.k]
    parts = score(blend, view.signals, sides, rows[None, :], {})
    shares = contributions(blend, parts, {}, None)
    below = blend.below(parts.g, parts.pattern)
    items = []
    for place, row in enumerate(rows.tolist()):
        sure = bool(np.isfinite(parts.scores[0, place]))
        items.append(
            Placed(
                view.catalogue.ids[row], place + 1, float(parts.scores[0, place]) if sure else None, Origin.MODEL,
                {name: float(values[0, place]) for name, values in shares.items()} if sure else {},
                float(below[0, place]) if sure else None,
                notes=(Note("exact", "This is what was typed."),) if row in named else (),
            )
        )  # fmt: skip
    return Listing(
        str(asked.placement), None, tuple(items), view.versions, asked.at, dict(view.encoders),
        (*notes, *_ending(len(items), asked.k)), asked.words,
    )  # fmt: skip


# -- calibration -------------------------------------------------------------------------------------------------------


def calibrate_words(
    calibration: Calibration,
    catalogue: Catalogue,
    vectors: Mapping[str, Vectors],
    present: Mapping[str, Mask],
    *,
    bm25: Bm25Index | None = None,
    encode_text: Encode | None = None,
    encode_image_words: Encode | None = None,
) -> Calibration:
    """`calibration` with the kind "words" drawn from the catalogue.

    encode_text, encode_image_words: texts -> unit rows, in the space of vectors["text"] and vectors["image"]; None
    where the encoder is missing or has no words: its signal then takes no part in a search.
    """
    queries = pseudo_queries(catalogue)
    lexical = bm25 if bm25 is not None else index_words(catalogue)
    rows = _paired(catalogue.ids, queries)
    pairs = list(zip(queries, rows, strict=True))
    raw: dict[str, Scores] = {"words": _joined([lexical.agreement(query)[some] for query, some in pairs])}
    for name, encode in (("text", encode_text), ("image", encode_image_words)):
        if encode is None or name not in vectors or not queries:
            continue
        signal = VectorSignal(name, vectors[name], np.asarray(present[name], dtype=bool))
        sides = np.asarray(encode(queries), dtype=np.float32)
        raw[name] = _joined([_cosines(signal, side, some) for side, some in zip(sides, rows, strict=True)])
    return calibration.with_words(raw)


def pseudo_queries(catalogue: Catalogue, count: int = PSEUDO_QUERIES) -> list[str]:
    """What people might type in this shop, drawn by hash of the ids: stretches of titles, and phrases of attributes.

    The same products give the same queries, in whatever order they come; each query stands there once.
    """
    # Forms alternate along the drawn order, and a second turn gives each product another form.
    order = sorted(range(len(catalogue)), key=lambda row: _draw(catalogue.ids[row]))
    frame = catalogue.frame
    columns = {name: frame[name].tolist() for name in ("title", "type", "colour", "material", "brand", "audience")}
    out: dict[str, None] = {}
    for turn in range(2):
        for place, row in enumerate(order):
            if len(out) >= count:
                return list(out)
            about = {name: values[row] for name, values in columns.items()}
            phrase = _phrase(about, place + turn, _draw(f"{catalogue.ids[row]} as a query"))
            if words_of(phrase):
                out.setdefault(phrase)
    return list(out)


def _phrase(of: Mapping[str, Any], form: int, luck: int) -> str:
    kind, colour = of["type"] or "", " ".join(of["colour"][:1])
    if form % 4 == 1 and kind:
        return f"{colour} {kind}".strip()
    if form % 4 == 3 and kind:
        first = [of["brand"] or "", " ".join(of["material"][:1]), of["audience"] or ""][luck % 3]
        return f"{first} {kind}".strip()
    words = (of["title"] or "").split()
    length = min(len(words), 2 + luck % 3)
    start = (luck // 3) % (len(words) - length + 1)
    return " ".join(words[start : start + length])


def _paired(ids: Sequence[str], queries: Sequence[str]) -> list[Rows]:
    """For each query the rows it is compared with: all of a small shop, a drawn share of a large one."""
    n = len(ids)
    if n * len(queries) <= PAIRS:
        return [np.arange(n, dtype=np.int64) for _ in queries]
    seed = hashlib.sha256("\0".join(ids).encode("utf-8", "surrogatepass")).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    return [np.sort(rng.choice(n, PAIRS // len(queries), replace=False)).astype(np.int64) for _ in queries]


def _cosines(signal: VectorSignal, side: Vectors, rows: Rows) -> Scores:
    """[m] cosines of one side [d] with `rows`, NaN where an item has none."""
    return np.where(signal.present[rows], signal.exact(side[None, :], rows[None, :])[0], np.nan)


def _joined(parts: Sequence[Scores]) -> Scores:
    return np.concatenate(parts) if parts else np.empty(0)


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _by_words_alone(view: View, bm25: Bm25Index) -> Calibration:
    """The calibration of a shop whose build knew no words: exact words only, drawn now."""
    found = _words_only.get(view.calibration)
    if found is None:
        found = calibrate_words(view.calibration, view.catalogue, {}, {}, bm25=bm25)
        _words_only[view.calibration] = found
    return found
