"""What each sealed value of the module is bound to: its place in the database (the row's id comes with each call)."""

NAME = "accounts.accounts.display_name"
PHONE = "accounts.accounts.phone"
TOTP = "accounts.totp.secret"
SECRET = "accounts.api_secrets.secret"  # noqa: S105
MESSAGE = "accounts.phone_codes.message"
