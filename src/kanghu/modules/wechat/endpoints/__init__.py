"""Routes by who calls: `callback` WeChat, `admin` and `menus` the hospital's staff."""

from kanghu.modules.wechat.endpoints import menus
from kanghu.modules.wechat.endpoints.admin import admin
from kanghu.modules.wechat.endpoints.callback import callback

ROUTERS = [callback, admin, menus.admin]
