"""All SQL of the schema `exchange`."""
