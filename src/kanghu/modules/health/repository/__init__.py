"""All SQL of the schema `health`."""
