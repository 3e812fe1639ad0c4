"""Suggestions for 项目对照: which standard item a vendor's item probably is, with a score and the reasons a person reads.

Pure. A suggestion is never a mapping: a person confirms it. The order of evidence: the same name, a known synonym, the
same abbreviation, a similar name, similar pinyin; then unit and specimen speak for or against.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from rapidfuzz import fuzz, process

from kanghu.modules.catalog import units
from kanghu.modules.catalog.names import fold, syllables


class VendorName(msgspec.Struct, frozen=True):
    """What a vendor says of an item; everything but the name may be empty."""

    code: str
    name: str
    unit: str = ""
    specimen: str = ""
    category: str = ""
    department: str = ""


class StandardName(msgspec.Struct, frozen=True):
    """A standard item as the search sees it. `unit` is UCUM."""

    code: str
    name: str
    kind: str
    abbreviation: str = ""
    unit: str = ""
    specimen: str = ""
    synonyms: tuple[str, ...] = ()


class Suggestion(msgspec.Struct, frozen=True):
    """`unit` (UCUM) and `specimen` are the standard item's."""

    item_code: str
    name: str
    score: float
    reasons: tuple[str, ...]
    unit: str = ""
    specimen: str = ""


# Weights of the evidence. They order candidates; they are no probabilities.
_SAME_NAME: Final = 1.0
_SYNONYM: Final = 0.95
_CORE_NAME: Final = 0.92
_ABBREVIATION: Final = 0.85
_UNQUALIFIED: Final = 0.9
_BRACKETED_ONLY: Final = 0.7
_CODE: Final = 0.6
_SIMILAR: Final = 0.85
_PINYIN: Final = 0.75
_BASE_SHARE: Final = 0.88
_SAME_UNIT: Final = 0.05
_CONVERTIBLE: Final = 0.03
_NOT_CONVERTIBLE: Final = -0.20
_SPECIMEN: Final = (0.04, -0.30)
_NOT_SAID_URINE: Final = -0.08
_OTHER_DEPARTMENT: Final = -0.15
_AGREEING_ABBREVIATION: Final = 0.03
_LEAST: Final = 0.4
_LEAST_RATIO: Final = 60
_LEAST_PINYIN_RATIO: Final = 85

_BRACKETED: Final = re.compile(r"\(([^()]*)\)")
_NOISE_AHEAD: Final = re.compile(r"^(?:血清|血浆|全血|静脉血|血液|血)(?=..)")
_NOISE_BEHIND: Final = re.compile(r"(?:测定|检测|定量|检查|试验|分析|水平|浓度|含量)+$")
_LATIN: Final = re.compile(r"[0-9a-z%#]+")
# Names that differ only here are different items, however similar they look.
_OPPOSITES: Final = (
    ("左", "右"), ("抗原", "抗体"), ("表面", "核心"), ("直接", "间接"), ("高密度", "低密度"), ("游离", "总"), ("百分", "绝对"),
    ("百分", "计数"), ("收缩", "舒张"), ("裸眼", "矫正"), ("空腹", "餐后"), ("红细胞", "白细胞"), ("男", "女"), ("体积", "压积"),
)  # fmt: skip
_SPECIMENS: Final = (
    ("urine", "尿"),
    ("stool", "粪"),
    ("stool", "便"),
    ("cervix", "宫颈"),
    ("vagina", "阴道"),
    ("blood", "血"),
)


def _core(folded: str) -> str:
    """The folded name without what laboratories add to it (血清…, …测定)."""
    return _NOISE_BEHIND.sub("", _NOISE_AHEAD.sub("", folded)) or folded


def _parts(name: str) -> tuple[str, str, list[str]]:
    """Folded: the whole name, the name outside brackets, what stands in brackets."""
    plain = unicodedata.normalize("NFKC", name)
    inner = [fold(found) for found in _BRACKETED.findall(plain)]
    return fold(plain), fold(_BRACKETED.sub("", plain)), [part for part in inner if part]


