"""accounts: codes by SMS that prove who holds a phone"""

from migrations import statements

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run("DROP TABLE accounts.phone_codes")


STATEMENTS = """
CREATE TABLE accounts.phone_codes (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'reset_password')),
    phone_index bytea NOT NULL,
    address_index bytea NOT NULL,
    code_hash bytea NOT NULL,
    message_sealed bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    tries smallint NOT NULL DEFAULT 0,
    used_at timestamptz
);
CREATE INDEX phone_codes_phone ON accounts.phone_codes (phone_index, created_at DESC);
CREATE INDEX phone_codes_address ON accounts.phone_codes (address_index, created_at);
CREATE INDEX phone_codes_created ON accounts.phone_codes (created_at);
COMMENT ON TABLE accounts.phone_codes IS '短信验证码：同一手机号同一用途只有最新一个有效；未注册的手机号同样留一行而不发送，因此外人看不出是否注册';
COMMENT ON COLUMN accounts.phone_codes.id IS '验证码标识';
COMMENT ON COLUMN accounts.phone_codes.purpose IS '用途：sign_in 登录，sign_up 注册，reset_password 重置密码';
COMMENT ON COLUMN accounts.phone_codes.phone_index IS '手机号盲索引';
COMMENT ON COLUMN accounts.phone_codes.address_index IS '来源地址盲索引，用于限制频率';
COMMENT ON COLUMN accounts.phone_codes.code_hash IS '验证码的带密钥摘要';
COMMENT ON COLUMN accounts.phone_codes.message_sealed IS '待发送的手机号与验证码（加密）；交给短信服务后清空，不发送的为空';
COMMENT ON COLUMN accounts.phone_codes.created_at IS '生成时间';
COMMENT ON COLUMN accounts.phone_codes.expires_at IS '失效时间';
COMMENT ON COLUMN accounts.phone_codes.tries IS '输错次数';
COMMENT ON COLUMN accounts.phone_codes.used_at IS '使用时间，每个只能用一次';
"""
