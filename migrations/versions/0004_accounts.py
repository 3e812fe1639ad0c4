"""accounts: institutions, departments, accounts, sessions, second factor, roles, vendor API credentials"""

from alembic import op

from migrations import statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORGANISATION = """
CREATE SCHEMA accounts;
COMMENT ON SCHEMA accounts IS '账号与权限：机构、科室、账号、会话、角色、厂家接口凭证';

CREATE TABLE accounts.institutions (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9_-]{1,32}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts.institutions IS '机构';
COMMENT ON COLUMN accounts.institutions.id IS '机构标识';
COMMENT ON COLUMN accounts.institutions.code IS '机构代码';
COMMENT ON COLUMN accounts.institutions.name IS '机构名称';
COMMENT ON COLUMN accounts.institutions.state IS '状态：active 启用，disabled 停用（停用后其账号不能登录，接口凭证失效）';
COMMENT ON COLUMN accounts.institutions.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN accounts.institutions.created_at IS '创建时间';
COMMENT ON COLUMN accounts.institutions.updated_at IS '最后修改时间';

CREATE TABLE accounts.departments (
    id uuid PRIMARY KEY,
    institution_id uuid NOT NULL REFERENCES accounts.institutions (id),
    parent_id uuid,
    code text NOT NULL CHECK (code ~ '^[A-Za-z0-9_-]{1,32}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    sort integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (institution_id, code),
    UNIQUE (institution_id, id),
    CHECK (parent_id <> id),
    -- a parent in another institution must never be: the scope «department and below» would reach across
    FOREIGN KEY (institution_id, parent_id) REFERENCES accounts.departments (institution_id, id)
);
CREATE INDEX departments_parent ON accounts.departments (parent_id);
COMMENT ON TABLE accounts.departments IS '科室（树形，同一机构内）';
COMMENT ON COLUMN accounts.departments.id IS '科室标识';
COMMENT ON COLUMN accounts.departments.institution_id IS '所属机构';
COMMENT ON COLUMN accounts.departments.parent_id IS '上级科室，空为一级科室';
COMMENT ON COLUMN accounts.departments.code IS '科室代码，机构内唯一';
COMMENT ON COLUMN accounts.departments.name IS '科室名称';
COMMENT ON COLUMN accounts.departments.sort IS '显示顺序';
COMMENT ON COLUMN accounts.departments.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN accounts.departments.created_at IS '创建时间';
COMMENT ON COLUMN accounts.departments.updated_at IS '最后修改时间';
"""

