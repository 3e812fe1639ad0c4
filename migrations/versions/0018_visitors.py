"""messaging: visitors whom nobody knows yet, where answers go; accounts: signing in by WeChat"""

from migrations import statements

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in (MESSAGING, ACCOUNTS):
        statements.run(script)


def downgrade() -> None:
    statements.run(BACK)


MESSAGING = """
ALTER TABLE messaging.conversations
    ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN address text CHECK (length(address) BETWEEN 1 AND 200),
    ADD CONSTRAINT conversations_of_somebody CHECK (person_id IS NOT NULL OR address IS NOT NULL);
CREATE UNIQUE INDEX conversations_of_visitor ON messaging.conversations (institution_id, channel, address)
    WHERE person_id IS NULL;
COMMENT ON TABLE messaging.conversations IS '会话：一位客户或访客与一家机构只有一个，不论从哪个渠道来';
COMMENT ON COLUMN messaging.conversations.person_id IS '客户；空为访客，只知其渠道与地址';
COMMENT ON COLUMN messaging.conversations.address IS '客户最近使用的渠道上的地址，回复发往此处，如公众号与 OpenID；app 渠道为空';

ALTER TABLE messaging.messages
    DROP CONSTRAINT messages_check4,
    ADD COLUMN address text CHECK (length(address) BETWEEN 1 AND 200),
    ADD COLUMN resent smallint NOT NULL DEFAULT 0 CHECK (resent >= 0),
    ADD CONSTRAINT messages_from_somebody CHECK (
        CASE direction WHEN 'in' THEN num_nonnulls(author_person_id, address) > 0 ELSE author_person_id IS NULL END);
COMMENT ON COLUMN messaging.messages.author_person_id IS '发出的人：客户本人或代其办理的家庭成员；访客为空';
COMMENT ON COLUMN messaging.messages.address IS '渠道上的地址：来自何处或发往何处；app 渠道为空';
COMMENT ON COLUMN messaging.messages.resent IS '客服要求重新发送的次数';

ALTER TABLE messaging.media
    DROP CONSTRAINT media_check1,
    ADD CONSTRAINT media_of_one CHECK (num_nonnulls(person_id, account_id) <= 1);
COMMENT ON COLUMN messaging.media.person_id IS '上传的客户；与员工账号都为空的来自访客';
COMMENT ON COLUMN messaging.service_sessions.end_reason IS
    '结束原因：solved 已解决，passed_on 已转相关部门，unsolved 未能解决，left 客户离开，irrelevant 无关内容，idle 客户长时间未回复，answered 自动回复已答，joined 并入客户的会话';
"""

ACCOUNTS = """
CREATE TABLE accounts.wechat_offers (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    wechat_account_id uuid NOT NULL,
    openid text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX wechat_offers_expires ON accounts.wechat_offers (expires_at);
COMMENT ON TABLE accounts.wechat_offers IS '待绑定的微信：微信已证明其身份、尚不知是哪位客户；登录后凭此绑定，用一次即删';
COMMENT ON COLUMN accounts.wechat_offers.id IS '主键';
COMMENT ON COLUMN accounts.wechat_offers.token_hash IS '绑定凭证的 SHA-256';
COMMENT ON COLUMN accounts.wechat_offers.wechat_account_id IS '公众号或小程序';
COMMENT ON COLUMN accounts.wechat_offers.openid IS '在该账号下的 OpenID';
COMMENT ON COLUMN accounts.wechat_offers.expires_at IS '失效时间';
"""

BACK = """
DROP TABLE accounts.wechat_offers;
DELETE FROM messaging.transfers t USING messaging.service_sessions s, messaging.conversations c
 WHERE s.id = t.service_session_id AND c.id = s.conversation_id AND c.person_id IS NULL;
DELETE FROM messaging.messages m USING messaging.conversations c WHERE c.id = m.conversation_id AND c.person_id IS NULL;
DELETE FROM messaging.messages WHERE direction = 'in' AND author_person_id IS NULL;
DELETE FROM messaging.media WHERE num_nonnulls(person_id, account_id) = 0;
DELETE FROM messaging.media m USING messaging.conversations c WHERE c.id = m.conversation_id AND c.person_id IS NULL;
DELETE FROM messaging.service_sessions s USING messaging.conversations c
 WHERE c.id = s.conversation_id AND c.person_id IS NULL;
DELETE FROM messaging.conversations WHERE person_id IS NULL;
ALTER TABLE messaging.media DROP CONSTRAINT media_of_one, ADD CONSTRAINT media_check1 CHECK (num_nonnulls(person_id, account_id) = 1);
ALTER TABLE messaging.messages
    DROP CONSTRAINT messages_from_somebody, DROP COLUMN address, DROP COLUMN resent,
    ADD CONSTRAINT messages_check4 CHECK ((direction = 'in') = (author_person_id IS NOT NULL));
DROP INDEX messaging.conversations_of_visitor;
ALTER TABLE messaging.conversations
    DROP CONSTRAINT conversations_of_somebody, DROP COLUMN address, ALTER COLUMN person_id SET NOT NULL;
"""
