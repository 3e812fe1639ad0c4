"""Official accounts and mini-programs: what comes from WeChat, what goes there, and the token that all processes share."""
