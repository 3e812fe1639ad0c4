"""Use cases of the catalogue."""
