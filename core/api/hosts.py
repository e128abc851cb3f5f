"""Which names the shop answers to.

A page elsewhere can give its own name the address of this machine and then read from a browser what only this machine
should see; the name it has to send along gives it away. Addresses, localhost and the machine's own name are nobody
else's to give, so they always answer.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any

from core import settings
from core.api.answers import error
from core.settings import names_in

LOCAL = "localhost"


class HostCheck:
    """Pure ASGI: refuses what is asked under a name that is not the shop's, pages and their connections included.

    hosts: the setting; None reads the settings of this process with the first question.
    """

    def __init__(self, app: Any, hosts: str | None = None) -> None:
        self.app = app
        self._allowed: list[str] | None = None if hosts is None else names_in(hosts)
        self._own = _own_names()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if self._allowed is None:
            self._allowed = names_in(settings.read().hosts)
        if len(sent) <= 1 and all(answers_to(host_of(one), self._own, self._allowed) for one in sent):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "hosts"})
        else:
            message = (
                "This shop does not answer to the name it was asked under. If it should, add the name to `hosts` in "
                "the shop's settings, or to VITRINE_HOSTS."
            )
            await error("wrong_host", message, 421 if len(sent) == 1 else 400)(scope, receive, send)


def host_of(sent: str) -> str:
    """The name in a Host header, without port and closing dot, in small letters; an address in brackets loses them."""
    host = sent.strip().casefold()
    if found := re.fullmatch(r"\[([^\]]*:[^\]]*)\](:[0-9]*)?", host):
        return found[1]
    name, _, port = host.rpartition(":")
    return (name if name and port.isdecimal() else host).rstrip(".")


def answers_to(host: str, own: Sequence[str], allowed: Sequence[str]) -> bool:
    """Whether `host`, as `host_of` gives it, is a name of this shop."""
    if host == LOCAL or host.endswith(f".{LOCAL}") or host in own:
        return True
    try:
        ipaddress.ip_address(host.partition("%")[0] if ":" in host else host)  # only IPv6 has zones
    except ValueError:
        return any(
            one in ("*", host) or (one.startswith("*.") and host.endswith(one[1:]) and host != one[1:])
            for one in allowed
        )
    return True


def _own_names() -> tuple[str, ...]:
    name = socket.gethostname().casefold().rstrip(".")
    return (name, f"{name}.local") if name else ()
