"""The personalised exam list: base “1” plus X by explainable rules. Pure."""

from kanghu.modules.health.checklist.engine import Draft as Draft
from kanghu.modules.health.checklist.engine import Line as Line
from kanghu.modules.health.checklist.engine import Reason as Reason
from kanghu.modules.health.checklist.engine import draft as draft
