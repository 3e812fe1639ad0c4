"""Accounts: who may sign in, with what rights, and which vendor systems may call (floor 2)."""
