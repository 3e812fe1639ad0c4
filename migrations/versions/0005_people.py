"""people: natural persons (sealed), enrolments, families, consents, agreement texts, and whose data a scope reaches"""

import json
from importlib.resources import files

from alembic import op
from sqlalchemy import text

from migrations import statements

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The published texts are never edited; a new version is a new file in a new migration.
AGREEMENTS = files("kanghu.modules.people") / "data" / "agreements"
PUBLISHED = ("data_use_agreement.v1", "privacy.v1", "sensitive_data.v1")

PERSONS = """
CREATE SCHEMA people;

COMMENT ON SCHEMA people IS '人员：自然人、建档机构、家庭、同意书';

CREATE TABLE people.persons (
    id uuid PRIMARY KEY,
    name_sealed bytea NOT NULL,
    name_index bytea NOT NULL CHECK (octet_length(name_index) = 32),
    id_type text CHECK (id_type ~ '^[0-9]{2}$'),
    id_class text CHECK (id_class = 'citizen' OR id_class = id_type),
    id_number_sealed bytea,
    id_number_index bytea CHECK (octet_length(id_number_index) = 32),
    phone_sealed bytea,
    phone_index bytea CHECK (octet_length(phone_index) = 32),
    phone_last4_index bytea CHECK (octet_length(phone_last4_index) = 32),
    address_sealed bytea,
    sex text NOT NULL CHECK (sex IN ('0', '1', '2', '9')),
    birth_date date NOT NULL CHECK (birth_date >= '1850-01-01'),
    nation text,
    marital_status text,
    education text,
    occupation text CHECK (length(occupation) <= 70),
    blood_type_abo text,
    blood_type_rh text CHECK (blood_type_rh IN ('阴性', '阳性', '不详')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nulls(id_type, id_class, id_number_sealed, id_number_index) IN (0, 4)),
    CHECK (num_nulls(phone_sealed, phone_index, phone_last4_index) IN (0, 3))
);

-- one person per number: two registrations at once meet here, and the later one finds the earlier
CREATE UNIQUE INDEX persons_id_number ON people.persons (id_number_index, id_class);
CREATE INDEX persons_name ON people.persons (name_index, id DESC);
CREATE INDEX persons_phone ON people.persons (phone_index, id DESC);
CREATE INDEX persons_phone_last4 ON people.persons (phone_last4_index, id DESC);
-- all sealed values of a row are written together, so the header of the name tells the key of them all
CREATE INDEX persons_seal ON people.persons (substring(name_sealed FROM 1 FOR 4));

COMMENT ON TABLE people.persons IS '自然人；姓名、证件号码、电话、地址加密保存';
COMMENT ON COLUMN people.persons.id IS '人员标识（按登记先后递增）';
COMMENT ON COLUMN people.persons.name_sealed IS '姓名（加密）DE02.01.039.00';
COMMENT ON COLUMN people.persons.name_index IS '规范化姓名的盲索引';
COMMENT ON COLUMN people.persons.id_type IS '身份证件类别代码 CV02.01.101，DE02.01.031.00';
COMMENT ON COLUMN people.persons.id_class IS '证件号码在其中唯一的类别：citizen 公民身份号码，其余为证件类别代码';
COMMENT ON COLUMN people.persons.id_number_sealed IS '证件号码（加密）DE02.01.030.00，居民身份证一律为 18 位';
COMMENT ON COLUMN people.persons.id_number_index IS '规范化证件号码的盲索引（15 位与 18 位相同）';
COMMENT ON COLUMN people.persons.phone_sealed IS '电话号码（加密）DE02.01.010.00';
COMMENT ON COLUMN people.persons.phone_index IS '规范化电话号码的盲索引';
COMMENT ON COLUMN people.persons.phone_last4_index IS '电话号码后四位的盲索引';
COMMENT ON COLUMN people.persons.address_sealed IS '地址（加密）';
COMMENT ON COLUMN people.persons.sex IS '性别代码 GB/T 2261.1，DE02.01.040.00';
COMMENT ON COLUMN people.persons.birth_date IS '出生日期 DE02.01.005.01';
COMMENT ON COLUMN people.persons.nation IS '民族代码 GB/T 3304，DE02.01.025.00';
COMMENT ON COLUMN people.persons.marital_status IS '婚姻状况代码 GB/T 2261.2，DE02.01.018.00';
COMMENT ON COLUMN people.persons.education IS '学历代码 GB/T 4658，DE02.01.041.00';
COMMENT ON COLUMN people.persons.occupation IS '职业，原样保存（职业代码表未核实，不校验）';
COMMENT ON COLUMN people.persons.blood_type_abo IS 'ABO 血型代码 CV04.50.005';
COMMENT ON COLUMN people.persons.blood_type_rh IS 'Rh(D) 血型，以文字保存（各来源代码含义相反）';
COMMENT ON COLUMN people.persons.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN people.persons.created_at IS '建档时间';
COMMENT ON COLUMN people.persons.updated_at IS '最后修改时间';

CREATE TABLE people.enrolments (
    person_id uuid NOT NULL REFERENCES people.persons (id),
    institution_id uuid NOT NULL,
    department_id uuid,
    responsible_account_id uuid,
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz CHECK (ended_at >= enrolled_at),
    PRIMARY KEY (person_id, institution_id)
);

CREATE INDEX enrolments_institution ON people.enrolments (institution_id, person_id DESC) WHERE ended_at IS NULL;
CREATE INDEX enrolments_department ON people.enrolments (department_id, person_id DESC) WHERE ended_at IS NULL;
CREATE INDEX enrolments_responsible ON people.enrolments (responsible_account_id, person_id DESC)
    WHERE ended_at IS NULL;

COMMENT ON TABLE people.enrolments IS '建档：人员与机构的关系，决定哪些职工能看到此人';
COMMENT ON COLUMN people.enrolments.person_id IS '人员';
COMMENT ON COLUMN people.enrolments.institution_id IS '机构';
COMMENT ON COLUMN people.enrolments.department_id IS '管理科室';
COMMENT ON COLUMN people.enrolments.responsible_account_id IS '责任医护的账号';
COMMENT ON COLUMN people.enrolments.enrolled_at IS '建档时间';
COMMENT ON COLUMN people.enrolments.ended_at IS '结束时间，空为有效';

CREATE TABLE people.family_members (
    id uuid PRIMARY KEY,
    holder_person_id uuid NOT NULL REFERENCES people.persons (id),
    member_person_id uuid NOT NULL REFERENCES people.persons (id),
    relation text NOT NULL
        CHECK (relation IN ('spouse', 'child', 'parent', 'grandparent', 'grandchild', 'sibling', 'other')),
    added_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz CHECK (ended_at >= added_at),
    CHECK (holder_person_id <> member_person_id)
);

CREATE UNIQUE INDEX family_members_once ON people.family_members (holder_person_id, member_person_id)
    WHERE ended_at IS NULL;

COMMENT ON TABLE people.family_members IS '家庭成员：账号持有人可代为办理的人，各有自己的档案';
COMMENT ON COLUMN people.family_members.id IS '标识';
COMMENT ON COLUMN people.family_members.holder_person_id IS '账号持有人';
COMMENT ON COLUMN people.family_members.member_person_id IS '家庭成员';
COMMENT ON COLUMN people.family_members.relation IS
    '成员是持有人的：spouse 配偶、child 子女、parent 父母、grandparent 祖辈、grandchild 孙辈、sibling 兄弟姐妹、other 其他';
COMMENT ON COLUMN people.family_members.added_at IS '添加时间';
COMMENT ON COLUMN people.family_members.ended_at IS '解除时间，空为有效';

CREATE TABLE people.activation_codes (
    person_id uuid PRIMARY KEY REFERENCES people.persons (id),
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    issued_by uuid,
    expires_at timestamptz NOT NULL
);

COMMENT ON TABLE people.activation_codes IS '激活码：已在机构建档的人注册账号时，凭工作人员当面核实后给出的激活码关联档案；用后删除';
COMMENT ON COLUMN people.activation_codes.person_id IS '人员';
COMMENT ON COLUMN people.activation_codes.code_hash IS '激活码的 SHA-256 摘要（与人员标识一起计算）';
COMMENT ON COLUMN people.activation_codes.issued_by IS '发放人账号';
COMMENT ON COLUMN people.activation_codes.expires_at IS '失效时间';

CREATE TABLE people.sign_up_attempts (
    key bytea NOT NULL CHECK (octet_length(key) = 32),
    hour timestamptz NOT NULL,
    attempts integer NOT NULL CHECK (attempts > 0),
    PRIMARY KEY (key, hour)
);

CREATE INDEX sign_up_attempts_hour ON people.sign_up_attempts (hour);

COMMENT ON TABLE people.sign_up_attempts IS '注册与关联档案的尝试次数，按小时计，用于限流；两天后清除';
COMMENT ON COLUMN people.sign_up_attempts.key IS '来源地址或证件号码的盲索引';
COMMENT ON COLUMN people.sign_up_attempts.hour IS '小时';
COMMENT ON COLUMN people.sign_up_attempts.attempts IS '次数';
"""

