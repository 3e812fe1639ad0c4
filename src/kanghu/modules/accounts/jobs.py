"""Work by the clock: the audit chain is checked every night, old sessions and counters are removed."""

from dataclasses import dataclass
from datetime import timedelta

from kanghu.kernel import clock, log
from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import enqueue, every, job
from kanghu.modules.accounts.policy import ACCOUNT_LOCK
from kanghu.modules.accounts.repository import phone_codes, sessions, wechat_offers
from kanghu.modules.accounts.service import audit_trail


@dataclass(frozen=True, slots=True)
class CheckAuditChain:
    """Nothing to say: the whole chain is checked."""


@job("accounts.check_audit_chain", attempts=3)
async def check_audit_chain(tx: Tx, _payload: CheckAuditChain) -> None:
    check = await audit_trail.check_chain(tx)
    if check.broken_at is not None:
        log.get("accounts").error("audit_chain_broken", broken_at=check.broken_at, reason=check.reason)


async def request_check(tx: Tx) -> None:
    """Puts a check into the queue unless one waits already."""
    await enqueue(tx, check_audit_chain, CheckAuditChain(), key="accounts.check_audit_chain")


@every("23 18 * * *", "accounts.check_audit_chain_nightly")  # 02:23 in Shanghai
async def check_audit_chain_nightly(tx: Tx) -> None:
    await request_check(tx)


@every("41 18 * * *", "accounts.purge_sessions")
async def purge_sessions(tx: Tx) -> None:
    """Sessions are of use for half a year after their end (who signed in from where stays in the audit log); counters
    until they are forgotten anyway; codes by SMS while they count towards the day's limit."""
    now = clock.now()
    await sessions.purge_sessions(tx, now - timedelta(days=180))
    await sessions.purge_failures(tx, now - ACCOUNT_LOCK.forget_after)
    await phone_codes.purge(tx, now - timedelta(days=2))
    await wechat_offers.purge(tx, now)
