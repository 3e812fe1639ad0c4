"""Rows as an Excel workbook, written to a file as they come: memory does not grow with their number."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kanghu.kernel.clock import SHANGHAI

LONGEST_TEXT = 32_767  # of a cell, in Excel
_WIDTH = 20


class Spreadsheet:
    """One sheet with a head line. Text stays text: what a person typed never becomes a formula or a link."""

    def __init__(self, path: Path, titles: Sequence[str]) -> None:
        import xlsxwriter  # a third of a second, which only an export should cost

        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(titles) - 1, _WIDTH)
        head = self._book.add_format({"bold": True, "bg_color": "#E2E8F0"})
        for column, title in enumerate(titles):
            self._sheet.write_string(0, column, title, head)
        self._next = 1

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            for column, value in enumerate(row):
                self._write(column, value)
            self._next += 1

    def close(self) -> None:
        self._book.close()

    def _write(self, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self._sheet.write_string(self._next, column, "是" if value else "否")
        elif isinstance(value, int | float):
            self._sheet.write_number(self._next, column, value)
        elif isinstance(value, datetime):
            local = value.astimezone(SHANGHAI).replace(tzinfo=None)
            self._sheet.write_datetime(self._next, column, local, self._instant)
        elif isinstance(value, date):
            self._sheet.write_datetime(self._next, column, value, self._day)
        else:
            self._sheet.write_string(self._next, column, str(value)[:LONGEST_TEXT])