def _pinyin(name: str) -> str:
    return "".join(syllables(name))


def _specimen(text: str) -> str:
    return next((kind for kind, sign in _SPECIMENS if sign in text), "")


class _Evidence:
    """What speaks for one candidate: the strongest proof counts, the reasons are all told."""

    __slots__ = ("base", "reasons")

    def __init__(self) -> None:
        self.base = 0.0
        self.reasons: list[str] = []

    def add(self, weight: float, reason: str) -> None:
        self.base = max(self.base, weight)
        if reason not in self.reasons:
            self.reasons.append(reason)


class Suggester:
    """An index over the standard items. Building it takes milliseconds; it is immutable and may be shared."""

    def __init__(self, items: Iterable[StandardName]) -> None:
        self._items: list[StandardName] = list(items)
        self._exact: dict[str, list[tuple[int, float, str]]] = {}
        self._abbreviations: dict[str, list[int]] = {}
        self._names: list[tuple[str, int]] = []
        for position, item in enumerate(self._items):
            self._learn(position, item)
        self._keys = [name for name, _ in self._names]
        self._pinyin_keys = [_pinyin(name) for name in self._keys]

    def _learn(self, position: int, item: StandardName) -> None:
        whole, outer, inner = _parts(item.name)
        self._know(whole, position, _SAME_NAME, "名称相同")
        self._know(outer, position, _SAME_NAME, "名称相同")
        for synonym in (*item.synonyms, *_BRACKETED.sub("", item.name).split("/")[1:]):
            self._know(fold(synonym), position, _SYNONYM, "同义词")
        for name in {whole, outer, *(fold(synonym) for synonym in item.synonyms)}:
            self._know(_core(name), position, _CORE_NAME, "名称相同（去掉标本与方法字样）")
            if not _LATIN.fullmatch(name):
                self._names.append((name, position))
        latin = [fold(item.abbreviation), *inner, *(fold(part) for part in item.abbreviation.split("/"))]
        latin += [fold(synonym) for synonym in item.synonyms]
        for abbreviation in {name for name in latin if _LATIN.fullmatch(name)}:
            self._abbreviations.setdefault(abbreviation, []).append(position)

    def _know(self, name: str, position: int, weight: float, reason: str) -> None:
        if name and not _LATIN.fullmatch(name):
            self._exact.setdefault(name, []).append((position, weight, reason))

    def suggest(self, vendor: VendorName, limit: int = 5) -> list[Suggestion]:
        """The likeliest standard items, best first; empty when nothing comes near."""
        whole, outer, inner = _parts(vendor.name)
        evidence: dict[int, _Evidence] = {}
        # What stands in brackets may be the method, or may make it another item: 彩超(甲状腺), C反应蛋白(超敏).
        qualified = any(not _LATIN.fullmatch(part) for part in inner)
        self._by_name(whole, 1.0, evidence)
        self._by_name(outer, _UNQUALIFIED if qualified else 1.0, evidence)
        for part in inner:
            self._by_name(part, _BRACKETED_ONLY, evidence)
        self._by_abbreviation(vendor, [whole, outer, *inner], evidence)
        self._by_likeness(outer or whole, evidence)
        found = [self._judge(vendor, self._items[position], proof) for position, proof in evidence.items()]
        likely = [suggestion for suggestion in found if suggestion.score >= _LEAST]
        return sorted(likely, key=lambda one: (-one.score, one.item_code))[:limit]

    def _by_name(self, name: str, share: float, evidence: dict[int, _Evidence]) -> None:
        for spelling in {name, _core(name)}:
            for position, weight, reason in self._exact.get(spelling, ()):
                evidence.setdefault(position, _Evidence()).add(share * weight, reason)

    def _by_abbreviation(
        self, vendor: VendorName, names: Sequence[str], evidence: dict[int, _Evidence]
    ) -> None:
        for name in names:
            for token in {name, *_LATIN.findall(name)}:
                for position in self._abbreviations.get(token, ()):
                    weight = _ABBREVIATION if token == name or len(token) > 2 else _CODE
                    evidence.setdefault(position, _Evidence()).add(weight, "英文缩写一致")
        for token in {fold(vendor.code), fold(re.split(r"[-_]", vendor.code)[0])}:
            for position in self._abbreviations.get(token, ()):
                if len(token) > 1:
                    evidence.setdefault(position, _Evidence()).add(_CODE, "编码与英文缩写一致")

    def _by_likeness(self, name: str, evidence: dict[int, _Evidence]) -> None:
        if len(name) < 2:
            return
        for key, ratio, at in process.extract(
            name, self._keys, scorer=fuzz.ratio, limit=12, score_cutoff=_LEAST_RATIO
        ):
            self._alike(name, key, at, _SIMILAR * ratio / 100, "名称相近", evidence)
        spoken = _pinyin(name)
        for _, ratio, at in process.extract(
            spoken, self._pinyin_keys, scorer=fuzz.ratio, limit=6, score_cutoff=_LEAST_PINYIN_RATIO
        ):
            self._alike(name, self._keys[at], at, _PINYIN * ratio / 100, "拼音相近", evidence)

    def _alike(
        self, name: str, key: str, at: int, weight: float, reason: str, evidence: dict[int, _Evidence]
    ) -> None:
        if name != key and not _contradict(name, key):
            evidence.setdefault(self._names[at][1], _Evidence()).add(weight, reason)

    def _judge(self, vendor: VendorName, item: StandardName, proof: _Evidence) -> Suggestion:
        score = _BASE_SHARE * proof.base
        reasons = list(proof.reasons)
        if proof.base > _ABBREVIATION and "英文缩写一致" in reasons:
            score += _AGREEING_ABBREVIATION
        for bonus, reason in (
            _unit_speaks(vendor, item),
            _specimen_speaks(vendor, item),
            _department_speaks(vendor, item),
        ):
            score += bonus
            if reason:
                reasons.append(reason)
        rounded = round(min(1.0, max(0.0, score)), 3)
        return Suggestion(item.code, item.name, rounded, tuple(reasons), item.unit, item.specimen)


