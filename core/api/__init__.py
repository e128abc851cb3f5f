"""The same shop over HTTP. `uvicorn core.api:api` serves it alone; app.py serves it beside the pages."""

from core.api.app import api

__all__ = ["api"]
