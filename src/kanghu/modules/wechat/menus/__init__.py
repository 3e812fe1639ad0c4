"""Menus of official accounts: what WeChat takes, how it writes them, how two of them differ. Pure."""
