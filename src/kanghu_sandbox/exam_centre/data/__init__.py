"""Shipped tables of the exam centre."""

import csv
from importlib import resources


def rows(file: str) -> list[dict[str, str]]:
    """Every row of a shipped CSV file by column name."""
    text = resources.files(__package__).joinpath(file).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
