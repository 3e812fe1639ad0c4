"""Use cases: `editing` (staff make forms), `filling` (people answer them), `reading`, `shipping` (what the product brings)."""
