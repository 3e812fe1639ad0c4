"""Use cases of the exam centre. They know nothing of HTTP servers; what they tell the platform goes through the outbox."""
