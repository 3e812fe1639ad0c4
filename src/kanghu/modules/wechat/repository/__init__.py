"""SQL of the module, by subject."""
