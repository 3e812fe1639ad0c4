"""SMS services that speak Tencent Cloud's API 2021-01-11 and Aliyun's 2017-05-25 (SendSms) and deliver into an inbox on their own
page. What goes wrong is set under /control/faults; receipts are pushed to the addresses under /control/receipts.
"""
