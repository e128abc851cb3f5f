"""What the server writes down: why it did not start, in a sentence; and who asked for what, without the shopper."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any
from urllib.parse import unquote_plus

from core.domain.errors import ShopError

# Where an address names a shopper: the path of their lists, and the parameter of every other list.
_NAMED = re.compile(r"(?i)((?:^|/)recommendations/)[^?&#\s]+")
_SAID = re.compile(r"([?&;])([^=?&;#\s]+)=[^?&;#\s]+")
_WHO = ("shopper", "shopper_id")
_LOGS = ("uvicorn.access", "uvicorn.error")  # the second tells of connections that were refused


def masked(address: str) -> str:
    """`address`, a path with its question, without the id of a shopper.

    >>> masked("/recommendations/4711?k=10")
    '/recommendations/…?k=10'
    """

    def hidden(said: re.Match[str]) -> str:
        return f"{said[1]}{said[2]}=…" if unquote_plus(said[2]).casefold() in _WHO else said[0]

    return _SAID.sub(hidden, _NAMED.sub(r"\1…", address))


class _Masked(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(masked(one) if isinstance(one, str) else one for one in record.args)
        return True


def mask_access() -> None:
    """Let the server's log of who asked for what name no shopper, once and for all."""
    for logger in map(logging.getLogger, _LOGS):
        if not any(isinstance(one, _Masked) for one in logger.filters):
            logger.addFilter(_Masked())


class StartsPlainly:
    """Pure ASGI: an app that cannot start for a reason that a person can put right says it in a sentence."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        failed: Any = None

        async def held(message: Any) -> None:
            nonlocal failed
            if message["type"] == "lifespan.startup.failed":
                failed = message
            else:
                await send(message)

        try:
            await self.app(scope, receive, held)
        except ShopError as error:
            if failed is None:
                raise
            print(f"vitrine: {' '.join(error.message.split())}", file=sys.stderr, flush=True)
            await send({**failed, "message": ""})
        except BaseException:
            if failed is not None:
                await send(failed)
            raise
