"""Services that say whether somebody is who they are."""
