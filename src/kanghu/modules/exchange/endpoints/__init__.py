"""Routes by audience: `open` for vendors, `admin` for staff, `patient` for customers."""

from kanghu.modules.exchange.endpoints.admin import admin
from kanghu.modules.exchange.endpoints.open import open_api
from kanghu.modules.exchange.endpoints.patient import patient

ROUTERS = [patient, admin, open_api]
