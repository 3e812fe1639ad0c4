"""bootstrap.py: does nothing twice, and unpacks nothing that it cannot vouch for."""

import importlib.util
import io
import zipfile
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, working on a folder of its own."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr(module, "TOOLS", tmp_path / ".tools")
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    return module


def wheel(program: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("uv-0.13.9.data/scripts/uv", program)
    return archive.getvalue()


def offer(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """An index that has one wheel."""
    name, _ = bootstrap.UV_WHEELS["x86_64"]
    page = f'<a href="../../files/{name}#sha256=0">{name}</a>'.encode()
    pages = {
        "https://index.example/simple/uv/": page,
        f"https://index.example/files/{name}": body,
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.example/simple")
    monkeypatch.setattr(bootstrap, "fetch", lambda url: pages[url.partition("#")[0]])


def test_a_good_wheel_is_unpacked(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    body = wheel(b"#!/bin/sh\nexit 0\n")
    name, _ = bootstrap.UV_WHEELS["x86_64"]
    monkeypatch.setitem(bootstrap.UV_WHEELS, "x86_64", (name, sha256(body).hexdigest()))
    offer(bootstrap, monkeypatch, body)
    bootstrap.download_uv()
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    assert bootstrap.find_uv() == str(bootstrap.TOOLS / "bin" / "uv")


def test_a_changed_wheel_is_refused(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(bootstrap, monkeypatch, wheel(b"#!/bin/sh\nrm -rf ~\n"))
    with pytest.raises(SystemExit, match="校验值不符"):
        bootstrap.download_uv()
    assert not bootstrap.TOOLS.exists()


def test_nothing_is_fetched_without_encryption(bootstrap: ModuleType) -> None:
    with pytest.raises(SystemExit, match="非 HTTPS"):
        bootstrap.fetch("http://127.0.0.1/simple/uv/")


def test_it_installs_once_and_again_when_the_lock_changed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nmkdir -p .venv/bin && touch .venv/bin/python\n')
    uv.chmod(0o755)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: str(uv))
    bootstrap.main()
    bootstrap.main()
    assert calls.read_text().splitlines() == ["sync --frozen"]
    (tmp_path / "uv.lock").write_text("another version")
    bootstrap.main()
    assert len(calls.read_text().splitlines()) == 2
    (tmp_path / ".venv" / "bin" / "python").unlink()
    bootstrap.main()
    assert len(calls.read_text().splitlines()) == 3


def test_a_failed_installation_is_not_remembered(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "find_uv", lambda: "/bin/false")
    with pytest.raises(SystemExit, match="依赖安装失败"):
        bootstrap.main()
    assert bootstrap.installed() == ""
