"""Customers sign in, or set a new password, with a code sent to their phone."""

from dataclasses import dataclass

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database
from kanghu.kernel.errors import AppError
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import passwords
from kanghu.modules.accounts.errors import PasswordUnfit, PhoneCodeRefused
from kanghu.modules.accounts.repository import accounts as account_rows
from kanghu.modules.accounts.repository import sessions as rows
from kanghu.modules.accounts.service import phone_codes
from kanghu.modules.accounts.service.sign_in import Attempt, SignedIn, let_in, record_refusal

SIGN_IN, RESET = "sign_in", "reset_password"


@dataclass(frozen=True, slots=True)
class Proof:
    """A phone and the code that came to it."""

    phone: str
    code: str


async def sign_in(database: Database, caller: Caller, proof: Proof, attempt: Attempt) -> SignedIn:
    """A session for the customer whose phone this is. Raises PhoneCodeRefused and the sign-in errors.

    Wrong passwords of somebody else do not keep the owner of the phone out. A second factor is asked for here too; until it
    is right the code is not used up.
    """
    await phone_codes.check(database, caller, proof.phone, SIGN_IN, proof.code)
    now = clock.now()
    async with database.transaction() as tx:
        found = await rows.credentials_by_name(tx, None, phone_codes.phone_index_of(proof.phone))
        if found is None:
            raise PhoneCodeRefused
        counter = await rows.hold_failures(tx, f"account:{found.account_id}", now)
        outcome = await let_in(tx, attempt, found, counter, f"ip:{attempt.ip}", now)
        if isinstance(outcome, AppError):
            await record_refusal(tx, attempt, found, outcome)
        else:
            await phone_codes.use(tx, caller, proof.phone, SIGN_IN, proof.code)
    if isinstance(outcome, AppError):
        raise outcome  # only now: what was counted and recorded above is committed
    return outcome


async def reset_password(database: Database, caller: Caller, proof: Proof, password: str) -> None:
    """A new password for the customer whose phone this is; sessions end, pauses are lifted.

    Raises PhoneCodeRefused, PasswordUnfit.
    """
    await phone_codes.check(database, caller, proof.phone, RESET, proof.code)
    index = phone_codes.phone_index_of(proof.phone)
    async with database.transaction() as tx:
        found = await rows.credentials_by_name(tx, None, index)
    if found is None:
        raise PhoneCodeRefused
    if reason := passwords.refusal(password, (found.username or "", proof.phone)):
        raise PasswordUnfit(reason, fields={"password": reason})
    hashed = await passwords.hash_password(password)  # no connection is held meanwhile
    async with database.transaction() as tx:
        await phone_codes.use(tx, caller, proof.phone, RESET, proof.code)
        await rows.clear_failures(tx, f"account:{found.account_id}")  # before the account, as signing in does
        await account_rows.set_password(tx, found.account_id, hashed, must_change=False)
        ended = await rows.revoke_sessions(tx, found.account_id, clock.now())
        await audit.record(
            tx,
            caller,
            "accounts.password.reset",
            subject=f"accounts.accounts/{found.account_id}",
            person_id=found.person_id,
            institution_id=found.institution_id,
            detail={"by": "phone_code", "ended": ended},
        )
