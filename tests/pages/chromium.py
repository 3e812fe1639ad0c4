"""The browser of these tests: Debian's Chromium and a Chinese font, installed when they are missing and we may."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

PACKAGES = ("chromium", "fontconfig", "fonts-wqy-microhei")
PATIENCE_MS = 15_000
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    # A microphone that hums, which nobody is asked about.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


class Missing(Exception):
    """Something a person must install first; the text tells them what and how."""


def install_what_is_missing() -> None:
    if program() and has_chinese_font():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=True,
        )
    if not program():
        raise Missing(
            f"没有找到 Chromium：请执行 sudo apt-get install {' '.join(PACKAGES)}，或用环境变量 CHROMIUM 指出浏览器程序"
        )
    if not has_chinese_font():
        raise Missing(
            f"没有中文字体，页面上的汉字会是方框：请执行 sudo apt-get install {' '.join(PACKAGES[1:])}"
        )


def program() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def has_chinese_font() -> bool:
    listing = shutil.which("fc-list")
    return bool(listing and subprocess.run([listing, ":lang=zh", "family"], capture_output=True).stdout)


@contextmanager
def launched() -> Iterator[Browser]:
    # Chromium's sandbox refuses to work for root.
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=program(), args=arguments)
        yield browser
        browser.close()
