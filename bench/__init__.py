"""Speed as ratios: what we cost against what the same work costs at least. `python -m bench`, see README.md."""
