"""Exams: exam accounts, bookings and daily capacity, guides, results with history, reports."""

from alembic import op

from migrations import statements

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    op.execute("DROP SCHEMA exams CASCADE")


STATEMENTS = """
CREATE SCHEMA exams;

COMMENT ON SCHEMA exams IS '体检：账号绑定、预约、指引、结果与历史、报告';

CREATE TABLE exams.exam_accounts (
    id uuid PRIMARY KEY,
    vendor_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    person_id uuid NOT NULL,
    exam_account text NOT NULL CHECK (exam_account <> ''),
    bound_at timestamptz NOT NULL DEFAULT now(),
    unbound_at timestamptz
);

COMMENT ON TABLE exams.exam_accounts IS '体检账号绑定：自然人在某体检系统中的账号';
COMMENT ON COLUMN exams.exam_accounts.id IS '主键';
COMMENT ON COLUMN exams.exam_accounts.vendor_id IS '体检系统（exchange.vendors）';
COMMENT ON COLUMN exams.exam_accounts.institution_id IS '体检机构';
COMMENT ON COLUMN exams.exam_accounts.person_id IS '自然人';
COMMENT ON COLUMN exams.exam_accounts.exam_account IS '体检账号，由体检系统给出';
COMMENT ON COLUMN exams.exam_accounts.bound_at IS '绑定时间';
COMMENT ON COLUMN exams.exam_accounts.unbound_at IS '解绑时间，空为有效';

CREATE UNIQUE INDEX exam_accounts_account_key ON exams.exam_accounts (vendor_id, exam_account) WHERE unbound_at IS NULL;

CREATE UNIQUE INDEX exam_accounts_person_key ON exams.exam_accounts (vendor_id, person_id) WHERE unbound_at IS NULL;

CREATE INDEX exam_accounts_person_idx ON exams.exam_accounts (person_id);

CREATE VIEW exams.pub_exam_accounts AS
    SELECT account.vendor_id, account.exam_account, account.institution_id, account.person_id,
           identity.name_index, identity.sex, identity.birth_date, identity.id_number_index
      FROM exams.exam_accounts AS account
      JOIN people.pub_identity AS identity ON identity.person_id = account.person_id
     WHERE account.unbound_at IS NULL;

COMMENT ON VIEW exams.pub_exam_accounts IS '公开视图：有效体检账号及其身份校验字段，供对接接口一次读取';
COMMENT ON COLUMN exams.pub_exam_accounts.vendor_id IS '体检系统';
COMMENT ON COLUMN exams.pub_exam_accounts.exam_account IS '体检账号';
COMMENT ON COLUMN exams.pub_exam_accounts.institution_id IS '体检机构';
COMMENT ON COLUMN exams.pub_exam_accounts.person_id IS '自然人';
COMMENT ON COLUMN exams.pub_exam_accounts.name_index IS '规范化姓名的盲索引';
COMMENT ON COLUMN exams.pub_exam_accounts.sex IS '性别代码 GB/T 2261.1';
COMMENT ON COLUMN exams.pub_exam_accounts.birth_date IS '出生日期';
COMMENT ON COLUMN exams.pub_exam_accounts.id_number_index IS '规范化证件号码的盲索引';

CREATE TABLE exams.booking_defaults (
    vendor_id uuid PRIMARY KEY,
    daily_capacity integer NOT NULL CHECK (daily_capacity >= 0)
);

COMMENT ON TABLE exams.booking_defaults IS '每日预约名额的缺省值';
COMMENT ON COLUMN exams.booking_defaults.vendor_id IS '体检系统';
COMMENT ON COLUMN exams.booking_defaults.daily_capacity IS '每日名额';

CREATE TABLE exams.booking_days (
    vendor_id uuid NOT NULL,
    day date NOT NULL,
    capacity integer NOT NULL,
    taken integer NOT NULL DEFAULT 0,
    PRIMARY KEY (vendor_id, day),
    CONSTRAINT booking_days_never_overbooked CHECK (taken BETWEEN 0 AND capacity)
);

COMMENT ON TABLE exams.booking_days IS '某日的预约名额与已占用数，约束保证不会超额';
COMMENT ON COLUMN exams.booking_days.vendor_id IS '体检系统';
COMMENT ON COLUMN exams.booking_days.day IS '日期';
COMMENT ON COLUMN exams.booking_days.capacity IS '名额';
COMMENT ON COLUMN exams.booking_days.taken IS '已占用';

CREATE TABLE exams.bookings (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    vendor_id uuid NOT NULL,
    exam_account text NOT NULL,
    exam_no text CHECK (exam_no <> ''),
    origin text NOT NULL CHECK (origin IN ('platform', 'vendor')),
    state text NOT NULL CHECK (state IN ('requested', 'sending', 'booked', 'failed', 'cancelled')),
    appointment_date date,
    failure text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bookings_exam_no_key UNIQUE (vendor_id, exam_no)
);

COMMENT ON TABLE exams.bookings IS '体检预约（一次体检）';
COMMENT ON COLUMN exams.bookings.id IS '主键';
COMMENT ON COLUMN exams.bookings.person_id IS '自然人';
COMMENT ON COLUMN exams.bookings.institution_id IS '体检机构';
COMMENT ON COLUMN exams.bookings.vendor_id IS '体检系统';
COMMENT ON COLUMN exams.bookings.exam_account IS '体检账号';
COMMENT ON COLUMN exams.bookings.exam_no IS '体检编号，由体检系统给出';
COMMENT ON COLUMN exams.bookings.origin IS '来源：platform 客户在本平台预约，vendor 由体检系统推送时补建';
COMMENT ON COLUMN exams.bookings.state IS '状态：requested 待医生确认清单，sending 已发送待体检系统确认，booked 已预约，failed 失败，cancelled 已取消';
COMMENT ON COLUMN exams.bookings.appointment_date IS '预约体检日期';
COMMENT ON COLUMN exams.bookings.failure IS '失败原因';
COMMENT ON COLUMN exams.bookings.created_at IS '创建时间';
COMMENT ON COLUMN exams.bookings.updated_at IS '更新时间';

CREATE UNIQUE INDEX bookings_one_open_request ON exams.bookings (vendor_id, person_id)
    WHERE origin = 'platform' AND state IN ('requested', 'sending');

CREATE VIEW exams.pub_bookings AS
    SELECT id AS booking_id, vendor_id, exam_no, person_id FROM exams.bookings WHERE exam_no IS NOT NULL;

COMMENT ON VIEW exams.pub_bookings IS '公开视图：体检编号所属的预约与客户，供对接接口一次读取';
COMMENT ON COLUMN exams.pub_bookings.booking_id IS '预约';
COMMENT ON COLUMN exams.pub_bookings.vendor_id IS '体检系统';
COMMENT ON COLUMN exams.pub_bookings.exam_no IS '体检编号';
COMMENT ON COLUMN exams.pub_bookings.person_id IS '自然人';

CREATE INDEX bookings_person_idx ON exams.bookings (person_id, id DESC);

CREATE INDEX bookings_institution_idx ON exams.bookings (institution_id, id DESC);

CREATE TABLE exams.guides (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES exams.bookings (id),
    kind text NOT NULL CHECK (kind IN ('text', 'html', 'url')),
    content bytea NOT NULL,
    original bytea NOT NULL,
    sha256 bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT guides_same_content_once UNIQUE (booking_id, sha256)
);

COMMENT ON TABLE exams.guides IS '体检指引单';
COMMENT ON COLUMN exams.guides.id IS '主键';
COMMENT ON COLUMN exams.guides.booking_id IS '预约';
COMMENT ON COLUMN exams.guides.kind IS '形式：text 文本，html，url 地址';
COMMENT ON COLUMN exams.guides.content IS '净化后的内容（加密）';
COMMENT ON COLUMN exams.guides.original IS '原始内容（加密）';
COMMENT ON COLUMN exams.guides.sha256 IS '原始内容的 SHA-256';
COMMENT ON COLUMN exams.guides.received_at IS '接收时间';

CREATE TABLE exams.results (
    booking_id uuid NOT NULL,
    vendor_item_code text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    item_code text NOT NULL,
    item_name text NOT NULL,
    value_type text NOT NULL CHECK (value_type IN ('numeric', 'ordinal', 'coded', 'text')),
    raw_value text NOT NULL,
    raw_unit text NOT NULL,
    numeric_value double precision,
    comparator text NOT NULL,
    ordinal_rank integer,
    coded_value text NOT NULL,
    unit text NOT NULL,
    reference_text text NOT NULL,
    vendor_abnormal_flag text NOT NULL,
    specimen text NOT NULL,
    method text NOT NULL,
    performed_at timestamptz NOT NULL,
    department text NOT NULL,
    operator text NOT NULL,
    reviewer text NOT NULL,
    sub_findings jsonb,
    images jsonb,
    sequence bigint,
    deleted boolean NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    message_id uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (booking_id, vendor_item_code)
);

COMMENT ON TABLE exams.results IS '体检项目结果（当前版本）；删除为软删除';
COMMENT ON COLUMN exams.results.booking_id IS '预约（一次体检）';
COMMENT ON COLUMN exams.results.vendor_item_code IS '体检系统的项目代码';
COMMENT ON COLUMN exams.results.id IS '结果编号，各版本不变';
COMMENT ON COLUMN exams.results.person_id IS '自然人';
COMMENT ON COLUMN exams.results.institution_id IS '体检机构';
COMMENT ON COLUMN exams.results.item_code IS '标准项目代码';
COMMENT ON COLUMN exams.results.item_name IS '体检系统的项目名称';
COMMENT ON COLUMN exams.results.value_type IS '结果类型：numeric 数值，ordinal 等级，coded 编码，text 文字';
COMMENT ON COLUMN exams.results.raw_value IS '原始结果，照原样保存';
COMMENT ON COLUMN exams.results.raw_unit IS '原始单位';
COMMENT ON COLUMN exams.results.numeric_value IS '数值，已换算到标准单位';
COMMENT ON COLUMN exams.results.comparator IS '比较符：< <= > >= 或空';
COMMENT ON COLUMN exams.results.ordinal_rank IS '等级次序，如 阴性 0';
COMMENT ON COLUMN exams.results.coded_value IS '编码或等级文字';
COMMENT ON COLUMN exams.results.unit IS '标准单位（UCUM）';
COMMENT ON COLUMN exams.results.reference_text IS '体检系统给出的参考范围';
COMMENT ON COLUMN exams.results.vendor_abnormal_flag IS '体检系统给出的异常标志：N H L HH LL A';
COMMENT ON COLUMN exams.results.specimen IS '标本';
COMMENT ON COLUMN exams.results.method IS '方法';
COMMENT ON COLUMN exams.results.performed_at IS '检查时间';
COMMENT ON COLUMN exams.results.department IS '科室';
COMMENT ON COLUMN exams.results.operator IS '检查者';
COMMENT ON COLUMN exams.results.reviewer IS '审核者';
COMMENT ON COLUMN exams.results.sub_findings IS '语义扩展：结构化子项';
COMMENT ON COLUMN exams.results.images IS '影像（WS 538）';
COMMENT ON COLUMN exams.results.sequence IS '体检系统的版本序号';
COMMENT ON COLUMN exams.results.deleted IS '是否已被体检系统删除';
COMMENT ON COLUMN exams.results.revision IS '本平台的版本号，从 1 起';
COMMENT ON COLUMN exams.results.message_id IS '来源报文（exchange.messages）';
COMMENT ON COLUMN exams.results.updated_at IS '更新时间';

CREATE INDEX results_person_idx ON exams.results (person_id, performed_at DESC);

CREATE TABLE exams.result_history (
    booking_id uuid NOT NULL,
    vendor_item_code text NOT NULL,
    revision integer NOT NULL,
    change text NOT NULL CHECK (change IN ('1', '2', '3')),
    raw_value text NOT NULL,
    raw_unit text NOT NULL,
    numeric_value double precision,
    unit text NOT NULL,
    vendor_abnormal_flag text NOT NULL,
    reference_text text NOT NULL,
    performed_at timestamptz NOT NULL,
    sequence bigint,
    message_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (booking_id, vendor_item_code, revision)
);

COMMENT ON TABLE exams.result_history IS '体检项目结果的每个版本，只追加';
COMMENT ON COLUMN exams.result_history.booking_id IS '预约（一次体检）';
COMMENT ON COLUMN exams.result_history.vendor_item_code IS '体检系统的项目代码';
COMMENT ON COLUMN exams.result_history.revision IS '版本号';
COMMENT ON COLUMN exams.result_history.change IS '变更状态：1 新增，2 修改，3 删除';
COMMENT ON COLUMN exams.result_history.raw_value IS '原始结果';
COMMENT ON COLUMN exams.result_history.raw_unit IS '原始单位';
COMMENT ON COLUMN exams.result_history.numeric_value IS '数值（标准单位）';
COMMENT ON COLUMN exams.result_history.unit IS '标准单位';
COMMENT ON COLUMN exams.result_history.vendor_abnormal_flag IS '体检系统的异常标志';
COMMENT ON COLUMN exams.result_history.reference_text IS '参考范围';
COMMENT ON COLUMN exams.result_history.performed_at IS '检查时间';
COMMENT ON COLUMN exams.result_history.sequence IS '体检系统的版本序号';
COMMENT ON COLUMN exams.result_history.message_id IS '来源报文';
COMMENT ON COLUMN exams.result_history.recorded_at IS '记录时间';

CREATE TRIGGER result_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exams.result_history
    FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TABLE exams.reports (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES exams.bookings (id),
    kind text NOT NULL CHECK (kind IN ('text', 'html', 'pdf')),
    version integer NOT NULL,
    content bytea NOT NULL,
    original bytea NOT NULL,
    sha256 bytea NOT NULL,
    conclusions jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reports_same_content_once UNIQUE (booking_id, sha256)
);

COMMENT ON TABLE exams.reports IS '体检总检报告，每次不同内容的推送为一个版本';
COMMENT ON COLUMN exams.reports.id IS '主键';
COMMENT ON COLUMN exams.reports.booking_id IS '预约';
COMMENT ON COLUMN exams.reports.kind IS '形式：text 文本，html，pdf';
COMMENT ON COLUMN exams.reports.version IS '版本：体检系统给出，未给出时按到达顺序';
COMMENT ON COLUMN exams.reports.content IS '净化后的内容（加密）';
COMMENT ON COLUMN exams.reports.original IS '原始内容（加密）';
COMMENT ON COLUMN exams.reports.sha256 IS '原始内容的 SHA-256';
COMMENT ON COLUMN exams.reports.conclusions IS '总检结论';
COMMENT ON COLUMN exams.reports.received_at IS '接收时间';

CREATE INDEX reports_booking_idx ON exams.reports (booking_id, version DESC, received_at DESC)
"""
