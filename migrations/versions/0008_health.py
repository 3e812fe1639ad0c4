"""health: risk assessments, important abnormal results and their handling, personalised exam lists"""

from alembic import op

from migrations import statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    op.execute("DROP SCHEMA health CASCADE")


STATEMENTS = """
CREATE SCHEMA health;

COMMENT ON SCHEMA health IS '健康：风险评估、重要异常结果及其处置、个性化体检清单';

CREATE TABLE health.risk_assessments (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    model text NOT NULL,
    version text NOT NULL,
    title text NOT NULL,
    status text NOT NULL CHECK (status IN ('computed', 'not_computable', 'not_applicable')),
    value double precision,
    exact double precision,
    unit text,
    level text,
    level_label text,
    advice text,
    missing text[] NOT NULL,
    reason text,
    inputs jsonb NOT NULL,
    notes text[] NOT NULL,
    details jsonb NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL,
    reviewed boolean NOT NULL,
    exam_id uuid,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    assessed_at timestamptz NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT risk_assessments_value_when_computed CHECK ((status = 'computed') = (value IS NOT NULL)),
    CONSTRAINT risk_assessments_missing_named CHECK (status <> 'not_computable' OR cardinality(missing) > 0),
    CONSTRAINT risk_assessments_reason_named CHECK (status <> 'not_applicable' OR reason IS NOT NULL)
);

COMMENT ON TABLE health.risk_assessments IS '风险评估：每个模型一行当前结果，旧结果保留';
COMMENT ON COLUMN health.risk_assessments.id IS '主键';
COMMENT ON COLUMN health.risk_assessments.person_id IS '自然人';
COMMENT ON COLUMN health.risk_assessments.model IS '模型代码';
COMMENT ON COLUMN health.risk_assessments.version IS '模型版本（含所用系数组或分级方案）';
COMMENT ON COLUMN health.risk_assessments.title IS '模型名称';
COMMENT ON COLUMN health.risk_assessments.status IS '状态：computed 已计算，not_computable 缺少数据不能计算，not_applicable 不适用';
COMMENT ON COLUMN health.risk_assessments.value IS '显示值（四舍五入后）';
COMMENT ON COLUMN health.risk_assessments.exact IS '未取整的计算值';
COMMENT ON COLUMN health.risk_assessments.unit IS '单位';
COMMENT ON COLUMN health.risk_assessments.level IS '分级代码';
COMMENT ON COLUMN health.risk_assessments.level_label IS '分级名称';
COMMENT ON COLUMN health.risk_assessments.advice IS '建议（有依据时）';
COMMENT ON COLUMN health.risk_assessments.missing IS '缺少的数据';
COMMENT ON COLUMN health.risk_assessments.reason IS '不适用的原因';
COMMENT ON COLUMN health.risk_assessments.inputs IS '所用输入：名称、值、单位、来源、时间';
COMMENT ON COLUMN health.risk_assessments.notes IS '说明';
COMMENT ON COLUMN health.risk_assessments.details IS '模型自己的细目';
COMMENT ON COLUMN health.risk_assessments.source IS '模型出处';
COMMENT ON COLUMN health.risk_assessments.confidence IS '系数与切点的可信度';
COMMENT ON COLUMN health.risk_assessments.reviewed IS '模型数据是否已由院方临床人员签字确认';
COMMENT ON COLUMN health.risk_assessments.exam_id IS '触发评估的体检，人工重新评估时为空';
COMMENT ON COLUMN health.risk_assessments.fingerprint IS '模型版本与输入的摘要，相同则不重复保存';
COMMENT ON COLUMN health.risk_assessments.assessed_at IS '评估时间';
COMMENT ON COLUMN health.risk_assessments.superseded_at IS '被新结果取代的时间，空为当前结果';

CREATE UNIQUE INDEX risk_assessments_one_current ON health.risk_assessments (person_id, model) WHERE superseded_at IS NULL;

CREATE INDEX risk_assessments_person_idx ON health.risk_assessments (person_id, id DESC);

CREATE TABLE health.findings (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    exam_id uuid,
    result_id uuid,
    item_code text NOT NULL,
    rule_id text NOT NULL,
    rules_version text NOT NULL,
    finding_class text NOT NULL CHECK (finding_class IN ('A', 'B')),
    title text NOT NULL,
    text text NOT NULL,
    evidence jsonb NOT NULL,
    evidence_now jsonb,
    result_changed_at timestamptz,
    source text NOT NULL,
    basis text NOT NULL,
    confidence text NOT NULL,
    needs_confirmation boolean NOT NULL,
    needs_remeasure boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'notified', 'acknowledged', 'followed_up', 'closed')),
    due_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    notified_at timestamptz,
    acknowledged_at timestamptz,
    followed_up_at timestamptz,
    closed_at timestamptz,
    escalated_at timestamptz,
    replaced_by uuid,
    CONSTRAINT findings_closed_has_time CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);

COMMENT ON TABLE health.findings IS '重要异常结果（A 类、B 类）';
COMMENT ON COLUMN health.findings.id IS '主键（按发现先后递增）';
COMMENT ON COLUMN health.findings.person_id IS '自然人';
COMMENT ON COLUMN health.findings.institution_id IS '体检机构';
COMMENT ON COLUMN health.findings.exam_id IS '体检';
COMMENT ON COLUMN health.findings.result_id IS '体检结果，医生登记的为空';
COMMENT ON COLUMN health.findings.item_code IS '标准项目代码';
COMMENT ON COLUMN health.findings.rule_id IS '规则';
COMMENT ON COLUMN health.findings.rules_version IS '规则集版本';
COMMENT ON COLUMN health.findings.finding_class IS '类别：A 需立即干预，B 需进一步检查或治疗';
COMMENT ON COLUMN health.findings.title IS '名称';
COMMENT ON COLUMN health.findings.text IS '说明';
COMMENT ON COLUMN health.findings.evidence IS '发现时的依据';
COMMENT ON COLUMN health.findings.evidence_now IS '结果被更正后的现值，未更正为空';
COMMENT ON COLUMN health.findings.result_changed_at IS '结果被更正的时间';
COMMENT ON COLUMN health.findings.source IS '规则出处';
COMMENT ON COLUMN health.findings.basis IS '规则依据：consensus 共识，third_party_unconfirmed 第三方未证实，engineering_placeholder 工程占位值';
COMMENT ON COLUMN health.findings.confidence IS '规则可信度';
COMMENT ON COLUMN health.findings.needs_confirmation IS '规则是否待院方确认';
COMMENT ON COLUMN health.findings.needs_remeasure IS '是否须复测';
COMMENT ON COLUMN health.findings.state IS '状态：open 待通知，notified 已通知，acknowledged 已确认知晓，followed_up 已随访，closed 已关闭';
COMMENT ON COLUMN health.findings.due_at IS '应通知的期限';
COMMENT ON COLUMN health.findings.found_at IS '发现时间';
COMMENT ON COLUMN health.findings.notified_at IS '首次通知时间';
COMMENT ON COLUMN health.findings.acknowledged_at IS '确认知晓时间';
COMMENT ON COLUMN health.findings.followed_up_at IS '最近一次随访时间';
COMMENT ON COLUMN health.findings.closed_at IS '关闭时间';
COMMENT ON COLUMN health.findings.escalated_at IS '超过期限未通知而上报的时间';
COMMENT ON COLUMN health.findings.replaced_by IS '升级后取代本条的异常结果';

CREATE UNIQUE INDEX findings_one_open ON health.findings (result_id, rule_id) WHERE state <> 'closed';

CREATE INDEX findings_result_idx ON health.findings (result_id, rule_id, id DESC);

CREATE INDEX findings_person_idx ON health.findings (person_id, id DESC);

CREATE INDEX findings_exam_idx ON health.findings (exam_id, rule_id);

CREATE INDEX findings_state_idx ON health.findings (state, id DESC);

CREATE INDEX findings_overdue_idx ON health.findings (due_at) WHERE state = 'open' AND escalated_at IS NULL;

CREATE TABLE health.finding_steps (
    id uuid PRIMARY KEY,
    finding_id uuid NOT NULL REFERENCES health.findings (id),
    action text NOT NULL CHECK (action IN ('notify', 'acknowledge', 'follow_up', 'close', 'remeasure', 'result_changed',
                                           'upgrade', 'escalate')),
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    account_id uuid,
    channel text CHECK (channel IN ('phone', 'in_person', 'wechat', 'sms', 'in_app', 'other')),
    said text NOT NULL DEFAULT '' CHECK (length(said) <= 2000),
    detail jsonb NOT NULL DEFAULT '{}'
);

COMMENT ON TABLE health.finding_steps IS '重要异常结果的处置经过，只追加';
COMMENT ON COLUMN health.finding_steps.id IS '主键';
COMMENT ON COLUMN health.finding_steps.finding_id IS '重要异常结果';
COMMENT ON COLUMN health.finding_steps.action IS '动作：notify 通知，acknowledge 确认知晓，follow_up 随访，close 关闭，remeasure 复测，result_changed 结果更正，upgrade 升级为 A 类，escalate 逾期上报';
COMMENT ON COLUMN health.finding_steps.at IS '时间';
COMMENT ON COLUMN health.finding_steps.actor_kind IS '由谁：staff 员工，customer 本人，system 系统';
COMMENT ON COLUMN health.finding_steps.account_id IS '账号';
COMMENT ON COLUMN health.finding_steps.channel IS '方式：phone 电话，in_person 当面，wechat 微信，sms 短信，in_app 应用内，other 其他';
COMMENT ON COLUMN health.finding_steps.said IS '沟通内容或原因';
COMMENT ON COLUMN health.finding_steps.detail IS '细目，如复测值';

CREATE INDEX finding_steps_finding_idx ON health.finding_steps (finding_id, id);

CREATE TRIGGER finding_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON health.finding_steps
    FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TABLE health.checklists (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    booking_id uuid,
    appointment_date date,
    state text NOT NULL CHECK (state IN ('draft', 'confirmed', 'used', 'replaced')),
    rules_version text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    touched boolean NOT NULL DEFAULT false,
    facts jsonb NOT NULL,
    removed jsonb NOT NULL,
    undecided jsonb NOT NULL,
    suggestions jsonb NOT NULL,
    cautions text[] NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    generated_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    confirmed_by uuid,
    CONSTRAINT checklists_confirmed_by_somebody
        CHECK (state IN ('draft', 'replaced') OR (confirmed_at IS NOT NULL AND confirmed_by IS NOT NULL))
);

COMMENT ON TABLE health.checklists IS '个性化体检清单（1+X）';
COMMENT ON COLUMN health.checklists.id IS '主键';
COMMENT ON COLUMN health.checklists.person_id IS '自然人';
COMMENT ON COLUMN health.checklists.institution_id IS '体检机构';
COMMENT ON COLUMN health.checklists.booking_id IS '预约（exams.bookings），由体检系统查询而生成的为空';
COMMENT ON COLUMN health.checklists.appointment_date IS '预约体检日期';
COMMENT ON COLUMN health.checklists.state IS '状态：draft 待确认，confirmed 已确认发送，used 已体检，replaced 已被新清单取代';
COMMENT ON COLUMN health.checklists.rules_version IS '规则集版本';
COMMENT ON COLUMN health.checklists.revision IS '修订号，每次修改加一';
COMMENT ON COLUMN health.checklists.touched IS '医生是否改过；改过的不再自动更新';
COMMENT ON COLUMN health.checklists.facts IS '生成所依据的输入：名称、值、单位、来源、时间';
COMMENT ON COLUMN health.checklists.removed IS '因禁忌移除的项目及原因';
COMMENT ON COLUMN health.checklists.undecided IS '因缺少数据未能判定的规则';
COMMENT ON COLUMN health.checklists.suggestions IS '尚无项目代码的建议';
COMMENT ON COLUMN health.checklists.cautions IS '注意事项';
COMMENT ON COLUMN health.checklists.fingerprint IS '生成内容的摘要，相同则不重复生成';
COMMENT ON COLUMN health.checklists.generated_at IS '生成时间';
COMMENT ON COLUMN health.checklists.confirmed_at IS '确认发送时间';
COMMENT ON COLUMN health.checklists.confirmed_by IS '确认的医生（账号）';

CREATE UNIQUE INDEX checklists_one_per_booking ON health.checklists (booking_id) WHERE state <> 'replaced';

CREATE UNIQUE INDEX checklists_one_draft_without_booking ON health.checklists (person_id, institution_id)
    WHERE state = 'draft' AND booking_id IS NULL;

CREATE INDEX checklists_person_idx ON health.checklists (person_id, institution_id, id DESC);

CREATE INDEX checklists_state_idx ON health.checklists (state, id);

CREATE TABLE health.checklist_lines (
    checklist_id uuid NOT NULL REFERENCES health.checklists (id),
    item_code text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    position integer NOT NULL,
    group_name text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('base', 'x', 'doctor')),
    optional boolean NOT NULL,
    ticked boolean NOT NULL,
    reasons jsonb NOT NULL,
    cautions text[] NOT NULL,
    changed_by uuid,
    changed_at timestamptz,
    PRIMARY KEY (checklist_id, item_code),
    CONSTRAINT checklist_lines_base_stays CHECK (optional OR ticked)
);

COMMENT ON TABLE health.checklist_lines IS '个性化体检清单的项目';
COMMENT ON COLUMN health.checklist_lines.checklist_id IS '清单';
COMMENT ON COLUMN health.checklist_lines.item_code IS '标准项目代码';
COMMENT ON COLUMN health.checklist_lines.name IS '项目名称（生成时）';
COMMENT ON COLUMN health.checklist_lines.category IS '项目类别（生成时）';
COMMENT ON COLUMN health.checklist_lines.position IS '次序';
COMMENT ON COLUMN health.checklist_lines.group_name IS '分组';
COMMENT ON COLUMN health.checklist_lines.origin IS '来源：base 基本项目，x 按规则，doctor 医生添加';
COMMENT ON COLUMN health.checklist_lines.optional IS '是否可不做';
COMMENT ON COLUMN health.checklist_lines.ticked IS '是否选中';
COMMENT ON COLUMN health.checklist_lines.reasons IS '全部理由：规则、依据、可信度';
COMMENT ON COLUMN health.checklist_lines.cautions IS '注意事项';
COMMENT ON COLUMN health.checklist_lines.changed_by IS '最后修改人（账号）';
COMMENT ON COLUMN health.checklist_lines.changed_at IS '最后修改时间'
"""
