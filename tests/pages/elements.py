"""How a person handles what Element Plus draws, where plain clicks are not enough."""

import re
from typing import Literal

from playwright.sync_api import Locator, Page


def choose(
    where: Page | Locator, label: str, option: str, *, role: Literal["option", "treeitem"] = "option"
) -> None:
    """Opens the select box `label` and takes `option`; a tree to select from has `treeitem`s. An option may show more than
    its name behind it."""
    page = where if isinstance(where, Page) else where.page
    # What is chosen, or the hint, is drawn over the box itself, and takes the click for it.
    where.get_by_role("combobox", name=label, exact=True).click(force=True)
    found = page.get_by_role(role, name=re.compile(rf"^{re.escape(option)}(\s|$)"))
    # The text, since the middle of a tree's item may lie among its children.
    found.get_by_text(option, exact=True).first.click()
