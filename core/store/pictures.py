"""All thumbnails of a shop in one file, found by content.

`pack` is a row of records, each a head and the picture's bytes; `index` is a table of fixed rows that says where each
lies. Both only grow. A picture counts once its row stands in the index, and the row is written after the picture is on
disk; so a kill leaves at most a tail of the pack without rows, which the next writer
indexes as far as it is whole. Readers never look
beyond the index and need no lock.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import RLock

from core.domain.errors import Damaged, ShopError
from core.store import files
from core.store.lock import briefly

MAGIC = b"VPIC"
HEAD = struct.Struct("<4s16sIHHI")  # magic, key, bytes, width, height, crc of what stands before it
ROW = struct.Struct("<16sQIHHI")  # key, offset of the bytes, bytes, width, height, crc of what stands before it
PENDING_BYTES = 8 << 20  # added pictures are written and synced in portions of this size


class UnknownPicture(ShopError):
    code = "unknown_picture"
    status = 404

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no picture {key!r} in this shop. Import the catalogue's pictures again.")


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    length: int
    width: int
    height: int


class PicturePack:
    """Pictures by the hash of their bytes, in `folder`. For many readers and writers, threads and processes alike.

    findings: sentences about what was damaged when it was read; such pictures count as missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self._lock = RLock()
        self._places: dict[str, _Place] = {}
        self._pending: dict[str, tuple[bytes, int, int]] = {}
        self._pending_bytes = 0
        self._rows_read = 0
        self._damaged_rows = 0
        self._index_inode = -1
        self._file: FileIO | None = None
        self._refresh()

    def __len__(self) -> int:
        with self._lock:
            self._refresh()
            return len(self._places.keys() | self._pending.keys())

    def add(self, webp: bytes, width: int, height: int) -> str:
        """Take a picture and return its key; a picture that is here already is not taken twice.

        It is on disk after `flush`, or once enough pictures wait. Raises StorageFailed.
        """
        if not webp or not (0 < width < 1 << 16 and 0 < height < 1 << 16):
            raise ValueError(f"{len(webp)} bytes of {width} x {height} are no picture")
        key = picture_key(webp)
        with self._lock:
            if key not in self._places and key not in self._pending:
                self._pending[key] = (webp, width, height)
                self._pending_bytes += len(webp)
                if self._pending_bytes >= PENDING_BYTES:
                    self.flush()
        return key

    def has(self, key: str) -> bool:
        with self._lock:
            return key in self._pending or self._find(key) is not None

    def read(self, key: str) -> bytes:
        """The bytes of a picture. Raises UnknownPicture, or Damaged when they are not what its key says."""
        with self._lock:
            if key in self._pending:
                return self._pending[key][0]
            place = self._known(key)
            file = self._pack()
        data = os.pread(file.fileno(), place.length, place.offset)
        if picture_key(data) != key:
            raise Damaged(f"The picture {key} in {self.folder / 'pack'} is damaged. Import its catalogue again.")
        return data

    def size(self, key: str) -> tuple[int, int]:
        """Width and height of a picture in pixels. Raises UnknownPicture."""
        with self._lock:
            if key in self._pending:
                return self._pending[key][1:]
            place = self._known(key)
            return place.width, place.height

    def flush(self) -> None:
        """Put all added pictures on disk. Raises StorageFailed; the pictures then wait for the next flush."""
        with self._lock:
            if not self._pending:
                return
            files.make_folder(self.folder)
            with briefly(self.folder / ".lock"), files.speaking(self.folder / "pack"):
                self._mend()
                self._refresh()
                new = {key: picture for key, picture in self._pending.items() if key not in self._places}
                self._append(new)
            self._pending.clear()
            self._pending_bytes = 0
            self._refresh()

    def mend(self) -> None:
        """Find the pictures again that a damaged or lost index does not name."""
        with self._lock, briefly(self.folder / ".lock"), files.speaking(self.folder / "pack"):
            self._mend()

    def close(self) -> None:
        """Flush, and let go of the file."""
        with self._lock:
            self.flush()
            self._file = None

    def check(self) -> list[str]:
        """A sentence for each picture whose bytes are not what its key says, and for a damaged index."""
        fresh = PicturePack(self.folder)
        found = list(fresh.findings)
        for key in list(fresh._places):
            try:
                fresh.read(key)
            except Damaged as error:
                found.append(error.message)
        return found

    def _known(self, key: str) -> _Place:
        place = self._find(key)
        if place is None:
            raise UnknownPicture(key)
        return place

    def _find(self, key: str) -> _Place | None:
        place = self._places.get(key)
        if place is None:
            self._refresh()  # another process may have added it
            place = self._places.get(key)
        return place

    def _pack(self) -> FileIO:
        if self._file is None:
            with files.speaking(self.folder / "pack", "read"):
                self._file = FileIO(self.folder / "pack")
        return self._file

    def _forget(self) -> None:
        self._places.clear()
        self._rows_read = 0
        self._damaged_rows = 0
        self._file = None  # a reader that holds it still keeps it open

    def _refresh(self) -> None:
        """Read the rows that the index gained since the last look; all of them when it is another file."""
        try:
            with files.speaking(self.folder / "index", "read"), (self.folder / "index").open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._index_inode:
                    self._forget()
                    self._index_inode = inode
                file.seek(self._rows_read * ROW.size)
                data = file.read()
        except FileNotFoundError:
            return
        if len(data) < ROW.size:
            return
        pack_size = (self.folder / "pack").stat().st_size if (self.folder / "pack").exists() else 0
        whole = len(data) // ROW.size * ROW.size
        damaged = 0
        for row in range(0, whole, ROW.size):
            key, offset, length, width, height, crc = ROW.unpack_from(data, row)
            if crc != zlib.crc32(data[row : row + ROW.size - 4]) or offset + length > pack_size:
                damaged += 1
            else:
                self._places[key.hex()] = _Place(offset, length, width, height)
        self._rows_read += whole // ROW.size
        self._damaged_rows += damaged
        if damaged:
            self.findings.append(
                f"{self.folder / 'index'}: {damaged} rows are damaged. The next import finds their pictures again."
            )

    def _mend(self) -> None:
        """Under the writer's lock: cut an unfinished row off the index, and index what is whole of the tail.

        What is not whole stays where it is, unread: nothing is ever cut off the pack that another may be reading.
        """
        pack, index = self.folder / "pack", self.folder / "index"
        size = index.stat().st_size if index.exists() else 0
        if size % ROW.size:
            os.truncate(index, size - size % ROW.size)
        self._refresh()
        if not pack.exists():
            if index.exists():
                index.unlink()  # an index without its pack says nothing
                self._forget()
            return
        if self._damaged_rows:
            files.write_bytes(index, b"".join(_records(pack, 0)))
            self._refresh()
            return
        end = max((place.offset + place.length for place in self._places.values()), default=0)
        if pack.stat().st_size > end:
            rows = b"".join(_records(pack, end))
            if rows:
                _append_synced(index, rows)

    def _append(self, new: dict[str, tuple[bytes, int, int]]) -> None:
        pack = self.folder / "pack"
        offset = pack.stat().st_size if pack.exists() else 0
        records, rows = [], []
        for key, (data, width, height) in new.items():
            head = HEAD.pack(MAGIC, bytes.fromhex(key), len(data), width, height, 0)[:-4]
            records += [head, struct.pack("<I", zlib.crc32(head)), data]
            rows.append(_row(bytes.fromhex(key), offset + HEAD.size, len(data), width, height))
            offset += HEAD.size + len(data)
        if rows:
            _append_synced(pack, b"".join(records))
            _append_synced(self.folder / "index", b"".join(rows))


