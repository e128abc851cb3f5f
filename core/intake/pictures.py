"""Which of the pictures in folders and zip files belongs to which product, and their way into the shop's pack.

Names in a catalogue are only ever looked up in the list of what the folders and zips hold; no path is built from
them. So nothing outside is ever read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol

from core.domain.errors import Refused, ShopError
from core.embed.pictures import MAX_BYTES, QUALITY, THUMBNAIL
from core.intake.report import Findings
from core.intake.thumbs import Thumbnail, thumbnails
from core.store import files
from core.store.pictures import PicturePack

SUFFIXES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"})
PER_ITEM = 8
Progress = Callable[[str, int, int], None]  # what is being done, done, of


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How much is taken from one folder or zip."""

    files: int = 1_000_000
    file_bytes: int = MAX_BYTES
    total_bytes: int = 200 << 30
    depth: int = 12
    ratio: int = 200  # a zip entry that unpacks to more than this many times its size is a bomb


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture file: `name` is its path inside its source, with slashes."""

    source: int
    name: str
    size: int


class Source(Protocol):
    def entries(self, findings: Findings) -> Iterator[tuple[str, int]]:
        """(name, bytes) of each picture; what is unsafe is passed over and reported."""

    def read(self, name: str) -> bytes: ...


class FolderSource:
    """A folder with the folders in it. Symbolic links are not followed."""

    def __init__(self, folder: Path, limits: PictureLimits) -> None:
        self.folder, self.limits = folder.resolve(), limits

    def entries(self, findings: Findings) -> Iterator[tuple[str, int]]:
        for parent, folders, names in os.walk(self.folder, followlinks=False):
            inside = os.path.relpath(parent, self.folder)
            steps = 0 if inside == "." else inside.count(os.sep) + 1
            if steps >= self.limits.depth:
                folders.clear()
            folders.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)
                try:
                    status = os.lstat(path)
                except OSError:
                    continue  # gone since the folder was listed
                relative = name if inside == "." else f"{inside}/{name}".replace(os.sep, "/")
                if stat.S_ISLNK(status.st_mode):
                    findings.add(
                        "picture_link",
                        "warning",
                        "A symbolic link among the pictures was not followed.",
                        value=_speakable(relative),
                    )
                elif stat.S_ISREG(status.st_mode):
                    yield relative, status.st_size

    def read(self, name: str) -> bytes:
        try:
            handle = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Refused(f"It cannot be read ({error.strerror}).") from None
        with os.fdopen(handle, "rb") as file:
            opened = Path(os.path.realpath(f"/proc/self/fd/{handle}")) if os.path.exists("/proc/self/fd") else None
            if opened is not None and not opened.is_relative_to(self.folder):
                raise Refused("It leads out of its folder.")
            data = file.read(self.limits.file_bytes + 1)
        return _bounded(data, self.limits)


class ZipSource:
    """A zip file. Entries that are encrypted, linked, absurdly packed or named to leave it are passed over."""

    def __init__(self, path: Path, limits: PictureLimits) -> None:
        self.path, self.limits = path, limits
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Refused(f"{path.name} is not a readable zip file ({error}).") from None
        self._infos = {info.filename: info for info in reversed(self.archive.infolist())}

    def entries(self, findings: Findings) -> Iterator[tuple[str, int]]:
        for info in self._infos.values():
            name = info.filename
            if info.is_dir():
                continue
            reason = self._unsafe(info)
            if reason is not None:
                findings.add(
                    "picture_unsafe",
                    "warning",
                    f"A picture in {self.path.name} was passed over: {reason}.",
                    value=_speakable(name),
                )
                continue
            yield name, info.file_size

    def _unsafe(self, info: zipfile.ZipInfo) -> str | None:
        if unsafe_path(info.filename):
            return "its name leads out of its folder"
        if info.flag_bits & 1:
            return "it is encrypted"
        if stat.S_ISLNK(info.external_attr >> 16):
            return "it is a symbolic link"
        if info.file_size > 1 << 20 and info.file_size > self.limits.ratio * max(1, info.compress_size):
            return "it unpacks to far more than any picture does"
        return None

    def read(self, name: str) -> bytes:
        try:
            with self.archive.open(self._infos[name]) as file:
                data = file.read(self.limits.file_bytes + 1)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            raise Refused(f"It cannot be unpacked ({error}).") from None
        except Exception as error:  # zlib.error, lzma.LZMAError: the decompressors have no common ancestor
            if type(error).__module__ not in ("zlib", "_lzma", "lzma", "bz2"):
                raise
            raise Refused(f"It cannot be unpacked ({error}).") from None
        return _bounded(data, self.limits)

    def close(self) -> None:
        self.archive.close()


def _bounded(data: bytes, limits: PictureLimits) -> bytes:
    if len(data) > limits.file_bytes:
        raise Refused(f"It has more than {limits.file_bytes >> 20} MB.")
    return data


def _speakable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def unsafe_path(name: str) -> bool:
    """Whether a file name would leave the folder it is looked up in, or is no file name at all.

    >>> unsafe_path("../x.jpg"), unsafe_path("/x.jpg"), unsafe_path("C:\\\\x.jpg"), unsafe_path("a/b.jpg")
    (True, True, True, False)
    """
    plain = name.replace("\\", "/")
    return (
        not plain.strip()
        or plain.startswith("/")
        or re.match(r"[A-Za-z]:", plain) is not None
        or ".." in plain.split("/")
        or "\x00" in plain
        or len(plain) > 1000
    )


class PictureIndex:
    """All pictures of some folders and zips, found by path, by name, or by a product's id. A context manager.

    Raises Refused when a folder or zip is not there or holds too much.
    """

    def __init__(self, paths: Sequence[str | Path], findings: Findings, *, limits: PictureLimits | None = None) -> None:
        limits = limits or PictureLimits()
        self._stack = ExitStack()
        self._sources: list[Source] = []
        self.entries: list[Entry] = []
        self._by_path: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = {}
        self._by_stem: dict[str, Entry] = {}
        self._by_stem_folded: dict[str, Entry] = {}
        self._numbered: dict[str, list[tuple[int, str, Entry]]] = {}
        try:
            for path in paths:
                self._add(Path(path), findings, limits)
        except ShopError:
            self._stack.close()
            raise

    def _add(self, path: Path, findings: Findings, limits: PictureLimits) -> None:
        number = len(self._sources)
        if path.is_dir():
            self._sources.append(FolderSource(path, limits))
        elif path.is_file() and zipfile.is_zipfile(path):
            archive = ZipSource(path, limits)
            self._stack.callback(archive.close)
            self._sources.append(archive)
        elif path.is_file():
            raise Refused(f"{path.name} is neither a folder nor a zip file. Give pictures as one of these.")
        else:
            raise Refused(f"There is no folder or zip file {path.name!r} at {path.parent}.")
        total = other = 0
        for name, size in self._sources[number].entries(findings):
            if os.path.splitext(name)[1].lower() not in SUFFIXES or os.path.basename(name).startswith("._"):
                other += 1
                continue
            if size > limits.file_bytes:
                findings.add(
                    "picture_too_large",
                    "warning",
                    f"A picture has more than {limits.file_bytes >> 20} MB and was passed over.",
                    value=_speakable(name),
                )
                continue
            total += size
            if len(self.entries) >= limits.files or total > limits.total_bytes:
                raise Refused(
                    f"{path.name} holds more than {limits.files:,} pictures or {limits.total_bytes >> 30} GB. "
                    "Give only the pictures of this catalogue."
                )
            self._file(Entry(number, name, size))
        if other:
            findings.add(
                "not_pictures",
                "warning",
                f"{other:,} files in {path.name} are no pictures by their name; they were passed over.",
            )

    def _file(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._by_path.setdefault(_folded(entry.name), entry)
        base = entry.name.rsplit("/", 1)[-1]
        self._by_name.setdefault(_folded(base), []).append(entry)
        stem = os.path.splitext(base)[0]
        self._by_stem.setdefault(stem, entry)
        self._by_stem_folded.setdefault(_folded(stem), entry)
        if numbered := re.fullmatch(r"(.+?)[ _\-.]+\(?(\d{1,2})\)?", stem):
            self._numbered.setdefault(_folded(numbered[1]), []).append((int(numbered[2]), entry.name, entry))
        folder = entry.name.rsplit("/", 2)[-2] if "/" in entry.name else None
        if folder is not None:
            self._numbered.setdefault(_folded(folder) + "/", []).append((0, entry.name, entry))

    def by_name(self, name: str) -> Entry | None:
        """The picture that a catalogue calls `name`: by its path, else by its file name, with or without its ending."""
        plain = _folded(name.replace("\\", "/").strip().removeprefix("./"))
        if plain in self._by_path:
            return self._by_path[plain]
        base = plain.rsplit("/", 1)[-1]
        if matches := self._by_name.get(base):
            nested = [entry for entry in matches if _folded(entry.name).endswith("/" + plain)]
            return (nested or matches)[0]
        return self._by_stem_folded.get(base)

    def by_id(self, item: str, padded: int = 0) -> tuple[Entry, ...]:
        """The pictures named for a product: ID.jpg, then ID_1.jpg, ID-2.jpg …, then those in a folder called ID."""
        folded = _folded(item)
        main = self._by_stem.get(item) or self._by_stem_folded.get(folded)
        if main is None and padded and item.isdigit():
            main = self._by_stem.get(item.zfill(padded))
        more = sorted(self._numbered.get(folded, ()), key=lambda found: found[:2])
        if main is None and not more:
            more = sorted(self._numbered.get(folded + "/", ()), key=lambda found: found[:2])
        found = ([main] if main is not None else []) + [entry for _, _, entry in more]
        return tuple(dict.fromkeys(found))[:PER_ITEM]

    def read(self, entry: Entry) -> bytes:
        return self._sources[entry.source].read(entry.name)

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> PictureIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Matches:
    """found: product -> its pictures, the main one first. left: pictures that belong to no product."""

    found: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    files: int = 0
    left: int = 0


def match(
    ids: Iterable[str], index: PictureIndex, findings: Findings, *,
    names: Mapping[str, tuple[str, ...]], rows: Mapping[str, int], padded: int = 0,
) -> Matches:  # fmt: skip
    """The pictures of each product: those its row names, else those named for its id."""
    ids = list(ids)
    known = {_folded(item) for item in ids}
    found: dict[str, tuple[Entry, ...]] = {}
    for item in ids:
        entries: list[Entry] = []
        for name in names.get(item, ()):
            if unsafe_path(name):
                findings.add(
                    "picture_path",
                    "warning",
                    "The picture's name leads out of its folder; it is not looked up.",
                    row=rows.get(item),
                    value=_speakable(name),
                    item=item,
                )
            elif (entry := index.by_name(name)) is not None:
                entries.append(entry)
            else:
                findings.add(
                    "picture_not_found",
                    "warning",
                    "The picture is in none of the folders and zips given.",
                    row=rows.get(item),
                    value=_speakable(name),
                    item=item,
                )
        if not entries:
            # ID_1.jpg is not a further picture of ID where ID_1 is a product itself.
            entries = [entry for entry in index.by_id(item, padded) if _stem(entry) in (_folded(item),)
                       or _stem(entry) not in known]  # fmt: skip
        if entries:
            found[item] = tuple(dict.fromkeys(entries))[:PER_ITEM]
    used = {entry for entries in found.values() for entry in entries}
    left = len(index.entries) - len(used)
    if left:
        findings.add(
            "pictures_left", "warning", f"{left:,} pictures belong to no product of this file; they are not imported."
        )
    return Matches(found, len(index.entries), left)


def _stem(entry: Entry) -> str:
    return _folded(os.path.splitext(entry.name.rsplit("/", 1)[-1])[0])


def _folded(name: str) -> str:
    """A name without case; é is one letter here, however the disk or zip it comes from writes it."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