def _contradict(name: str, key: str) -> bool:
    """Whether two similar names say different things: other digits or letters, or one of two opposites each."""
    if sorted(_LATIN.findall(name)) != sorted(_LATIN.findall(key)):
        return True
    return any(
        (one in name and other in key and other not in name)
        or (other in name and one in key and one not in name)
        for one, other in _OPPOSITES
    )


def _unit_speaks(vendor: VendorName, item: StandardName) -> tuple[float, str]:
    ucum = units.normalise(vendor.unit)
    if not ucum:
        return 0.0, ""
    if not item.unit:
        return (_NOT_CONVERTIBLE / 2, "标准项目不带单位") if item.kind == "lab" else (0.0, "")
    if units.conversion(ucum, item.unit, item.code) is None:
        return _NOT_CONVERTIBLE, "单位无法换算"
    return (_SAME_UNIT if ucum == item.unit else _CONVERTIBLE), "单位相容"


def _specimen_speaks(vendor: VendorName, item: StandardName) -> tuple[float, str]:
    wanted = _specimen(item.specimen)
    if not wanted:
        return 0.0, ""
    said = _specimen(vendor.specimen) or _specimen(vendor.name) or _specimen(vendor.category)
    if not said:
        return (0.0, "") if wanted == "blood" else (_NOT_SAID_URINE, "")
    return (_SPECIMEN[0], "标本一致") if said == wanted else (_SPECIMEN[1], "标本不一致")


def _department_speaks(vendor: VendorName, item: StandardName) -> tuple[float, str]:
    if not vendor.department:
        return 0.0, ""
    is_laboratory = "检验" in vendor.department or "化验" in vendor.department
    differs = is_laboratory != (item.kind == "lab") and not item.specimen.startswith(("宫颈", "阴道"))
    return (_OTHER_DEPARTMENT, "科室不一致") if differs else (0.0, "")
