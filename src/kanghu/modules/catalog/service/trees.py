"""Writing and approving the structured sub-elements of an item (语义扩展): draft → submitted → approved or rejected."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.pagination import Page, decode_cursor, split_page
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import policy, repository
from kanghu.modules.catalog.errors import (
    ApproverIsAuthor,
    ItemNotFound,
    NobodyDecides,
    TreeAlreadyOpen,
    TreeChanged,
    TreeInvalid,
    TreeNotDraft,
    TreeNotFound,
    TreeNotSubmitted,
)
from kanghu.modules.catalog.models import ItemTree, ItemTreeHead
from kanghu.modules.catalog.schemas import TreeDraft, TreeNode


async def versions(tx: Tx, item_code: str) -> list[ItemTree]:
    if await repository.items.get(tx, item_code) is None:
        raise ItemNotFound
    return await repository.trees.versions(tx, item_code)


async def get(tx: Tx, tree_id: UUID) -> ItemTree:
    return await _tree(tx, tree_id)


async def heads(tx: Tx, term: str, status: str | None, cursor: str | None, limit: int) -> Page[ItemTreeHead]:
    after = decode_cursor(cursor, datetime, UUID)
    found = await repository.trees.heads(tx, term, status, (after[0], after[1]) if after else None, limit + 1)
    items, following = split_page(found, limit, lambda one: (one.submitted_at or one.created_at, one.id))
    return Page(items=items, next=following)


async def start(tx: Tx, caller: Caller, item_code: str) -> ItemTree:
    """A new draft, beginning with what is approved (or was written last). Raises `ItemNotFound`, `TreeAlreadyOpen`."""
    known = await versions(tx, item_code)
    base = next((tree for tree in known if tree.status == "approved"), known[0] if known else None)
    tree_id = new_id()
    nodes = base.nodes if base else []
    author = _account(caller)
    if not await repository.trees.insert(tx, tree_id, item_code, nodes, author, caller.display, clock.now()):
        raise TreeAlreadyOpen
    await audit.record(tx, caller, "catalog.tree.create", subject=f"catalog.item_trees/{tree_id}")
    return await _tree(tx, tree_id)


async def save(tx: Tx, caller: Caller, tree_id: UUID, draft: TreeDraft) -> ItemTree:
    """Saves a draft as it is, complete or not. Raises `TreeNotDraft`, `TreeChanged`."""
    if (await _tree(tx, tree_id)).status != "draft":
        raise TreeNotDraft
    nodes = [node.model_dump() for node in draft.nodes]
    if not await repository.trees.save_draft(tx, tree_id, nodes, draft.change_note, draft.revision):
        raise TreeChanged
    await audit.record(tx, caller, "catalog.tree.change", subject=f"catalog.item_trees/{tree_id}")
    return await _tree(tx, tree_id)


async def discard(tx: Tx, caller: Caller, tree_id: UUID) -> None:
    """Deletes a draft. Raises `TreeNotDraft`."""
    if (await _tree(tx, tree_id, lock=True)).status != "draft":
        raise TreeNotDraft
    await repository.trees.delete_draft(tx, tree_id)
    await audit.record(tx, caller, "catalog.tree.discard", subject=f"catalog.item_trees/{tree_id}")


async def submit(tx: Tx, caller: Caller, tree_id: UUID) -> ItemTree:
    """Hands a draft over for approval. Raises `TreeNotDraft`, `TreeInvalid` naming every element that is wrong."""
    tree = await _tree(tx, tree_id, lock=True)
    if tree.status != "draft":
        raise TreeNotDraft
    nodes = [TreeNode(**node) for node in tree.nodes]
    domains, elements = await repository.trees.known_references(
        tx, [node.value_domain for node in nodes], [node.de_identifier for node in nodes]
    )
    problems = policy.tree_problems(nodes, domains, elements)
    if problems:
        raise TreeInvalid(fields=problems)
    await repository.trees.submit(tx, tree_id, clock.now())
    await audit.record(tx, caller, "catalog.tree.submit", subject=f"catalog.item_trees/{tree_id}")
    return await _tree(tx, tree_id)


async def decide(tx: Tx, caller: Caller, tree_id: UUID, approve: bool, note: str) -> ItemTree:
    """Approves or sends back a submitted version. Raises `TreeNotSubmitted`, `ApproverIsAuthor`."""
    tree = await _tree(tx, tree_id, lock=True)
    if tree.status != "submitted":
        raise TreeNotSubmitted
    account = _account(caller)
    if tree.author_id == account:
        raise ApproverIsAuthor
    status = "approved" if approve else "rejected"
    await repository.trees.decide(tx, tree, status, account, caller.display, note, clock.now())
    action = "catalog.tree.approve" if approve else "catalog.tree.reject"
    await audit.record(tx, caller, action, subject=f"catalog.item_trees/{tree_id}")
    return await _tree(tx, tree_id)


def _account(caller: Caller) -> UUID:
    if caller.account_id is None:
        raise NobodyDecides
    return caller.account_id


async def _tree(tx: Tx, tree_id: UUID, *, lock: bool = False) -> ItemTree:
    tree = await repository.trees.get(tx, tree_id, lock=lock)
    if tree is None:
        raise TreeNotFound
    return tree
