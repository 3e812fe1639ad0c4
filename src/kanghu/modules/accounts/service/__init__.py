"""Use cases of the module, one file per subject."""
