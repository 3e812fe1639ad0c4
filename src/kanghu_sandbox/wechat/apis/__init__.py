"""The interfaces of api.weixin.qq.com that are played here, one module per chapter of its manual."""

from . import base, customer, faces, mass, materials, media, menus, mini, templates, users, web

APIS = (
    *base.APIS,
    *media.APIS,
    *materials.APIS,
    *customer.APIS,
    *templates.APIS,
    *mass.APIS,
    *users.APIS,
    *menus.APIS,
    *web.APIS,
    *mini.APIS,
    *faces.APIS,
)
