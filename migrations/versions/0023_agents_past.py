"""messaging: whom an agent has served"""

from migrations import statements

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(SERVED)


def downgrade() -> None:
    statements.run(UNDO)


SERVED = """
CREATE INDEX service_sessions_served ON messaging.service_sessions (agent_account_id, conversation_id);
"""
UNDO = """
DROP INDEX messaging.service_sessions_served;
"""
