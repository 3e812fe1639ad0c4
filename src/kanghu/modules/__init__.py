"""The business, one room each. `CONTRIBUTING.md` names the floors."""
