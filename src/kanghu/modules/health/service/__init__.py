"""Use cases of health, one file each."""
