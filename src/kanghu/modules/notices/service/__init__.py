"""Use cases: `sending` (the one way out), `inbox` (whom it reached), `templates`."""
