"""Codes by SMS: taken from accounts at the last moment, handed to the SMS service, forgotten."""

from uuid import UUID

from kanghu.kernel import audit, log
from kanghu.kernel.db import Database
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.jobs import TryAgain
from kanghu.kernel.security import SYSTEM
from kanghu.modules.accounts import public as accounts
from kanghu.modules.notices.adapters import tencent_sms
from kanghu.modules.notices.settings import settings


def available() -> bool:
    """Whether an account at the SMS service is set up."""
    return settings().complete()


async def send_phone_code(database: Database, code_id: UUID) -> None:
    """One try. Raises `TryAgain` while that may help; a code that expired meanwhile is not sent any more."""
    async with database.transaction() as tx:
        message = await accounts.phone_code_to_send(tx, code_id)
    if message is None:
        return
    try:
        serial = await tencent_sms.send(settings(), message.phone, [message.code, str(message.minutes)])
        outcome = {"serial": serial}
    except PeerFailed as error:
        log.get("notices").error("sms_not_sent", code_id=str(code_id), reason=error.reason)
        if error.passing:
            raise TryAgain(error.reason) from error
        outcome = {"reason": error.reason}
    async with database.transaction() as tx:
        await accounts.phone_code_sent(tx, code_id)
        await audit.record(
            tx,
            SYSTEM,
            "notices.sms.send" if "serial" in outcome else "notices.sms.refuse",
            subject=f"accounts.phone_codes/{code_id}",
            detail=outcome,
        )
