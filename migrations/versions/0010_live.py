"""Live updates: what changed, waiting for its number, and numbered"""

from migrations import statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(LIVE)


def downgrade() -> None:
    statements.run("DROP TABLE kernel.live_events;\nDROP TABLE kernel.live_inbox;")


LIVE = """
CREATE TABLE kernel.live_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    person_id uuid,
    institution_id uuid,
    account_id uuid
);

COMMENT ON TABLE kernel.live_inbox IS '实时更新待编号：与业务同一事务写入，后台随即移入 live_events';
COMMENT ON COLUMN kernel.live_inbox.id IS '写入的先后';
COMMENT ON COLUMN kernel.live_inbox.topic IS '变化的内容：模块.对象';
COMMENT ON COLUMN kernel.live_inbox.person_id IS '涉及的自然人：其本人与家人听到';
COMMENT ON COLUMN kernel.live_inbox.institution_id IS '机构：其有权限的员工听到';
COMMENT ON COLUMN kernel.live_inbox.account_id IS '账户：只有它听到';

CREATE TABLE kernel.live_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    topic text NOT NULL,
    person_id uuid,
    institution_id uuid,
    account_id uuid
);

COMMENT ON TABLE kernel.live_events IS '实时更新：序号与提交次序一致，保留一天，供断线的页面接着听';
COMMENT ON COLUMN kernel.live_events.id IS '序号，推送时的事件编号';
COMMENT ON COLUMN kernel.live_events.at IS '编号时间';
COMMENT ON COLUMN kernel.live_events.topic IS '变化的内容：模块.对象';
COMMENT ON COLUMN kernel.live_events.person_id IS '涉及的自然人：其本人与家人听到';
COMMENT ON COLUMN kernel.live_events.institution_id IS '机构：其有权限的员工听到';
COMMENT ON COLUMN kernel.live_events.account_id IS '账户：只有它听到';

CREATE INDEX live_events_at_idx ON kernel.live_events (at);
"""
