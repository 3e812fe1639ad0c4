"""notices: ways out of the house (WeChat, SMS, e-mail), each try, wishes of persons, settings; wechat: template messages"""

from migrations import statements

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in (DELIVERIES, WISHES, TEMPLATES, WECHAT):
        statements.run(script)


def downgrade() -> None:
    statements.run(UNDO)


DELIVERIES = """
ALTER TABLE notices.deliveries DROP CONSTRAINT deliveries_channel_check;
ALTER TABLE notices.deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE notices.deliveries
    ADD CONSTRAINT deliveries_channel_check CHECK (channel IN ('in_app', 'wechat', 'sms', 'email')),
    ADD CONSTRAINT deliveries_state_check
        CHECK (state IN ('waiting', 'sending', 'sent', 'delivered', 'failed', 'skipped')),
    ADD COLUMN person_id uuid,
    ADD COLUMN address bytea,
    ADD COLUMN sender text NOT NULL DEFAULT '',
    ADD COLUMN provider_id text NOT NULL DEFAULT '',
    ADD COLUMN tries smallint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    ADD COLUMN forgiven smallint NOT NULL DEFAULT 0 CHECK (forgiven BETWEEN 0 AND tries),
    ADD COLUMN repeatable boolean NOT NULL DEFAULT false,
    ADD COLUMN uncertain boolean NOT NULL DEFAULT false,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN begun_at timestamptz,
    ADD COLUMN receipt text NOT NULL DEFAULT '',
    ADD COLUMN receipt_at timestamptz,
    ADD COLUMN dead_at timestamptz,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT deliveries_begun_check CHECK ((tries = 0) = (begun_at IS NULL)),
    ADD CONSTRAINT deliveries_dead_check CHECK (dead_at IS NULL OR state = 'failed');
UPDATE notices.deliveries AS d SET person_id = n.person_id, changed_at = d.at
  FROM notices.notices AS n WHERE n.id = d.notice_id AND n.person_id IS NOT NULL;
CREATE INDEX deliveries_of_person ON notices.deliveries (person_id, channel, begun_at) WHERE begun_at IS NOT NULL;
CREATE INDEX deliveries_of_provider ON notices.deliveries (sender, provider_id) WHERE provider_id <> '';
CREATE INDEX deliveries_recent ON notices.deliveries (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX deliveries_dead ON notices.deliveries (id DESC) WHERE dead_at IS NOT NULL;
COMMENT ON COLUMN notices.deliveries.channel IS '渠道：in_app 站内消息，wechat 微信模板消息或订阅通知，sms 短信，email 邮件';
COMMENT ON COLUMN notices.deliveries.state IS '状态：waiting 等待发送，sending 发送中，sent 对方已接收，delivered 已送达，failed 未送达，skipped 未发送';
COMMENT ON COLUMN notices.deliveries.reason IS '等待、未送达或未发送的原因';
COMMENT ON COLUMN notices.deliveries.at IS '建立时间';
COMMENT ON COLUMN notices.deliveries.person_id IS '收件客户，与消息的相同；发给员工账号的为空';
COMMENT ON COLUMN notices.deliveries.address IS '发往的手机号或邮箱（加密）；微信与站内消息为空';
COMMENT ON COLUMN notices.deliveries.sender IS '最近一次由谁发送：tencent、aliyun、smtp 或公众号标识';
COMMENT ON COLUMN notices.deliveries.provider_id IS '服务商给出的编号，回执据此对应';
COMMENT ON COLUMN notices.deliveries.tries IS '已发送的次数';
COMMENT ON COLUMN notices.deliveries.forgiven IS '由人重新发送之前的次数，不再计入';
COMMENT ON COLUMN notices.deliveries.repeatable IS '服务商是否按编号去重，没有应答时可以原样再发';
COMMENT ON COLUMN notices.deliveries.uncertain IS '是否没有得到应答：可能已送达，不再从这个渠道发送，等待回执';
COMMENT ON COLUMN notices.deliveries.due_at IS '到这时再发送';
COMMENT ON COLUMN notices.deliveries.begun_at IS '最近一次开始发送的时间';
COMMENT ON COLUMN notices.deliveries.receipt IS '回执的代码';
COMMENT ON COLUMN notices.deliveries.receipt_at IS '收到回执的时间';
COMMENT ON COLUMN notices.deliveries.dead_at IS '全部渠道都未送达的时间，等待人工处理';
COMMENT ON COLUMN notices.deliveries.changed_at IS '最近一次变化的时间';

CREATE TABLE notices.tries (
    delivery_id uuid NOT NULL REFERENCES notices.deliveries (id) ON DELETE CASCADE,
    number smallint NOT NULL CHECK (number > 0),
    sender text NOT NULL CHECK (sender <> ''),
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('accepted', 'refused', 'unknown')),
    final boolean NOT NULL DEFAULT false,
    provider_id text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, number),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON TABLE notices.tries IS '每一次发送：开始之前先记下，因此中断的也有记录，不会在不知情时再发一次';
COMMENT ON COLUMN notices.tries.delivery_id IS '送达记录';
COMMENT ON COLUMN notices.tries.number IS '第几次，从 1 起';
COMMENT ON COLUMN notices.tries.sender IS '由谁发送：tencent、aliyun、smtp 或公众号标识';
COMMENT ON COLUMN notices.tries.begun_at IS '开始时间';
COMMENT ON COLUMN notices.tries.ended_at IS '得到结果的时间，空为正在发送或中断';
COMMENT ON COLUMN notices.tries.outcome IS '结果：accepted 对方接收，refused 对方拒绝或没有连上，unknown 没有应答';
COMMENT ON COLUMN notices.tries.final IS '是否不必再由同一服务商发送';
COMMENT ON COLUMN notices.tries.provider_id IS '服务商给出的编号';
COMMENT ON COLUMN notices.tries.error IS '未成功的原因';
"""

