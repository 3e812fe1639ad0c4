"""All SQL of the module, one file per use: seed, standards, items, trees, packages, vendor items, mappings."""

from kanghu.modules.catalog.repository import items, mappings, packages, seed, standards, trees, vendor_items

__all__ = ["items", "mappings", "packages", "seed", "standards", "trees", "vendor_items"]
