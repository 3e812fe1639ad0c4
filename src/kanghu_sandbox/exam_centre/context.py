"""What every request needs, made once when the app starts."""

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from kanghu_sandbox.wire.signature import Credentials

from .faults import FaultBox
from .platform import Platform
from .settings import Settings
from .store import Store


@dataclass(frozen=True, slots=True)
class Centre:
    """The running exam centre."""

    settings: Settings
    store: Store
    faults: FaultBox
    platform: Platform
    inbound: Credentials


def centre_of(request: Request) -> Centre:
    """The exam centre that a request came to."""
    return cast(Centre, request.app.state.centre)
