"""wechat: fans bound to persons, messages that the desk has taken over, rules of automatic replies"""

from migrations import statements

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run(BACK)


STATEMENTS = """
ALTER TABLE wechat.fans
    ADD COLUMN bound_at timestamptz,
    ADD CONSTRAINT fans_bound CHECK ((person_id IS NULL) = (bound_at IS NULL));
-- one customer has one WeChat at each account
CREATE UNIQUE INDEX fans_person_once ON wechat.fans (account_id, person_id) WHERE person_id IS NOT NULL;
COMMENT ON COLUMN wechat.fans.person_id IS '绑定的客户账户持有人；绑定之前为空';
COMMENT ON COLUMN wechat.fans.bound_at IS '绑定的时间';

ALTER TABLE wechat.inbox ADD COLUMN taken_at timestamptz;
UPDATE wechat.inbox SET taken_at = received_at;
CREATE INDEX inbox_untaken ON wechat.inbox (account_id, openid, id) WHERE taken_at IS NULL AND kind <> 'event';
COMMENT ON COLUMN wechat.inbox.taken_at IS '消息进入客服会话的时间；同一粉丝的消息按到达顺序进入';

CREATE TABLE wechat.reply_rules (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    trigger text NOT NULL CHECK (trigger IN ('keyword', 'follow', 'scan', 'kind', 'default')),
    keywords jsonb NOT NULL DEFAULT '[]',
    scene text NOT NULL DEFAULT '' CHECK (length(scene) <= 64),
    kinds text[] NOT NULL DEFAULT '{}',
    visit text NOT NULL DEFAULT 'any' CHECK (visit IN ('any', 'first', 'again')),
    hours text NOT NULL DEFAULT 'any' CHECK (hours IN ('any', 'on', 'off')),
    answers text[] NOT NULL DEFAULT '{}' CHECK (cardinality(answers) <= 3),
    hand_over boolean NOT NULL DEFAULT false,
    priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1000 AND 1000),
    enabled boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK (cardinality(answers) > 0 OR hand_over)
);
CREATE INDEX reply_rules_account ON wechat.reply_rules (account_id, id);
COMMENT ON TABLE wechat.reply_rules IS '自动回复规则';
COMMENT ON COLUMN wechat.reply_rules.id IS '主键，按建立的先后递增';
COMMENT ON COLUMN wechat.reply_rules.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.reply_rules.name IS '名称';
COMMENT ON COLUMN wechat.reply_rules.trigger IS '何时回复：keyword 关键词，follow 关注，scan 扫描带参数的二维码，kind 消息类型，default 其他规则都不适用时';
COMMENT ON COLUMN wechat.reply_rules.keywords IS '关键词及匹配方式：whole 全文相同，part 包含';
COMMENT ON COLUMN wechat.reply_rules.scene IS '二维码的参数';
COMMENT ON COLUMN wechat.reply_rules.kinds IS '消息类型：image、voice、video、location、link 等';
COMMENT ON COLUMN wechat.reply_rules.visit IS '关注或扫码者：any 不限，first 首次关注，again 曾经关注过';
COMMENT ON COLUMN wechat.reply_rules.hours IS '适用时间：any 不限，on 客服时间内，off 客服时间外';
COMMENT ON COLUMN wechat.reply_rules.answers IS '依次回复的文字，至多三条';
COMMENT ON COLUMN wechat.reply_rules.hand_over IS '回复后是否转人工';
COMMENT ON COLUMN wechat.reply_rules.priority IS '优先级，大的在前';
COMMENT ON COLUMN wechat.reply_rules.enabled IS '是否启用；未启用的是草稿，只在试答中使用';
COMMENT ON COLUMN wechat.reply_rules.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN wechat.reply_rules.changed_by IS '最后修改的账号';
COMMENT ON COLUMN wechat.reply_rules.changed_at IS '最后修改的时间';

CREATE TABLE wechat.qr_codes (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 30),
    scene text NOT NULL CHECK (length(scene) BETWEEN 1 AND 64),
    ticket text NOT NULL,
    url text NOT NULL,
    expires_at timestamptz,
    made_by uuid,
    created_at timestamptz NOT NULL
);
CREATE INDEX qr_codes_account ON wechat.qr_codes (account_id, id DESC);
COMMENT ON TABLE wechat.qr_codes IS '带参数的二维码';
COMMENT ON COLUMN wechat.qr_codes.id IS '主键';
COMMENT ON COLUMN wechat.qr_codes.account_id IS '公众号';
COMMENT ON COLUMN wechat.qr_codes.name IS '名称';
COMMENT ON COLUMN wechat.qr_codes.scene IS '参数，扫码时由微信带回';
COMMENT ON COLUMN wechat.qr_codes.ticket IS '微信的票据，凭它取二维码图片';
COMMENT ON COLUMN wechat.qr_codes.url IS '二维码的内容';
COMMENT ON COLUMN wechat.qr_codes.expires_at IS '失效时间，空为长期有效';
COMMENT ON COLUMN wechat.qr_codes.made_by IS '生成的账号';
COMMENT ON COLUMN wechat.qr_codes.created_at IS '生成时间';

CREATE INDEX fans_account ON wechat.fans (account_id, id DESC);

ALTER TABLE wechat.accounts
    ADD COLUMN desk_opens smallint NOT NULL DEFAULT 0 CHECK (desk_opens BETWEEN 0 AND 1440),
    ADD COLUMN desk_closes smallint NOT NULL DEFAULT 1440 CHECK (desk_closes BETWEEN 0 AND 1440),
    ADD COLUMN desk_days smallint[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}'
        CHECK (desk_days <@ '{1,2,3,4,5,6,7}'::smallint[]);
COMMENT ON COLUMN wechat.accounts.desk_opens IS '客服时间从几时起：当天零点起的分钟数';
COMMENT ON COLUMN wechat.accounts.desk_closes IS '客服时间到几时止：当天零点起的分钟数';
COMMENT ON COLUMN wechat.accounts.desk_days IS '有客服的日子：1 周一至 7 周日';
"""

BACK = """
ALTER TABLE wechat.accounts DROP COLUMN desk_opens, DROP COLUMN desk_closes, DROP COLUMN desk_days;
DROP INDEX wechat.fans_account;
DROP TABLE wechat.qr_codes;
DROP TABLE wechat.reply_rules;
DROP INDEX wechat.inbox_untaken;
ALTER TABLE wechat.inbox DROP COLUMN taken_at;
DROP INDEX wechat.fans_person_once;
ALTER TABLE wechat.fans DROP CONSTRAINT fans_bound, DROP COLUMN bound_at;
"""
