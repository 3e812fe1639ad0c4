"""Who hears what: customers what concerns them and their family, staff what concerns their institution and they may see."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.live import Change
from kanghu.kernel.security import Caller
from kanghu.modules.people import public as people

TOPICS: dict[str, str | None] = {
    "catalog.mappings": "catalog.mapping.read",
    "exams.bookings": "exams.booking.read",
    "exams.guides": "exams.booking.read",
    "exams.results": "exams.result.read",
    "exams.reports": "exams.result.read",
    "exchange.messages": "exchange.message.read",
    "exchange.staged_results": "exchange.staged.read",
    "exchange.vendors": "exchange.vendor.read",
    "exports.exports": None,
    "forms.responses": "forms.response.read",
    "health.checklists": "health.checklist.read",
    "health.findings": "health.finding.read",
    "health.risks": "health.risk.read",
    "messaging.messages": "messaging.queue.supervise",
    "messaging.queue": "messaging.conversation.read",
    "notices.notices": None,
    "people.identity": "people.identity.review",
    "wechat.accounts": "wechat.account.read",
    "wechat.broadcasts": "wechat.broadcast.read",
    "wechat.materials": "wechat.material.read",
    "wechat.menus": "wechat.menu.read",
    "wechat.replies": "wechat.reply.read",
    "wechat.tag_rules": "wechat.fan.read",
}
"""Every topic → the permission with which staff hear of it; None: only the account or the person that it is for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one page is told. `person_id` is named to customers only."""

    number: int
    topic: str
    person_id: UUID | None


class News:
    """Changes in the order of their numbers, by whom they may concern: most pages are concerned by none of them."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.of_persons: defaultdict[UUID, list[Heard]] = defaultdict(list)
        self.of_accounts: defaultdict[UUID, list[Heard]] = defaultdict(list)
        self.of_institutions: dict[tuple[str, UUID], Heard] = {}
        for change in changes:
            if change.account_id is not None:
                self.of_accounts[change.account_id].append(Heard(change.id, change.topic, None))
            if change.person_id is not None:
                self.of_persons[change.person_id].append(Heard(change.id, change.topic, change.person_id))
            if change.institution_id is not None:
                self.of_institutions[change.topic, change.institution_id] = Heard(
                    change.id, change.topic, None
                )


@dataclass(frozen=True, slots=True)
class Audience:
    """The one behind a stream. `persons`: a customer and their family."""

    caller: Caller
    persons: frozenset[UUID]

    def hears(self, news: News) -> Iterator[Heard]:
        account_id = self.caller.account_id
        if account_id is not None:
            yield from news.of_accounts.get(account_id, ())
        for person_id in self.persons & news.of_persons.keys():
            yield from news.of_persons[person_id]
        if self.caller.kind == "staff":
            for (topic, institution_id), heard in news.of_institutions.items():
                if self._may_hear(topic, institution_id):
                    yield heard

    def _may_hear(self, topic: str, institution_id: UUID) -> bool:
        """Who may see only some people of his institution hears of all of it, since nobody is told of whom."""
        scope = self.caller.grants.get(TOPICS[topic] or "")
        if scope is None:
            return False
        part = scope.departments or scope.account
        return (
            scope.everything
            or institution_id in scope.institutions
            or bool(part and institution_id == self.caller.institution_id)
        )


async def audience_of(tx: Tx, caller: Caller) -> Audience:
    persons = await people.family_of(tx, caller.person_id) if caller.person_id is not None else []
    return Audience(caller, frozenset(persons))
