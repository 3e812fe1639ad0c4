"""wechat: official accounts and mini-programs, their tokens, what came from fans and what may be sent to them"""

from alembic import op

from migrations import statements

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    op.execute("DROP SCHEMA wechat CASCADE")


STATEMENTS = """
CREATE SCHEMA wechat;

COMMENT ON SCHEMA wechat IS '微信：公众号与小程序、接口凭证、收到的消息、粉丝、客服消息额度';

CREATE TABLE wechat.accounts (
    id uuid PRIMARY KEY,
    institution_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('official', 'mini_program')),
    appid text NOT NULL UNIQUE CHECK (appid ~ '^wx[0-9A-Za-z]{6,30}$'),
    name text NOT NULL CHECK (name <> ''),
    secret bytea NOT NULL,
    callback_keys bytea NOT NULL,
    mode text NOT NULL CHECK (mode IN ('plain', 'compatible', 'safe')),
    api_url text NOT NULL CHECK (api_url ~ '^https?://'),
    connect_url text NOT NULL CHECK (connect_url ~ '^https?://'),
    paused_until timestamptz,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE wechat.accounts IS '公众号与小程序';
COMMENT ON COLUMN wechat.accounts.id IS '主键，也是回调地址的一部分';
COMMENT ON COLUMN wechat.accounts.institution_id IS '所属机构';
COMMENT ON COLUMN wechat.accounts.kind IS '种类：official 公众号，mini_program 小程序';
COMMENT ON COLUMN wechat.accounts.appid IS '微信的 AppID';
COMMENT ON COLUMN wechat.accounts.name IS '名称';
COMMENT ON COLUMN wechat.accounts.secret IS 'AppSecret（加密）';
COMMENT ON COLUMN wechat.accounts.callback_keys IS '回调的 Token 与 EncodingAESKey，当前一组与更换前的一组（加密的 JSON）';
COMMENT ON COLUMN wechat.accounts.mode IS '消息加解密方式：plain 明文，compatible 兼容，safe 安全';
COMMENT ON COLUMN wechat.accounts.api_url IS '微信服务端接口的地址';
COMMENT ON COLUMN wechat.accounts.connect_url IS '网页授权的地址';
COMMENT ON COLUMN wechat.accounts.paused_until IS '当日调用次数用尽后，到这时再发送客服消息';
COMMENT ON COLUMN wechat.accounts.active IS '是否启用；停用后不收不发';
COMMENT ON COLUMN wechat.accounts.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN wechat.accounts.created_at IS '创建时间';
COMMENT ON COLUMN wechat.accounts.updated_at IS '更新时间';

CREATE INDEX accounts_institution_idx ON wechat.accounts (institution_id);

CREATE TABLE wechat.tokens (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    kind text NOT NULL CHECK (kind IN ('access_token', 'jsapi_ticket')),
    value bytea,
    expires_at timestamptz,
    taken_until timestamptz,
    taken_by uuid,
    ended bigint NOT NULL DEFAULT 0,
    failure integer,
    UNIQUE (account_id, kind),
    CHECK ((value IS NULL) = (expires_at IS NULL))
);

COMMENT ON TABLE wechat.tokens IS '全部进程共用的接口凭证，一个账号每种一行，同时只由一个进程更新';
COMMENT ON COLUMN wechat.tokens.id IS '主键';
COMMENT ON COLUMN wechat.tokens.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.tokens.kind IS '种类：access_token 接口调用凭据，jsapi_ticket 网页 JS-SDK 票据';
COMMENT ON COLUMN wechat.tokens.value IS '凭证（加密）；为空表示尚未取得';
COMMENT ON COLUMN wechat.tokens.expires_at IS '失效时间';
COMMENT ON COLUMN wechat.tokens.taken_until IS '有进程正在更新，最迟到这时；过时未完成的可由别的进程接着做';
COMMENT ON COLUMN wechat.tokens.taken_by IS '正在进行的那次更新的编号';
COMMENT ON COLUMN wechat.tokens.ended IS '已结束的更新次数，等待者据此知道更新是否失败';
COMMENT ON COLUMN wechat.tokens.failure IS '最近一次更新失败时微信的错误码，0 为没有应答；成功后为空';

CREATE TABLE wechat.inbox (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    dedupe_key bytea NOT NULL,
    openid text NOT NULL,
    kind text NOT NULL,
    event text,
    body bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, dedupe_key)
);

COMMENT ON TABLE wechat.inbox IS '微信推来的消息与事件，每条只留一次';
COMMENT ON COLUMN wechat.inbox.id IS '主键，按到达顺序递增';
COMMENT ON COLUMN wechat.inbox.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.inbox.dedupe_key IS '去重键的 SHA-256：消息为 MsgId，事件为发送者、时间、事件与事件键';
COMMENT ON COLUMN wechat.inbox.openid IS '发送者在该账号下的 OpenID';
COMMENT ON COLUMN wechat.inbox.kind IS '消息类型：text、image、voice、video、shortvideo、location、link、event 等';
COMMENT ON COLUMN wechat.inbox.event IS '事件类型；消息为空';
COMMENT ON COLUMN wechat.inbox.body IS '解密后的原文（加密）';
COMMENT ON COLUMN wechat.inbox.sent_at IS '微信标注的发送时间';
COMMENT ON COLUMN wechat.inbox.received_at IS '收到时间';

CREATE INDEX inbox_account_idx ON wechat.inbox (account_id, id DESC);

CREATE INDEX inbox_received_idx ON wechat.inbox (received_at);

CREATE TABLE wechat.fans (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    openid text NOT NULL,
    unionid text,
    subscribed boolean NOT NULL DEFAULT false,
    subscribed_at timestamptz,
    left_at timestamptz,
    tags integer[] NOT NULL DEFAULT '{}',
    person_id uuid,
    heard_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, openid)
);

COMMENT ON TABLE wechat.fans IS '粉丝与访客：公众号的关注者、小程序与网页的使用者';
COMMENT ON COLUMN wechat.fans.id IS '主键';
COMMENT ON COLUMN wechat.fans.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.fans.openid IS '在该账号下的 OpenID';
COMMENT ON COLUMN wechat.fans.unionid IS '在同一开放平台账号下的 UnionID；未绑定开放平台的没有';
COMMENT ON COLUMN wechat.fans.subscribed IS '是否关注着公众号';
COMMENT ON COLUMN wechat.fans.subscribed_at IS '最近一次关注的时间';
COMMENT ON COLUMN wechat.fans.left_at IS '最近一次取消关注的时间';
COMMENT ON COLUMN wechat.fans.tags IS '微信标签编号';
COMMENT ON COLUMN wechat.fans.person_id IS '对应的自然人；绑定之前为空';
COMMENT ON COLUMN wechat.fans.heard_at IS '最近一次推送来的消息或事件的时间，早于它的关注与取消不再计';
COMMENT ON COLUMN wechat.fans.created_at IS '第一次出现的时间';

CREATE INDEX fans_unionid_idx ON wechat.fans (unionid) WHERE unionid IS NOT NULL;

CREATE INDEX fans_person_idx ON wechat.fans (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE wechat.reply_windows (
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    openid text NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('message', 'menu', 'follow', 'scan')),
    opened_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > opened_at),
    allowed smallint NOT NULL CHECK (allowed > 0),
    used smallint NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND allowed),
    PRIMARY KEY (account_id, openid, trigger)
);

COMMENT ON TABLE wechat.reply_windows IS '客服消息的额度：粉丝的每种互动准许在限定时间内回复几条，数据库保证不超';
COMMENT ON COLUMN wechat.reply_windows.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.reply_windows.openid IS '粉丝的 OpenID';
COMMENT ON COLUMN wechat.reply_windows.trigger IS '由什么互动而来：message 发来消息，menu 点击菜单，follow 关注，scan 扫码';
COMMENT ON COLUMN wechat.reply_windows.opened_at IS '互动的时间';
COMMENT ON COLUMN wechat.reply_windows.until IS '到这时为止可以回复';
COMMENT ON COLUMN wechat.reply_windows.allowed IS '准许的条数';
COMMENT ON COLUMN wechat.reply_windows.used IS '已用的条数，含正在发送的';

CREATE TABLE wechat.sends (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    openid text NOT NULL,
    kind text NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('message', 'menu', 'follow', 'scan')),
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'refused', 'unknown')),
    errcode integer,
    begun_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state = 'sending') = (settled_at IS NULL))
);

COMMENT ON TABLE wechat.sends IS '发出的客服消息，不含内容；同一编号只发送一次';
COMMENT ON COLUMN wechat.sends.id IS '主键，由发送者给出，重复发送据此识别';
COMMENT ON COLUMN wechat.sends.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.sends.openid IS '收件的粉丝';
COMMENT ON COLUMN wechat.sends.kind IS '消息类型';
COMMENT ON COLUMN wechat.sends.trigger IS '用的是哪种互动的额度';
COMMENT ON COLUMN wechat.sends.state IS '状态：sending 发送中，sent 微信已接收，refused 微信拒绝，unknown 未得到应答';
COMMENT ON COLUMN wechat.sends.errcode IS '微信返回的错误码';
COMMENT ON COLUMN wechat.sends.begun_at IS '最近一次开始发送的时间';
COMMENT ON COLUMN wechat.sends.settled_at IS '得到结果的时间';

CREATE INDEX sends_fan_idx ON wechat.sends (account_id, openid, trigger) WHERE state = 'sending';

CREATE INDEX sends_begun_idx ON wechat.sends (begun_at);

CREATE TABLE wechat.menus (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    number integer NOT NULL CHECK (number > 0),
    content jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published')),
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    published_by uuid,
    published_at timestamptz,
    UNIQUE (account_id, number),
    CHECK ((state = 'published') = (published_at IS NOT NULL))
);

COMMENT ON TABLE wechat.menus IS '公众号菜单的各个版本：草稿至多一份，发布过的不再修改';
COMMENT ON COLUMN wechat.menus.id IS '主键';
COMMENT ON COLUMN wechat.menus.account_id IS '公众号';
COMMENT ON COLUMN wechat.menus.number IS '版本序号，每个公众号从 1 起';
COMMENT ON COLUMN wechat.menus.content IS '默认菜单与按标签区分的个性化菜单';
COMMENT ON COLUMN wechat.menus.revision IS '草稿的修订号，防止互相覆盖';
COMMENT ON COLUMN wechat.menus.state IS '状态：draft 草稿，published 已发布';
COMMENT ON COLUMN wechat.menus.changed_by IS '最后修改草稿的账号';
COMMENT ON COLUMN wechat.menus.changed_at IS '最后修改草稿的时间';
COMMENT ON COLUMN wechat.menus.published_by IS '发布的账号';
COMMENT ON COLUMN wechat.menus.published_at IS '最近一次发布的时间';

CREATE UNIQUE INDEX menus_draft_once ON wechat.menus (account_id) WHERE state = 'draft';
"""
