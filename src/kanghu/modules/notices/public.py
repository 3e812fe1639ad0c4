"""What other modules may call: `notify`, the one way out of messages, `seed_templates`, and whether SMS are sent here."""

from kanghu.modules.notices.errors import NoticeNotDelivered, NoticeNotRendered
from kanghu.modules.notices.models import Notice
from kanghu.modules.notices.repository.resealing import reseal
from kanghu.modules.notices.service.sending import notify
from kanghu.modules.notices.service.sms import available as sms_available
from kanghu.modules.notices.service.templates import seed_templates

__all__ = [
    "Notice",
    "NoticeNotDelivered",
    "NoticeNotRendered",
    "notify",
    "reseal",
    "seed_templates",
    "sms_available",
]
