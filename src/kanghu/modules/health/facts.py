"""Facts about one person: the one vocabulary that risk models, abnormal rules and checklist rules read.

A fact has a name (a questionnaire linkId, a catalog item code, or a derived name), a value in a stated unit, and where
and when it comes from. What is not known is absent: nothing in this package ever assumes a value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from kanghu.kernel.clock import age_in_years

Source = Literal["person", "result", "answer", "derived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One known value. `comparator` is "<" or ">" when the laboratory only gave a bound."""

    name: str
    label: str
    value: Any
    unit: str | None = None
    source: Source = "derived"
    at: datetime | None = None
    comparator: str | None = None
    reference: str | None = None
    upper_limit: float | None = None

    def told(self) -> dict[str, Any]:
        """The record of this value as it is stored with every assessment."""
        said: dict[str, Any] = {"label": self.label, "value": self.value, "source": self.source}
        if self.unit:
            said["unit"] = self.unit
        if self.at:
            said["at"] = self.at.isoformat()
        if self.reference:
            said["reference"] = self.reference
        if self.comparator:
            said["comparator"] = self.comparator
        return said


Facts = Mapping[str, Fact]


class ResultLike(Protocol):
    """The part of an exam result that facts are made of (`exams.public.ResultRow`)."""

    @property
    def result_id(self) -> Any: ...
    @property
    def item_code(self) -> str: ...
    @property
    def item_name(self) -> str: ...
    @property
    def raw_value(self) -> str | None: ...
    @property
    def numeric_value(self) -> float | None: ...
    @property
    def comparator(self) -> str | None: ...
    @property
    def ordinal_rank(self) -> int | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def performed_at(self) -> datetime: ...


# Measured at the centre or told by the person: one name, and the measurement wins.
MEASURED: dict[str, tuple[str, str, str]] = {
    "height_cm": ("EXAM.HEIGHT", "身高", "cm"),
    "weight_kg": ("EXAM.WEIGHT", "体重", "kg"),
    "waist_cm": ("EXAM.WAIST", "腰围", "cm"),
    "sbp": ("EXAM.SBP", "收缩压", "mm[Hg]"),
    "dbp": ("EXAM.DBP", "舒张压", "mm[Hg]"),
}

# linkId → kind of answer, Chinese name, unit. A value of another kind than agreed counts as not answered.
ANSWERS: dict[str, tuple[str, str, str | None]] = {
    "residence_north": ("yes_no", "居住地在北方（长江以北）", None),
    "residence_urban": ("yes_no", "居住地在城市", None),
    "smoking_status": ("code", "吸烟状况", None),
    "cigarettes_per_day": ("number", "每日吸烟支数", "支"),
    "smoking_years": ("number", "吸烟年数", "年"),
    "quit_years": ("number", "戒烟年数", "年"),
    "passive_smoking_years": ("number", "被动吸烟年数", "年"),
    "alcohol": ("code", "饮酒", None),
    "exercise_minutes_per_week": ("number", "每周运动分钟数", "分钟"),
    "salty_diet": ("yes_no", "口味偏咸", None),
    "pickled_food": ("yes_no", "常吃腌制食品", None),
    "diagnosed": ("codes", "已确诊疾病", None),
    "bp_drug_2_weeks": ("yes_no", "近两周服用降压药", None),
    "glucose_drug": ("yes_no", "使用降糖药", None),
    "lipid_drug": ("yes_no", "使用调脂药", None),
    "family_ascvd_first_degree": ("yes_no", "父母或兄弟姐妹患心梗或卒中", None),
    "family_premature_cvd": ("yes_no", "早发心血管病家族史", None),
    "family_hypertension": ("yes_no", "高血压家族史", None),
    "family_diabetes_first_degree": ("yes_no", "父母、兄弟姐妹或子女患糖尿病", None),
    "family_kidney": ("yes_no", "一级亲属肾病史", None),
    "family_cancer": ("codes", "一级亲属肿瘤史", None),
    "hp_positive": ("code", "幽门螺杆菌感染", None),
    "occupational_dust_years": ("number", "职业粉尘等致癌物接触年数", "年"),
    "biomass_fuel": ("yes_no", "使用生物燃料", None),
    "chronic_cough": ("yes_no", "慢性咳嗽", None),
    "dyspnea": ("yes_no", "呼吸困难", None),
    "chest_pain": ("yes_no", "胸痛", None),
    "claudication": ("yes_no", "间歇性跛行", None),
    "headache": ("yes_no", "头痛", None),
    "dizziness": ("yes_no", "头晕", None),
    "snoring": ("yes_no", "打鼾", None),
    "daytime_sleepiness": ("yes_no", "白天嗜睡", None),
    "neck_cm": ("number", "颈围", "cm"),
    "pregnant": ("code", "是否怀孕或备孕", None),
    "menopause": ("yes_no", "是否绝经", None),
    "pregnancies": ("number", "怀孕次数", "次"),
    "sexual_experience": ("yes_no", "有过性生活", None),
    "gdm_history": ("yes_no", "妊娠期糖尿病史", None),
    "steroid_use": ("yes_no", "长期使用糖皮质激素", None),
    "contraindications": ("code", "检查禁忌", None),
}

