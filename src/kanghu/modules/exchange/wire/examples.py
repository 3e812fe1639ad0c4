"""One real message per interface for the API document; a test posts each of them and gets the answer that stands here."""

from typing import Any

PERSON: dict[str, Any] = {
    "name": "张建国",
    "sex": "1",
    "birth_date": "19680315",
    "id_type": "01",
    "id_number": "110101196803150016",
}
ACCOUNT = "TJ20260001"
EXAM = "E20261201001"


def answered(
    data: dict[str, Any] | None = None, *messages: dict[str, Any], accepted: bool = True
) -> dict[str, Any]:
    return {
        "accepted": accepted,
        "messages": list(messages),
        "data": data or {},
        "request_id": "2026-12-01-000123",
    }


REQUESTS: dict[str, dict[str, Any]] = {
    "K1": {"person": PERSON},
    "K2": {
        "exam_account": ACCOUNT,
        "person": PERSON,
        "appointment_date": "20261201",
        "items": [
            {
                "item_code": "GLU0",
                "name": "空腹血糖",
                "category": "血糖",
                "optional": False,
                "standard_code": "LAB.FPG",
                "reason": "基本项目（1）",
            }
        ],
    },
    "H1": {"exam_account": ACCOUNT},
    "H2": {
        "exam_account": ACCOUNT,
        "exam_no": EXAM,
        "person": PERSON,
        "guide": {"kind": "text", "content": "请空腹，早 8 点前到体检中心一楼报到。"},
        "exam_date": "20261201",
    },
    "H3": {
        "exam_account": ACCOUNT,
        "exam_no": EXAM,
        "person": PERSON,
        "change": "1",
        "results": [
            {
                "item_code": "GLU0",
                "item_name": "空腹血糖",
                "value": "5.3",
                "value_type": "numeric",
                "unit": "mmol/L",
                "reference_range": "3.9-6.1",
                "abnormal_flag": "N",
                "performed_at": "2026-12-01T08:12:30+08:00",
                "department": "检验科",
                "sequence": 1,
            }
        ],
    },
    "H4": {
        "exam_account": ACCOUNT,
        "exam_no": EXAM,
        "person": PERSON,
        "report": {"kind": "text", "content": "总检结论：本次检查未见明显异常。"},
        "conclusions": ["未见明显异常"],
        "version": 1,
    },
    "H5": {
        "items": [
            {
                "item_code": "GLU0",
                "name": "空腹血糖",
                "category_code": "GL",
                "category_name": "糖代谢",
                "department": "检验科",
                "result_type": "numeric",
                "unit": "mmol/L",
                "specimen": "血清",
                "reference_ranges": [{"low": "3.9", "high": "6.1"}],
                "active": True,
            }
        ],
        "change": "1",
    },
}

ANSWERS: dict[str, dict[str, Any]] = {
    "K1": answered({"exam_account": ACCOUNT}),
    "K2": answered({"exam_no": EXAM}),
    "H1": answered(
        {
            "person": PERSON,
            "items": [
                {
                    "item_code": "GLU0",
                    "name": "空腹血糖",
                    "category": "血糖",
                    "optional": False,
                    "standard_code": "LAB.FPG",
                    "reason": "基本项目（1）",
                }
            ],
        }
    ),
    "H2": answered(),
    "H3": answered({"stored": 1, "staged": 0, "unchanged": 0}),
    "H4": answered(),
    "H5": answered({"added": 1, "updated": 0, "retired": 0, "removed": 0}),
}

REFUSED: dict[str, dict[str, Any]] = {
    "K1": answered(
        None, {"code": "104", "level": "error", "text": "绑定失败！姓名与证件号码不符"}, accepted=False
    ),
    "K2": answered(
        None,
        {"code": "201", "level": "error", "text": "请输入20261201至20261215的任意日期。"},
        accepted=False,
    ),
    "H1": answered(
        None,
        {
            "code": "301",
            "level": "info",
            "text": "查无记录。TJ20269999",
            "details": {"reason": "account_unknown"},
        },
        accepted=False,
    ),
    "H2": answered(
        None,
        {
            "code": "402",
            "level": "error",
            "text": "保存失败。体检指引地址必须是 https 且在允许的域名之内",
        },
        accepted=False,
    ),
    "H3": answered(
        None,
        {
            "code": "401",
            "level": "error",
            "text": "客户信息不符。姓名",
            "details": {"fields": ["name"]},
        },
        accepted=False,
    ),
    "H4": answered(
        None,
        {
            "code": "401",
            "level": "error",
            "text": "客户信息不符。姓名",
            "details": {"fields": ["name"]},
        },
        accepted=False,
    ),
}
"""What each interface says when it takes nothing over. H5 has no such answer: what it cannot store it keeps (701)."""