CONSENTS = """
CREATE TABLE people.agreements (
    kind text NOT NULL CHECK (kind IN ('data_use_agreement', 'privacy', 'sensitive_data')),
    version text NOT NULL CHECK (version ~ '^v[0-9]+$'),
    title text NOT NULL,
    content text NOT NULL,
    content_hash text NOT NULL CHECK (content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    provenance text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, version),
    UNIQUE (kind, version, content_hash)
);

CREATE INDEX agreements_current ON people.agreements (kind, published_at DESC);

CREATE TRIGGER agreements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people.agreements
    FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

COMMENT ON TABLE people.agreements IS '协议文本，只追加：发布过的文本不改，新内容发布新版本';
COMMENT ON COLUMN people.agreements.kind IS
    '种类：data_use_agreement 数据使用授权协议、privacy 隐私政策、sensitive_data 敏感个人信息处理同意书';
COMMENT ON COLUMN people.agreements.version IS '版本';
COMMENT ON COLUMN people.agreements.title IS '标题';
COMMENT ON COLUMN people.agreements.content IS '全文';
COMMENT ON COLUMN people.agreements.content_hash IS '全文（UTF-8）的 SHA-256，十六进制小写';
COMMENT ON COLUMN people.agreements.provenance IS '文本来源与审定情况';
COMMENT ON COLUMN people.agreements.published_at IS '发布时间，最晚者为现行版本';

CREATE TABLE people.consents (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people.persons (id),
    kind text NOT NULL,
    institution_id uuid NOT NULL,
    action text NOT NULL CHECK (action IN ('signed', 'revoked')),
    revokes uuid UNIQUE,
    text_version text NOT NULL,
    text_hash text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL CHECK (channel IN ('h5', 'mini_program', 'app', 'counter')),
    ip inet,
    account_id uuid,
    CHECK ((action = 'revoked') = (revokes IS NOT NULL)),
    UNIQUE (id, person_id, kind, institution_id),
    -- what was signed is a published text, to the letter
    FOREIGN KEY (kind, text_version, text_hash) REFERENCES people.agreements (kind, version, content_hash),
    -- a revocation concerns the same person, agreement and institution as what it revokes
    FOREIGN KEY (revokes, person_id, kind, institution_id)
        REFERENCES people.consents (id, person_id, kind, institution_id)
);

CREATE INDEX consents_of_person ON people.consents (person_id, kind, institution_id, at DESC);

CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people.consents
    FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

COMMENT ON TABLE people.consents IS '同意记录，只追加；撤回是新的一条';
COMMENT ON COLUMN people.consents.id IS '标识';
COMMENT ON COLUMN people.consents.person_id IS '同意人';
COMMENT ON COLUMN people.consents.kind IS '协议种类';
COMMENT ON COLUMN people.consents.institution_id IS '对方机构';
COMMENT ON COLUMN people.consents.action IS 'signed 签署，revoked 撤回';
COMMENT ON COLUMN people.consents.revokes IS '被撤回的签署';
COMMENT ON COLUMN people.consents.text_version IS '所签文本的版本';
COMMENT ON COLUMN people.consents.text_hash IS '所签文本的 SHA-256';
COMMENT ON COLUMN people.consents.at IS '签署或撤回的时间';
COMMENT ON COLUMN people.consents.channel IS '渠道：h5 网页、mini_program 小程序、app 应用、counter 柜台代录';
COMMENT ON COLUMN people.consents.ip IS '来源地址';
COMMENT ON COLUMN people.consents.account_id IS '操作账号';
"""

