"""From the shop's source to a published edition: encode what changed, calibrate, write, publish.

An edition is made beside the one that serves and published by one pointer change; a build that is killed
anywhere leaves the old edition serving, and the next build goes on from the vectors already cached.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

import numpy as np

from core import settings as settings_module
from core import shop as shops
from core.domain.arrays import AnyArray, Mask, Vectors
from core.domain.arrivals import KIND as ARRIVAL
from core.domain.arrivals import Arrival
from core.domain.catalogue import Catalogue
from core.domain.changes import Change, Key
from core.domain.errors import BadRequest, Conflict, Damaged, NotReady, ShopError, UnknownItem
from core.domain.events import ACTS
from core.domain.progress import Progress, Watch, silent
from core.embed import registry, shelf
from core.embed.cached import encode_with_cache
from core.embed.protocols import EncoderCard
from core.embed.template import check_template, item_text, text_hash
from core.embed.worker import EncoderWorker
from core.intake import arrivals as arriving
from core.intake import inbox, models, outfits
from core.intake import reviews as reviewing
from core.intake.arrivals import MARKS
from core.lab.editions import Side
from core.rank.calibrate import Calibration, calibrate
from core.rank.twins import coded
from core.recommend import behaviour as behaving
from core.recommend import reviewed, search
from core.settings import Settings
from core.store import generations, source
from core.store.events import EventStore
from core.store.generations import Finding, Snapshot
from core.store.layout import Layout
from core.store.lock import exclusive
from core.store.pictures import PicturePack
from core.store.publications import Publications
from core.store.reviews import ReviewStore
from core.store.salt import salt_for
from core.store.studio import Studio
from core.store.vectors import VectorCache

log = logging.getLogger("vitrine.build")

GROWN = 1.2  # a catalogue this much larger than the calibrated one gets a new calibration
BEHIND = "It shows with the next build: "
HASTY = "This edition was made quickly, from details alone; the full one follows."
MAPPED_FROM = 500  # products from which a build draws the map; a smaller one is drawn at once when it is opened
RETIRES_AFTER = 20.0  # seconds for which requests under way keep the encoders of the edition before
LOOK_EVERY = 3.0  # seconds between two looks at what is published
WARM_AFTER = 1.0  # seconds that the first page has to itself before lists are made ahead


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made. kept: the content was the same, so the edition that serves stays.

    learned: what came of learning from the shop's own outfits anew, a sentence; "" where that was not called for.
    """

    snapshot: str
    calibration: str
    items: int
    encoded: Mapping[str, int]
    seconds: float
    kept: bool
    off: Mapping[str, str]
    learned: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "snapshot": self.snapshot,
            "calibration": self.calibration,
            "items": self.items,
            "encoded": dict(self.encoded),
            "seconds": round(self.seconds, 2),
            "kept": self.kept,
            "off": dict(self.off),
            **({"learned": self.learned} if self.learned else {}),
        }


def build(
    settings: Settings,
    *,
    worker: EncoderWorker | None,
    at: datetime,
    watch: Watch = silent,
    quick: bool = False,
    recalibrate: bool = False,
) -> Built:
    """Build and publish an edition of the shop's source. `quick` leaves vectors out, so it takes seconds.

    Raises NotReady without a source, Conflict when another build runs, Damaged and ShopError as they come.
    """
    began = time.monotonic()
    layout = Layout(settings.data)
    check_template(settings.text_template)
    if not quick and (change := model_change(settings)):
        log.warning("%s", change)
    with closing(studio_of(settings)) as studio, exclusive(layout, "a build"):
        watch(Progress("Reading the catalogue"))
        catalogue, meta, _ = _with_arrivals(settings, layout, studio)
        if not quick:
            keep_record(settings, studio, meta, at, watch)
        vectors: dict[str, Vectors] = {}
        present: dict[str, Mask] = {}
        models: dict[str, dict[str, Any]] = {}
        encoded: dict[str, int] = {}
        off: dict[str, str] = {}
        for signal, encode in (("text", _texts), ("image", _pictures)):
            if quick or worker is None:
                off[signal] = HASTY
                continue
            try:
                vectors[signal], present[signal], models[signal], encoded[signal] = encode(
                    catalogue, settings, layout, worker, watch
                )
            except _Off as reason:
                off[signal] = str(reason)
        shoppers: dict[str, AnyArray] = {}
        if not quick:
            watch(Progress("Learning what shoppers do"))
            shoppers = behaving.learn(record_of(studio, meta, at), catalogue, vectors, present)
            shoppers |= reviewed.learn(ReviewStore(studio).ratings(), catalogue)
        watch(Progress("Checking"))
        before = generations.last_known(layout)  # a damaged pointer is what this build is to mend
        identity = generations.write_generation(
            layout,
            catalogue=catalogue,
            vectors=vectors,
            present=present,
            models=models,
            # Nothing was read for a hasty edition, so the full one is another even where both encoders are missing.
            template="" if quick else settings.text_template,
            findings=_findings(catalogue),
            built_at=at,
            meta={**meta, "off": off, "image_model": settings.image_model, **behaving.said(shoppers)},
            arrays=shoppers,
        )
        calibration = _calibration(
            layout, catalogue, vectors, present, models, shoppers, before, recalibrate, worker, watch
        )
        watch(Progress("Publishing"))
        generations.publish(layout, identity, calibration)
    learned = _learned(settings, layout, str(models["text"]["name"]), watch) if "text" in models else ""
    if not quick and len(catalogue) >= MAPPED_FROM:
        _mapped(settings, watch)
    return Built(
        snapshot=identity,
        calibration=calibration,
        items=len(catalogue),
        encoded=encoded,
        seconds=time.monotonic() - began,
        kept=before is not None and (before.generation, before.calibration) == (identity, calibration),
        off=off,
        learned=learned,
    )


