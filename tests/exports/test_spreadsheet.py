"""What goes into cells."""

import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from kanghu.kernel.spreadsheet import LONGEST_TEXT, Spreadsheet

from .workbook import cells


def written(path: Path, *rows: list[Any]) -> bytes:
    sheet = Spreadsheet(path, [f"第{column}列" for column in range(max(len(row) for row in rows))])
    sheet.add(rows)
    sheet.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "http://example.org", "\t=1", "1e5"]
)  # fmt: skip
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    content = written(tmp_path / "a.xlsx", [text])
    assert cells(content)[1] == {"A": text}


def test_values_keep_their_kinds(tmp_path: Path) -> None:
    at = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    path = tmp_path / "a.xlsx"
    content = written(path, [5, 1.5, at, date(2026, 11, 20), True, False, None, ""])
    line = cells(content)[1]
    assert (line["A"], line["B"], line["E"], line["F"]) == ("5", "1.5", "是", "否")
    assert line["D"] == "46346"  # days since 1899-12-30
    assert float(line["C"]) == pytest.approx(46347 + (4 * 60 + 30) / 1440)  # the next morning in Shanghai
    assert {"G", "H"} & set(line) == set()
    with zipfile.ZipFile(path) as files:
        styles = files.read("xl/styles.xml").decode()
    assert re.search(r'formatCode="yyyy-mm-dd hh:mm:ss"', styles)


def test_odd_text_neither_breaks_the_file_nor_is_lost(tmp_path: Path) -> None:
    content = written(tmp_path / "a.xlsx", ["a\x00b\x0bc", "<&>\"'", "王" * 40_000, "𠮷 😀"])
    line = cells(content)[1]
    assert len(line["C"]) == LONGEST_TEXT
    assert line["B"] == "<&>\"'"
    assert line["D"] == "𠮷 😀"
    assert "b" in line["A"]
