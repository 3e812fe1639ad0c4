"""HTTP of the module, by audience."""

from kanghu.modules.people.endpoints.admin import admin
from kanghu.modules.people.endpoints.patient import patient

ROUTERS = [admin, patient]
