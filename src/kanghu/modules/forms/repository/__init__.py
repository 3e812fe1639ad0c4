"""All SQL of the module: `definitions` (forms and their versions) and `responses`."""
