"""HTTP of the catalogue for staff, one file per use."""

from kanghu.modules.catalog.endpoints import items, mappings, packages, standards, trees

ROUTERS = [standards.admin, items.admin, trees.admin, packages.admin, mappings.admin]