ACCOUNTS = """
CREATE TABLE accounts.accounts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff', 'customer')),
    username text UNIQUE CHECK (username ~ '^[a-z][a-z0-9._-]{2,31}$'),
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL DEFAULT false,
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    display_name_sealed bytea NOT NULL,
    phone_sealed bytea,
    phone_index bytea,
    institution_id uuid NOT NULL REFERENCES accounts.institutions (id),
    department_id uuid,
    person_id uuid,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    last_signed_in_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (institution_id, department_id) REFERENCES accounts.departments (institution_id, id),
    CHECK ((kind = 'customer') = (person_id IS NOT NULL)),
    CHECK ((phone_sealed IS NULL) = (phone_index IS NULL)),
    -- staff sign in by user name, customers by user name or phone; nobody without either
    CHECK (username IS NOT NULL OR (kind = 'customer' AND phone_index IS NOT NULL))
);
CREATE UNIQUE INDEX accounts_customer_person ON accounts.accounts (person_id) WHERE kind = 'customer';
CREATE UNIQUE INDEX accounts_customer_phone ON accounts.accounts (phone_index) WHERE kind = 'customer';
CREATE INDEX accounts_phone ON accounts.accounts (phone_index);
CREATE INDEX accounts_username_prefix ON accounts.accounts (username text_pattern_ops);
CREATE INDEX accounts_institution ON accounts.accounts (institution_id, department_id);
-- after a change of keys: those still sealed under an old one
CREATE INDEX accounts_seal ON accounts.accounts (substring(display_name_sealed FROM 1 FOR 4));
CREATE INDEX accounts_newest ON accounts.accounts (created_at DESC, id DESC);
COMMENT ON TABLE accounts.accounts IS '账号（职工与客户）';
COMMENT ON COLUMN accounts.accounts.id IS '账号标识';
COMMENT ON COLUMN accounts.accounts.kind IS '类别：staff 职工，customer 客户';
COMMENT ON COLUMN accounts.accounts.username IS '用户名，小写字母开头；客户可以只用手机号登录';
COMMENT ON COLUMN accounts.accounts.password_hash IS '口令摘要（argon2id，PHC 格式）';
COMMENT ON COLUMN accounts.accounts.must_change_password IS '下次登录须修改密码';
COMMENT ON COLUMN accounts.accounts.password_changed_at IS '最近修改密码的时间';
COMMENT ON COLUMN accounts.accounts.display_name_sealed IS '显示名称（加密）';
COMMENT ON COLUMN accounts.accounts.phone_sealed IS '手机号（加密）';
COMMENT ON COLUMN accounts.accounts.phone_index IS '手机号盲索引';
COMMENT ON COLUMN accounts.accounts.institution_id IS '所属机构';
COMMENT ON COLUMN accounts.accounts.department_id IS '所属科室';
COMMENT ON COLUMN accounts.accounts.person_id IS '客户对应的自然人标识（people 模块）；职工为空';
COMMENT ON COLUMN accounts.accounts.state IS '状态：active 启用，disabled 停用';
COMMENT ON COLUMN accounts.accounts.last_signed_in_at IS '最近登录时间';
COMMENT ON COLUMN accounts.accounts.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN accounts.accounts.created_at IS '创建时间';
COMMENT ON COLUMN accounts.accounts.updated_at IS '最后修改时间';

CREATE TABLE accounts.sign_in_failures (
    key text PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 0),
    last_failed_at timestamptz NOT NULL,
    locked_until timestamptz
);
CREATE INDEX sign_in_failures_last ON accounts.sign_in_failures (last_failed_at);
COMMENT ON TABLE accounts.sign_in_failures IS '登录失败计数与锁定；对不存在的用户名同样计数，因此外人看不出账号是否存在';
COMMENT ON COLUMN accounts.sign_in_failures.key IS '计数对象：account:账号标识、name:登录名盲索引、ip:来源地址';
COMMENT ON COLUMN accounts.sign_in_failures.failures IS '连续失败次数';
COMMENT ON COLUMN accounts.sign_in_failures.last_failed_at IS '最近失败时间';
COMMENT ON COLUMN accounts.sign_in_failures.locked_until IS '锁定至';

CREATE TABLE accounts.sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts.accounts (id),
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    second_factor boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    idle_limit interval NOT NULL CHECK (idle_limit > interval '0'),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at timestamptz,
    ip inet,
    user_agent text CHECK (length(user_agent) <= 300)
);
CREATE INDEX sessions_live ON accounts.sessions (account_id, created_at DESC) WHERE revoked_at IS NULL;
CREATE INDEX sessions_expiry ON accounts.sessions (expires_at);
COMMENT ON TABLE accounts.sessions IS '登录会话；令牌只存摘要';
COMMENT ON COLUMN accounts.sessions.id IS '会话标识';
COMMENT ON COLUMN accounts.sessions.account_id IS '账号';
COMMENT ON COLUMN accounts.sessions.token_hash IS '令牌的 SHA-256 摘要';
COMMENT ON COLUMN accounts.sessions.second_factor IS '是否已通过动态口令或恢复码';
COMMENT ON COLUMN accounts.sessions.created_at IS '登录时间';
COMMENT ON COLUMN accounts.sessions.last_seen_at IS '最近使用时间（每分钟最多记一次）';
COMMENT ON COLUMN accounts.sessions.idle_limit IS '闲置多久后失效';
COMMENT ON COLUMN accounts.sessions.expires_at IS '最迟失效时间';
COMMENT ON COLUMN accounts.sessions.revoked_at IS '吊销时间（退出、改密、停用或强制下线）';
COMMENT ON COLUMN accounts.sessions.ip IS '登录地址';
COMMENT ON COLUMN accounts.sessions.user_agent IS '浏览器或应用标识';

CREATE TABLE accounts.totp (
    account_id uuid PRIMARY KEY REFERENCES accounts.accounts (id),
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE accounts.totp IS '动态口令（TOTP）';
COMMENT ON COLUMN accounts.totp.account_id IS '账号';
COMMENT ON COLUMN accounts.totp.secret_sealed IS '密钥（加密）';
COMMENT ON COLUMN accounts.totp.created_at IS '登记时间';
COMMENT ON COLUMN accounts.totp.confirmed_at IS '首次验证通过的时间，空为尚未启用';
COMMENT ON COLUMN accounts.totp.last_step IS '最后使用的时间步，用过的口令不能再用';

CREATE TABLE accounts.recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts.totp (account_id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
COMMENT ON TABLE accounts.recovery_codes IS '动态口令的恢复码，每个只能用一次';
COMMENT ON COLUMN accounts.recovery_codes.account_id IS '账号';
COMMENT ON COLUMN accounts.recovery_codes.code_hash IS '恢复码摘要';
COMMENT ON COLUMN accounts.recovery_codes.used_at IS '使用时间';
"""

