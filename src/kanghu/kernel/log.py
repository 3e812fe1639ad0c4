"""Structured logs. Personal fields never belong into a log call; what slips in is masked here."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import asyncpg
import structlog

_SECRET_KEYS = re.compile(
    r"(?i)password|secret|token|authorization|signature|id_number|phone|address|^name$|person_name"
)
_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


def strip_database_detail(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """PostgreSQL's DETAIL quotes whole rows; of its errors only kind, code and place in our code are kept."""
    error = event.get("exc_info")
    if isinstance(error, tuple):  # what the standard library's loggers give, uvicorn's among them
        error = error[1]
    if isinstance(error, asyncpg.PostgresError):
        where = traceback.extract_tb(error.__traceback__)[-6:]
        event["exc_info"] = None
        event["database_error"] = f"{type(error).__name__} {error.sqlstate}"
        event["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in where]
    return event


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Masks values under telling keys, and ID and phone numbers in any text."""
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = _NUMBERS.sub("***", value)
    return event


def configure(*, json: bool = True) -> None:
    """Logs of this process go to standard error, one JSON object a line."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        strip_database_detail,
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def get(name: str) -> Any:
    return structlog.get_logger().bind(component=name)
