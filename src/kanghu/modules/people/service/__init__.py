"""Use cases of the module."""
