"""Messages between the shop and its encoder process: a JSON head and raw bytes.

Nothing is pickled: a picture that took the encoder process over could otherwise send code back to the shop.

    4 bytes length of head · head (JSON, its "blobs" are lengths) · the blobs one after another
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from core.domain.arrays import Vectors

_LENGTH = struct.Struct(">I")
MAX_HEAD = 256 * 2**20

Message = tuple[dict[str, Any], list[bytes]]


def send(stream: IO[bytes], head: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    plain = json.dumps({**head, "blobs": [len(blob) for blob in blobs]}).encode()
    stream.write(_LENGTH.pack(len(plain)))
    stream.write(plain)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def receive(stream: IO[bytes]) -> Message:
    """The next message. Raises EOFError when the other side is gone, ValueError when it talks nonsense."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > MAX_HEAD:
        raise ValueError(f"a message head of {length} bytes")
    head = json.loads(_exactly(stream, length))
    return head, [_exactly(stream, int(size)) for size in head.pop("blobs")]


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other side closed the pipe")
    return data


def pack_vectors(vectors: Vectors) -> tuple[dict[str, Any], list[bytes]]:
    return {"shape": list(vectors.shape)}, [np.ascontiguousarray(vectors, dtype="<f4").tobytes()]


def unpack_vectors(head: dict[str, Any], blobs: Sequence[bytes]) -> Vectors:
    """The [n, d] vectors of a message. Raises ValueError when its bytes do not fit its shape."""
    rows, dim = (int(side) for side in head["shape"])
    return np.frombuffer(blobs[0], dtype="<f4").reshape(rows, dim).astype(np.float32)
