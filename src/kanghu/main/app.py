"""The web application: the modules' routers behind one edge; it does not start while a route lacks its access."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from typing import Annotated, Any

from fastapi import FastAPI

import kanghu
from kanghu.kernel.config import settings
from kanghu.kernel.db import Database
from kanghu.kernel.security import Authenticator, Caller, anyone, check_routes
from kanghu.kernel.web import MIB, Edge, Transaction, install_error_handlers
from kanghu.main import exports, modules, openapi, operations, pages, workbench
from kanghu.main.live import endpoints as live
from kanghu.main.live.hub import Hub
from kanghu.modules.people import public as people

_LIMITS = (
    ("/open/v1/exam/reports*", 8 * MIB),
    ("/api/patient/messaging/institutions/*", 10 * MIB),
    ("/api/admin/messaging/conversations/*", 10 * MIB),
    ("/api/patient/people/identity/card/*", 5 * MIB),
    ("/api/admin/wechat/materials*", 10 * MIB),
    ("/api/admin/wechat/accounts/*/broadcast-pictures", 10 * MIB),
)


def body_limit(path: str) -> int:
    """Bytes that a request body may have; reports, pictures and videos are larger than the rest."""
    return next((limit for pattern, limit in _LIMITS if fnmatchcase(path, pattern)), MIB)


def connect(app: FastAPI, database: Database, authenticate: Authenticator) -> None:
    """Whose data `app` shows, and who is let in. Tests give one application, which is slow to make, to many databases."""
    app.state.database = database
    app.state.authenticate = authenticate
    app.state.live = Hub(database, lambda tx, token: authenticate(tx, token, idle=True))


def create_app(database: Database, authenticate: Authenticator) -> FastAPI:
    """The application over an unopened `database` (its lifespan opens it); `authenticate` turns tokens into callers."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        await app.state.live.start()
        yield
        await app.state.live.stop()
        await database.close()

    app = FastAPI(
        title="康护 Kanghu",
        version=kanghu.__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.represent = people.represent
    connect(app, database, authenticate)
    install_error_handlers(app)
    # Routes are tried in turn, so the vendors' hot ones come first: the exchange is the highest floor.
    for router in reversed(
        [live.router, workbench.router, exports.router, *operations.ROUTERS, *modules.load()]
    ):
        app.include_router(router)

    @app.get("/healthz", operation_id="main_get_health", tags=["main"])
    async def healthz(
        _caller: Annotated[Caller, anyone("监控探针，不含业务数据")], tx: Transaction
    ) -> dict[str, str]:
        """服务与数据库可用时返回 200"""
        await tx.fetchval("SELECT 1")
        return {"status": "ok"}

    @app.get(
        "/open/v1/openapi.json", operation_id="main_get_open_document", tags=["main"], include_in_schema=False
    )
    async def open_document(
        _caller: Annotated[Caller, anyone("对接厂家据此开发，不含任何数据")],
    ) -> dict[str, Any]:
        """体检对接开放接口的 OpenAPI 文档"""
        if not hasattr(app.state, "open_document"):
            app.state.open_document = openapi.document(app, "open")
        return app.state.open_document

    pages.install(app, settings())
    app.add_middleware(Edge, limits=body_limit)
    check_routes(app, open_paths=pages.OPEN_PATHS)
    return app
