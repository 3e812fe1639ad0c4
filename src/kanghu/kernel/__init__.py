"""What every module stands on. Knows no business word and imports no module."""
