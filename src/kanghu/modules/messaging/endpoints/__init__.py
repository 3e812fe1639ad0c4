"""Routes, by audience: customers, agents at the desk, and what agents and supervisors look up."""

from kanghu.modules.messaging.endpoints import agents, desk, patient

ROUTERS = [patient.patient, agents.admin, desk.admin]
