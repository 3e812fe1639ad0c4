"""notices: versioned templates, notices to people and staff, delivery records"""

from alembic import op

from migrations import statements

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA notices;
COMMENT ON SCHEMA notices IS '消息：模板、发给客户与员工的消息、送达记录';

CREATE TABLE notices.templates (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    version integer NOT NULL CHECK (version > 0),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 1000),
    placeholders jsonb NOT NULL CHECK (jsonb_typeof(placeholders) = 'object'),
    shipped boolean NOT NULL DEFAULT false,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (code, version)
);
COMMENT ON TABLE notices.templates IS '消息模板：每次修改产生新版本，最大的版本号生效，旧版本不变';
COMMENT ON COLUMN notices.templates.id IS '模板版本标识';
COMMENT ON COLUMN notices.templates.code IS '模板编码，程序按它引用';
COMMENT ON COLUMN notices.templates.version IS '版本号，从 1 起';
COMMENT ON COLUMN notices.templates.title IS '标题，可含 {占位符}';
COMMENT ON COLUMN notices.templates.body IS '正文，可含 {占位符}';
COMMENT ON COLUMN notices.templates.placeholders IS '程序会提供的占位符：名称、示例、是否属于个人信息';
COMMENT ON COLUMN notices.templates.shipped IS '是否随产品提供（否则为本机构修改）';
COMMENT ON COLUMN notices.templates.created_by IS '修改人账号';
COMMENT ON COLUMN notices.templates.created_at IS '修改时间';

CREATE TABLE notices.notices (
    id uuid PRIMARY KEY,
    template_id uuid NOT NULL REFERENCES notices.templates (id),
    template_code text NOT NULL,
    person_id uuid,
    account_id uuid,
    title bytea NOT NULL,
    body bytea NOT NULL,
    data jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(data) = 'object'),
    subject text NOT NULL DEFAULT '',
    once_key text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz,
    CHECK (num_nonnulls(person_id, account_id) = 1)
);
CREATE INDEX notices_of_person ON notices.notices (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX notices_of_account ON notices.notices (account_id, id DESC) WHERE account_id IS NOT NULL;
CREATE INDEX notices_unread_of_person ON notices.notices (person_id) WHERE read_at IS NULL AND person_id IS NOT NULL;
CREATE INDEX notices_unread_of_account ON notices.notices (account_id) WHERE read_at IS NULL AND account_id IS NOT NULL;
COMMENT ON TABLE notices.notices IS '消息：发给某位客户（person_id）或某个员工账号（account_id）';
COMMENT ON COLUMN notices.notices.id IS '消息标识，按时间递增';
COMMENT ON COLUMN notices.notices.template_id IS '所用模板版本';
COMMENT ON COLUMN notices.notices.template_code IS '模板编码';
COMMENT ON COLUMN notices.notices.person_id IS '收件客户';
COMMENT ON COLUMN notices.notices.account_id IS '收件账号';
COMMENT ON COLUMN notices.notices.title IS '生成的标题（加密）';
COMMENT ON COLUMN notices.notices.body IS '生成的正文（加密）';
COMMENT ON COLUMN notices.notices.data IS '占位符的值，不含属于个人信息的';
COMMENT ON COLUMN notices.notices.subject IS '消息所指的业务对象，如 exams.bookings/标识';
COMMENT ON COLUMN notices.notices.once_key IS '只发一次的消息的去重键：收件人、模板、业务对象';
COMMENT ON COLUMN notices.notices.created_at IS '生成时间';
COMMENT ON COLUMN notices.notices.read_at IS '阅读时间，空为未读';

CREATE TABLE notices.deliveries (
    id uuid PRIMARY KEY,
    notice_id uuid NOT NULL REFERENCES notices.notices (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('in_app')),
    state text NOT NULL CHECK (state IN ('delivered', 'failed')),
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (notice_id, channel)
);
COMMENT ON TABLE notices.deliveries IS '送达记录：一条消息在每个渠道一行';
COMMENT ON COLUMN notices.deliveries.id IS '送达记录标识';
COMMENT ON COLUMN notices.deliveries.notice_id IS '消息';
COMMENT ON COLUMN notices.deliveries.channel IS '渠道：in_app 站内消息';
COMMENT ON COLUMN notices.deliveries.state IS '状态：delivered 已送达，failed 未送达';
COMMENT ON COLUMN notices.deliveries.reason IS '未送达的原因';
COMMENT ON COLUMN notices.deliveries.at IS '时间';
"""

IMMUTABLE = """
CREATE FUNCTION notices.keep_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a template version never changes; add a new version' USING ERRCODE = 'restrict_violation';
END $$;
"""

GUARD = """
COMMENT ON FUNCTION notices.keep_template() IS '模板版本不可修改或删除，修改即新增版本';
CREATE TRIGGER keep_template BEFORE UPDATE OR DELETE ON notices.templates
    FOR EACH ROW EXECUTE FUNCTION notices.keep_template();
"""


def upgrade() -> None:
    for script in (TABLES, IMMUTABLE, GUARD):
        statements.run(script)


def downgrade() -> None:
    op.execute("DROP SCHEMA notices CASCADE")
