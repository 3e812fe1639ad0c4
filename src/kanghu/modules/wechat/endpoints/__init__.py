"""Routes by who calls: `callback` WeChat, `admin` and the others the hospital's staff."""

from kanghu.modules.wechat.endpoints import broadcasts, fans, materials, menus, replies, tag_rules
from kanghu.modules.wechat.endpoints.admin import admin
from kanghu.modules.wechat.endpoints.callback import callback

ROUTERS = [
    callback,
    admin,
    menus.admin,
    replies.admin,
    fans.admin,
    broadcasts.admin,
    materials.admin,
    tag_rules.admin,
]