# -- arrivals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the published arrivals.

    put, gone: ids that joined or changed, and that left.    theirs: those that the catalogue's own file has by now.
    waiting:   why the edition that serves does not show it yet; "" where it does.
    """

    snapshot: str
    put: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    encoded: int = 0
    seconds: float = 0.0
    waiting: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "snapshot": self.snapshot, "put": list(self.put), "gone": list(self.gone), "theirs": list(self.theirs),
            "encoded": self.encoded, "seconds": round(self.seconds, 2), "waiting": self.waiting,
        }  # fmt: skip


def keep(
    settings: Settings,
    arrivals: Sequence[Arrival],
    *,
    who: str,
    why: str,
    worker: EncoderWorker,
    at: datetime,
    studio: Studio | None = None,
    watch: Watch = silent,
) -> Settled:
    """Publish arrivals and let them join the catalogue, embargoed until their release.

    They are kept from the moment they are published; a kill before they joined is made up for by the next `settle` or
    build. Raises BadRequest for one without title or release, or whose id is a product's; Conflict.
    """
    with _studio(settings, studio) as desk:
        _publish_arrivals(settings, arrivals, desk, who=who, why=why, at=at)
        return settle(settings, worker=worker, at=at, studio=desk, watch=watch)


def _publish_arrivals(
    settings: Settings, arrivals: Sequence[Arrival], studio: Studio, *, who: str, why: str, at: datetime
) -> None:
    before = Publications(studio).documents()
    catalogue, meta = source.load_source(Layout(settings.data))
    for one in arrivals:
        if one.id in catalogue and one.id not in meta.get(MARKS, {}):
            raise BadRequest(f"There is a product with the id {one.id!r} already. Give the arrival another id.")
    after = {Key(ARRIVAL, one.id): one.as_json() for one in arrivals}
    changes = [
        Change(key, before.get(key), plain, (f"{plain.get('title')} joins the catalogue",))
        for key, plain in after.items()
        if before.get(key) != plain
    ]
    if changes:
        name = str(changes[0].after and changes[0].after.get("title")) if len(changes) == 1 else "New arrivals"
        Publications(studio).publish(changes, name=name, who=who, at=at, why=why)


def _studio(settings: Settings, studio: Studio | None) -> AbstractContextManager[Studio]:
    """The studio database that is open already, or one for as long as the block lasts."""
    return closing(studio_of(settings)) if studio is None else nullcontext(studio)


def remove(
    settings: Settings,
    ids: Sequence[str],
    *,
    who: str,
    why: str,
    worker: EncoderWorker,
    at: datetime,
    studio: Studio | None = None,
    watch: Watch = silent,
) -> Settled:
    """Take kept arrivals back out of the catalogue. Raises UnknownItem for an id that is none, Conflict."""
    with _studio(settings, studio) as desk:
        _take_back(ids, desk, who=who, why=why, at=at)
        return settle(settings, worker=worker, at=at, studio=desk, watch=watch)


def _take_back(ids: Sequence[str], studio: Studio, *, who: str, why: str, at: datetime) -> None:
    before = Publications(studio).documents()
    keys = [Key(ARRIVAL, id) for id in dict.fromkeys(ids)]
    for key in keys:
        if key not in before:
            raise UnknownItem(key.id)
    changes = [Change(key, before[key], None, (f"{before[key].get('title')} leaves again",)) for key in keys]
    Publications(studio).publish(changes, name="Arrivals taken back", who=who, at=at, why=why)


def unsettled(settings: Settings, studio: Studio) -> bool:
    """Whether arrivals were published, changed or taken back that the edition that serves does not show yet."""
    layout = Layout(settings.data)
    try:
        catalogue, meta = source.load_source(layout)
    except ShopError:
        return False
    found = arriving.joined(catalogue, meta.get(MARKS, {}), _published_arrivals(studio), settings.currency)
    manifest = serving_manifest(settings)
    return found.changed or (manifest is not None and manifest.source.get(MARKS, {}) != meta.get(MARKS, {}))


def settle(
    settings: Settings,
    *,
    worker: EncoderWorker,
    at: datetime,
    studio: Studio | None = None,
    watch: Watch = silent,
) -> Settled:
    """Make source and edition what the published arrivals say; only what is new is encoded, the calibration stays.

    The new edition is, to the byte, the one that a build of the same source makes under the same calibration, but for
    what shoppers do, which the next build learns anew: until then, what is new takes after what reads and looks like
    it. Safe to kill anywhere and to call at any time. Where the edition that serves was not made of this source, or by
    the encoders of the settings, only the source changes and `waiting` says that a build is needed.
    """
    began = time.monotonic()
    layout = Layout(settings.data)
    with _studio(settings, studio) as desk, exclusive(layout, "new arrivals"):
        watch(Progress("Reading the catalogue"))
        catalogue, meta, found = _with_arrivals(settings, layout, desk)
        pointer = generations.last_known(layout)
        if pointer is None:
            raise NotReady
        snapshot = generations.open_snapshot(layout, pointer.generation)
        settled = Settled(pointer.generation, found.put, found.gone, found.theirs)
        if _marks(snapshot.manifest.source) == _marks(meta) and _import_of(snapshot.manifest.source) == _import_of(
            meta
        ):
            return replace(settled, seconds=time.monotonic() - began)
        try:
            vectors, present, known, encoded = _grown(settings, layout, snapshot, catalogue, meta, worker, watch)
        except _Off as reason:
            return replace(settled, seconds=time.monotonic() - began, waiting=f"{BEHIND}{reason}")
        watch(Progress("Checking"))
        same = {
            name: snapshot.manifest.source[name]
            for name in ("off", "image_model", behaving.SAID)
            if name in snapshot.manifest.source
        }
        identity = generations.write_generation(
            layout,
            catalogue=catalogue,
            vectors=vectors,
            present=present,
            models=snapshot.manifest.models,
            template=snapshot.manifest.text_template,
            findings=_findings(catalogue),
            built_at=at,
            meta={**meta, **same},
            arrays={
                **behaving.moved(snapshot.arrays, snapshot.catalogue, catalogue, ~known, vectors, present),
                **reviewed.moved(snapshot.arrays, snapshot.catalogue, catalogue),
            },
        )
        watch(Progress("Publishing"))
        generations.publish(layout, identity, pointer.calibration)
    return replace(settled, snapshot=identity, encoded=encoded, seconds=time.monotonic() - began)


def _published_arrivals(studio: Studio) -> dict[str, Arrival]:
    return arriving.published(Publications(studio).documents())


def _with_arrivals(
    settings: Settings, layout: Layout, studio: Studio
) -> tuple[Catalogue, dict[str, Any], arriving.Joined]:
    """The source with the published arrivals, which is written where that changes it. Under the shop's lock."""
    catalogue, meta = source.load_source(layout)
    found = arriving.joined(catalogue, meta.get(MARKS, {}), _published_arrivals(studio), settings.currency)
    if found.changed or dict(found.marks) != meta.get(MARKS, {}):
        meta = {name: value for name, value in meta.items() if name != MARKS}
        if found.marks:
            meta[MARKS] = dict(found.marks)
        source.save_source(layout, found.catalogue, meta)
    return found.catalogue, meta, found


