"""The composition root: puts kernel and modules together as processes. The only place that knows them all."""
