"""A hospital with real accounts, and clients that sign in through the door like everybody else."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from kanghu.kernel.db import Database
from kanghu.main.app import connect
from kanghu.modules.accounts import public

from .hospital import PASSWORD, Enter, Hospital


@pytest.fixture
async def hospital(database: Database) -> Hospital:
    async with database.transaction() as tx:
        east = await public.create_institution(tx, "EAST", "东院")
        west = await public.create_institution(tx, "WEST", "西院")
        surgery = await public.create_department(tx, east, "SUR", "外科")
        ward = await public.create_department(tx, east, "SUR-1", "外科一病区", surgery)
        annexe = await public.create_department(tx, east, "SUR-1-A", "一病区附楼", ward)
    return Hospital(database, east, west, surgery, ward, annexe)


@pytest.fixture
def real_app(application: FastAPI, database: Database) -> FastAPI:
    """The application with real sessions."""
    connect(application, database, public.authenticate)
    return application


@pytest.fixture
async def web(real_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(real_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
def enter(web: httpx.AsyncClient) -> Enter:
    """`await enter("name")` signs in and returns the headers of the session."""

    async def sign_in(login: str, code: str | None = None, password: str = PASSWORD) -> dict[str, str]:
        answer = await web.post(
            "/api/session/login", json={"login": login, "password": password, "code": code}
        )
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    return sign_in
