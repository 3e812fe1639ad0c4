"""Use cases of the exchange, one file each."""
