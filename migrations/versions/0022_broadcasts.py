"""wechat: how often a QR code was scanned; bulk sending: who gets it, in which parts, what WeChat says of it, quotas"""

from migrations import statements

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(QR_CODES)
    statements.run(BROADCASTS)


def downgrade() -> None:
    statements.run(BACK)


QR_CODES = """
ALTER TABLE wechat.qr_codes
    ADD COLUMN follows integer NOT NULL DEFAULT 0 CHECK (follows >= 0),
    ADD COLUMN scans integer NOT NULL DEFAULT 0 CHECK (scans >= 0);
CREATE INDEX qr_codes_scene ON wechat.qr_codes (account_id, scene, id DESC);
COMMENT ON COLUMN wechat.qr_codes.follows IS '扫码后关注的次数';
COMMENT ON COLUMN wechat.qr_codes.scans IS '已关注者扫码的次数';
"""

BROADCASTS = """
CREATE TABLE wechat.broadcasts (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    audience text NOT NULL CHECK (audience IN ('all', 'tag', 'list')),
    tag_id integer,
    openids text[] NOT NULL DEFAULT '{}',
    kind text NOT NULL CHECK (kind IN ('text', 'image', 'mpnews')),
    content text NOT NULL CHECK (length(content) BETWEEN 1 AND 600),
    state text NOT NULL CHECK (state IN ('draft', 'sending', 'done', 'stopped', 'failed')),
    reason text NOT NULL DEFAULT '',
    prepared_by uuid NOT NULL,
    released_by uuid,
    stopped_by uuid,
    created_at timestamptz NOT NULL,
    released_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT broadcasts_audience CHECK ((audience = 'tag') = (tag_id IS NOT NULL)
        AND (audience = 'list') = (cardinality(openids) > 0)),
    -- one prepares, another releases
    CONSTRAINT broadcasts_two_persons CHECK (released_by <> prepared_by),
    CONSTRAINT broadcasts_released CHECK ((state = 'draft') = (released_at IS NULL)
        AND (released_at IS NULL) = (released_by IS NULL)),
    CONSTRAINT broadcasts_ended CHECK ((state IN ('done', 'stopped', 'failed')) = (ended_at IS NOT NULL))
);
CREATE INDEX broadcasts_account ON wechat.broadcasts (account_id, id DESC);
COMMENT ON TABLE wechat.broadcasts IS '群发';
COMMENT ON COLUMN wechat.broadcasts.id IS '主键';
COMMENT ON COLUMN wechat.broadcasts.account_id IS '公众号';
COMMENT ON COLUMN wechat.broadcasts.name IS '名称，仅供内部辨认';
COMMENT ON COLUMN wechat.broadcasts.audience IS '对象：all 全部粉丝，tag 有某标签的，list 指定的粉丝';
COMMENT ON COLUMN wechat.broadcasts.tag_id IS '标签编号';
COMMENT ON COLUMN wechat.broadcasts.openids IS '指定的粉丝';
COMMENT ON COLUMN wechat.broadcasts.kind IS '内容种类：text 文字，image 图片，mpnews 图文';
COMMENT ON COLUMN wechat.broadcasts.content IS '文字，或图片、图文在微信的素材编号';
COMMENT ON COLUMN wechat.broadcasts.state IS '状态：draft 等待放行，sending 发送中，done 已发完，stopped 已停止，failed 未能发完';
COMMENT ON COLUMN wechat.broadcasts.reason IS '未能发完的原因';
COMMENT ON COLUMN wechat.broadcasts.prepared_by IS '拟定的账号';
COMMENT ON COLUMN wechat.broadcasts.released_by IS '放行的账号，不能是拟定者';
COMMENT ON COLUMN wechat.broadcasts.stopped_by IS '停止的账号';
COMMENT ON COLUMN wechat.broadcasts.created_at IS '拟定时间';
COMMENT ON COLUMN wechat.broadcasts.released_at IS '放行时间';
COMMENT ON COLUMN wechat.broadcasts.ended_at IS '结束时间';

CREATE TABLE wechat.broadcast_parts (
    id uuid PRIMARY KEY,
    broadcast_id uuid NOT NULL REFERENCES wechat.broadcasts (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('waiting', 'sending', 'unanswered', 'sent', 'refused', 'unknown', 'skipped',
                                         'stopped')),
    maybe boolean NOT NULL DEFAULT false,
    month date,
    msg_id text NOT NULL DEFAULT '',
    errcode integer,
    begun_at timestamptz,
    tried_at timestamptz,
    settled_at timestamptz,
    status text NOT NULL DEFAULT '',
    reported_at timestamptz,
    total integer,
    filtered integer,
    sent integer,
    errors integer,
    UNIQUE (broadcast_id, number),
    CONSTRAINT broadcast_parts_begun CHECK (state IN ('waiting', 'skipped', 'stopped')
        OR (begun_at IS NOT NULL AND tried_at IS NOT NULL AND month IS NOT NULL))
);
CREATE UNIQUE INDEX broadcast_parts_msg ON wechat.broadcast_parts (account_id, msg_id) WHERE msg_id <> '';
CREATE INDEX broadcast_parts_account ON wechat.broadcast_parts (account_id);
COMMENT ON TABLE wechat.broadcast_parts IS '群发的一批：一次调用微信，编号即 clientmsgid，微信据此不重复发送';
COMMENT ON COLUMN wechat.broadcast_parts.id IS '主键';
COMMENT ON COLUMN wechat.broadcast_parts.broadcast_id IS '群发';
COMMENT ON COLUMN wechat.broadcast_parts.account_id IS '公众号，与群发的相同';
COMMENT ON COLUMN wechat.broadcast_parts.number IS '第几批';
COMMENT ON COLUMN wechat.broadcast_parts.state IS '状态：waiting 等待，sending 发送中，unanswered 没有得到应答、以同一编号再试，sent 微信已接收，refused 微信拒绝，unknown 可能已发出、不再重发，skipped 没有可发的人，stopped 已停止';
COMMENT ON COLUMN wechat.broadcast_parts.maybe IS '是否有一次没有得到应答：可能已经发出';
COMMENT ON COLUMN wechat.broadcast_parts.month IS '计入哪个月的次数';
COMMENT ON COLUMN wechat.broadcast_parts.msg_id IS '微信给出的编号，结束事件据此对应';
COMMENT ON COLUMN wechat.broadcast_parts.errcode IS '微信返回的错误码';
COMMENT ON COLUMN wechat.broadcast_parts.begun_at IS '第一次发送的时间';
COMMENT ON COLUMN wechat.broadcast_parts.tried_at IS '最近一次发送的时间';
COMMENT ON COLUMN wechat.broadcast_parts.settled_at IS '得到结果的时间';
COMMENT ON COLUMN wechat.broadcast_parts.status IS '结束事件中的结果';
COMMENT ON COLUMN wechat.broadcast_parts.reported_at IS '收到结束事件的时间';
COMMENT ON COLUMN wechat.broadcast_parts.total IS '结束事件：对象人数';
COMMENT ON COLUMN wechat.broadcast_parts.filtered IS '结束事件：过滤后准备发送的人数';
COMMENT ON COLUMN wechat.broadcast_parts.sent IS '结束事件：成功的人数';
COMMENT ON COLUMN wechat.broadcast_parts.errors IS '结束事件：失败的人数';

CREATE TABLE wechat.broadcast_recipients (
    broadcast_id uuid NOT NULL REFERENCES wechat.broadcasts (id) ON DELETE CASCADE,
    openid text NOT NULL,
    part_id uuid NOT NULL REFERENCES wechat.broadcast_parts (id) ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('waiting', 'taken', 'skipped')),
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (broadcast_id, openid)
);
CREATE INDEX broadcast_recipients_part ON wechat.broadcast_recipients (part_id);
COMMENT ON TABLE wechat.broadcast_recipients IS '群发的收件粉丝，放行时确定；每人一行，不会重复';
COMMENT ON COLUMN wechat.broadcast_recipients.broadcast_id IS '群发';
COMMENT ON COLUMN wechat.broadcast_recipients.openid IS '粉丝';
COMMENT ON COLUMN wechat.broadcast_recipients.part_id IS '在哪一批';
COMMENT ON COLUMN wechat.broadcast_recipients.state IS '状态：waiting 等待，taken 已交给微信或正在发送，skipped 没有发给他';
COMMENT ON COLUMN wechat.broadcast_recipients.reason IS '没有发给他的原因';

CREATE TABLE wechat.broadcast_quotas (
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    openid text NOT NULL,
    month date NOT NULL,
    used smallint NOT NULL CHECK (used BETWEEN 0 AND 4),
    PRIMARY KEY (account_id, openid, month)
);
COMMENT ON TABLE wechat.broadcast_quotas IS '粉丝每月收到的群发次数：微信准许服务号对每人每月 4 次';
COMMENT ON COLUMN wechat.broadcast_quotas.account_id IS '公众号';
COMMENT ON COLUMN wechat.broadcast_quotas.openid IS '粉丝';
COMMENT ON COLUMN wechat.broadcast_quotas.month IS '月份，以其第一天表示';
COMMENT ON COLUMN wechat.broadcast_quotas.used IS '已用次数';
"""

BACK = """
DROP TABLE wechat.broadcast_quotas;
DROP TABLE wechat.broadcast_recipients;
DROP TABLE wechat.broadcast_parts;
DROP TABLE wechat.broadcasts;
DROP INDEX wechat.qr_codes_scene;
ALTER TABLE wechat.qr_codes DROP COLUMN follows, DROP COLUMN scans;
"""
