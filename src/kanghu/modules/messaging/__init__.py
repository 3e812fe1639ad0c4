"""Conversations between a customer and an institution: one for each pair, whatever the way in.

**Order**: whatever changes a conversation locks its row first; messages get their numbers under that lock, so that numbers have no gaps
and become visible in their order. **Hands**: a conversation is served in spells (service sessions), of which at most one is
open, with at most one agent. Locks are taken in one order: agent, then conversation.
"""