DERIVED: dict[str, str] = {
    "age": "年龄",
    "sex": "性别",
    "bmi": "体重指数",
    "pack_years": "吸烟包年",
    "smoker": "现在吸烟",
    "ever_smoker": "曾经或现在吸烟",
    "diabetes": "糖尿病",
    "cvd": "冠心病、卒中或外周动脉疾病",
    "china_par_percent": "ASCVD 10 年风险",
    "cds_score": "糖尿病风险评分",
    "egfr": "估算肾小球滤过率",
    "phq9_total": "PHQ-9 得分",
    "gad7_total": "GAD-7 得分",
    "phq9_self_harm": "PHQ-9 第 9 题提示自伤念头",
}

SEX = {"1": "M", "2": "F"}
SEX_LABEL = {"M": "男", "F": "女"}


def label_of(name: str) -> str:
    """The Chinese name of a fact that may be absent, for "missing X" sentences."""
    if name in MEASURED:
        return MEASURED[name][1]
    if name in ANSWERS:
        return ANSWERS[name][1]
    return DERIVED.get(name) or ITEM_LABELS.get(name, name)


# Names of the items that models and rules ask for, so that "missing X" is readable before X was ever measured.
ITEM_LABELS: dict[str, str] = {
    "LAB.TC": "总胆固醇",
    "LAB.HDL-C": "高密度脂蛋白胆固醇",
    "LAB.LDL-C": "低密度脂蛋白胆固醇",
    "LAB.TG": "甘油三酯",
    "LAB.FPG": "空腹血糖",
    "LAB.2HPG": "2 小时血糖",
    "LAB.HBA1C": "糖化血红蛋白",
    "LAB.CREA": "血肌酐",
    "LAB.UACR": "尿白蛋白/肌酐比值",
    "LAB.AST": "天门冬氨酸氨基转移酶",
    "LAB.ALT": "丙氨酸氨基转移酶",
    "LAB.PLT": "血小板计数",
    "LAB.UA": "尿酸",
    "LAB.PRO": "尿蛋白",
    "LAB.FOBT": "粪便隐血",
    "LAB.HBSAG": "乙肝表面抗原",
    "LAB.HCV-AB": "丙肝抗体",
    "LAB.HP-AB": "幽门螺杆菌抗体",
    "LAB.HGB": "血红蛋白",
    "LAB.WBC": "白细胞计数",
    "LAB.K": "血钾",
    "LAB.NA": "血钠",
    "LAB.TBIL": "总胆红素",
    "EXAM.HEART_RATE": "心率",
    "EXAM.PULSE": "脉率",
}


def body_mass_index(weight_kg: float, height_cm: float) -> float:
    """BMI in kg/m², divided as decimals so that 69.36 kg at 170 cm is 24 and not a hair less."""
    height = Decimal(repr(float(height_cm))) / 100
    return float(Decimal(repr(float(weight_kg))) / (height * height))


def collect(
    *,
    sex: str | None,
    birth_date: date | None,
    results: Iterable[ResultLike],
    answers: Mapping[str, Any],
    answered_at: datetime | None,
    today: date,
    upper_limits: Mapping[str, float] | None = None,
) -> dict[str, Fact]:
    """All facts of a person.

    sex: GB/T 2261.1 code ("1", "2"; "0"/"9" count as unknown) · results: the latest per item, numbers in the item's
    standard unit · answers: linkId → value of the latest finished questionnaire · upper_limits: item code → upper
    reference limit for this sex and age, used by "n times the upper limit" rules.
    """
    facts: dict[str, Fact] = {}
    _from_person(facts, sex, birth_date, today)
    _from_results(facts, results, upper_limits or {})
    _from_answers(facts, answers, answered_at)
    _derive(facts)
    return facts


def _from_person(facts: dict[str, Fact], sex: str | None, birth: date | None, today: date) -> None:
    if sex in SEX:
        facts["sex"] = Fact(name="sex", label="性别", value=SEX[sex], source="person")
    if birth is not None and birth <= today:
        facts["age"] = Fact(
            name="age", label="年龄", value=age_in_years(birth, today), unit="岁", source="person"
        )


def _from_results(facts: dict[str, Fact], results: Iterable[ResultLike], limits: Mapping[str, float]) -> None:
    for row in results:
        value: Any = row.numeric_value
        if value is None:
            value = row.ordinal_rank if row.ordinal_rank is not None else row.raw_value
        if value is None:
            continue
        comparator = row.comparator if row.comparator in ("<", ">", "<=", ">=") else None
        fact = Fact(
            name=row.item_code,
            label=ITEM_LABELS.get(row.item_code, row.item_name),
            value=value,
            unit=row.unit,
            source="result",
            at=row.performed_at,
            comparator=comparator,
            reference=str(row.result_id),
            upper_limit=limits.get(row.item_code),
        )
        # Results come newest first or last depending on the reader; the newest is kept either way.
        kept = facts.get(row.item_code)
        if kept is None or kept.at is None or (fact.at is not None and fact.at >= kept.at):
            facts[row.item_code] = fact