def _marks(meta: Mapping[str, Any]) -> dict[str, str]:
    return dict(meta.get(MARKS, {}))


def _import_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the import alone, without what arrived since and what a build adds."""
    return {name: value for name, value in meta.items() if name not in (MARKS, "off", "image_model", behaving.SAID)}


def _grown(
    settings: Settings,
    layout: Layout,
    snapshot: Snapshot,
    catalogue: Catalogue,
    meta: Mapping[str, Any],
    worker: EncoderWorker,
    watch: Watch,
) -> tuple[dict[str, Vectors], dict[str, Mask], Mask, int]:
    """The vectors of `catalogue` out of the edition that serves, those of what is new or changed encoded; and [n] what
    is neither.

    Raises _Off where that edition cannot grow into it.
    """
    manifest = snapshot.manifest
    if _import_of(manifest.source) != _import_of(meta):
        raise _Off("the catalogue was imported anew since.")
    if manifest.text_template != settings.text_template:
        raise _Off("the text template is another one since.")
    old, new = _marks(manifest.source), _marks(meta)
    same = np.array([id in snapshot.catalogue and old.get(id) == new.get(id) for id in catalogue.ids], dtype=bool)
    known = snapshot.catalogue.rows([id for id, there in zip(catalogue.ids, same, strict=True) if there])
    fresh = Catalogue(catalogue.frame[~same])
    vectors: dict[str, Vectors] = {}
    present: dict[str, Mask] = {}
    encoded = 0
    for signal, encode in (("text", _texts), ("image", _pictures)):
        if signal not in snapshot.vectors:
            continue
        dim = snapshot.vectors[signal].shape[1]
        vectors[signal] = np.zeros((len(catalogue), dim), dtype=np.float32)
        present[signal] = np.zeros(len(catalogue), dtype=bool)
        vectors[signal][same] = snapshot.vectors[signal][known]
        present[signal][same] = snapshot.present[signal][known]
        if not len(fresh):
            continue
        found, there, model, count = encode(fresh, settings, layout, worker, watch)
        if model["key"] != manifest.models[signal]["key"]:
            raise _Off(f"{model['name']} would read it, and {manifest.models[signal]['name']} made the edition.")
        vectors[signal][~same], present[signal][~same] = found, there
        encoded += count
    return vectors, present, same, encoded


def _learned(settings: Settings, layout: Layout, encoder: str, watch: Watch) -> str:
    """Learn anew from the shop's own outfits where that was last done over another encoder's words; what came of it.

    The edition serves already: until this is done, and wherever it fails, looks are composed by the counts alone.
    """
    try:
        if not outfits.outdated(layout, encoder):
            return ""
        watch(Progress("Learning from the outfits"))
        return outfits.learn_again(layout, open_shop(settings).view()).reason
    except ShopError as error:
        log.warning("what outfits taught was not learned anew: %s", error.message)
        return error.message


def _mapped(settings: Settings, watch: Watch) -> None:
    """Draw the map of the new edition; it serves already, and where this fails the map is drawn when it is opened."""
    try:
        shop = open_shop(settings)
        try:
            shop.atlas.map(watch=watch)
        finally:
            shop.studio.close()
    except ShopError as error:
        log.warning("The map was not drawn: %s", error.message)
    except Exception:  # an edition without a map serves; a map is no reason to tell that its build failed
        log.exception("The map was not drawn")


def recalibrate(settings: Settings, *, worker: EncoderWorker | None, watch: Watch = silent) -> tuple[str, str]:
    """Draw the calibration of the current edition anew and publish it. Returns the old and the new id."""
    layout = Layout(settings.data)
    with exclusive(layout, "a calibration"):
        pointer = generations.current(layout)
        if pointer is None:
            raise NotReady
        snapshot = generations.open_snapshot(layout, pointer.generation)
        new = _calibration(
            layout,
            snapshot.catalogue,
            dict(snapshot.vectors),
            dict(snapshot.present),
            snapshot.manifest.models,
            snapshot.arrays,
            None,
            True,
            worker,
            watch,
        )
        generations.publish(layout, pointer.generation, new)
    return pointer.calibration, new


def model_change(settings: Settings) -> str | None:
    """Who reads pictures in the edition that serves and who would in a new one, where that differs; said before a build
    begins, so that no model is ever swapped silently."""
    manifest = serving_manifest(settings)
    if manifest is None:
        return None
    made_by = manifest.models.get("image")
    card, reason = _image_card(settings)
    if made_by is None:
        if card is None or manifest.source.get("off", {}).get("image") == HASTY:
            return None
        return f"The edition that serves does not compare pictures. A new one has them read by {card.name}."
    if card is None:
        return (
            f"The edition that serves has pictures read by {made_by['name']}. A new one would go without them: {reason}"
        )
    if registry.same_space(card.key, made_by["key"]):
        return None
    other = f"{card.name}, with other weights" if card.name == made_by["name"] else card.name
    return f"The edition that serves has pictures read by {made_by['name']}. A new one has them read by {other}."


def serving_manifest(settings: Settings) -> generations.Manifest | None:
    """What the edition that serves says about itself; None where there is none that can be read."""
    layout = Layout(settings.data)
    pointer = generations.last_known(layout)
    try:
        return None if pointer is None else generations.read_manifest(layout, pointer.generation)
    except (Damaged, NotReady):
        return None


def _image_card(settings: Settings) -> tuple[EncoderCard | None, str]:
    """Who reads pictures by `settings` on this machine, or None and why nobody does."""
    try:
        there, reason = registry.image_model_available(settings)
        return (registry.image_card(settings) if there else None), reason
    except ShopError as error:
        return None, error.message


class _Off(Exception):
    """A signal cannot be had; the message says why. Only this module sees it."""


def _texts(
    catalogue: Catalogue, settings: Settings, layout: Layout, worker: EncoderWorker, watch: Watch
) -> tuple[Vectors, Mask, dict[str, Any], int]:
    available, reason = registry.text_model_available(settings)
    model = registry.text_card(settings)
    if not available or model is None:
        raise _Off(reason)
    texts = [item_text(item, settings.text_template) for item in catalogue]
    return _encoded(
        layout,
        model,
        [text_hash(text) if text else "" for text in texts],
        lambda rows: worker.encode_texts([texts[row] for row in rows]),
        _pace(watch, "Reading the descriptions"),
        lengths=[len(text) for text in texts],
    )


def _pictures(
    catalogue: Catalogue, settings: Settings, layout: Layout, worker: EncoderWorker, watch: Watch
) -> tuple[Vectors, Mask, dict[str, Any], int]:
    available, reason = registry.image_model_available(settings)
    model = registry.image_card(settings)
    if not available or model is None:
        raise _Off(reason)
    pack = PicturePack(layout.pictures)
    keys = [pictures[0] if pictures and pack.has(pictures[0]) else "" for pictures in catalogue.frame["pictures"]]
    return _encoded(
        layout,
        model,
        keys,
        lambda rows: worker.encode_pictures([pack.read(keys[row]) for row in rows]),
        _pace(watch, "Looking at the pictures"),
    )


def _encoded(
    layout: Layout,
    model: EncoderCard,
    hashes: Sequence[str],
    encode: Callable[[Sequence[int]], Vectors],
    pace: Callable[[int, int, float, float], None],
    lengths: Sequence[int] | None = None,
) -> tuple[Vectors, Mask, dict[str, Any], int]:
    """Vectors [n, d] out of the cache, what was missing encoded first; hash "" has none.

    Returns them with which are present [n], the model for the manifest, and how many were missing.
    """
    cache = VectorCache(layout.vectors)
    known = [key for key in hashes if key]
    missing = int((~cache.find(model.key, known)[0]).sum()) if known else 0
    vectors = encode_with_cache(
        lambda wanted: cache.find(model.key, wanted),
        lambda wanted, fresh: cache.add(model.key, wanted, fresh),
        hashes,
        encode,
        progress=pace,
        dim=model.dim,
        lengths=lengths,
    )
    return vectors, np.asarray(vectors.any(axis=1)), _plain(model), missing


def _plain(model: EncoderCard) -> dict[str, Any]:
    return {"name": model.name, "key": model.key, "dim": model.dim, "note": model.note}


def _pace(watch: Watch, stage: str) -> Callable[[int, int, float, float], None]:
    """The encoder's progress, told to whoever watches."""

    def tell(done: int, total: int, rate: float, seconds_left: float) -> None:
        watch(Progress(stage, done, total, rate or None, seconds_left or None))

    return tell


