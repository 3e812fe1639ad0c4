"""The web process: `python -m kanghu.main.web`. Plain HTTP on loopback only (decision 23)."""

import ipaddress
import resource
import socket
import sys

import uvicorn
from fastapi import FastAPI

from kanghu.kernel.config import Settings
from kanghu.main.app import create_app
from kanghu.main.live.hub import STREAMS
from kanghu.main.process import NotPrepared, prepare
from kanghu.modules.accounts import public as accounts


def is_loopback(host: str) -> bool:
    """Whether every address of `host` is the machine itself."""
    return all(ipaddress.ip_address(found[4][0]).is_loopback for found in socket.getaddrinfo(host, None))


def refuse_plain_http(chosen: Settings) -> None:
    """Raises `NotPrepared` when others could reach us without TLS."""
    if is_loopback(chosen.host) or chosen.behind_tls_proxy or (chosen.tls_certificate and chosen.tls_key):
        return
    raise NotPrepared(
        f"拒绝在 {chosen.host} 上提供明文 HTTP。请设置 KANGHU_TLS_CERTIFICATE 与 KANGHU_TLS_KEY，"
        "或在前面放置 TLS 反向代理并设置 KANGHU_BEHIND_TLS_PROXY=true"
    )


class Server(uvicorn.Server):
    """When it is to end, pages that only listen are sent away first: running requests get the time that is left."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.live.hang_up()
        await super().shutdown(sockets)


def allow_many_connections() -> None:
    """Every open page holds a socket; the usual limit of a process is 1024 files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    try:
        chosen, database = prepare()
        refuse_plain_http(chosen)
    except NotPrepared as error:
        sys.exit(str(error))
    allow_many_connections()
    app = create_app(database, accounts.authenticate)
    config = uvicorn.Config(
        app,
        host=chosen.host,
        port=chosen.port,
        ssl_certfile=chosen.tls_certificate,
        ssl_keyfile=chosen.tls_key,
        proxy_headers=chosen.behind_tls_proxy,
        forwarded_allow_ips="127.0.0.1" if chosen.behind_tls_proxy else None,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        limit_concurrency=STREAMS + 1000,
        h11_max_incomplete_event_size=64 * 1024,
    )
    Server(config, app).run()


if __name__ == "__main__":
    main()