WISHES = """
CREATE TABLE notices.preferences (
    person_id uuid NOT NULL,
    topic text NOT NULL CHECK (topic ~ '^[a-z][a-z_]{1,31}$'),
    channel text NOT NULL CHECK (channel IN ('wechat', 'sms', 'email')),
    wanted boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, topic, channel)
);
COMMENT ON TABLE notices.preferences IS '客户对各类消息、各渠道的选择；没有选择过的按缺省';
COMMENT ON COLUMN notices.preferences.person_id IS '客户';
COMMENT ON COLUMN notices.preferences.topic IS '消息类别';
COMMENT ON COLUMN notices.preferences.channel IS '渠道：wechat 微信，sms 短信，email 邮件';
COMMENT ON COLUMN notices.preferences.wanted IS '是否接收';
COMMENT ON COLUMN notices.preferences.changed_at IS '选择时间';

CREATE TABLE notices.emails (
    person_id uuid PRIMARY KEY,
    email bytea NOT NULL,
    code bytea,
    expires_at timestamptz,
    tries smallint NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL,
    confirmed_at timestamptz
);
COMMENT ON TABLE notices.emails IS '客户的邮箱：用邮件中的验证码确认之后才会收到消息';
COMMENT ON COLUMN notices.emails.person_id IS '客户';
COMMENT ON COLUMN notices.emails.email IS '邮箱（加密）';
COMMENT ON COLUMN notices.emails.code IS '验证码（加密），确认或失效后清空';
COMMENT ON COLUMN notices.emails.expires_at IS '验证码的失效时间';
COMMENT ON COLUMN notices.emails.tries IS '输错次数';
COMMENT ON COLUMN notices.emails.asked_at IS '填写时间';
COMMENT ON COLUMN notices.emails.confirmed_at IS '确认时间，空为未确认';
"""

TEMPLATES = """
CREATE TABLE notices.channel_templates (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    channel text NOT NULL CHECK (channel IN ('wechat', 'sms')),
    sender text NOT NULL CHECK (sender <> ''),
    kind text NOT NULL CHECK (kind IN ('template', 'subscription', 'mini_subscription', 'sms')),
    external_id text NOT NULL CHECK (external_id <> ''),
    fields jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(fields) = 'array'),
    url text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (code, channel, sender),
    CHECK ((channel = 'sms') = (kind = 'sms'))
);
COMMENT ON TABLE notices.channel_templates IS '渠道模板：一种消息在微信或短信服务商处用哪个已审批的模板，各参数填什么';
COMMENT ON COLUMN notices.channel_templates.id IS '主键';
COMMENT ON COLUMN notices.channel_templates.code IS '消息模板的编码';
COMMENT ON COLUMN notices.channel_templates.channel IS '渠道：wechat 微信，sms 短信';
COMMENT ON COLUMN notices.channel_templates.sender IS '由谁发送：tencent、aliyun 或公众号标识';
COMMENT ON COLUMN notices.channel_templates.kind IS '种类：template 模板消息，subscription 订阅通知，mini_subscription 小程序订阅消息，sms 短信';
COMMENT ON COLUMN notices.channel_templates.external_id IS '对方的模板编号';
COMMENT ON COLUMN notices.channel_templates.fields IS '参数名称与内容，内容可含 {占位符}，以及 {title}、{body}';
COMMENT ON COLUMN notices.channel_templates.url IS '点开后的地址，短信为空';
COMMENT ON COLUMN notices.channel_templates.active IS '是否使用';
COMMENT ON COLUMN notices.channel_templates.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN notices.channel_templates.changed_by IS '修改人账号';
COMMENT ON COLUMN notices.channel_templates.changed_at IS '修改时间';

CREATE TABLE notices.settings (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    content jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    version integer NOT NULL CHECK (version > 0),
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE notices.settings IS '发送设置，至多一行；没有时按缺省';
COMMENT ON COLUMN notices.settings.id IS '主键，只有一行';
COMMENT ON COLUMN notices.settings.content IS '启用的渠道、免打扰时段、每人上限、短信服务商的先后';
COMMENT ON COLUMN notices.settings.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN notices.settings.changed_by IS '修改人账号';
COMMENT ON COLUMN notices.settings.changed_at IS '修改时间';
"""

