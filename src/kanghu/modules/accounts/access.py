"""Access of the few routes that a session limited to an errand (enrol TOTP, change the first password) may use."""

from typing import Any

from fastapi import Depends, Request

from kanghu.kernel.security import Caller, SignedIn
from kanghu.kernel.web import Transaction
from kanghu.modules.accounts.errors import PasswordChangeNeeded, SessionLimited, TotpEnrolmentNeeded


class HalfSignedIn(SignedIn):
    """Any signed-in caller, also one whose session is limited to one of `errands`; `request.state.errand` tells which."""

    def __init__(self, *errands: type[SessionLimited]) -> None:
        self.errands = errands

    async def __call__(self, request: Request, tx: Transaction) -> Caller:
        request.state.errand = None
        try:
            return await super().__call__(request, tx)
        except self.errands as limited:
            request.state.errand = limited.errand
            return limited.caller


def half_signed_in() -> Any:
    """Whatever the session is limited to."""
    return Depends(HalfSignedIn(PasswordChangeNeeded, TotpEnrolmentNeeded), scope="function")


def enrolling() -> Any:
    """Also a session limited to enrolling TOTP; not one with the first password, which somebody else may know too."""
    return Depends(HalfSignedIn(TotpEnrolmentNeeded), scope="function")
