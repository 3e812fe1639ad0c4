"""Loading the shipped standards: set-based, idempotent, recorded with version and hash."""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any, Final

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.catalog import repository

DATA: Final = resources.files("kanghu.modules.catalog") / "data"
FILES: Final = (
    *("standards.csv", "data_flows.csv", "data_elements.csv", "value_domains.csv", "ws483_16_document.csv", "ws538.csv"),
    *("items.csv", "synonyms.csv", "lab_items.csv", "exam_items.csv", "item_trees.csv", "packages.csv"),
)  # fmt: skip
# WS/T 405 and 404 give intervals for adults; an adult is 18 (民法典第十七条).
_ADULT: Final = 18
_AGES: Final = re.compile(r"(\d+)-(\d+)岁")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one run did: `changed` counts inserted or updated rows; 0 on a second run."""

    version: str
    content_hash: str
    changed: int


async def load_standards(tx: Tx) -> Loaded:
    """Brings the shipped data into the database; what is already there and equal is not touched.

    Rows are never deleted: other rows may refer to them. The per-vendor mapping caches are told when items changed.
    """
    version, content_hash = data_version()
    await repository.seed.lock(tx)
    if await repository.seed.is_loaded(tx, version, content_hash):
        return Loaded(version, content_hash, 0)
    changed = 0
    for table, keys, rows in _tables():
        changed += await repository.seed.upsert(tx, table, keys, rows)
    changed += await _load_trees(tx)
    changed += await _load_packages(tx)
    await repository.seed.renew_all_mapping_versions(tx)
    await repository.seed.record_load(tx, version, content_hash)
    return Loaded(version, content_hash, changed)


def data_version() -> tuple[str, str]:
    """(version, SHA-256 over the shipped files and their names)."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + (DATA / name).read_bytes())
    return (DATA / "VERSION").read_text(encoding="utf-8").strip(), digest.hexdigest()


