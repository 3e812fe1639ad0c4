"""`python -m kanghu_sandbox`: every stand-in of a demonstration in one process, the exam centre at the root, SMS under /sms/.

Options are those of the exam centre; the account at the SMS service comes from SANDBOX_SMS_*.
"""

from collections.abc import Mapping

from fastapi import FastAPI

from kanghu_sandbox.exam_centre.__main__ import main
from kanghu_sandbox.exam_centre.settings import Settings
from kanghu_sandbox.sms.account import Account
from kanghu_sandbox.sms.app import create_app


def _neighbours(settings: Settings) -> Mapping[str, FastAPI]:
    return {"/sms": create_app(Account(), settings.home / "sms.jsonl")}


if __name__ == "__main__":
    main(neighbours=_neighbours)
