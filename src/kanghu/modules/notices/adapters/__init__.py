"""Services outside that carry messages: one file each."""
