"""体检中心参考系统: a small but real exam centre that speaks the vendor's side of the exchange."""
