"""HTTP of the module: the session for everybody, the rest for administrators."""

from kanghu.modules.accounts.endpoints import (
    accounts,
    apps,
    audit_trail,
    organisation,
    roles,
    session,
    wechat,
)

ROUTERS = [
    session.router,
    wechat.router,
    accounts.admin,
    roles.admin,
    organisation.admin,
    apps.admin,
    audit_trail.admin,
]