# Which of the three a query takes is told in the docstring of public.py:
#   readable()         one person, or a query that other conditions already narrow to few rows
#   readable_page()    a page of persons, newest first
#   readable_persons() the whole set, to join with; only for scopes without «everything»
#
# `readable` itself is inlined by the planner (it holds no sub-query): an unlimited scope folds away, a customer's costs
# one comparison a row. Only the look-up of enrolments is a call, and only for scopes that can be met by one.
SCOPE = """
CREATE FUNCTION people.enrolled_within(person_id uuid, scope kernel.scope) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT 1 FROM people.enrolments e
         WHERE e.person_id = enrolled_within.person_id AND e.ended_at IS NULL
           AND (e.institution_id = ANY ((scope).institutions)
                OR e.department_id = ANY ((scope).departments)
                OR e.responsible_account_id = (scope).account))
$$;

COMMENT ON FUNCTION people.enrolled_within(uuid, kernel.scope) IS '此人是否在范围内的机构、科室建档，或由范围内的账号负责';

CREATE FUNCTION people.readable(person_id uuid, scope kernel.scope) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (scope).everything
           OR person_id = ANY ((scope).persons)
           OR ((cardinality((scope).institutions) > 0 OR cardinality((scope).departments) > 0
                OR (scope).account IS NOT NULL)
               AND people.enrolled_within(person_id, scope))
$$;

COMMENT ON FUNCTION people.readable(uuid, kernel.scope) IS '数据范围是否及于此人：逐人判断，用于单人或已缩小到少数行的查询';

CREATE FUNCTION people.readable_persons(scope kernel.scope) RETURNS SETOF uuid
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    SELECT p.id FROM people.persons p WHERE (scope).everything
    UNION
    SELECT e.person_id FROM people.enrolments e
     WHERE e.ended_at IS NULL AND e.institution_id = ANY ((scope).institutions)
    UNION
    SELECT e.person_id FROM people.enrolments e
     WHERE e.ended_at IS NULL AND e.department_id = ANY ((scope).departments)
    UNION
    SELECT e.person_id FROM people.enrolments e
     WHERE e.ended_at IS NULL AND e.responsible_account_id = (scope).account
    UNION
    SELECT unnest((scope).persons)
$$;

COMMENT ON FUNCTION people.readable_persons(kernel.scope) IS '数据范围内的全部人员：集合，用于窄范围的连接';

CREATE FUNCTION people.readable_page(scope kernel.scope, before uuid, wanted integer) RETURNS SETOF uuid
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    SELECT found.id FROM (
        (SELECT p.id FROM people.persons p
          WHERE (scope).everything AND p.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY p.id DESC LIMIT wanted)
        UNION
        SELECT page.person_id FROM unnest((scope).institutions) AS given (id), LATERAL (
            SELECT e.person_id FROM people.enrolments e
             WHERE e.institution_id = given.id AND e.ended_at IS NULL
               AND e.person_id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
             ORDER BY e.person_id DESC LIMIT wanted) AS page
        UNION
        SELECT page.person_id FROM unnest((scope).departments) AS given (id), LATERAL (
            SELECT e.person_id FROM people.enrolments e
             WHERE e.department_id = given.id AND e.ended_at IS NULL
               AND e.person_id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
             ORDER BY e.person_id DESC LIMIT wanted) AS page
        UNION
        (SELECT e.person_id FROM people.enrolments e
          WHERE e.responsible_account_id = (scope).account AND e.ended_at IS NULL
            AND e.person_id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY e.person_id DESC LIMIT wanted)
        UNION
        SELECT given.id FROM unnest((scope).persons) AS given (id)
         WHERE given.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ) AS found
    ORDER BY found.id DESC LIMIT wanted
$$;

COMMENT ON FUNCTION people.readable_page(kernel.scope, uuid, integer) IS
    '数据范围内的一页人员，新建档者在前：每个机构、科室只读一页';

CREATE VIEW people.pub_identity AS
    SELECT id AS person_id, name_index, sex, birth_date, id_number_index FROM people.persons;

COMMENT ON VIEW people.pub_identity IS '供其他模块核对身份（错误 401）的只读视图，不含明文';
COMMENT ON COLUMN people.pub_identity.person_id IS '人员标识';
COMMENT ON COLUMN people.pub_identity.name_index IS '规范化姓名的盲索引';
COMMENT ON COLUMN people.pub_identity.sex IS '性别代码 GB/T 2261.1';
COMMENT ON COLUMN people.pub_identity.birth_date IS '出生日期';
COMMENT ON COLUMN people.pub_identity.id_number_index IS '规范化证件号码的盲索引';
"""


def upgrade() -> None:
    for script in (PERSONS, CONSENTS, SCOPE):
        statements.run(script)
    for name in PUBLISHED:
        kind, version = name.split(".")
        about = json.loads((AGREEMENTS / f"{name}.json").read_text(encoding="utf-8"))
        op.get_bind().execute(
            text(
                """INSERT INTO people.agreements (kind, version, title, content, content_hash, provenance)
                   VALUES (:kind, :version, :title, :content, :hash, :provenance)"""
            ),
            {
                "kind": kind,
                "version": version,
                "title": about["title"],
                "content": (AGREEMENTS / f"{name}.md").read_text(encoding="utf-8"),
                "hash": about["sha256"],
                "provenance": about["provenance"],
            },
        )


def downgrade() -> None:
    op.execute("DROP SCHEMA people CASCADE")
