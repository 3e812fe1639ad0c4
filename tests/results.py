"""Results as tests write them."""

from datetime import datetime
from typing import Any

from kanghu.modules.exams import public as exams


def new_result(code: str, value: str, at: datetime, **more: Any) -> exams.NewResult:
    """A matched result of one item; the vendor's code is the standard one unless `item_code` says otherwise."""
    known = {"item_code": code, "item_name": code, "value_type": "text", **more}
    return exams.NewResult(vendor_item_code=code, raw_value=value, performed_at=at, **known)
