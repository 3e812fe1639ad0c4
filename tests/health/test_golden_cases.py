"""Every case of the collected golden values, against the models that are shipped."""

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kanghu.modules.health.risk import (
    Assessment,
    blood_pressure,
    body,
    cds_diabetes,
    china_par,
    ckd_epi,
    fib4,
    kdigo,
    metabolic_syndrome,
)

from .people import facts

ROWS = list(csv.DictReader((Path(__file__).parent / "data" / "golden_cases.csv").open(encoding="utf-8")))

# Collected, but their models are not shipped (yet). A new name in the file must be put here or get a model.
NOT_SHIPPED = {
    "icvd_2003",
    "findrisc_2003",
    "fli_2006",
    "frs_2008_lab",
    "frs_2008_bmi",
    "score2",
    "score2_asia_pacific",
    "score2_op",
    "who_2019_erfc_nonlab",
    "who_2019_erfc_lab",
    "apcs_2011",
    "gastric_li_2019",
    "amap_2020",
    "osta",
    "copd_sq",
    "padua",
}


def yes(value: Any) -> bool:
    return bool(value)


def china_par_case(given: dict[str, Any], coefficient_set: str) -> Assessment:
    tc = given.get("tc_mmol", given.get("tc_mgdl", 0) * 0.0259)
    hdl = given.get("hdl_mmol", given.get("hdl_mgdl", 0) * 0.0259)
    return china_par.assess(
        facts(
            age=given["age"],
            sex=given["sex"],
            sbp=given["sbp"],
            bp_drug_2_weeks=yes(given["bp_treated"]),
            LAB_TC=tc,
            LAB_HDL_C=hdl,
            waist_cm=given["waist_cm"],
            smoker=yes(given["smoker"]),
            diabetes=yes(given["diabetes"]),
            residence_north=yes(given["north"]),
            residence_urban=yes(given["urban"]),
            family_ascvd_first_degree=yes(given["family_history"]),
            cvd=False,
        ),
        coefficient_set,
    )


def cds_case(given: dict[str, Any]) -> Assessment:
    rest = {name: given[name] for name in ("age", "sex", "sbp", "bmi", "waist_cm")}
    family = yes(given["family_history"])
    return cds_diabetes.assess(facts(**rest, family_diabetes_first_degree=family, diabetes=False))


def mets_case(given: dict[str, Any]) -> Assessment:
    return metabolic_syndrome.assess(
        facts(
            sex=given["sex"],
            age=45,
            waist_cm=given["waist_cm"],
            LAB_FPG=given["fpg"],
            diabetes=given["known_dm"],
            sbp=given["sbp"],
            dbp=given["dbp"],
            bp_drug_2_weeks=given["bp_treated"],
            LAB_TG=given["tg"],
            LAB_HDL_C=given["hdl"],
        )
    )


def lung_case(given: dict[str, Any]) -> bool | None:
    from kanghu.modules.health.checklist.rules import named_condition

    status = "current" if given["current"] else "former" if given["pack_years"] else "never"
    verdict = named_condition(
        "lung_2021",
        facts(
            age=given["age"],
            pack_years=given["pack_years"],
            smoking_status=status,
            quit_years=given["quit_years"] if status == "former" else None,
            passive_smoking_years=given["passive_years"],
            diagnosed=["copd"] if given["copd"] else [],
            occupational_dust_years=given["occupational_years"],
            family_cancer=["lung"] if given["family_lung"] else [],
        ),
    )
    return verdict.truth


SHIPPED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "china_par_2016": lambda given: china_par_case(given, "coef_refined").value,
    "china_par_2016_printed": lambda given: china_par_case(given, "coef_printed").exact,
    "cdrs_cds": lambda given: cds_case(given).value,
    "ckd_epi_2021_cr": lambda given: (
        ckd_epi.assess(facts(age=given["age"], sex=given["sex"], LAB_CREA=given["scr_umol"])).exact
    ),
    "kdigo_grid": lambda given: (
        kdigo.assess(facts(age=50, egfr=given["egfr"], LAB_UACR=given["acr_mg_g"])).level
    ),
    "fib4": lambda given: (
        fib4.assess(
            facts(age=given["age"], LAB_AST=given["ast"], LAB_ALT=given["alt"], LAB_PLT=given["plt"])
        ).exact
    ),
    "bp_grade": lambda given: blood_pressure.assess(facts(age=50, **given)).level_label,
    "mets_cds_2013": lambda given: float(mets_case(given).level == "yes"),
    "bmi_cn": lambda given: body.assess_bmi(facts(age=40, **given)).level_label,
    "lung_2021": lambda given: float(lung_case(given) is True),
}


def test_every_row_is_either_tested_or_known_not_to_be_shipped() -> None:
    names = {row["model"] for row in ROWS}
    assert names == set(SHIPPED) | NOT_SHIPPED
    assert not set(SHIPPED) & NOT_SHIPPED
    assert len(ROWS) == 87


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row["model"] in SHIPPED],
    ids=lambda row: f"{row['model']}:{row['expected']}",
)
def test_golden_case(row: dict[str, str]) -> None:
    expected = json.loads(row["expected"])
    got = SHIPPED[row["model"]](json.loads(row["inputs_json"]))
    if isinstance(expected, str):
        assert got == expected
    else:
        assert got == pytest.approx(expected, abs=max(float(row["tolerance"]), 1e-9))


CATEGORY = partial(china_par_case, coefficient_set="coef_refined")


def test_the_guideline_example_changes_class_with_the_printed_coefficients() -> None:
    given = next(json.loads(row["inputs_json"]) for row in ROWS if row["model"] == "china_par_2016_printed")
    refined, printed = CATEGORY(given), china_par_case(given, "coef_printed")
    assert (refined.value, refined.level_label) == (4.7, "低危")
    assert refined.details["ideal_percent"] == 1.1
    assert printed.level_label == "中危"
    assert (refined.version, printed.version) == ("2016/refined", "2016/printed")