def _from_answers(facts: dict[str, Fact], answers: Mapping[str, Any], at: datetime | None) -> None:
    for name, (kind, label, unit) in ANSWERS.items():
        value = understood(kind, answers.get(name))
        if value is not None:
            facts[name] = Fact(name=name, label=label, value=value, unit=unit, source="answer", at=at)
    for name, (code, label, unit) in MEASURED.items():
        measured = facts.get(code)
        told = understood("number", answers.get(name))
        if measured is not None and isinstance(measured.value, (int, float)):
            facts[name] = Fact(
                name=name,
                label=label,
                value=measured.value,
                unit=measured.unit or unit,
                source="result",
                at=measured.at,
                comparator=measured.comparator,
                reference=measured.reference,
            )
        elif told is not None:
            facts[name] = Fact(name=name, label=label, value=told, unit=unit, source="answer", at=at)


def understood(kind: str, value: Any) -> Any:
    """The answer as its kind of Python value, or None when it is not of that kind."""
    if kind == "yes_no":
        return value if isinstance(value, bool) else None
    if kind == "number":
        return float(value) if _is_number(value) else None
    if kind == "codes":
        return [str(code) for code in value] if isinstance(value, (list, tuple, set)) else None
    return value if isinstance(value, str) and value else None


def _is_number(value: Any) -> bool:
    """A finite number of zero or more (bool is not a number here)."""
    return (
        isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and 0 <= value < float("inf")
    )


def _derive(facts: dict[str, Fact]) -> None:
    def put(name: str, value: Any, unit: str | None = None, at: datetime | None = None) -> None:
        facts[name] = Fact(name=name, label=DERIVED[name], value=value, unit=unit, at=at)

    _derive_bmi(facts)
    _settle(facts)
    smoking = facts.get("smoking_status")
    if smoking is not None:
        put("smoker", smoking.value == "current", at=smoking.at)
        put("ever_smoker", smoking.value in ("current", "former"), at=smoking.at)
        packs = _pack_years(facts, str(smoking.value))
        if packs is not None:
            put("pack_years", packs, "包年", smoking.at)
    diagnosed = facts.get("diagnosed")
    if diagnosed is not None:
        names = set(diagnosed.value)
        put("cvd", bool(names & {"chd", "stroke", "pad"}), at=diagnosed.at)
    drug = facts.get("glucose_drug")
    if (diagnosed is not None and "diabetes" in diagnosed.value) or (drug is not None and drug.value is True):
        put("diabetes", True, at=(diagnosed or drug).at)  # type: ignore[union-attr]
    elif diagnosed is not None:
        put("diabetes", False, at=diagnosed.at)


# Questions that the form does not ask because another answer already settles them: (answer, value, settled, as).
SETTLED: tuple[tuple[str, Any, str, Any], ...] = (
    ("menopause", True, "pregnant", "no"),
    ("pregnancies", 0, "gdm_history", False),
    ("family_ascvd_first_degree", False, "family_premature_cvd", False),
)


def _settle(facts: dict[str, Fact]) -> None:
    for asked, value, settled, result in SETTLED:
        fact = facts.get(asked)
        if fact is not None and fact.value == value and settled not in facts:
            facts[settled] = Fact(name=settled, label=ANSWERS[settled][1], value=result, at=fact.at)


def _derive_bmi(facts: dict[str, Fact]) -> None:
    height, weight, told = facts.get("height_cm"), facts.get("weight_kg"), facts.get("EXAM.BMI")
    if height is not None and weight is not None and _positive(height.value) and _positive(weight.value):
        value = body_mass_index(weight.value, height.value)
        sources = {height.source, weight.source}
        facts["bmi"] = Fact(
            name="bmi",
            label=DERIVED["bmi"],
            value=value,
            unit="kg/m2",
            source="answer" if "answer" in sources else "result",
            at=weight.at,
            reference=weight.reference,
        )
    elif told is not None and _positive(told.value):
        facts["bmi"] = Fact(
            name="bmi",
            label=DERIVED["bmi"],
            value=float(told.value),
            unit="kg/m2",
            source="result",
            at=told.at,
            reference=told.reference,
        )


def _positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _pack_years(facts: Facts, smoking: str) -> float | None:
    """Packs (20 cigarettes) a day times years; 0 for someone who never smoked, None when not answered."""
    if smoking == "never":
        return 0.0
    per_day, years = facts.get("cigarettes_per_day"), facts.get("smoking_years")
    if per_day is None or years is None:
        return None
    return float(per_day.value) / 20 * float(years.value)
