"""All SQL of the module."""
