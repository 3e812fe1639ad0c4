"""`python -m kanghu_sandbox`: every stand-in of a demonstration in one process: the exam centre at the root, SMS under /sms/,
WeChat under /wechat/, Tencent's FaceID under /faceid/.

Options are those of the exam centre; the accounts at the SMS services come from SANDBOX_SMS_* and SANDBOX_ALIYUN_SMS_*, the one at
WeChat from SANDBOX_WECHAT_*, the one at FaceID from SANDBOX_FACEID_*.
"""

from collections.abc import Mapping

from fastapi import FastAPI

from kanghu_sandbox.exam_centre.__main__ import main
from kanghu_sandbox.exam_centre.settings import Settings
from kanghu_sandbox.faceid.account import Account as FaceIdAccount
from kanghu_sandbox.faceid.app import create_app as create_faceid
from kanghu_sandbox.sms.account import Account as SmsAccount
from kanghu_sandbox.sms.account import AliyunAccount
from kanghu_sandbox.sms.app import create_app as create_sms
from kanghu_sandbox.wechat.account import Account as WeChatAccount
from kanghu_sandbox.wechat.app import create_app as create_wechat


def _neighbours(settings: Settings) -> Mapping[str, FastAPI]:
    return {
        "/sms": create_sms(SmsAccount(), settings.home / "sms.jsonl", aliyun_account=AliyunAccount()),
        "/faceid": create_faceid(FaceIdAccount(), settings.home),
        "/wechat": create_wechat(WeChatAccount(), settings.home),
    }


if __name__ == "__main__":
    main(neighbours=_neighbours)
