"""A filled-in 健康自测问卷, for tests."""

from typing import Any

MAN: dict[str, Any] = {
    "residence_north": True,
    "residence_urban": True,
    "height_cm": 170,
    "weight_kg": 69.36,
    "diagnosed": ["hypertension"],
    "bp_drug_2_weeks": True,
    "allergy": ["none"],
    "hp_positive": "unknown",
    "smoking_status": "former",
    "cigarettes_per_day": 20,
    "smoking_years": 35,
    "quit_years": 3,
    "alcohol": "occasional",
}
WOMAN: dict[str, Any] = {**MAN, "smoking_status": "never", "pregnant": "trying"}