def _calibration(
    layout: Layout,
    catalogue: Catalogue,
    vectors: Mapping[str, Vectors],
    present: Mapping[str, Mask],
    models: Mapping[str, Mapping[str, Any]],
    shoppers: Mapping[str, AnyArray],
    before: generations.Pointer | None,
    anew: bool,
    worker: EncoderWorker | None,
    watch: Watch,
) -> str:
    """The id of the calibration to publish: the one before where it still fits, else a new one."""
    basis: dict[str, Any] = {
        "items": len(catalogue), "models": {signal: model["key"] for signal, model in models.items()},
    }  # fmt: skip
    if learnt := behaving.basis(shoppers):
        basis["shoppers"] = learnt
    if reviewed.ARRAY in shoppers:
        basis["reviews"] = True
    if before is not None and not anew:
        old = _basis(layout, before.calibration)
        same = old is not None and all(old.get(name) == basis.get(name) for name in ("models", "shoppers", "reviews"))
        if old is not None and same and len(catalogue) <= GROWN * old["items"]:
            return before.calibration
    watch(Progress("Calibrating the signals"))
    calibration = search.calibrate_words(
        calibrate(
            catalogue,
            vectors,
            present,
            behaviour=behaving.signals(shoppers, len(catalogue)),
            trending=behaving.trending_of(shoppers, coded(catalogue.frame["type"].tolist())),
            reviews=reviewed.means(shoppers, len(catalogue)),
        ),
        catalogue,
        vectors,
        present,
        encode_text=worker.encode_texts if worker is not None else None,
        encode_image_words=worker.encode_words if worker is not None else None,
    )
    arrays, meta = calibration.to_arrays()
    generations.save_arrays(layout.calibration / calibration.id, arrays, {**meta, "basis": basis})
    return calibration.id


