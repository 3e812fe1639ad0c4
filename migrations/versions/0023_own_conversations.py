"""messaging: whom an agent has served, and who reaches only those and their own patients"""

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
-- claiming was part of answering until now: whoever could goes on doing so
INSERT INTO accounts.role_permissions (role_id, permission)
SELECT role_id, 'messaging.queue.claim' FROM accounts.role_permissions WHERE permission = 'messaging.conversation.write'
ON CONFLICT DO NOTHING;
CREATE INDEX service_sessions_served ON messaging.service_sessions (agent_account_id, conversation_id);
DROP FUNCTION messaging.reachable(uuid, uuid, kernel.scope, uuid);
CREATE FUNCTION messaging.reachable(conversation_id uuid, institution_id uuid, person_id uuid, scope kernel.scope, home uuid)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (scope).everything
           OR institution_id = ANY ((scope).institutions)
           OR (institution_id = home
               AND (people.readable(person_id, ROW(false, '{}', (scope).departments, (scope).account, '{}')::kernel.scope)
                    OR EXISTS (SELECT FROM messaging.service_sessions served
                                WHERE served.agent_account_id = (scope).account
                                  AND served.conversation_id = reachable.conversation_id)))
$$;
COMMENT ON FUNCTION messaging.reachable(uuid, uuid, uuid, kernel.scope, uuid) IS
    '数据范围是否及于该会话；home 为员工所在机构，科室与本人负责的范围只在其中有效，本人接待过的会话属于本人负责';
"""
UNDO = """
DELETE FROM accounts.role_permissions WHERE permission = 'messaging.queue.claim';
DROP INDEX messaging.service_sessions_served;
DROP FUNCTION messaging.reachable(uuid, uuid, uuid, kernel.scope, uuid);
CREATE FUNCTION messaging.reachable(institution_id uuid, person_id uuid, scope kernel.scope, home uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (scope).everything
           OR institution_id = ANY ((scope).institutions)
           OR (institution_id = home
               AND people.readable(person_id, ROW(false, '{}', (scope).departments, (scope).account, '{}')::kernel.scope))
$$;
COMMENT ON FUNCTION messaging.reachable(uuid, uuid, kernel.scope, uuid) IS
    '数据范围是否及于该机构与该客户的会话；home 为员工所在机构，科室与本人负责的范围只在其中有效';
"""