WECHAT = """
CREATE TABLE wechat.template_sends (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    openid text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('template', 'subscription', 'mini_subscription')),
    template_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'refused', 'unknown', 'delivered', 'failed')),
    msg_id text NOT NULL DEFAULT '',
    errcode integer,
    status text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL,
    begun_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX template_sends_fan_idx ON wechat.template_sends (account_id, openid, begun_at DESC);
CREATE INDEX template_sends_begun_idx ON wechat.template_sends (begun_at);
COMMENT ON TABLE wechat.template_sends IS '发出的模板消息与订阅通知，不含内容；同一编号只发送一次';
COMMENT ON COLUMN wechat.template_sends.id IS '主键，由发送者给出，重复发送据此识别';
COMMENT ON COLUMN wechat.template_sends.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.template_sends.openid IS '收件的粉丝';
COMMENT ON COLUMN wechat.template_sends.kind IS '种类：template 模板消息，subscription 订阅通知，mini_subscription 小程序订阅消息';
COMMENT ON COLUMN wechat.template_sends.template_id IS '微信的模板编号';
COMMENT ON COLUMN wechat.template_sends.state IS '状态：sending 发送中，sent 微信已接收，refused 微信拒绝，unknown 未得到应答，delivered 已送达，failed 未送达';
COMMENT ON COLUMN wechat.template_sends.msg_id IS '微信给出的消息编号，送达事件据此对应；订阅通知没有';
COMMENT ON COLUMN wechat.template_sends.errcode IS '微信返回的错误码';
COMMENT ON COLUMN wechat.template_sends.status IS '送达事件中的结果';
COMMENT ON COLUMN wechat.template_sends.first_at IS '第一次开始发送的时间，微信在此后 10 分钟内去重';
COMMENT ON COLUMN wechat.template_sends.begun_at IS '最近一次开始发送的时间';
COMMENT ON COLUMN wechat.template_sends.settled_at IS '得到结果的时间';
"""

UNDO = """
DROP TABLE wechat.template_sends;
DROP TABLE notices.settings;
DROP TABLE notices.channel_templates;
DROP TABLE notices.emails;
DROP TABLE notices.preferences;
DROP TABLE notices.tries;
DELETE FROM notices.deliveries WHERE channel <> 'in_app';
DROP INDEX notices.deliveries_of_person;
DROP INDEX notices.deliveries_of_provider;
DROP INDEX notices.deliveries_recent;
DROP INDEX notices.deliveries_dead;
ALTER TABLE notices.deliveries
    DROP CONSTRAINT deliveries_channel_check,
    DROP CONSTRAINT deliveries_state_check,
    DROP CONSTRAINT deliveries_begun_check,
    DROP CONSTRAINT deliveries_dead_check,
    DROP COLUMN person_id,
    DROP COLUMN address,
    DROP COLUMN sender,
    DROP COLUMN provider_id,
    DROP COLUMN forgiven,
    DROP COLUMN tries,
    DROP COLUMN repeatable,
    DROP COLUMN uncertain,
    DROP COLUMN due_at,
    DROP COLUMN begun_at,
    DROP COLUMN receipt,
    DROP COLUMN receipt_at,
    DROP COLUMN dead_at,
    DROP COLUMN changed_at;
ALTER TABLE notices.deliveries
    ADD CONSTRAINT deliveries_channel_check CHECK (channel IN ('in_app')),
    ADD CONSTRAINT deliveries_state_check CHECK (state IN ('delivered', 'failed'));
COMMENT ON COLUMN notices.deliveries.channel IS '渠道：in_app 站内消息';
COMMENT ON COLUMN notices.deliveries.state IS '状态：delivered 已送达，failed 未送达';
COMMENT ON COLUMN notices.deliveries.reason IS '未送达的原因';
COMMENT ON COLUMN notices.deliveries.at IS '时间';
"""
