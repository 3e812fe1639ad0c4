"""Units as vendors print them, brought to UCUM."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Whole spellings, compared without spaces and in lower case. Signs are already plain (µ→u, ×→*, ²→2, full-width).
_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("次/分", "次/分钟", "次/min", "/分", "/分钟", "bpm", "beats/min", "/min", "{beats}/min"), "/min"
    ),
    **dict.fromkeys(("mmhg", "毫米汞柱", "mm汞柱", "mm[hg]"), "mm[Hg]"),
    **dict.fromkeys(("℃", "°c", "摄氏度", "度c", "cel"), "Cel"),
    **dict.fromkeys(("°f", "℉", "[degf]"), "[degF]"),
    **dict.fromkeys(("厘米", "公分"), "cm"),
    **dict.fromkeys(("公斤", "千克"), "kg"),
    **dict.fromkeys(("kg/m2", "kg/m^2", "kg/(m2)", "kg/m*2", "千克/平方米", "公斤/平方米"), "kg/m2"),
    **dict.fromkeys(
        ("/hp", "个/hp", "/hpf", "个/hpf", "/高倍视野", "个/高倍视野", "/高倍", "/[hpf]", "hpf", "cells/hpf"),
        "/[HPF]",
    ),
    **dict.fromkeys(
        ("/lp", "个/lp", "/lpf", "个/lpf", "/低倍视野", "个/低倍视野", "/低倍", "/[lpf]", "lpf"), "/[LPF]"
    ),
    **dict.fromkeys(("mm/h", "mm/1h", "mm/hr", "mm/小时", "毫米/小时", "mm/60min"), "mm/h"),
    **dict.fromkeys(("秒", "sec", "s"), "s"),
    **dict.fromkeys(("岁", "年", "a"), "a"),
    **dict.fromkeys(("分", "{score}"), "{score}"),
    **dict.fromkeys(("比值", "比率", "ratio", "1", "{ratio}"), "1"),
    **dict.fromkeys(("ph", "ph值", "[ph]"), "[pH]"),
    **dict.fromkeys(("‰", "[ppth]", "delta‰", "dob‰"), "[ppth]"),
    **dict.fromkeys(("s/co", "coi", "s/n", "{s_co}"), "{s_co}"),
    **dict.fromkeys(("dpm", "{dpm}"), "{dpm}"),
    **dict.fromkeys(
        (
            *(
                "ml/min/1.73m2",
                "ml/min/1.73m^2",
                "ml/(min*1.73m2)",
                "ml/(min*1.73m^2)",
                "ml/min*1.73m2",
                "ml/min*1.73m^2",
            ),
            *(
                "ml/min/1.73",
                "ml/(min.1.73m2)",
                "ml/min.1.73m2",
                "ml/min/(1.73m2)",
                "ml/min/{1.73_m2}",
                "ml/min(1.73m2)",
            ),
        ),
        "mL/min/{1.73_m2}",
    ),
    **dict.fromkeys(("mg/24h", "mg/24小时", "mg/24hr", "mg/(24.h)", "mg/24.h", "mg/d", "mg/天"), "mg/(24.h)"),
    **dict.fromkeys(("g/24h", "g/24小时", "g/24hr", "g/(24.h)", "g/d"), "g/(24.h)"),
    **dict.fromkeys(("mg/lfeu", "mg/l(feu)", "mgfeu/l", "mg/l{feu}", "feumg/l"), "mg/L{FEU}"),
    **dict.fromkeys(("ug/mlfeu", "ug/ml(feu)", "ugfeu/ml", "ug/ml{feu}"), "ug/mL{FEU}"),
    **dict.fromkeys(("ng/mlfeu", "ng/ml(feu)", "ngfeu/ml", "ng/ml{feu}"), "ng/mL{FEU}"),
    **dict.fromkeys(("ug/lfeu", "ug/l(feu)", "ugfeu/l", "ug/l{feu}"), "ug/L{FEU}"),
    **dict.fromkeys(("mg/lddu", "mg/l(ddu)", "mg/l{ddu}"), "mg/L{DDU}"),
    **dict.fromkeys(("copies/ml", "拷贝/ml", "copy/ml", "{copies}/ml", "cps/ml"), "{copies}/mL"),
    **dict.fromkeys(("mgn/dl", "mg{n}/dl"), "mg{N}/dL"),
    **dict.fromkeys(("个/ul", "cells/ul", "{cells}/ul", "/ul"), "/uL"),
    **dict.fromkeys(("个/ml", "cells/ml", "/ml"), "/mL"),
    **dict.fromkeys(("个/l", "/l"), "/L"),
    **dict.fromkeys(("l/l",), "L/L"),
    **dict.fromkeys(("au/ml", "[arb'u]/ml"), "[arb'U]/mL"),
    **dict.fromkeys(("kpa",), "kPa"),
    **dict.fromkeys(("db", "分贝", "dbhl"), "dB"),
    **dict.fromkeys(("kcal", "千卡"), "kcal"),
    **dict.fromkeys(("m/s", "米/秒"), "m/s"),
    **dict.fromkeys(("cm/s", "厘米/秒"), "cm/s"),
}

# Single symbols, in lower case. `G/L` in capitals is g/L or 10*9/L and therefore not listed: nobody can know.
_SYMBOLS: Final[dict[str, str]] = {
    **{
        f"{prefix}{atom}": f"{prefix}{ucum}"
        for atom, ucum in (("g", "g"), ("mol", "mol"))
        for prefix in ("", "m", "u", "n", "p", "k")
    },
    **{f"{prefix}l": f"{prefix}L" for prefix in ("", "d", "m", "u", "f")},
    **{f"{prefix}iu": f"{prefix}[IU]" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}[iu]": f"{prefix}[IU]" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}u": f"{prefix}U" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}kat": f"{prefix}kat" for prefix in ("", "u", "n")},
    **{f"{prefix}eq": f"{prefix}eq" for prefix in ("", "m", "u")},
    **{symbol: symbol for symbol in ("cm", "mm", "m", "ms", "s", "min", "h", "%", "um", "nm")},
    "mcg": "ug",
    "hr": "h",
    "小时": "h",
    "毫克": "mg",
    "微克": "ug",
    "克": "g",
    "升": "L",
    "毫升": "mL",
    "毫摩尔": "mmol",
    "微摩尔": "umol",
}
_COUNT: Final = re.compile(r"[*x]?\(?10(?:\^|\*|e)?\+?(?P<power>3|4|6|9|12)\)?(?:个)?/(?P<volume>l|ul|ml)")
_LOST_EXPONENT: Final = {"3": {"ul"}, "6": {"ul"}, "9": {"l"}, "12": {"l"}}
_SIGNS: Final = str.maketrans(
    {
        "µ": "u",
        "μ": "u",
        "×": "*",
        "·": "*",
        "㎡": "m2",
        "⁄": "/",
        "∕": "/",
        "㎎": "mg",
        "㎏": "kg",
        "㎝": "cm",
    }
)
_SHOUTED: Final = re.compile(r"[GM]/L")


@lru_cache(maxsize=8192)
def normalise(printed: str) -> str | None:
    """The UCUM spelling of a printed unit; '' for an empty one; None for one that is not known for sure.

    >>> normalise("×10^9/L"), normalise("µmol/L"), normalise("次/分"), normalise("ｍｇ／ｄｌ"), normalise("G/L")
    ('10*9/L', 'umol/L', '/min', 'mg/dL', None)
    """
    text = unicodedata.normalize("NFKC", printed.translate(_SIGNS)).translate(_SIGNS)
    text = "".join(text.split())
    if len(text) > 40 or _SHOUTED.fullmatch(text):
        return None
    if not text:
        return ""
    return _known(text.casefold())


_PRINTED: Final = {
    "1": "",
    "{score}": "分",
    "a": "岁",
    "/min": "次/分",
    "Cel": "℃",
    "[pH]": "",
    "[ppth]": "‰",
}
_POWER: Final = re.compile(r"10\*(\d+)")
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MICRO: Final = re.compile(r"\bu(?=mol|g|L|kat|m\b)")


def printed(unit: str) -> str:
    """A UCUM unit as people are used to read it; nothing for one that says nothing.

    >>> printed("mm[Hg]"), printed("10*9/L"), printed("kg/m2"), printed("mL/min/{1.73_m2}"), printed("umol/L"), printed("1")
    ('mmHg', '10⁹/L', 'kg/m²', 'mL/min/1.73m²', 'μmol/L', '')
    """
    if unit in _PRINTED:
        return _PRINTED[unit]
    text = _POWER.sub(lambda power: "10" + power[1].translate(_RAISED), unit)
    text = _MICRO.sub("μ", text).replace("m2", "m²")
    return re.sub(r"[\[\]{}_]", "", text)


def _known(text: str) -> str | None:
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    count = _COUNT.fullmatch(text)
    if count is not None:
        return _count(text, count["power"], count["volume"])
    symbols = [_SYMBOLS.get(part) for part in text.split("/")]
    if len(symbols) > 2 or None in symbols:
        return None
    return "/".join(symbol for symbol in symbols if symbol)


def _count(text: str, power: str, volume: str) -> str | None:
    """`10^9/L` and its garblings. `109/L`, the superscript lost, is read only where it can be nothing else."""
    lost = not re.search(r"10[\^*e]", text)
    if lost and volume not in _LOST_EXPONENT.get(power, set()):
        return None
    return f"10*{power}/{_SYMBOLS[volume]}"
