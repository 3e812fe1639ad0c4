"""Cursors, ages, masks in logs."""

import logging
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel import clock, log
from kanghu.kernel.errors import Invalid
from kanghu.kernel.pagination import decode_cursor, encode_cursor, split_page


@given(at=st.datetimes(timezones=st.just(UTC)), key=st.uuids())
def test_a_cursor_brings_its_key_back(at: datetime, key: UUID) -> None:
    assert decode_cursor(encode_cursor(at, key), datetime, UUID) == (at, key)


@given(cursor=st.text(min_size=1))
def test_a_made_up_cursor_is_refused_politely(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor, datetime, UUID)
    assert refused.value.fields == {"cursor": "无效"}


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor("a"), UUID)


def test_the_last_page_has_no_next() -> None:
    assert split_page([1, 2, 3], 3, lambda row: (row,)) == ([1, 2, 3], None)
    page, following = split_page([1, 2, 3, 4], 3, lambda row: (row,))
    assert page == [1, 2, 3]
    assert decode_cursor(following, int) == (3,)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(1990, 5, 17), date(2026, 5, 16), 35),
        (date(1990, 5, 17), date(2026, 5, 17), 36),
        (date(2000, 2, 29), date(2026, 2, 28), 25),
        (date(2000, 2, 29), date(2026, 3, 1), 26),
    ],
)
def test_completed_years(born: date, on: date, age: int) -> None:
    assert clock.age_in_years(born, on) == age


def test_personal_values_and_secrets_are_masked_in_logs() -> None:
    event: dict[str, Any] = {
        "password": "x",
        "id_number": "110101196803150016",
        "event": "客户 110101196803150016 电话 13800000001 订单 123456",
        "count": 3,
    }
    assert log.mask(None, "info", event) == {
        "password": "***",
        "id_number": "***",
        "event": "客户 *** 电话 *** 订单 123456",
        "count": 3,
    }


def test_a_database_error_is_logged_without_the_row_it_quotes() -> None:
    error = asyncpg.UniqueViolationError("duplicate key")
    error.detail = "Key (name)=(张三) already exists."
    event = log.strip_database_detail(None, "error", {"event": "x", "exc_info": error})
    assert event["exc_info"] is None
    assert "张三" not in str(event)
    assert event["database_error"] == "UniqueViolationError 23505"


def test_configured_logs_are_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        log.configure()
        log.get("test").warning("something", key=str(uuid4()))
        assert '"component": "test"' in capsys.readouterr().err
    finally:  # the captured stream closes with this test, and others log too
        structlog.reset_defaults()
        root.handlers, root.level = handlers, level
