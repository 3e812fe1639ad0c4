"""Use cases, by who acts: `customer`, `desk` (agents), `supervise`, the clock (`upkeep`), the ways out (`delivery`).

Below them `holding` (locking a conversation, telling open pages) and `writing` (a message gets its number).
"""
