"""`python -m kanghu_sandbox.exam_centre`."""

import signal
import sys
from collections.abc import Callable, Mapping, Sequence

import uvicorn
from fastapi import FastAPI

from .app import create_app
from .settings import Settings, read_settings

Neighbours = Callable[[Settings], Mapping[str, FastAPI]]


def main(argv: Sequence[str] | None = None, neighbours: Neighbours = lambda _settings: {}) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is running and leave with 0.

    `neighbours` are further stand-ins that live at this address: path → application.
    """
    try:
        settings = read_settings(argv)
        app = create_app(settings)
        for path, neighbour in neighbours(settings).items():
            app.mount(path, neighbour)
    except ValueError as reason:
        sys.exit(f"无法启动：{reason}")
    # uvicorn shuts down in order, puts these handlers back and raises the signal once more: then we leave quietly.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        proxy_headers=False,  # whether a caller is local is told by the socket, never by a header
        server_header=False,
        timeout_graceful_shutdown=5,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
