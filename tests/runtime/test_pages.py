"""The pages as a browser fetches them: types, caching, packing, and nothing but the built files."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from kanghu.kernel.config import Settings
from kanghu.kernel.web import MIB, Edge, install_error_handlers
from kanghu.main import pages

SCRIPT = "console.log('康护');\n" * 200


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """The admin app as a builder leaves it, with a secret beside it; the mobile app is not built."""
    built = tmp_path / "apps/admin/dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>管理端</title>", encoding="utf-8")
    (built / "assets/index-Bx3_k9Qa.js").write_text(SCRIPT, encoding="utf-8")
    (built / "assets/logo-12345678.png").write_bytes(b"\x89PNG")
    (built / "robots.txt").write_text("-", encoding="utf-8")
    (tmp_path / "apps/admin/secret.txt").write_text("秘密", encoding="utf-8")
    (tmp_path / "apps/admin/dist/out").symlink_to(tmp_path / "apps/admin")
    return built


def application(apps: Path, *, demo: bool = False) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    install_error_handlers(app)
    pages.install(app, Settings(apps_dir=apps, demo=demo))
    app.add_middleware(Edge, limits=lambda _path: MIB)
    return app


@pytest.fixture
async def browser(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(dist.parents[1]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


async def test_addresses_of_the_pages_own_router_get_the_page(browser: httpx.AsyncClient) -> None:
    for path in ("/admin/", "/admin/findings", "/admin/findings/0190-1/steps?tab=a.b"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-security-policy"] == pages.POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.headers.get_list("cache-control")) == 1
        assert "管理端" in answer.text
    answer = await browser.get("/admin")
    assert (answer.status_code, answer.headers["location"]) == (308, "/admin/")


async def test_assets_are_packed_and_kept_for_ever(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/admin/assets/index-Bx3_k9Qa.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9, mtime=0))
    assert answer.text == SCRIPT
    for refused in ("identity", "gzip;q=0", "gzip; q=0.0, br"):
        plain = await browser.get("/admin/assets/index-Bx3_k9Qa.js", headers={"accept-encoding": refused})
        assert "content-encoding" not in plain.headers
        assert plain.text == SCRIPT
        assert plain.headers["etag"] != answer.headers["etag"]
    assert (await browser.get("/admin/assets/logo-12345678.png")).headers["content-type"] == "image/png"


async def test_what_a_browser_has_is_not_sent_again(browser: httpx.AsyncClient, dist: Path) -> None:
    tag = (await browser.get("/admin/")).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await browser.get("/admin/", headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
    (dist / "index.html").write_text("<!doctype html><title>新的管理端</title>", encoding="utf-8")
    rebuilt = await browser.get("/admin/", headers={"if-none-match": tag})
    assert rebuilt.status_code == 200
    assert "新的管理端" in rebuilt.text


@pytest.mark.parametrize(
    "path",
    [
        "/admin/assets/missing-12345678.js",
        "/admin/../secret.txt",
        "/admin/%2e%2e/secret.txt",
        "/admin/..%2fsecret.txt",
        "/admin/out/secret.txt",
        "/admin/%2Fetc%2Fhost.conf",
        "/admin/a%00.js",
        "/admin/" + "x" * 5000 + ".js",
    ],
)
async def test_nothing_but_built_files(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ["catalog/items/LAB.CREA", "catalog/data-elements/DE04.10.167.00"])
async def test_an_address_may_end_in_a_code_with_dots(browser: httpx.AsyncClient, address: str) -> None:
    answer = await browser.get(f"/admin/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_folders_are_not_listed(browser: httpx.AsyncClient) -> None:
    assert "管理端" in (await browser.get("/admin/assets/")).text
    assert "index-Bx3" not in (await browser.get("/admin/assets")).text


async def test_pages_are_read_only(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/admin/")).status_code == 405
    assert (await browser.head("/admin/")).status_code == 200


async def test_pages_that_are_not_built_say_how_to_build_them(browser: httpx.AsyncClient) -> None:
    for path in ("/m/", "/m/pages/home", "/m/assets/index-12345678.js"):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "客户端的页面尚未构建" in answer.text
        assert "make install" in answer.text


@pytest.mark.parametrize("demo", [True, False])
async def test_the_start_page_leads_to_both(dist: Path, demo: bool) -> None:
    transport = httpx.ASGITransport(application(dist.parents[1], demo=demo))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as browser:
        answer = await browser.get("/")
    assert answer.status_code == 200
    assert 'href="/admin/"' in answer.text
    assert 'href="/m/"' in answer.text
    assert ("kanghu demo info" in answer.text) is demo


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("assets/index-Bx3_k9Qa.js", True),
        ("assets/pages/home-0a1b2c3d.css", True),
        ("assets/uni.0a1b2c3d.css", True),
        ("assets/logo.png", False),
        ("index.html", False),
        ("static/logo-12345678.png", False),
    ],
)
def test_only_names_with_a_hash_are_kept_for_ever(path: str, hashed: bool) -> None:
    assert pages.is_hashed(path) is hashed
