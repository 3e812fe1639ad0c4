# ruff: noqa: S603, T201 - a command line tool that runs fixed commands
"""Installs what the platform needs into .venv, from the lock file. Standard library only.

    python3 bootstrap.py

Needs python3 (3.11 or newer somewhere on the PATH) and a network on the first run; finds uv or fetches it into .tools.
Later runs see in a moment that nothing is to be done.
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
from pathlib import Path

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


def main() -> None:
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


def runs(command: "list[str]") -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