ROLES = """
CREATE TABLE accounts.roles (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]{1,31}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    description text NOT NULL DEFAULT '',
    builtin boolean NOT NULL DEFAULT false,
    requires_totp boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts.roles IS '角色';
COMMENT ON COLUMN accounts.roles.id IS '角色标识';
COMMENT ON COLUMN accounts.roles.code IS '角色代码';
COMMENT ON COLUMN accounts.roles.name IS '角色名称';
COMMENT ON COLUMN accounts.roles.description IS '说明';
COMMENT ON COLUMN accounts.roles.builtin IS '是否随平台提供；提供的角色不可删除，系统管理员角色不可修改';
COMMENT ON COLUMN accounts.roles.requires_totp IS '持有者必须启用动态口令';
COMMENT ON COLUMN accounts.roles.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN accounts.roles.created_at IS '创建时间';
COMMENT ON COLUMN accounts.roles.updated_at IS '最后修改时间';

CREATE TABLE accounts.role_permissions (
    role_id uuid NOT NULL REFERENCES accounts.roles (id) ON DELETE CASCADE,
    permission text NOT NULL CHECK (permission ~ '^[a-z_]+\\.[a-z_]+\\.[a-z_]+$'),
    PRIMARY KEY (role_id, permission)
);
CREATE INDEX role_permissions_permission ON accounts.role_permissions (permission);
COMMENT ON TABLE accounts.role_permissions IS '角色的权限';
COMMENT ON COLUMN accounts.role_permissions.role_id IS '角色';
COMMENT ON COLUMN accounts.role_permissions.permission IS '权限：模块.对象.动作';

CREATE TABLE accounts.role_seeds (
    role_id uuid NOT NULL REFERENCES accounts.roles (id) ON DELETE CASCADE,
    permission text NOT NULL,
    PRIMARY KEY (role_id, permission)
);
COMMENT ON TABLE accounts.role_seeds IS '平台曾为角色预置的权限：管理员收回后，升级时不再自动加回';
COMMENT ON COLUMN accounts.role_seeds.role_id IS '角色';
COMMENT ON COLUMN accounts.role_seeds.permission IS '权限';

CREATE TABLE accounts.account_roles (
    account_id uuid NOT NULL REFERENCES accounts.accounts (id),
    role_id uuid NOT NULL REFERENCES accounts.roles (id),
    scope text NOT NULL CHECK (scope IN ('all', 'institution', 'department', 'own', 'self')),
    granted_at timestamptz NOT NULL DEFAULT now(),
    granted_by uuid REFERENCES accounts.accounts (id),
    PRIMARY KEY (account_id, role_id, scope)
);
CREATE INDEX account_roles_role ON accounts.account_roles (role_id);
COMMENT ON TABLE accounts.account_roles IS '账号的角色与数据范围';
COMMENT ON COLUMN accounts.account_roles.account_id IS '账号';
COMMENT ON COLUMN accounts.account_roles.role_id IS '角色';
COMMENT ON COLUMN accounts.account_roles.scope IS '数据范围：all 全部，institution 本机构，department 本科室及下级，own 本人负责的客户，self 本人';
COMMENT ON COLUMN accounts.account_roles.granted_at IS '授予时间';
COMMENT ON COLUMN accounts.account_roles.granted_by IS '授予人，空为系统';

-- One place for the tree walk. UNION, not UNION ALL: even a broken tree ends.
CREATE FUNCTION accounts.departments_below(root uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below AS (
        SELECT d.id FROM accounts.departments d WHERE d.id = root
        UNION
        SELECT d.id FROM accounts.departments d JOIN below b ON d.parent_id = b.id
    )
    SELECT coalesce(array_agg(id), '{}') FROM below
$$;
COMMENT ON FUNCTION accounts.departments_below(uuid) IS '科室及其全部下级科室';
"""

