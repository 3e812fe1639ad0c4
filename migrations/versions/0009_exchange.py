"""Exchange: vendors, message log, nonces, staging of results that wait for a mapping."""

from alembic import op

from migrations import statements

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    op.execute("DROP SCHEMA exchange CASCADE")


STATEMENTS = """
CREATE SCHEMA exchange;

COMMENT ON SCHEMA exchange IS '体检对接：体检系统、报文日志、待对照结果';

CREATE TABLE exchange.vendors (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    institution_id uuid NOT NULL,
    base_url text NOT NULL CHECK (base_url ~ '^https?://'),
    url_hosts text[] NOT NULL DEFAULT '{}',
    call_app_id text NOT NULL,
    call_secret bytea NOT NULL,
    sign_type text NOT NULL CHECK (sign_type IN ('HMAC-SHA256', 'HMAC-SM3')),
    exam_no_optional boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE exchange.vendors IS '体检系统（体检软件厂家在某机构的一套系统）';
COMMENT ON COLUMN exchange.vendors.id IS '主键';
COMMENT ON COLUMN exchange.vendors.name IS '名称';
COMMENT ON COLUMN exchange.vendors.institution_id IS '体检机构';
COMMENT ON COLUMN exchange.vendors.base_url IS 'K1、K2 的服务地址';
COMMENT ON COLUMN exchange.vendors.url_hosts IS '体检指引允许的域名';
COMMENT ON COLUMN exchange.vendors.call_app_id IS '本平台调用对方时的应用编号';
COMMENT ON COLUMN exchange.vendors.call_secret IS '本平台调用对方时的密钥（加密）';
COMMENT ON COLUMN exchange.vendors.sign_type IS '本平台调用对方时的签名算法';
COMMENT ON COLUMN exchange.vendors.exam_no_optional IS '对方暂不能提供体检编号：按客户唯一进行中的预约归属，不唯一时暂存';
COMMENT ON COLUMN exchange.vendors.active IS '是否启用';
COMMENT ON COLUMN exchange.vendors.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN exchange.vendors.created_at IS '创建时间';
COMMENT ON COLUMN exchange.vendors.updated_at IS '更新时间';

CREATE INDEX vendors_institution_idx ON exchange.vendors (institution_id);

CREATE TABLE exchange.messages (
    id uuid PRIMARY KEY,
    vendor_id uuid NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    interface text NOT NULL CHECK (interface IN ('K1', 'K2', 'H1', 'H2', 'H3', 'H4', 'H5')),
    app_id text NOT NULL,
    request_id text,
    body_sha256 bytea NOT NULL,
    body bytea NOT NULL,
    answer bytea,
    state text NOT NULL CHECK (state IN ('done', 'staged', 'refused', 'failed', 'dead', 'sending')),
    codes text[] NOT NULL DEFAULT '{}',
    person_id uuid,
    booking_id uuid,
    attempts integer NOT NULL DEFAULT 1,
    duration_ms integer,
    received_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
);

COMMENT ON TABLE exchange.messages IS '报文日志：收到与发出的每次调用，内容加密，可查询、可重新处理';
COMMENT ON COLUMN exchange.messages.id IS '主键';
COMMENT ON COLUMN exchange.messages.vendor_id IS '体检系统';
COMMENT ON COLUMN exchange.messages.direction IS '方向：in 收到，out 发出';
COMMENT ON COLUMN exchange.messages.interface IS '接口编号';
COMMENT ON COLUMN exchange.messages.app_id IS '应用编号';
COMMENT ON COLUMN exchange.messages.request_id IS 'X-Request-Id 幂等键';
COMMENT ON COLUMN exchange.messages.body_sha256 IS '请求内容的 SHA-256';
COMMENT ON COLUMN exchange.messages.body IS '请求内容（压缩后加密）';
COMMENT ON COLUMN exchange.messages.answer IS '应答内容（加密）';
COMMENT ON COLUMN exchange.messages.state IS '状态：done 已处理，staged 部分待对照，refused 未接收，failed 待重试，dead 待人工，sending 发送中';
COMMENT ON COLUMN exchange.messages.codes IS '返回的信息编号';
COMMENT ON COLUMN exchange.messages.person_id IS '自然人';
COMMENT ON COLUMN exchange.messages.booking_id IS '预约';
COMMENT ON COLUMN exchange.messages.attempts IS '处理次数';
COMMENT ON COLUMN exchange.messages.duration_ms IS '处理耗时（毫秒）';
COMMENT ON COLUMN exchange.messages.received_at IS '收到或发起的时间';
COMMENT ON COLUMN exchange.messages.settled_at IS '处理完成时间';

ALTER TABLE exchange.messages ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN answer SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX messages_request_once ON exchange.messages (app_id, request_id)
    WHERE request_id IS NOT NULL AND direction = 'in';

CREATE INDEX messages_vendor_idx ON exchange.messages (vendor_id, id DESC);

CREATE INDEX messages_person_idx ON exchange.messages (person_id, id DESC) WHERE person_id IS NOT NULL;

CREATE INDEX messages_open_idx ON exchange.messages (state, id DESC) WHERE state IN ('failed', 'dead', 'staged', 'sending');

CREATE TABLE exchange.nonces (
    app_id text NOT NULL,
    nonce text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (app_id, nonce)
);

COMMENT ON TABLE exchange.nonces IS '已使用的随机串，防重放；过期后清除';
COMMENT ON COLUMN exchange.nonces.app_id IS '应用编号';
COMMENT ON COLUMN exchange.nonces.nonce IS '随机串';
COMMENT ON COLUMN exchange.nonces.at IS '使用时间';

CREATE TABLE exchange.staged_results (
    id uuid PRIMARY KEY,
    vendor_id uuid NOT NULL,
    message_id uuid NOT NULL REFERENCES exchange.messages (id) DEFERRABLE INITIALLY DEFERRED,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    booking_id uuid,
    vendor_item_code text NOT NULL,
    item_name text NOT NULL,
    change text NOT NULL CHECK (change IN ('1', '2', '3')),
    result jsonb NOT NULL,
    content_sha256 bytea NOT NULL,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'released', 'dropped')),
    staged_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
);

COMMENT ON TABLE exchange.staged_results IS '待处理结果：项目未对照或无法确定体检编号的结果暂存于此，绝不丢失';
COMMENT ON COLUMN exchange.staged_results.id IS '主键，按到达顺序递增';
COMMENT ON COLUMN exchange.staged_results.vendor_id IS '体检系统';
COMMENT ON COLUMN exchange.staged_results.message_id IS '来源报文';
COMMENT ON COLUMN exchange.staged_results.person_id IS '自然人';
COMMENT ON COLUMN exchange.staged_results.institution_id IS '体检机构';
COMMENT ON COLUMN exchange.staged_results.booking_id IS '预约；为空表示尚不能确定是哪次体检';
COMMENT ON COLUMN exchange.staged_results.vendor_item_code IS '体检系统的项目代码';
COMMENT ON COLUMN exchange.staged_results.item_name IS '体检系统的项目名称';
COMMENT ON COLUMN exchange.staged_results.change IS '变更状态：1 新增，2 修改，3 删除';
COMMENT ON COLUMN exchange.staged_results.result IS '结果原文';
COMMENT ON COLUMN exchange.staged_results.content_sha256 IS '结果原文的 SHA-256，重复推送据此识别';
COMMENT ON COLUMN exchange.staged_results.reason IS '暂存原因代码';
COMMENT ON COLUMN exchange.staged_results.state IS '状态：waiting 等待，released 已入库，dropped 人工放弃';
COMMENT ON COLUMN exchange.staged_results.staged_at IS '暂存时间';
COMMENT ON COLUMN exchange.staged_results.settled_at IS '处理时间';

CREATE UNIQUE INDEX staged_results_once ON exchange.staged_results
    (vendor_id, person_id, booking_id, vendor_item_code, change, content_sha256) NULLS NOT DISTINCT
    WHERE state = 'waiting';

CREATE INDEX staged_results_waiting_idx ON exchange.staged_results (vendor_id, vendor_item_code, id)
    WHERE state = 'waiting';

CREATE INDEX staged_results_list_idx ON exchange.staged_results (institution_id, id) WHERE state = 'waiting';

CREATE INDEX staged_results_message_idx ON exchange.staged_results (message_id) WHERE state = 'waiting';
"""
