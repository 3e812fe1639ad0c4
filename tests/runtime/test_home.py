"""KANGHU_HOME: secrets are made once, private, and whole or not at all."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kanghu.kernel.crypto import Vault
from kanghu.main.home import Home, write_private


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    first = home.secrets()
    assert home.secrets() == first
    assert home.secrets_file.stat().st_mode & 0o777 == 0o600
    assert Home(tmp_path / "other").secrets()["vault"] != first["vault"]


def test_secrets_open_what_they_sealed(tmp_path: Path) -> None:
    sealing, opening = Vault(), Vault()
    sealing.load(Home(tmp_path).secrets())
    opening.load(Home(tmp_path).secrets())
    assert opening.open(sealing.seal("张三", "people.persons.name", 1), "people.persons.name", 1) == "张三"


def test_first_starts_at_the_same_moment_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as together:
        answers = list(together.map(lambda _n: Home(tmp_path).secrets(), range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, "old")

    def power_cut(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(OSError, match="no space"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_and_keeping(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "first")
    write_private(path, "second", replace=False)
    assert path.read_text() == "first"
    write_private(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o600
