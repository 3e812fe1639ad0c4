"""The pages: the built files of `apps/` under /admin and /m, and the start page at /.

Anyone may fetch them: they hold no data, those come through the API. A file's content is kept in memory, packed once, until the
file changes on disk. What a page's own router calls an address is no file here, so it gets the page itself.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kanghu.kernel.config import Settings
from kanghu.kernel.errors import NotFound

HERE = Path(__file__).parent / "start"

POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "frame-src 'self' blob:; object-src 'none'; frame-ancestors 'none'"
)

TEXT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
OTHER_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
}

# The builders put a hash of the content into these names, so such an address never means anything else.
_HASHED = re.compile(r"assets/(.+/)?[^/]+[-.][\w-]{8,}\.\w+")


@dataclass(frozen=True, slots=True)
class App:
    """One front end: where its files are, and what a person calls it."""

    title: str
    built: str

    def root(self, apps: Path) -> Path:
        return apps / self.built


APPS = {
    "/admin": App("管理端", "admin/dist"),
    "/m": App("客户端", "mobile/dist/build/h5"),
}
OPEN_PATHS = ["/", *(path for prefix in APPS for path in (prefix, f"{prefix}/{{path:path}}"))]


def install(app: FastAPI, chosen: Settings) -> None:
    """Adds the pages behind everything else: no address of the API is theirs."""
    start = _start_page(chosen.demo)
    app.add_route("/", lambda request: _page(request, start), methods=["GET"])
    for prefix, known in APPS.items():
        _install(app, prefix, known, chosen.apps_dir)


def _install(app: FastAPI, prefix: str, known: App, apps: Path) -> None:
    def to_folder(_request: Request) -> Response:
        return RedirectResponse(f"{prefix}/", 308)

    def serve(request: Request) -> Response:
        root = known.root(apps)
        if not (root / "index.html").is_file():
            return _page(request, _not_built(known), status=503)
        path = request.path_params["path"]
        found = _find(root, path)
        if found is None:
            raise NotFound("没有这个文件，请刷新页面后重试")
        state = found.stat()
        return _answer(request, _load(found, state.st_mtime_ns, state.st_size), immutable=is_hashed(path))

    app.add_route(prefix, to_folder, methods=["GET"])
    app.add_route(f"{prefix}/{{path:path}}", serve, methods=["GET"])


def is_hashed(path: str) -> bool:
    return bool(_HASHED.fullmatch(path))


def _find(root: Path, path: str) -> Path | None:
    """The file at `path` inside `root` and nowhere else; the page itself for addresses of its own router."""
    try:
        found = (root / path).resolve()
        if not found.is_relative_to(root.resolve()):
            return None
        if found.is_file():
            return found
    except (OSError, ValueError):  # a name too long for the system, or one with a null byte
        return None
    # By the kind, not by the dot: an address may end in LAB.CREA or DE04.10.167.00.
    missing = found.suffix.lower() in TEXT_TYPES | OTHER_TYPES
    return None if missing else root / "index.html"


@dataclass(frozen=True, slots=True)
class Content:
    """One file as it goes out; `packed` is its gzip where that is smaller."""

    body: bytes
    media_type: str
    tag: str
    packed: bytes | None


def _content(name: str, body: bytes) -> Content:
    suffix = Path(name).suffix.lower()
    packed = None
    if suffix in TEXT_TYPES or suffix == ".ttf":
        made = gzip.compress(body, 9, mtime=0)
        packed = made if len(made) < len(body) else None
    media_type = (
        f"{TEXT_TYPES[suffix]}; charset=utf-8"
        if suffix in TEXT_TYPES
        else OTHER_TYPES.get(suffix, "application/octet-stream")
    )
    return Content(body, media_type, hashlib.sha256(body).hexdigest()[:20], packed)


@lru_cache(maxsize=1024)
def _load(path: Path, _mtime_ns: int, _size: int) -> Content:
    """Read and packed once for each state of the file."""
    return _content(path.name, path.read_bytes())


def _answer(request: Request, content: Content, *, immutable: bool = False, status: int = 200) -> Response:
    packed = content.packed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    tag = f'"{content.tag}{"-gz" if packed else ""}"'
    headers = {
        "content-security-policy": POLICY,
        "cache-control": "public, max-age=31536000, immutable" if immutable else "no-cache",
        "etag": tag,
        "vary": "accept-encoding",
    }
    known = {
        given.strip().removeprefix("W/") for given in request.headers.get("if-none-match", "").split(",")
    }
    if status == 200 and known & {tag, "*"}:
        return Response(None, 304, headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(packed or content.body, status, headers, content.media_type)


def _takes_gzip(accepted: str) -> bool:
    for offer in accepted.split(","):
        name, _, weight = offer.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.rstrip("0.") != "" if weight else True
    return False


def _page(request: Request, html: str, *, status: int = 200) -> Response:
    return _answer(request, _content("page.html", html.encode()), status=status)


def _start_page(demo: bool) -> str:
    hint = (HERE / "demo.html").read_text(encoding="utf-8") if demo else ""
    return _filled("start.html", demo=hint)


def _not_built(known: App) -> str:
    return _filled("not_built.html", title=known.title)


def _filled(name: str, **values: str) -> str:
    style = (HERE / "style.css").read_text(encoding="utf-8")
    return Template((HERE / name).read_text(encoding="utf-8")).substitute(style=style, **values)
