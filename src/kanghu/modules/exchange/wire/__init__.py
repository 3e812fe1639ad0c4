"""The wire contract v1: signature, envelope, data sets. Nothing here knows a database."""