def read(name: str) -> list[dict[str, str]]:
    """The rows of one shipped file."""
    with (DATA / name).open(encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


Rows = list[dict[str, Any]]


def _tables() -> Iterator[tuple[str, tuple[str, ...], Rows]]:
    yield (
        "standards",
        ("code",),
        [{**row, **_dates(row), "successor": row["successor"] or None} for row in read("standards.csv")],
    )
    yield (
        "data_flows",
        ("flow", "standard_family"),
        [{**row, "position": int(row["position"])} for row in read("data_flows.csv")],
    )
    yield (
        "data_elements",
        ("identifier", "standard"),
        [_data_element(row) for row in read("data_elements.csv")],
    )
    yield (
        "value_domains",
        ("table_id", "code"),
        [{**row, "position": at} for at, row in enumerate(read("value_domains.csv"))],
    )
    yield "checkup_document", ("seq",), [_document_element(row) for row in read("ws483_16_document.csv")]
    yield (
        "imaging_elements",
        ("dicom_tag",),
        [_imaging_element(at, row) for at, row in enumerate(read("ws538.csv"))],
    )
    yield "items", ("code",), [_item(at, row) for at, row in enumerate(read("items.csv"))]
    yield "item_synonyms", ("item_code", "synonym"), read("synonyms.csv")
    yield "reference_ranges", ("item_code", "position"), _ranges()


def _dates(row: dict[str, str]) -> dict[str, date | None]:
    return {
        name: date.fromisoformat(row[name]) if row[name] else None
        for name in ("published", "effective", "lapsed")
    }


def _data_element(row: dict[str, str]) -> dict[str, Any]:
    kept = (
        "identifier",
        "part",
        "name",
        "definition",
        "datatype",
        "format",
        "value_domain",
        "unit",
        "source",
        "confidence",
        "note",
    )
    return {
        **{name: row[name] for name in kept},
        "standard": f"{row['part']}-2011",
        "edition": "2011",
        "used_in_checkup": row["used_in_checkup"] == "Y",
        "other_names": row["other_names_in_datasets"],
    }


def _document_element(row: dict[str, str]) -> dict[str, Any]:
    """One line of WS/T 483.16; `hdsd_internal_id` is empty in the source and therefore not kept."""
    kept = (
        *(
            "section",
            "section_loinc",
            "section_confidence",
            "section_display",
            "name",
            "de_identifier",
            "datatype",
        ),
        *("format", "value_domain", "unit", "cardinality", "note", "source", "confidence"),
    )
    return {
        "seq": int(row["seq"]),
        "position": int(row["order"]),
        "legacy_identifier": row["legacy_hrc00_04_id"],
        **{name: row[name] for name in kept},
    }


def _imaging_element(at: int, row: dict[str, str]) -> dict[str, Any]:
    kept = (
        "level",
        "dicom_tag",
        "vr",
        "vm",
        "keyword",
        "name_en",
        "de_identifier",
        "ws538_membership",
        "suggested_tier",
    )
    return {
        "position": at,
        "name": row["name_zh"],
        **{name: row[name] for name in (*kept, "source", "confidence", "note")},
    }


def _item(at: int, row: dict[str, str]) -> dict[str, Any]:
    ages = {name: int(row[name]) if row[name] else None for name in ("age_min", "age_max")}
    return {**row, **ages, "position": at, "origin": "shipped"}


def _ranges() -> Rows:
    """The reference ranges in `lab_items.csv`, under the codes of `items.csv` (name and abbreviation are the join)."""
    codes = {(row["name"], row["abbreviation"]): row["code"] for row in read("items.csv")}
    found: Rows = []
    counts: dict[str, int] = {}
    for row in read("lab_items.csv"):
        if not (row["ref_low"] or row["ref_high"] or row["ref_text"]):
            continue
        code = codes[row["name_zh"], row["abbreviation"]]
        counts[code] = counts.get(code, 0) + 1
        found.append({"item_code": code, "position": counts[code], **_range(row)})
    return found


def _range(row: dict[str, str]) -> dict[str, Any]:
    age_min, age_max = parse_ages(row["ref_age"])
    return {
        "sex": row["ref_sex"],
        "age_text": row["ref_age"],
        "age_min": age_min,
        "age_max": age_max,
        "low": Decimal(row["ref_low"]) if row["ref_low"] else None,
        "high": Decimal(row["ref_high"]) if row["ref_high"] else None,
        "text": row["ref_text"],
        "unit": row["unit"],
        "is_national": row["ref_source"].startswith("WS/T"),
        "is_usable": row["confidence"] != "memory" and bool(row["ref_source"]),
        "source": row["ref_source"],
        "confidence": row["confidence"],
        "note": row["note"],
    }


def parse_ages(text: str) -> tuple[int | None, int | None]:
    """`20-59岁` → (20, 59), `成人` → (18, None), anything else → no bounds."""
    if text == "成人":
        return _ADULT, None
    match = _AGES.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else (None, None)


async def _load_trees(tx: Tx) -> int:
    """Version 1 of each shipped tree, waiting for approval; items that have any version already keep what they have."""
    nodes: dict[str, list[dict[str, Any]]] = {}
    for row in read("item_trees.csv"):
        nodes.setdefault(row["item_code"], []).append(_node(row))
    codes = list(nodes)
    return await repository.seed.insert_trees(
        tx, [new_id() for _ in codes], codes, [nodes[code] for code in codes], clock.now()
    )


def _node(row: dict[str, str]) -> dict[str, Any]:
    options = [part.split("=", 1) for part in row["options"].split(";") if part]
    return {
        "path": row["path"],
        "name": row["name"],
        "value_type": row["value_type"],
        "unit": row["unit"],
        "options": [{"code": code, "name": name} for code, name in options],
        "value_domain": row["value_domain"],
        "de_identifier": row["de_identifier"],
        "origin": row["origin"],
    }


async def _load_packages(tx: Tx) -> int:
    """The shipped package templates; their members are replaced as a whole when they differ."""
    packages: dict[str, dict[str, Any]] = {}
    members: list[tuple[str, str, int]] = []
    for row in read("packages.csv"):
        kept = ("name", "sex_limit", "package_1x", "x_risk", "basis", "source", "confidence")
        packages.setdefault(
            row["package_code"], {"code": row["package_code"], **{name: row[name] for name in kept}}
        )
        members.append((row["package_code"], row["item_code"], int(row["position"])))
    templates = [{**package, "id": new_id(), "updated_at": clock.now()} for package in packages.values()]
    return await repository.seed.upsert_templates(tx, templates, members)
