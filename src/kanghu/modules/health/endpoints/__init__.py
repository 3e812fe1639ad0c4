"""Personalised lists, important abnormal results and risk assessments, for staff and for the person they belong to."""

from kanghu.modules.health.endpoints import checklists, findings, knowledge, own, risks

ROUTERS = [checklists.admin, findings.admin, knowledge.admin, risks.admin, own.patient]