def _basis(layout: Layout, calibration: str) -> dict[str, Any] | None:
    """What a calibration was drawn from; None where it is damaged or gone, so that the build draws another."""
    try:
        _, meta = generations.load_arrays(layout.calibration / calibration)
    except (Damaged, NotReady) as error:
        log.warning("The calibration is drawn anew: %s", error.message)
        return None
    basis: dict[str, Any] = meta["basis"]
    return basis


def _findings(catalogue: Catalogue) -> list[Finding]:
    """What a merchandiser should know about the catalogue as it stands."""
    ids = np.array(catalogue.ids, dtype=object)
    found = []

    def tell(code: str, sentence: str, mask: Mask) -> None:
        if n := int(mask.sum()):
            found.append(Finding(code, sentence.format(n=n, s="" if n == 1 else "s"), n, tuple(ids[mask][:200])))

    tell("no_picture", "{n} product{s} without a picture", ~catalogue.has_pictures())
    frame = catalogue.frame
    empty = np.array([not title and not text for title, text in zip(frame["title"], frame["description"], strict=True)])
    if len(catalogue):
        tell("no_text", "{n} product{s} without title and description", empty.astype(bool))
        tell("no_price", "{n} product{s} without a price", np.isnan(catalogue.money("price")))
        tell("no_stock", "{n} product{s} whose stock is unknown", np.isnan(catalogue.pieces()))
    return found


def record_of(studio: Studio, meta: Mapping[str, Any], at: datetime) -> Any:
    """What shoppers did by `at`, as a table that can be learnt from; what was made up counts in the demo alone."""
    return EventStore(studio).table(
        until=at, kinds=ACTS, columns=behaving.COLUMNS, simulated=bool(meta.get("simulated", False))
    )


class ImageChoice:
    """The image model that a long-lived process builds with: the settings it began with, and what was chosen since."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stamp = self._stamped()
        self._read = self._in_the_file()

    def now(self) -> Settings:
        """The settings, with the image model that the shop's file names by now; pages ask for them all the time."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            read = self._in_the_file()
            if read is not None and read != self._read:
                self._read = read
                self.settings = self.settings.changed(image_model=read)
        return self.settings

    @contextmanager
    def worker(self, own: EncoderWorker, own_reads: str) -> Iterator[tuple[Settings, EncoderWorker]]:
        """The settings of now and a worker that reads by them: `own`, where its image model `own_reads` is the one
        they name, or one for as long as the block lasts."""
        settings = self.now()
        if settings.image_model == own_reads:
            yield settings, own
        else:
            with EncoderWorker(settings) as other:
                yield settings, other

    def _stamped(self) -> tuple[object, ...]:
        """What changes when the file does."""
        try:
            stat = (self.settings.data / settings_module.FILE).stat()
        except OSError:
            return (None, models.overridden())
        return (stat.st_ino, stat.st_mtime_ns, stat.st_size, models.overridden())

    def _in_the_file(self) -> str | None:
        try:
            return settings_module.read(self.settings.data).image_model
        except ShopError:
            return None  # a file that cannot be read now chooses nothing


