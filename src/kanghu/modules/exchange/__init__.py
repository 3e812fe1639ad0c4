"""The seven exam interfaces: K1 and K2 as a client of the vendor, H1–H5 as a server.

Owns the schema `exchange`: vendors, message log, staging of what did not match, nonces. The contract is
`docs/接口/体检对接接口说明.md` and `openapi/open.json`; what is stored of an exam belongs to `exams`.
"""
