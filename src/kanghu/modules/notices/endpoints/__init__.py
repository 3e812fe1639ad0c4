"""Routes by what they are about: `inbox` everyone's own notices and their wording, `preferences` what a person chooses, `delivery` the
log and the settings, `receipts` what services report."""

from kanghu.modules.notices.endpoints import delivery, inbox, preferences, receipts

ROUTERS = [inbox.admin, delivery.admin, inbox.patient, preferences.patient, receipts.callback]