def daily(
    settings: Settings,
    hour: str,
    *,
    worker: EncoderWorker,
    tell: Callable[[Built], None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    days: int | None = None,
) -> None:
    """Build every day at `hour` ("03:00", in the shop's time zone); for ever, or for so many days.

    A build that fails is reported on standard error and tried again the next day.
    """
    made = 0
    choice = ImageChoice(settings)
    while days is None or made < days:
        moment = now()
        sleep((next_time(hour, moment, settings) - moment).total_seconds())
        try:
            with choice.worker(worker, settings.image_model) as (chosen, reading):
                if change := model_change(chosen):
                    print(f"vitrine: {change}", file=sys.stderr, flush=True)
                tell(build(chosen, worker=reading, at=now()))
        except ShopError as error:
            print(f"vitrine: {error.message}", file=sys.stderr, flush=True)
        except Exception:  # a bug in tonight's catalogue must not cost all the nights that follow
            log.exception("The nightly build failed")
        made += 1


def next_time(hour: str, now: datetime, settings: Settings) -> datetime:
    """The next moment (UTC) at which a clock in the shop's time zone shows `hour`. Raises BadRequest."""
    try:
        clock = time_of_day.fromisoformat(hour)
    except ValueError:
        raise BadRequest(f"{hour!r} is not an hour of the day. Write it like 03:00.") from None
    here = now.astimezone(settings.zone())
    today = here.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return (today if today > here else today + timedelta(days=1)).astimezone(UTC)


# -- opening -------------------------------------------------------------------------------------------------------


def studio_of(settings: Settings) -> Studio:
    """The studio database of a shop, brought up to date."""
    layout = Layout(settings.data)
    layout.ensure()
    return Studio(settings.database or layout.studio_db)


def open_shop(settings: Settings, *, worker: EncoderWorker | None = None, studio: Studio | None = None) -> shops.Shop:
    """The current edition, opened. Raises NotReady when nothing was built, Damaged when nothing can be read."""
    snapshot, calibration = generations.open_current(Layout(settings.data))
    return _opened(settings, snapshot, calibration, worker=worker, studio=studio)


def open_edition(settings: Settings, edition: str, *, studio: Studio | None = None) -> shops.Shop:
    """Any edition of the shop, opened beside the one that serves, with today's facts. Raises NotReady and Damaged."""
    layout = Layout(settings.data)
    snapshot = generations.open_snapshot(layout, edition)
    calibration = next((one.calibration for one in generations.editions(layout) if one.id == edition), None)
    if calibration is None:
        raise NotReady(f"The edition {edition} was never published, so its lists are not known. Choose another.")
    return _opened(settings, snapshot, calibration, worker=None, studio=studio)


def side_of(settings: Settings, edition: str, *, at: datetime, shop: shops.Shop | None = None) -> Side:
    """An edition as one side of a comparison; `shop` where it is open already. Raises NotReady and Damaged."""
    opened = shop if shop is not None and shop.snapshot.id == edition else open_edition(settings, edition)
    made_by = opened.snapshot.manifest.models.get("image", {})
    return Side(edition, str(made_by.get("name", "no image model")), opened.view(at))


def other_edition(layout: Layout) -> tuple[str, str] | None:
    """The edition that serves, and the newest one that another image model made; None where there is no such pair."""
    able = [one for one in generations.editions(layout) if one.calibration is not None and "image" in one.models]
    current = next((one for one in able if one.current), None)
    if current is None:
        return None
    for one in able:
        if not registry.same_space(one.models["image"]["key"], current.models["image"]["key"]):
            return current.id, one.id
    return None


def reading(settings: Settings, manifest: generations.Manifest) -> Settings:
    """The settings under which typed words are read for an edition: its own image model, where that is here."""
    made_by = manifest.models.get("image")
    if made_by is None:
        return settings
    card = _image_card(settings)[0]
    if card is not None and registry.same_space(card.key, made_by["key"]):
        return settings
    setting = _setting_of(manifest, settings)
    return settings if setting is None else settings.changed(image_model=setting)


def _opened(
    settings: Settings,
    snapshot: Snapshot,
    calibration: str,
    *,
    worker: EncoderWorker | None,
    studio: Studio | None,
) -> shops.Shop:
    arrays, meta = generations.load_arrays(Layout(settings.data).calibration / calibration)
    return shops.Shop(
        settings,
        snapshot,
        Calibration.from_arrays(arrays, meta),
        studio=studio or studio_of(settings),
        worker=worker,
    )


@dataclass(frozen=True, slots=True)
class WentBack:
    """A roll back. note: what a person should know of the image model; "" where it came back with the edition."""

    pointer: generations.Pointer
    settings: Settings
    note: str = ""


def roll_back(settings: Settings, edition: str | None = None) -> WentBack:
    """Let an earlier edition serve, and go back to the image model that made it, so that the next build keeps it.

    Raises NotReady and Damaged as `generations.rollback` does. Where the choice cannot go back, the note says why.
    """
    layout = Layout(settings.data)
    pointer = generations.rollback(layout, edition)
    if model_change(settings) is None:
        return WentBack(pointer, settings)
    manifest = generations.read_manifest(layout, pointer.generation)
    setting = _setting_of(manifest, settings)
    if setting is None or setting == settings.image_model:
        return WentBack(pointer, settings, model_change(settings) or "")
    try:
        models.choose(settings, setting)
    except ShopError as error:
        return WentBack(pointer, settings, f"{model_change(settings)} {error.message}")
    return WentBack(pointer, settings.changed(image_model=setting))


def _setting_of(manifest: generations.Manifest, settings: Settings) -> str | None:
    """The setting of the image model that made an edition; None where it is not on this machine any more."""
    remembered = manifest.source.get("image_model")
    made_by = manifest.models.get("image")
    if made_by is None:
        return "none" if remembered == "none" else None
    return shelf.setting_for(str(made_by["key"]), settings, str(remembered) if remembered else None)


# -- the demo boutique ---------------------------------------------------------------------------------------------


def import_demo(settings: Settings, *, at: datetime, watch: Watch = silent) -> int:
    """Make the drawn boutique the source of this shop. Returns the number of products."""
    from core import demo

    layout = Layout(settings.data)
    layout.ensure()
    boutique = demo.load(at)
    with exclusive(layout, "an import"):
        pack = PicturePack(layout.pictures)
        items = []
        for done, item in enumerate(boutique.items, start=1):
            # Our own drawings are small WebP without metadata as they are: nothing has to be made safe.
            keys = [pack.add(path.read_bytes(), *demo.PICTURE_SIZE) for path in boutique.pictures.get(item.id, ())]
            items.append(replace(item, pictures=tuple(keys)))
            if done % 25 == 0 or done == len(boutique.items):
                watch(Progress("Hanging the pictures", done, len(boutique.items)))
        pack.flush()
        meta = {"name": "Demo boutique", "kind": "demo", "simulated": True, "imported_at": at.isoformat()}
        with closing(studio_of(settings)) as studio:
            EventStore(studio).drop_simulated()  # the next build keeps the record anew, moved to the present
            ReviewStore(studio).drop_simulated()
        source.save_source(layout, Catalogue.of(items), meta)
    return len(items)


def keep_record(settings: Settings, studio: Studio, meta: Mapping[str, Any], at: datetime, watch: Watch) -> None:
    """See to what is recorded of shoppers: the demo comes with a simulated record, which leaves with it, and what is
    older than the settings keep goes."""
    events, reviews = EventStore(studio), ReviewStore(studio)
    if meta.get("kind") != "demo":
        events.drop_simulated()
        if reviews.drop_simulated():
            reviewing.summarise(reviews, None)
    elif not events.simulated():
        from core import demo
        from core.demo.record import record, reviewed

        salt = salt_for(settings, events)
        watch(Progress("Keeping what shoppers did"))
        told = demo.load(datetime.fromisoformat(meta["imported_at"])).events
        events.add(record(told, salt))
        reviews.add(reviewed(told, salt))
        reviewing.summarise(reviews, None)
    if settings.keep_events is not None:
        events.retain(int(settings.keep_events), at)


# -- serving -------------------------------------------------------------------------------------------------------


class Serving:
    """Keeps the published edition the one that serves, whoever publishes: this process, or another at the command line.

    A build at night and `vitrine snapshot rollback` thus reach a running app and a running API within seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        worker: EncoderWorker,
        studio: Studio,
        every: float = LOOK_EVERY,
        each: Callable[[], None] | None = None,
    ) -> None:
        """every: seconds between two looks at what is published.    each: what else is looked for then."""
        self.settings = settings
        self._each = each
        self.worker = worker
        self.studio = studio
        self._layout = Layout(settings.data)
        self._every = every
        self._installing = threading.Lock()
        self.reads = settings  # what `worker` was made with
        self._spare: EncoderWorker | None = None
        self._seen: generations.Pointer | None = None
        self._shop: shops.Shop | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="serving", daemon=True)

    def install(self) -> None:
        """Open the published edition and make it the one that serves. Raises NotReady and Damaged as it comes."""
        with self._installing:  # so that of two who publish at once, the later one is what serves in the end
            pointer = self._published()
            if pointer is not None and self._serves(pointer):
                return
            self._seen = pointer
            snapshot, calibration = generations.open_current(self._layout)
            self._read_as(snapshot.manifest)
            opened = _opened(self.reads, snapshot, calibration, worker=self.worker, studio=self.studio)
            if swaps := shops.serving():
                self._warm(opened)  # the edition before answers meanwhile
            self._shop = opened
            shops.install(opened)
            if not swaps:  # nothing serves yet, so the shop opens at once and is warmed beside its first visitors
                threading.Thread(target=self._warm, args=(opened, WARM_AFTER), name="warming", daemon=True).start()
            # What was just loaded stays; the collector need not walk through it after every request.
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def _warm(self, opened: shops.Shop, after: float = 0.0) -> None:
        """Make what the first lists of an edition would wait for, after so many seconds; a fault keeps nobody out."""
        if self._closed.wait(after):
            return
        try:
            opened.warm(self._closed.is_set)
        except Exception:
            if not self._closed.is_set():
                log.exception("An edition was not warmed")

    def follow(self) -> None:
        """From now on, serve whatever is published."""
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        for worker in (self.worker, self._spare):
            if worker is not None:
                worker.close()

    def offer(self, worker: EncoderWorker) -> None:
        """A worker that has just built an edition: it may go on to read words for it."""
        self._spare = worker

    def _read_as(self, manifest: generations.Manifest) -> None:
        """Have words read by the image model that made this edition, whatever the settings name for the next one.

        Where it is not on this machine any more the worker stays, and a search says what it goes without.
        """
        spare, self._spare = self._spare, None
        needed = reading(self.reads, manifest)
        if needed.image_model != self.reads.image_model:
            old, self.reads = self.worker, needed
            if spare is not None and spare.settings.image_model == needed.image_model:
                self.worker, spare = spare, None
            else:
                self.worker = EncoderWorker(self.reads)
            self.worker.warm()
            retiring = threading.Timer(RETIRES_AFTER, old.close)  # requests under way go on with it
            retiring.daemon = True
            retiring.start()
        if spare is not None:
            spare.close()

    def _serves(self, pointer: generations.Pointer) -> bool:
        """Whether `pointer` serves already: a build and whoever follows it may both come to open it."""
        shop = self._shop
        return (
            pointer == self._seen
            and shop is not None
            and shops.serving()
            and shops.current() is shop
            and shop.snapshot.id == pointer.generation
        )

    def _published(self) -> generations.Pointer | None:
        try:
            return generations.current(self._layout)
        except ShopError as error:
            log.warning("%s", error.message)
            return self._seen

    def _follow(self) -> None:
        while not self._closed.wait(self._every):
            if self._each is not None:
                self._look()
            if self._published() == self._seen:
                continue
            try:
                self.install()
            except ShopError as error:  # what serves goes on serving; the next publication is tried again
                log.warning("The edition that was published is not served: %s", error.message)
            except Exception:
                log.exception("The edition that was published is not served")

    def _look(self) -> None:
        assert self._each is not None
        try:
            self._each()
        except ShopError as error:
            log.warning("%s", error.message)
        except Exception:
            log.exception("What was published was not looked through")


# -- the long work of the running app ------------------------------------------------------------------------------


_taking = threading.Lock()


def take_in(settings: Settings, studio: Studio) -> None:
    """Take in what was dropped into the shop's folder, while something is served.

    It is done beside whatever else is looked for: a file of a million events takes minutes.
    """
    if shops.serving() and inbox.waiting(settings, datetime.now(UTC)) and _taking.acquire(blocking=False):
        threading.Thread(target=_take_in, args=(settings, studio), name="inbox", daemon=True).start()


def _take_in(settings: Settings, studio: Studio) -> None:
    try:
        for one in inbox.look(settings, studio, shops.current().catalogue, datetime.now(UTC)):
            log.log(logging.WARNING if one.reason else logging.INFO, "%s", one.text)
    except ShopError as error:
        log.warning("%s", error.message)
    except Exception:
        log.exception("What was dropped into the inbox was not taken in")
    finally:
        _taking.release()


class Works:
    """The one long piece of work a running app may do at a time, in a thread, with its progress.

    progress: what it is doing, or None. error: the sentence of the last failure. built: what the last one made.
    note:     what whoever began it is told once it is done. stopping: set to ask what can be stopped to end.
    """

    def __init__(self, settings: Settings) -> None:
        self._choice = ImageChoice(settings)
        self.studio = studio_of(settings)
        self._publication = -1  # the last one that was looked through for arrivals
        self.serving = Serving(
            settings, worker=EncoderWorker(settings), studio=self.studio, each=self._look
        )  # fmt: skip
        self.stopping = threading.Event()
        self.progress: Progress | None = None
        self.error: ShopError | None = None
        self.built: Built | None = None
        self.what = ""
        self.note = ""
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """The settings that the next edition is built with."""
        return self._choice.now()

    @property
    def worker(self) -> EncoderWorker:
        """The encoders of the edition that serves."""
        return self.serving.worker

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def open(self) -> None:
        """Serve the current edition; where none can be served, build one: of the shop's source, else of the demo."""
        try:
            self.install()
        except NotReady:
            self._begin_first()
        except Damaged as error:
            log.warning("%s", error.message)
            self.rebuild()
        else:
            self.worker.warm()
            if HASTY in shops.current().snapshot.manifest.source.get("off", {}).values():
                self.begin("Completing the first edition", self._complete)  # a kill came between the two

    def install(self) -> None:
        """Open the current edition and make it the one that serves."""
        self.serving.install()

    def begin(self, what: str, work: Callable[[Watch], Built | None]) -> bool:
        """Start `work` in the background; False when something is already under way."""
        with self._lock:
            if self.busy:
                return False
            self.what, self.note, self.error, self.progress = what, "", None, Progress(what)
            self.stopping.clear()
            self._thread = threading.Thread(target=self._run, args=(work,), name="works", daemon=True)
            self._thread.start()
            return True

    def rebuild(self) -> bool:
        """Build the source as it stands, then serve the new edition."""
        return self.begin("Building a new edition", self.build)

    def build(self, watch: Watch) -> Built:
        """Build the source as it stands and serve what came of it."""
        with self._choice.worker(self.worker, self.serving.reads.image_model) as (settings, worker):
            built = build(settings, worker=worker, at=datetime.now(UTC), watch=watch)
        self.install()
        return built

    def use_image_model(self, setting: str, name: str) -> bool:
        """Build an edition whose pictures are read by another image model, and serve it; the present one stays.

        The choice is written into the shop's settings; where the model or the build fails, it is taken back.
        """
        if named := models.overridden():
            raise BadRequest(
                f"VITRINE_IMAGE_MODEL is set to {named!r} where Vitrine was started, and stands above any choice here."
            )

        def work(watch: Watch) -> Built:
            chosen = self.settings.changed(image_model=setting)
            watch(Progress("Trying the model on pictures and words"))
            worker = EncoderWorker(chosen)
            try:
                worker.try_image()
                choice = models.choose(chosen, setting)
                try:
                    built = build(chosen, worker=worker, at=datetime.now(UTC), watch=watch)
                except BaseException:
                    models.take_back(chosen, choice)
                    raise
            except BaseException:
                worker.close()
                raise
            self.serving.offer(worker)
            self.install()
            self.note = f"Done: this edition's pictures are read by {name}. The one before stays among the editions."
            return built

        return self.begin(f"Building an edition with {name}", work)

    def settle_arrivals(self) -> bool:
        """Let published arrivals join the catalogue, in the background; False when something is under way already."""
        return self.begin("Taking in arrivals", self.settle)

    def settle(self, watch: Watch) -> None:
        """The same here and now; where the edition that serves cannot grow, `note` says that a build is needed."""
        with self._choice.worker(self.worker, self.serving.reads.image_model) as (settings, worker):
            try:
                done = settle(settings, worker=worker, at=datetime.now(UTC), studio=self.studio, watch=watch)
            except Conflict:  # another process builds or imports just now; the next look tries again
                self._publication = -1
                raise
        self.note = done.waiting
        self.install()

    def _look(self) -> None:
        take_in(self.settings, self.studio)
        self._look_for_arrivals()

    def _look_for_arrivals(self) -> None:
        """Whoever published arrivals, at the command line too: they join within seconds."""
        version = Publications(self.studio).newest()
        if version == self._publication or self.busy:
            return
        self._publication = version
        if shops.serving() and unsettled(self.settings, self.studio):
            self.settle_arrivals()

    def roll_back(self, edition: str) -> WentBack:
        """Serve an earlier edition, with the image model that made it. Raises Conflict while something is under way."""
        if self.busy:
            raise Conflict("An edition is being built. Wait until it is done, then go back.")
        went = roll_back(self.settings, edition)
        self.install()
        return went

    def close(self) -> None:
        self.stopping.set()
        self.serving.close()

    def _run(self, work: Callable[[Watch], Built | None]) -> None:
        try:
            self.built = work(self._watch) or self.built
        except ShopError as error:
            self.error = error
        except Exception:  # a bug must not pass for success, nor keep the app from trying again
            log.exception("%s failed", self.what)
            self.error = ShopError(
                f"{self.what} failed through a fault of ours. What served before serves on, and nothing was lost. "
                "Try once more; if it stays, the operator finds the reason in the log."
            )
        finally:
            self.progress = None

    def _watch(self, progress: Progress) -> None:
        self.progress = progress

    def _begin_first(self) -> None:
        """A catalogue that was imported but never built comes before the demo, which would take its place."""
        try:
            source.load_source(Layout(self.settings.data))
        except NotReady:
            self.begin("Setting up the demo boutique", self._demo)
        except ShopError as error:
            self.error = error
        else:
            self.begin("Building the first edition", self._first)

    def _demo(self, watch: Watch) -> Built:
        import_demo(self.settings, at=datetime.now(UTC), watch=watch)
        return self._first(watch)

    def _first(self, watch: Watch) -> Built:
        build(self.settings, worker=None, at=datetime.now(UTC), watch=watch, quick=True)
        self.install()  # the catalogue can be browsed from here on
        return self._complete(watch)

    def _complete(self, watch: Watch) -> Built:
        built = self.build(watch)
        generations.prune(Layout(self.settings.data), keep=1)  # nobody should roll back to the hasty first edition
        return built


_works: Works | None = None


def works() -> Works:
    """The works of this process. Raises NotReady outside the running app."""
    if _works is None:
        raise NotReady("The app has not started its works. Start it with `streamlit run app.py`.")
    return _works


def start(settings: Settings) -> Works:
    """Begin to serve: called once, where the app starts."""
    global _works
    if _works is None:
        _works = Works(settings)
        _works.open()
        _works.serving.follow()
    return _works


def stop() -> None:
    """End the works: called once, where the app ends."""
    global _works
    if _works is not None:
        _works.close()
        _works = None
    shops.install(None)
