"""Ready-made facts for the tests of the pure engines."""

from typing import Any

from kanghu.modules.health.facts import Fact, body_mass_index

UNITS = {
    "sbp": "mm[Hg]",
    "dbp": "mm[Hg]",
    "waist_cm": "cm",
    "height_cm": "cm",
    "weight_kg": "kg",
    "bmi": "kg/m2",
    "egfr": "mL/min/1.73m²",
    "LAB.TC": "mmol/L",
    "LAB.HDL-C": "mmol/L",
    "LAB.LDL-C": "mmol/L",
    "LAB.TG": "mmol/L",
    "LAB.FPG": "mmol/L",
    "LAB.2HPG": "mmol/L",
    "LAB.CREA": "umol/L",
    "LAB.UACR": "mg/g",
    "LAB.AST": "U/L",
    "LAB.ALT": "U/L",
    "LAB.PLT": "10*9/L",
}


def facts(**values: Any) -> dict[str, Fact]:
    """Facts by name; `LAB_TC` stands for LAB.TC and `LAB_HDL_C` for LAB.HDL-C. None leaves a fact out."""
    found = {}
    for key, value in values.items():
        name = key
        if key.startswith(("LAB_", "EXAM_")):
            kind, _, rest = key.partition("_")
            name = f"{kind}.{rest.replace('_', '-')}" if kind == "LAB" else f"{kind}.{rest}"
        if value is not None:
            source = "result" if name.startswith(("LAB.", "EXAM.")) else "answer"
            found[name] = Fact(name=name, label=name, value=value, unit=UNITS.get(name), source=source)
    if "height_cm" in found and "weight_kg" in found and "bmi" not in found:
        bmi = body_mass_index(found["weight_kg"].value, found["height_cm"].value)
        found["bmi"] = Fact(name="bmi", label="体重指数", value=bmi, unit="kg/m2")
    return found
