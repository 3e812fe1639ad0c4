"""Value domains of the coded fields of a person: which codes may be stored, and what they mean.

Taken over from the public material listed in the catalogue's value domains; only tables found in a source are here.
Confidence `seen-2` (two independent sources agree): sex, marital status, nation 01–56, id type (06 `seen`), ABO.
Confidence `seen` (one source): education, nation 66 and 99, which are local additions to GB/T 3304.
Left out on purpose: occupation (GB/T 6565 was not found, so occupation is kept as given) and the codes of Rh
(sources give them opposite meanings, so Rh is kept as words).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """A code table: its standard, and code → meaning."""

    standard: str
    codes: dict[str, str]


# fmt: off
_NATIONS = (
    "汉族", "蒙古族", "回族", "藏族", "维吾尔族", "苗族", "彝族", "壮族", "布依族", "朝鲜族",
    "满族", "侗族", "瑶族", "白族", "土家族", "哈尼族", "哈萨克族", "傣族", "黎族", "傈僳族",
    "佤族", "畲族", "高山族", "拉祜族", "水族", "东乡族", "纳西族", "景颇族", "柯尔克孜族",
    "土族", "达斡尔族", "仫佬族", "羌族", "布朗族", "撒拉族", "毛南族", "仡佬族", "锡伯族",
    "阿昌族", "普米族", "塔吉克族", "怒族", "乌孜别克族", "俄罗斯族", "鄂温克族", "德昂族", "保安族",
    "裕固族", "京族", "塔塔尔族", "独龙族", "鄂伦春族", "赫哲族", "门巴族", "珞巴族", "基诺族",
)
_SEX = {
    "0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别",
}
_MARITAL_STATUS = {
    "10": "未婚", "20": "已婚", "21": "初婚", "22": "再婚", "23": "复婚", "30": "丧偶", "40": "离婚",
    "90": "未说明的婚姻状况",
}
_EDUCATION = {
    "10": "研究生教育", "11": "博士研究生毕业", "12": "博士研究生结业", "13": "博士研究生肄业", "14": "硕士研究生毕业",
    "15": "硕士研究生结业", "16": "硕士研究生肄业", "17": "研究生班毕业", "18": "研究生班结业", "19": "研究生班肄业",
    "20": "大学本科教育", "21": "大学本科毕业", "22": "大学本科结业", "23": "大学本科肄业", "28": "大学普通班毕业",
    "30": "大学专科教育", "31": "大学专科毕业", "32": "大学专科结业", "33": "大学专科肄业", "40": "中等职业教育",
    "41": "中等专科毕业", "42": "中等专科结业", "43": "中等专科肄业", "44": "职业高中毕业", "45": "职业高中结业",
    "46": "职业高中肄业", "47": "技工学校毕业", "48": "技工学校结业", "49": "技工学校肄业", "60": "普通高级中学教育",
    "61": "普通高中毕业", "62": "普通高中结业", "63": "普通高中肄业", "70": "初级中学教育", "71": "初中毕业", "73": "初中肄业",
    "80": "小学教育", "81": "小学毕业", "83": "小学肄业", "90": "其他",
}
_ID_TYPE = {
    "01": "居民身份证", "02": "居民户口簿", "03": "护照", "04": "军官证", "05": "驾驶证", "06": "港澳居民来往内地通行证",
    "07": "台湾居民来往内地通行证", "99": "其他法定有效证件",
}
_ABO = {
    "1": "A型", "2": "B型", "3": "O型", "4": "AB型", "5": "不详",
}
# fmt: on

DOMAINS = {
    "sex": Domain("GB/T 2261.1-2003", _SEX),
    "id_type": Domain("CV02.01.101", _ID_TYPE),
    "nation": Domain(
        "GB/T 3304-1991",
        {f"{number:02}": name for number, name in enumerate(_NATIONS, start=1)}
        | {"66": "外籍", "99": "未说明/其他"},
    ),
    "marital_status": Domain("GB/T 2261.2-2003", _MARITAL_STATUS),
    "education": Domain("GB/T 4658-2006", _EDUCATION),
    "blood_type_abo": Domain("CV04.50.005", _ABO),
    "blood_type_rh": Domain("文字", {word: word for word in ("阴性", "阳性", "不详")}),
}
"""Field of a person → its domain. A field that is not here is not coded."""


def fault(field: str, value: str | None) -> str | None:
    """What is wrong with `value` in `field`, in Chinese; None if nothing is (absent values are fine)."""
    if value is None or field not in DOMAINS or value in DOMAINS[field].codes:
        return None
    return f"不是{DOMAINS[field].standard}中的代码"
