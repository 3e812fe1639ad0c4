"""forms: questionnaires, assessment scales and document templates with their versions, and the answers"""

from alembic import op

from migrations import statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA forms;
COMMENT ON SCHEMA forms IS '表单引擎：问卷、评估量表、文书模板及其答卷';

CREATE TABLE forms.forms (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('questionnaire', 'scale', 'document')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE forms.forms IS '表单（问卷、量表、文书模板）';
COMMENT ON COLUMN forms.forms.id IS '表单标识';
COMMENT ON COLUMN forms.forms.code IS '表单编码，程序按它引用，不可修改';
COMMENT ON COLUMN forms.forms.title IS '当前标题，随最近发布的版本更新';
COMMENT ON COLUMN forms.forms.kind IS '种类：questionnaire 问卷，scale 评估量表，document 文书模板';
COMMENT ON COLUMN forms.forms.created_at IS '创建时间';

CREATE TABLE forms.form_versions (
    id uuid PRIMARY KEY,
    form_id uuid NOT NULL REFERENCES forms.forms (id),
    version integer NOT NULL CHECK (version > 0),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'retired')),
    shipped boolean NOT NULL DEFAULT false,
    definition jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    published_by uuid,
    published_at timestamptz,
    retired_at timestamptz,
    UNIQUE (form_id, version),
    UNIQUE (form_id, id),
    CHECK ((status = 'draft') = (published_at IS NULL)),
    CHECK ((status = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX form_versions_one_published ON forms.form_versions (form_id) WHERE status = 'published';
CREATE UNIQUE INDEX form_versions_one_draft ON forms.form_versions (form_id) WHERE status = 'draft';
COMMENT ON TABLE forms.form_versions IS '表单版本：草稿可改，发布后内容不可再改';
COMMENT ON COLUMN forms.form_versions.id IS '版本标识';
COMMENT ON COLUMN forms.form_versions.form_id IS '所属表单';
COMMENT ON COLUMN forms.form_versions.version IS '版本号，从 1 起';
COMMENT ON COLUMN forms.form_versions.status IS '状态：draft 草稿，published 已发布（每个表单至多一个），retired 已停用';
COMMENT ON COLUMN forms.form_versions.shipped IS '是否随产品提供（否则为本机构自行编制）';
COMMENT ON COLUMN forms.form_versions.definition IS '定义（FHIR Questionnaire 术语：题目、选项、显示条件、得分、提醒、出处）';
COMMENT ON COLUMN forms.form_versions.revision IS '草稿修订号，防止互相覆盖';
COMMENT ON COLUMN forms.form_versions.created_by IS '创建人账号';
COMMENT ON COLUMN forms.form_versions.created_at IS '创建时间';
COMMENT ON COLUMN forms.form_versions.updated_at IS '最后修改时间';
COMMENT ON COLUMN forms.form_versions.published_by IS '发布人账号';
COMMENT ON COLUMN forms.form_versions.published_at IS '发布时间';
COMMENT ON COLUMN forms.form_versions.retired_at IS '停用时间';

CREATE TABLE forms.responses (
    id uuid PRIMARY KEY,
    form_id uuid NOT NULL,
    form_version_id uuid NOT NULL,
    person_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'completed')),
    answers jsonb NOT NULL CHECK (jsonb_typeof(answers) = 'object'),
    context jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(context) = 'object'),
    scores jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(scores) = 'array'),
    flags jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(flags) = 'array'),
    completeness smallint NOT NULL DEFAULT 0 CHECK (completeness BETWEEN 0 AND 100),
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    author_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    FOREIGN KEY (form_id, form_version_id) REFERENCES forms.form_versions (form_id, id),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
-- a second device must meet the draft of the first, never make one of its own
CREATE UNIQUE INDEX responses_one_draft ON forms.responses (person_id, form_id) WHERE status = 'draft';
CREATE INDEX responses_completed ON forms.responses (person_id, form_id, completed_at DESC, id DESC)
    WHERE status = 'completed';
