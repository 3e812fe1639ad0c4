"""Kernel: the scope type, the audit chain, the queue (pgqueuer 1.6.0) and its done marks."""

from pathlib import Path

from alembic import op

from migrations import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PGQUEUER = Path(__file__).parent.parent / "sql" / "pgqueuer_1_6_0.sql"


def upgrade() -> None:
    statements.run(PGQUEUER.read_text(encoding="utf-8"))
    statements.run(KERNEL)


def downgrade() -> None:
    op.execute("DROP SCHEMA kernel CASCADE")
    op.execute("DROP TABLE pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics CASCADE")
    op.execute("DROP FUNCTION fn_pgqueuer_changed")
    op.execute("DROP TYPE pgqueuer_status")


KERNEL = """
CREATE SCHEMA kernel;

COMMENT ON SCHEMA kernel IS '底座：审计、任务完成标记、数据范围类型';

CREATE TYPE kernel.scope AS (
    everything boolean, institutions uuid[], departments uuid[], account uuid, persons uuid[]
);

COMMENT ON TYPE kernel.scope IS '数据范围：全部、机构、科室、本人负责、指定人员的并集';

CREATE FUNCTION kernel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% 只能追加，不能修改或删除', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TABLE kernel.jobs_done (
    job_id bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE kernel.jobs_done IS '已生效的后台任务：与任务的数据变更同时提交，重复投递时据此跳过';
COMMENT ON COLUMN kernel.jobs_done.job_id IS '任务编号（pgqueuer.id）';
COMMENT ON COLUMN kernel.jobs_done.at IS '完成时间';

CREATE TABLE kernel.audit_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    person_id uuid,
    institution_id uuid,
    request_id text NOT NULL,
    ip text NOT NULL,
    detail text NOT NULL,
    mac bytea NOT NULL CHECK (length(mac) = 32)
);

COMMENT ON TABLE kernel.audit_inbox IS '审计待入链：与业务同一事务写入，后台每两秒移入 audit_log';

COMMENT ON COLUMN kernel.audit_inbox.id IS '写入的先后';
COMMENT ON COLUMN kernel.audit_inbox.at IS '发生时间';
COMMENT ON COLUMN kernel.audit_inbox.actor_kind IS '操作者类别：staff 员工、customer 客户、app 对接系统、system 系统';
COMMENT ON COLUMN kernel.audit_inbox.actor_id IS '操作者账户';
COMMENT ON COLUMN kernel.audit_inbox.action IS '动作代码：模块.对象.动作';
COMMENT ON COLUMN kernel.audit_inbox.subject IS '对象：表/主键';
COMMENT ON COLUMN kernel.audit_inbox.person_id IS '涉及的自然人';
COMMENT ON COLUMN kernel.audit_inbox.institution_id IS '机构';
COMMENT ON COLUMN kernel.audit_inbox.request_id IS '请求编号';
COMMENT ON COLUMN kernel.audit_inbox.ip IS '来源地址';
COMMENT ON COLUMN kernel.audit_inbox.detail IS '补充说明（JSON，不含个人信息）';
COMMENT ON COLUMN kernel.audit_inbox.mac IS '内容校验码 HMAC-SHA256';

CREATE TABLE kernel.audit_log (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    person_id uuid,
    institution_id uuid,
    request_id text NOT NULL,
    ip text NOT NULL,
    detail text NOT NULL,
    mac bytea NOT NULL CHECK (length(mac) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

COMMENT ON TABLE kernel.audit_log IS '审计日志：只追加，逐条哈希链接';
COMMENT ON COLUMN kernel.audit_log.seq IS '链上序号，从 1 起连续';
COMMENT ON COLUMN kernel.audit_log.at IS '发生时间';
COMMENT ON COLUMN kernel.audit_log.actor_kind IS '操作者类别：staff 员工、customer 客户、app 对接系统、system 系统';
COMMENT ON COLUMN kernel.audit_log.actor_id IS '操作者账户';
COMMENT ON COLUMN kernel.audit_log.action IS '动作代码：模块.对象.动作';
COMMENT ON COLUMN kernel.audit_log.subject IS '对象：表/主键';
COMMENT ON COLUMN kernel.audit_log.person_id IS '涉及的自然人';
COMMENT ON COLUMN kernel.audit_log.institution_id IS '机构';
COMMENT ON COLUMN kernel.audit_log.request_id IS '请求编号';
COMMENT ON COLUMN kernel.audit_log.ip IS '来源地址';
COMMENT ON COLUMN kernel.audit_log.detail IS '补充说明（JSON，不含个人信息）';
COMMENT ON COLUMN kernel.audit_log.mac IS '内容校验码 HMAC-SHA256';
COMMENT ON COLUMN kernel.audit_log.hash IS '链值 SHA-256（前一条链值 ‖ 校验码）';

CREATE INDEX audit_log_at_idx ON kernel.audit_log (at DESC, seq DESC);
CREATE INDEX audit_log_person_idx ON kernel.audit_log (person_id, seq DESC) WHERE person_id IS NOT NULL;
CREATE INDEX audit_log_actor_idx ON kernel.audit_log (actor_id, seq DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_log_action_idx ON kernel.audit_log (action text_pattern_ops, seq DESC);

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kernel.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE FUNCTION kernel.bigrams(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(folded, place, 2)), '{}')
      FROM (SELECT lower(regexp_replace(value, '\\s', '', 'g')) AS folded) AS given,
           generate_series(1, greatest(length(folded) - 1, 1)) AS place
$$;

COMMENT ON FUNCTION kernel.bigrams(text) IS '二元切分，供中文检索的 GIN 索引使用';
"""