APPS = """
CREATE TABLE accounts.api_apps (
    id uuid PRIMARY KEY,
    app_id text NOT NULL UNIQUE CHECK (app_id ~ '^[A-Za-z0-9_-]{4,64}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    vendor_id uuid,
    institution_id uuid NOT NULL REFERENCES accounts.institutions (id),
    interfaces text[] NOT NULL CHECK (interfaces <@ ARRAY['K1', 'K2', 'H1', 'H2', 'H3', 'H4', 'H5']),
    ip_ranges cidr[] NOT NULL CHECK (cardinality(ip_ranges) BETWEEN 1 AND 50),
    rate_per_minute integer NOT NULL CHECK (rate_per_minute BETWEEN 1 AND 1000000),
    sign_types text[] NOT NULL CHECK (cardinality(sign_types) > 0 AND sign_types <@ ARRAY['HMAC-SHA256', 'HMAC-SM3']),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts.api_apps IS '厂家接口凭证（应用）';
COMMENT ON COLUMN accounts.api_apps.id IS '应用标识（内部）';
COMMENT ON COLUMN accounts.api_apps.app_id IS '应用编号，即请求头 X-App-Id';
COMMENT ON COLUMN accounts.api_apps.name IS '应用名称';
COMMENT ON COLUMN accounts.api_apps.vendor_id IS '厂家标识（exchange 模块）';
COMMENT ON COLUMN accounts.api_apps.institution_id IS '所属机构';
COMMENT ON COLUMN accounts.api_apps.interfaces IS '允许的接口：K1、K2、H1 至 H5';
COMMENT ON COLUMN accounts.api_apps.ip_ranges IS '允许的来源网段，至少一个';
COMMENT ON COLUMN accounts.api_apps.rate_per_minute IS '每分钟请求上限';
COMMENT ON COLUMN accounts.api_apps.sign_types IS '允许的签名算法';
COMMENT ON COLUMN accounts.api_apps.state IS '状态：active 启用，disabled 停用';
COMMENT ON COLUMN accounts.api_apps.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN accounts.api_apps.created_at IS '创建时间';
COMMENT ON COLUMN accounts.api_apps.updated_at IS '最后修改时间';

CREATE TABLE accounts.api_secrets (
    id uuid PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES accounts.api_apps (id),
    slot smallint NOT NULL CHECK (slot IN (1, 2)),
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at > not_before),
    revoked_at timestamptz,
    last_used_at timestamptz
);
-- two slots, each held by at most one secret that is not revoked: never more than two live secrets
CREATE UNIQUE INDEX api_secrets_two_live ON accounts.api_secrets (app_id, slot) WHERE revoked_at IS NULL;
CREATE INDEX api_secrets_app ON accounts.api_secrets (app_id, created_at DESC);
COMMENT ON TABLE accounts.api_secrets IS '厂家接口密钥，同时最多两把有效';
COMMENT ON COLUMN accounts.api_secrets.id IS '密钥标识';
COMMENT ON COLUMN accounts.api_secrets.app_id IS '应用标识';
COMMENT ON COLUMN accounts.api_secrets.slot IS '密钥位 1 或 2';
COMMENT ON COLUMN accounts.api_secrets.secret_sealed IS '密钥（加密）';
COMMENT ON COLUMN accounts.api_secrets.created_at IS '生成时间';
COMMENT ON COLUMN accounts.api_secrets.not_before IS '生效时间';
COMMENT ON COLUMN accounts.api_secrets.expires_at IS '失效时间，空为长期';
COMMENT ON COLUMN accounts.api_secrets.revoked_at IS '吊销或失效后收回的时间';
COMMENT ON COLUMN accounts.api_secrets.last_used_at IS '最近使用时间（每分钟最多记一次）';
"""


AUDIT_CHECKS = """
CREATE TABLE accounts.audit_checks (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    checked bigint NOT NULL CHECK (checked >= 0),
    head text NOT NULL,
    broken_at bigint,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX audit_checks_at ON accounts.audit_checks (at DESC);
COMMENT ON TABLE accounts.audit_checks IS '审计链校验结果';
COMMENT ON COLUMN accounts.audit_checks.id IS '校验标识';
COMMENT ON COLUMN accounts.audit_checks.at IS '校验时间';
COMMENT ON COLUMN accounts.audit_checks.checked IS '核对无误的条数';
COMMENT ON COLUMN accounts.audit_checks.head IS '最后一条的链值（十六进制）';
COMMENT ON COLUMN accounts.audit_checks.broken_at IS '第一处不符的序号，空为完好';
COMMENT ON COLUMN accounts.audit_checks.reason IS '不符的原因';
"""


def upgrade() -> None:
    for script in (ORGANISATION, ACCOUNTS, ROLES, APPS, AUDIT_CHECKS):
        statements.run(script)


def downgrade() -> None:
    op.execute("DROP SCHEMA accounts CASCADE")
