"""What whoever tries things out may set: faults, and where receipts go."""

from fastapi import APIRouter, Depends

from kanghu_sandbox.desk import loopback_only, own_pages_only

from .faults import FaultBox, Faults
from .receipts import Addresses, Reports


def control(faults: FaultBox, reports: Reports) -> APIRouter:
    """/control, for this machine only."""
    desk = APIRouter(prefix="/control", dependencies=[Depends(loopback_only), Depends(own_pages_only)])

    @desk.get("/faults", operation_id="get_sms_faults")
    async def get_faults() -> Faults:
        """现在的故障。"""
        return faults.now

    @desk.put("/faults", operation_id="set_sms_faults")
    async def set_faults(wanted: Faults) -> Faults:
        """换成这些故障。"""
        faults.now = wanted
        return faults.now

    @desk.put("/receipts", operation_id="set_sms_receipts")
    async def set_receipts(wanted: Addresses) -> Addresses:
        """回执推送到哪里。"""
        reports.addresses = wanted
        return reports.addresses

    return desk
