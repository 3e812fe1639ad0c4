"""All SQL of the schema `exams`."""
