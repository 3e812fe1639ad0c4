"""What the desks of all stand-ins share: they serve only this machine, and they look alike."""

import ipaddress

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

_STYLE = """
body{font:15px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:72rem;padding:1rem 1.5rem;color:#1f2933}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #d9e2ec;padding:.35rem .6rem;text-align:left;vertical-align:top}th{background:#f0f4f8;white-space:nowrap}
pre{white-space:pre-wrap;word-break:break-all;background:#f7f9fb;padding:.6rem;max-height:24rem;overflow:auto}
.bad{color:#b42318}.note{background:#fff3cd;padding:.5rem .8rem;border-radius:.3rem}
"""


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def loopback_only(request: Request) -> None:
    """Refuse callers from other machines: the desk has no password.

    The name in the address must be local too, or a web page could reach the desk through a name of its own that points here.
    """
    local = request.client is not None and is_loopback(request.client.host)
    if not local or not is_loopback(request.url.hostname or ""):
        raise HTTPException(403, "控制接口只接受本机访问")


def own_pages_only(request: Request) -> None:
    """Refuse what a page from elsewhere makes a browser send; programs send no Origin."""
    origin = request.headers.get("origin")
    if request.method != "GET" and origin not in (None, f"{request.url.scheme}://{request.url.netloc}"):
        raise HTTPException(403, "只接受本页面发出的请求")


def html_page(title: str, body: str, *, refresh_s: int = 0) -> HTMLResponse:
    """A whole page around `body`, which is escaped already; read anew every `refresh_s` seconds."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return HTMLResponse(
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>{refresh}'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{title}</h1>{body}</body></html>",
        # Nothing on these pages comes from a script, and what vendors or platforms sent must not become one.
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )
