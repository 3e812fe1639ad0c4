"""Bookings, guides, results and reports of a person: the domain behind the seven interfaces.

Owns the schema `exams`. Knows nothing of wire formats or vendors' protocols (that is `exchange`) nor of risk (`health`).
"""
