"""HTTP of the module, by audience."""

from kanghu.modules.people.endpoints.admin import admin
from kanghu.modules.people.endpoints.card_review import review
from kanghu.modules.people.endpoints.checks import checks
from kanghu.modules.people.endpoints.patient import patient

ROUTERS = [admin, review, patient, checks]