CREATE INDEX responses_of_person ON forms.responses (person_id, id DESC);
COMMENT ON TABLE forms.responses IS '答卷：某人对某表单某版本的回答';
COMMENT ON COLUMN forms.responses.id IS '答卷标识';
COMMENT ON COLUMN forms.responses.form_id IS '表单';
COMMENT ON COLUMN forms.responses.form_version_id IS '开始填写时的表单版本，此后不变';
COMMENT ON COLUMN forms.responses.person_id IS '填写的是谁的情况';
COMMENT ON COLUMN forms.responses.status IS '状态：draft 草稿，completed 已完成（此后回答不可再改）';
COMMENT ON COLUMN forms.responses.answers IS '回答：题目编号到答案；草稿保留全部，完成后只留显示出来的题';
COMMENT ON COLUMN forms.responses.context IS '完成时用于显示条件的个人情况：性别代码、年龄、当日日期';
COMMENT ON COLUMN forms.responses.scores IS '完成时算出的得分与分段';
COMMENT ON COLUMN forms.responses.flags IS '完成时触发的提醒（如需当日人工联系）';
COMMENT ON COLUMN forms.responses.completeness IS '完成度百分比：显示的必答题中已答的比例';
COMMENT ON COLUMN forms.responses.revision IS '修订号，每次保存加一，防止两台设备互相覆盖';
COMMENT ON COLUMN forms.responses.author_id IS '填写人账号';
COMMENT ON COLUMN forms.responses.created_at IS '开始填写时间';
COMMENT ON COLUMN forms.responses.updated_at IS '最后保存时间';
COMMENT ON COLUMN forms.responses.completed_at IS '完成时间';
"""

IMMUTABLE_VERSION = """
CREATE FUNCTION forms.keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft' AND TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published form version is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (OLD.form_id, OLD.version, OLD.id) IS DISTINCT FROM (NEW.form_id, NEW.version, NEW.id) THEN
        RAISE EXCEPTION 'a form version keeps its number' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'draft' AND (OLD.definition, OLD.shipped, OLD.published_at, OLD.published_by)
        IS DISTINCT FROM (NEW.definition, NEW.shipped, NEW.published_at, NEW.published_by) THEN
        RAISE EXCEPTION 'a published form version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('draft', 'draft'), ('draft', 'published'), ('published', 'published'),
                                        ('published', 'retired'), ('retired', 'retired')) THEN
        RAISE EXCEPTION 'a form version goes from draft to published to retired' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

GUARD_VERSION = """
COMMENT ON FUNCTION forms.keep_published_version() IS '已发布的表单版本不可修改或删除，状态只能 草稿→发布→停用';
CREATE TRIGGER keep_published_version BEFORE UPDATE OR DELETE ON forms.form_versions
    FOR EACH ROW EXECUTE FUNCTION forms.keep_published_version();
"""

IMMUTABLE_RESPONSE = """
CREATE FUNCTION forms.keep_completed_response() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.form_id, OLD.form_version_id) IS DISTINCT FROM (NEW.form_id, NEW.form_version_id) THEN
        RAISE EXCEPTION 'a response stays with its form version' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'completed'
        AND (OLD.status, OLD.answers, OLD.context, OLD.scores, OLD.flags, OLD.completed_at)
            IS DISTINCT FROM (NEW.status, NEW.answers, NEW.context, NEW.scores, NEW.flags, NEW.completed_at) THEN
        RAISE EXCEPTION 'a completed response never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

GUARD_RESPONSE = """
COMMENT ON FUNCTION forms.keep_completed_response() IS '已完成的答卷不可修改';
CREATE TRIGGER keep_completed_response BEFORE UPDATE ON forms.responses
    FOR EACH ROW EXECUTE FUNCTION forms.keep_completed_response();
"""


def upgrade() -> None:
    for script in (TABLES, IMMUTABLE_VERSION, GUARD_VERSION, IMMUTABLE_RESPONSE, GUARD_RESPONSE):
        statements.run(script)


def downgrade() -> None:
    op.execute("DROP SCHEMA forms CASCADE")
