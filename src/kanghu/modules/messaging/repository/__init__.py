"""All SQL of the module, by what it is about."""
