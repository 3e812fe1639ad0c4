"""An SMS service that speaks Tencent Cloud's API 2021-01-11 (SendSms) and delivers into an inbox on its own page."""
