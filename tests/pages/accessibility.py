"""axe-core over a page: nothing that keeps somebody from using it."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.pages.running import ROOT

_RUN = """() => axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'],
})"""

# What is fading in has not its colours yet; what turns without end never comes to rest.
_REST = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished.catch(() => undefined)))"""


@cache
def _axe() -> str:
    return (ROOT / "apps/admin/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def assert_accessible(page: Page) -> None:
    """No serious or critical finding (WCAG 2.1 A and AA) in the present state of the page."""
    # Evaluated by the debugger, which the page's Content-Security-Policy does not concern.
    page.evaluate(_axe())
    page.evaluate(_REST)
    found = page.evaluate(_RUN)["violations"]
    grave = [_told(one) for one in found if one["impact"] in ("serious", "critical")]
    assert not grave, "\n".join(grave)


def _told(violation: dict[str, Any]) -> str:
    places = "\n".join(
        f"    {node['html'][:200]}  {node['failureSummary']}" for node in violation["nodes"][:5]
    )
    return f"{violation['impact']} {violation['id']}: {violation['help']}\n{places}"
