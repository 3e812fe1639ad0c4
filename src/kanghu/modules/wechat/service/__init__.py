"""Use cases: `callback` (what comes in), `sending`, `media`, `oauth`, `tokens` (what all processes share), `accounts`."""
