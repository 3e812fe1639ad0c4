"""康护：hospital platform. `main` composes, `modules` do the business, `kernel` knows no business word."""

__version__ = "0.1.0"