@dataclass(frozen=True, slots=True)
class Packed:
    """keys: product -> the keys of its pictures in the pack. refused: (product, file, reason)."""

    keys: Mapping[str, tuple[str, ...]]
    refused: tuple[tuple[str, str, str], ...]
    decoded: int
    known: int


def pack_pictures(
    matches: Matches, index: PictureIndex, pack: PicturePack, *, workers: int = 2, progress: Progress | None = None
) -> Packed:
    """Decode, shrink and store the pictures; those whose bytes were packed before are not decoded again.

    What the pack holds is written anew from pixels; uploaded bytes are never stored.
    """
    wanted: dict[Entry, list[str]] = {}
    for item, entries in matches.found.items():
        for entry in entries:
            wanted.setdefault(entry, []).append(item)
    memory = pack.folder / "uploads.json"
    before = _remembered(memory, pack)
    keys: dict[Entry, str] = {}
    reasons: dict[Entry, str] = {}
    digests: dict[Entry, str] = {}
    known = 0

    def uploads() -> Iterator[tuple[Entry, bytes]]:
        nonlocal known
        # In the order in which they lie in their zip or folder, so that reading goes forward.
        for entry in (entry for entry in index.entries if entry in wanted):
            try:
                data = index.read(entry)
            except Refused as error:
                reasons[entry] = error.message
                continue
            digest = hashlib.sha256(data).hexdigest()[:32]
            if digest in before:
                keys[entry] = before[digest]
                known += 1
                continue
            digests[entry] = digest
            yield entry, data

    def told() -> None:
        if progress is not None:
            progress("pictures", len(keys) + len(reasons), len(wanted))

    for entry in wanted.keys() - set(index.entries):
        reasons[entry] = "It was there when the import was checked, and is gone. Check the import again."
    told()
    results: Iterator[tuple[Entry, Thumbnail | str]] = thumbnails(uploads(), workers=workers)
    for entry, result in results:
        if isinstance(result, str):
            reasons[entry] = result
        else:
            keys[entry] = pack.add(*result)
            before[digests[entry]] = keys[entry]
        if (len(keys) + len(reasons)) % 32 == 0:
            told()
    pack.flush()
    told()
    if digests:
        files.write_json(memory, {"rule": _rule(), "keys": before})
    by_item = {
        item: tuple(dict.fromkeys(keys[entry] for entry in entries if entry in keys))
        for item, entries in matches.found.items()
    }
    refused = tuple(
        (item, _speakable(entry.name), reasons[entry])
        for entry, items in wanted.items()
        if entry in reasons
        for item in items
    )
    return Packed(by_item, refused, len(keys) - known, known)


def _rule() -> str:
    """By what uploads became thumbnails: another size or quality makes the memory of earlier ones worthless."""
    return f"webp {THUMBNAIL[0]}x{THUMBNAIL[1]} q{QUALITY}"


def _remembered(path: Path, pack: PicturePack) -> dict[str, str]:
    """sha256 of an upload -> key of its thumbnail, of those the pack still holds. A cache: damaged, it is empty."""
    try:
        plain = files.read_json(path)
        if plain["rule"] != _rule():
            return {}
        return {str(digest): str(key) for digest, key in plain["keys"].items() if pack.has(str(key))}
    except (FileNotFoundError, ShopError, ValueError, KeyError, TypeError, AttributeError):
        return {}