def picture_key(data: bytes) -> str:
    """The content key of a picture: the first 32 hexadecimal digits of its sha256."""
    return hashlib.sha256(data).hexdigest()[:32]


def _row(key: bytes, offset: int, length: int, width: int, height: int) -> bytes:
    row = ROW.pack(key, offset, length, width, height, 0)[:-4]
    return row + struct.pack("<I", zlib.crc32(row))


def _records(pack: Path, start: int) -> Iterator[bytes]:
    """Index rows of all whole pictures in the pack from `start` on; what lies between them is passed over."""
    if pack.stat().st_size == 0:
        return
    with pack.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(MAGIC, start)
        while at >= 0:
            record = _record(data[at : at + HEAD.size])
            begin = at + HEAD.size
            if record is not None and picture_key(data[begin : begin + record[1]]) == record[0].hex():
                yield _row(record[0], begin, *record[1:])
                at = data.find(MAGIC, begin + record[1])
            else:
                at = data.find(MAGIC, at + 1)


def _record(head: bytes) -> tuple[bytes, int, int, int] | None:
    """Key, length, width and height from a record's head; None when it is none."""
    if len(head) < HEAD.size:
        return None
    magic, key, length, width, height, crc = HEAD.unpack(head)
    if magic != MAGIC or crc != zlib.crc32(head[:-4]):
        return None
    return key, length, width, height


def _append_synced(path: Path, data: bytes) -> None:
    """Append `data` and put it on disk. On failure the file is cut back to what it was."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        before = os.fstat(handle).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)
    if before == 0:
        files.fsync_dir(path.parent)
