"""What was sent, newest first, in a file of one JSON object a line; and how often one number may be sent to."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = 500

LIMITS = (
    (30.0, 1, "LimitExceeded.PhoneNumberThirtySecondLimit"),
    (3600.0, 5, "LimitExceeded.PhoneNumberOneHourLimit"),
    (86400.0, 10, "LimitExceeded.PhoneNumberDailyLimit"),
)
"""Within so many seconds so many messages to one number: the service's own settings for codes."""


@dataclass(frozen=True, slots=True)
class Message:
    serial_no: str
    phone: str
    text: str
    parameters: list[str]
    at: float


class Inbox:
    """All phones of the world, on one shelf."""

    def __init__(self, file: Path, limits: Sequence[tuple[float, int, str]] = LIMITS) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._limits = file, limits
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        self._messages = deque((_read(line) for line in lines), KEPT)

    def keep(self, message: Message) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")
        self._messages.append(message)

    def newest(self, phone: str = "") -> list[Message]:
        """To this number, or to all of them; `phone` with or without +86."""
        wanted = phone.strip().removeprefix("+").removeprefix("86")
        return [one for one in reversed(self._messages) if not wanted or one.phone == f"+86{wanted}"]

    def over_limit(self, phone: str, now: float) -> str:
        """The code of the limit that one more message would break, empty when none."""
        times = [one.at for one in self._messages if one.phone == phone]
        broken = (
            code for seconds, most, code in self._limits if sum(now - at < seconds for at in times) >= most
        )
        return next(broken, "")


def _read(line: str) -> Message:
    return Message(**json.loads(line))
