"""Vitrine in one process: the pages, the JSON API, and the pictures of the shop.

Start: `streamlit run app.py`, `uvicorn app:app` or `python app.py`.
"""

from __future__ import annotations

import gc
import logging
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import anyio  # noqa: E402
import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import RedirectResponse, Response  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402
from starlette.staticfiles import StaticFiles  # noqa: E402

from core import build, settings, shop  # noqa: E402
from core.api import api  # noqa: E402
from core.api.hosts import HostCheck  # noqa: E402
from core.api.logs import StartsPlainly  # noqa: E402
from core.domain.errors import ShopError  # noqa: E402

FOR_EVER = "public, max-age=31536000, immutable"
# Rails, charts and theme fonts work under this policy; Plotly's WebGL charts are what needs 'unsafe-eval'.
# A photo from the camera is a data address that the page reads itself, hence data: beside the connections.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self' ws: wss: data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
PICTURE_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")


class SecurityHeaders:
    """Pure ASGI: leaves websockets alone and does not buffer bodies."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def stamped(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in given]
                message["headers"] = [*kept, *HEADERS]
            await send(message)

        await self.app(scope, receive, stamped if scope["type"] == "http" else send)


class LongCached(StaticFiles):
    """Files that never change under their name."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = FOR_EVER
        return response


def picture(request: Request) -> Response:
    """`/pictures/KEY.webp`: a re-encoded thumbnail, out of the shop's pack; the key is the hash of its content."""
    key = request.path_params["key"]
    if not PICTURE_KEY.fullmatch(key):
        return Response(status_code=404)
    try:
        body = shop.current().pictures.read(key)
    except (ShopError, KeyError):
        return Response(status_code=404)
    return Response(body, media_type="image/webp", headers={"Cache-Control": FOR_EVER})


def home(request: Request) -> Response:
    """Today is the home page, and answers to its name as well."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Open the shop in a thread; then move what was loaded out of the garbage collector's sight."""
    await anyio.to_thread.run_sync(build.start, settings.read())
    gc.collect()
    gc.freeze()
    yield
    await anyio.to_thread.run_sync(build.stop)


def apologise(error: Exception) -> bool:
    """A bug keeps its traceback in the log; on the page stands a sentence that helps."""
    logging.getLogger("vitrine").error("a page failed", exc_info=error)
    st.html(
        '<div class="trouble" role="alert"><p>Something went wrong on our side, and nothing was changed. '
        "Load the page again; if it stays, the operator finds the reason in the log.</p></div>"
    )
    return True


app = st.App(
    HERE / "pages" / "main.py",
    routes=[
        Route("/recommend", endpoint=api),
        Route("/recommendations/{shopper_id:path}", endpoint=api),
        Route("/search", endpoint=api),
        Route("/trending", endpoint=api),
        Route("/explain", endpoint=api),
        Route("/quiz", endpoint=api),
        Route("/events", endpoint=api),
        Route("/stock", endpoint=api),
        Route("/health", endpoint=api),
        Route("/metrics", endpoint=api),
        Route("/openapi.json", endpoint=api),
        Route("/pictures/{key}.webp", endpoint=picture),
        Route("/today", endpoint=home),
        Mount("/assets/fonts", app=LongCached(directory=HERE / "assets" / "fonts")),
    ],
    middleware=[Middleware(StartsPlainly), Middleware(SecurityHeaders), Middleware(HostCheck)],
    lifespan=lifespan,
    on_script_error=apologise,
)

if __name__ == "__main__":
    app.run()
