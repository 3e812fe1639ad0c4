"""HTTP of the module: staff make forms and read responses, people fill forms."""

from kanghu.modules.forms.endpoints.admin import admin
from kanghu.modules.forms.endpoints.patient import patient

ROUTERS = [admin, patient]
