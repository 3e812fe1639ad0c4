"""The web application: the vendor interface, the control desk and the front page."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from . import catalogue, control_api, page, seeds, vendor_api
from .context import Centre
from .faults import FaultBox
from .platform import Platform
from .settings import Settings
from .store import Store

log = logging.getLogger("kanghu_sandbox.exam_centre")

ABOUT = """体检中心参考系统：US-K1、US-K2 的服务方，US-H1 至 H5 的使用方。
`/exam/v1` 由平台调用，须签名；`/control` 供本机操作，不签名，只接受本机访问。"""


def create_app(settings: Settings) -> FastAPI:
    """The app for these settings. Raises ValueError when credentials are missing."""
    inbound = settings.inbound()
    settings.outbound()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store, faults = Store(settings.home), FaultBox()
        await store.run(catalogue.seed)
        await store.run(seeds.seed)
        async with httpx.AsyncClient(timeout=settings.call_timeout, trust_env=False) as http:
            platform = Platform(settings, store, faults, http)
            app.state.centre = Centre(settings, store, faults, platform, inbound)
            resender = asyncio.create_task(_resend_forever(platform, settings.resend_seconds))
            try:
                yield
            finally:
                resender.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await resender

    app = FastAPI(title="体检中心参考系统", version="1", description=ABOUT, lifespan=lifespan)
    app.include_router(vendor_api.router)
    app.include_router(control_api.router)
    app.include_router(page.router)
    control_api.register_errors(app)

    @app.get("/healthz", operation_id="health", tags=["运行"])
    async def health() -> dict[str, str]:
        """本系统是否在运行。"""
        return {"status": "ok"}

    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The API document, with the bodies that the guard reads itself."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
        document["components"]["schemas"].update(vendor_api.SCHEMAS)
        app.openapi_schema = document
    return app.openapi_schema


async def _resend_forever(platform: Platform, pause: float) -> None:
    """Send what is still undelivered every `pause` seconds; 0 leaves it to the control desk."""
    while pause > 0:
        await asyncio.sleep(pause)
        try:
            await platform.resend_due()
        except Exception:  # one bad round must not end all the later ones
            log.exception("resending failed")
