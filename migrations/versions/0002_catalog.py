"""Catalog: national standards, the lab and exam item catalogue, item trees, packages, vendor items and their mapping."""

from alembic import op

from migrations import statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in (STANDARDS, ITEMS, TREES, KEEP_DECIDED_TREES, PACKAGES, VENDORS):
        statements.run(script)


def downgrade() -> None:
    op.execute("DROP SCHEMA catalog CASCADE")


STANDARDS = """
CREATE SCHEMA catalog;
COMMENT ON SCHEMA catalog IS '目录：卫生信息标准、检验与体检项目、项目语义扩展、项目组合、厂家项目及其对照';

CREATE TABLE catalog.data_loads (
    version text NOT NULL,
    content_hash text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version, content_hash)
);
COMMENT ON TABLE catalog.data_loads IS '随产品发布的标准数据的装载记录';
COMMENT ON COLUMN catalog.data_loads.version IS '数据版本（data/VERSION）';
COMMENT ON COLUMN catalog.data_loads.content_hash IS '全部数据文件的 SHA-256';
COMMENT ON COLUMN catalog.data_loads.loaded_at IS '装载时间';

CREATE TABLE catalog.standards (
    code text PRIMARY KEY,
    family text NOT NULL,
    edition text NOT NULL,
    title text NOT NULL,
    published date,
    effective date,
    lapsed date,
    successor text REFERENCES catalog.standards (code) DEFERRABLE INITIALLY DEFERRED,
    status text NOT NULL CHECK (status IN ('现行', '被替代', '废止')),
    source text NOT NULL,
    confidence text NOT NULL,
    note text NOT NULL,
    CHECK (successor IS DISTINCT FROM code)
);
CREATE INDEX standards_family_idx ON catalog.standards (family, edition);
COMMENT ON TABLE catalog.standards IS '标准及其版本：新旧版本并列，被替代者指向替代者';
COMMENT ON COLUMN catalog.standards.code IS '标准编号与年份，如 WS 363.9-2011';
COMMENT ON COLUMN catalog.standards.family IS '标准族，新旧版本相同，如 WS 363.9';
COMMENT ON COLUMN catalog.standards.edition IS '版本年份';
COMMENT ON COLUMN catalog.standards.title IS '标准名称';
COMMENT ON COLUMN catalog.standards.published IS '发布日期';
COMMENT ON COLUMN catalog.standards.effective IS '实施日期';
COMMENT ON COLUMN catalog.standards.lapsed IS '失效日期';
COMMENT ON COLUMN catalog.standards.successor IS '替代它的标准';
COMMENT ON COLUMN catalog.standards.status IS '状态：现行、被替代、废止';
COMMENT ON COLUMN catalog.standards.source IS '来源';
COMMENT ON COLUMN catalog.standards.confidence IS '可信度：seen-2 两处来源一致，seen 一处来源，memory 仅凭记忆';
COMMENT ON COLUMN catalog.standards.note IS '说明';

CREATE TABLE catalog.data_flows (
    flow text NOT NULL,
    standard_family text NOT NULL,
    name text NOT NULL,
    position integer NOT NULL,
    named_in_requirement text NOT NULL,
    from_system text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (flow, standard_family)
);
COMMENT ON TABLE catalog.data_flows IS '数据流与标准的对应（采购需求项目一（1））';
COMMENT ON COLUMN catalog.data_flows.flow IS '数据流代码';
COMMENT ON COLUMN catalog.data_flows.standard_family IS '标准族';
COMMENT ON COLUMN catalog.data_flows.name IS '数据流名称';
COMMENT ON COLUMN catalog.data_flows.position IS '次序';
COMMENT ON COLUMN catalog.data_flows.named_in_requirement IS '需求原文中的写法';
COMMENT ON COLUMN catalog.data_flows.from_system IS '数据来源系统';
COMMENT ON COLUMN catalog.data_flows.source IS '来源';

CREATE TABLE catalog.data_elements (
    identifier text NOT NULL,
    standard text NOT NULL REFERENCES catalog.standards (code),
    edition text NOT NULL,
    part text NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    datatype text NOT NULL,
    format text NOT NULL,
    value_domain text NOT NULL,
    unit text NOT NULL,
    used_in_checkup boolean NOT NULL,
    other_names text NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL,
    note text NOT NULL,
    search text GENERATED ALWAYS AS (lower(identifier || '|' || name || '|' || other_names)) STORED,
    PRIMARY KEY (identifier, standard)
);
CREATE INDEX data_elements_part_idx ON catalog.data_elements (part, identifier);
CREATE INDEX data_elements_search_idx ON catalog.data_elements USING gin (kernel.bigrams(search));
COMMENT ON TABLE catalog.data_elements IS '卫生信息数据元（WS 363 各部分中公开资料所见者）；同一标识符的新旧版本并列';
COMMENT ON COLUMN catalog.data_elements.identifier IS '数据元标识符，如 DE04.10.167.00';
COMMENT ON COLUMN catalog.data_elements.standard IS '所属标准及年份';
COMMENT ON COLUMN catalog.data_elements.edition IS '版本年份';
COMMENT ON COLUMN catalog.data_elements.part IS '标准的部分，如 WS 363.7';
COMMENT ON COLUMN catalog.data_elements.name IS '名称';
COMMENT ON COLUMN catalog.data_elements.definition IS '定义';
COMMENT ON COLUMN catalog.data_elements.datatype IS '数据类型（来源所载，不作强制校验）';
COMMENT ON COLUMN catalog.data_elements.format IS '表示格式（来源所载，不作强制校验）';
COMMENT ON COLUMN catalog.data_elements.value_domain IS '允许值（值域）';
COMMENT ON COLUMN catalog.data_elements.unit IS '计量单位';
COMMENT ON COLUMN catalog.data_elements.used_in_checkup IS '是否用于体检';
COMMENT ON COLUMN catalog.data_elements.other_names IS '数据集中的其他名称';
COMMENT ON COLUMN catalog.data_elements.source IS '来源';
COMMENT ON COLUMN catalog.data_elements.confidence IS '可信度：seen-2、seen、memory';
COMMENT ON COLUMN catalog.data_elements.note IS '说明';
COMMENT ON COLUMN catalog.data_elements.search IS '检索文本';

CREATE TABLE catalog.value_domains (
    table_id text NOT NULL,
    code text NOT NULL,
    table_name text NOT NULL,
    meaning text NOT NULL,
    oid text NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL,
    note text NOT NULL,
    position integer NOT NULL,
    search text GENERATED ALWAYS AS (lower(table_id || '|' || table_name || '|' || meaning)) STORED,
    PRIMARY KEY (table_id, code)
);
CREATE INDEX value_domains_search_idx ON catalog.value_domains USING gin (kernel.bigrams(search));
COMMENT ON TABLE catalog.value_domains IS '值域代码表';
COMMENT ON COLUMN catalog.value_domains.table_id IS '代码表标识，如 CV04.50.005、GB/T 2261.1-2003；form: 与 local: 开头的不是国家代码表';
COMMENT ON COLUMN catalog.value_domains.code IS '代码';
COMMENT ON COLUMN catalog.value_domains.table_name IS '代码表名称';
COMMENT ON COLUMN catalog.value_domains.meaning IS '含义';
COMMENT ON COLUMN catalog.value_domains.oid IS '代码系统 OID';
COMMENT ON COLUMN catalog.value_domains.source IS '来源';
COMMENT ON COLUMN catalog.value_domains.confidence IS '可信度：seen-2、seen、memory';
COMMENT ON COLUMN catalog.value_domains.note IS '说明';
COMMENT ON COLUMN catalog.value_domains.position IS '次序';
COMMENT ON COLUMN catalog.value_domains.search IS '检索文本';

CREATE TABLE catalog.checkup_document (
    seq integer PRIMARY KEY,
    section text NOT NULL,
    section_loinc text NOT NULL,
    section_confidence text NOT NULL,
    section_display text NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    de_identifier text NOT NULL,
    legacy_identifier text NOT NULL,
    datatype text NOT NULL,
    format text NOT NULL,
    value_domain text NOT NULL,
    unit text NOT NULL,
    cardinality text NOT NULL,
    note text NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL
);
COMMENT ON TABLE catalog.checkup_document IS 'WS/T 483.16 成人健康体检共享文档的章节与条目';
COMMENT ON COLUMN catalog.checkup_document.seq IS '序号';
COMMENT ON COLUMN catalog.checkup_document.section IS '章节';
COMMENT ON COLUMN catalog.checkup_document.section_loinc IS '章节 LOINC 代码';
COMMENT ON COLUMN catalog.checkup_document.section_confidence IS '章节可信度';
COMMENT ON COLUMN catalog.checkup_document.section_display IS '章节英文名';
COMMENT ON COLUMN catalog.checkup_document.position IS '章节内次序';
COMMENT ON COLUMN catalog.checkup_document.name IS '条目名称';
COMMENT ON COLUMN catalog.checkup_document.de_identifier IS '数据元标识符';
COMMENT ON COLUMN catalog.checkup_document.legacy_identifier IS '2009 试行数据集标识（HRC00.04）';
COMMENT ON COLUMN catalog.checkup_document.datatype IS '数据类型';
COMMENT ON COLUMN catalog.checkup_document.format IS '表示格式';
COMMENT ON COLUMN catalog.checkup_document.value_domain IS '值域';
COMMENT ON COLUMN catalog.checkup_document.unit IS '计量单位';
COMMENT ON COLUMN catalog.checkup_document.cardinality IS '基数（仅为实现证据）';
COMMENT ON COLUMN catalog.checkup_document.note IS '说明';
COMMENT ON COLUMN catalog.checkup_document.source IS '来源';
COMMENT ON COLUMN catalog.checkup_document.confidence IS '可信度';

CREATE TABLE catalog.imaging_elements (
    dicom_tag text PRIMARY KEY,
    position integer NOT NULL,
    level text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    keyword text NOT NULL,
    vr text NOT NULL,
    vm text NOT NULL,
    de_identifier text NOT NULL,
    ws538_membership text NOT NULL,
    suggested_tier text NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL,
    note text NOT NULL
);
COMMENT ON TABLE catalog.imaging_elements IS 'WS 538 医学数字影像通信基本数据集（DICOM 标签；是否为 WS 538 成员未经核实）';
COMMENT ON COLUMN catalog.imaging_elements.dicom_tag IS 'DICOM 标签';
COMMENT ON COLUMN catalog.imaging_elements.position IS '次序';
COMMENT ON COLUMN catalog.imaging_elements.level IS '层级：患者、检查、序列、图像等';
COMMENT ON COLUMN catalog.imaging_elements.name IS '中文名称';
COMMENT ON COLUMN catalog.imaging_elements.name_en IS '英文名称';
COMMENT ON COLUMN catalog.imaging_elements.keyword IS 'DICOM 关键字';
COMMENT ON COLUMN catalog.imaging_elements.vr IS '值表示';
COMMENT ON COLUMN catalog.imaging_elements.vm IS '值重复度';
COMMENT ON COLUMN catalog.imaging_elements.de_identifier IS '对应的数据元标识符（编者对应）';
COMMENT ON COLUMN catalog.imaging_elements.ws538_membership IS '是否属于 WS 538 的核实情况';
COMMENT ON COLUMN catalog.imaging_elements.suggested_tier IS '建议分级：core、extended 等';
COMMENT ON COLUMN catalog.imaging_elements.source IS '来源';
COMMENT ON COLUMN catalog.imaging_elements.confidence IS '可信度';
COMMENT ON COLUMN catalog.imaging_elements.note IS '说明';
"""

ITEMS = """
CREATE TABLE catalog.items (
    code text PRIMARY KEY CHECK (code ~ '^(LAB|EXAM|LOCAL)\\.[A-Z0-9_-]{1,60}$'),
    origin text NOT NULL DEFAULT 'shipped' CHECK (origin IN ('shipped', 'local')),
    kind text NOT NULL CHECK (kind IN ('lab', 'exam')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    abbreviation text NOT NULL DEFAULT '',
    name_en text NOT NULL DEFAULT '',
    department text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    specimen text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT '',
    result_type text NOT NULL CHECK (result_type IN ('numeric', 'ordinal', 'coded', 'text')),
    source_result_type text NOT NULL DEFAULT '',
    value_domain text NOT NULL DEFAULT '',
    loinc text NOT NULL DEFAULT '',
    de_identifier text NOT NULL DEFAULT '',
    ws_t_886_code text NOT NULL DEFAULT '',
    package_1x text NOT NULL DEFAULT '',
    x_risk text NOT NULL DEFAULT '',
    sex_limit text NOT NULL DEFAULT '' CHECK (sex_limit IN ('', 'M', 'F')),
    age_min integer CHECK (age_min BETWEEN 0 AND 150),
    age_max integer CHECK (age_max BETWEEN 0 AND 150),
    limit_source text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    confidence text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 100000,
    retired_at timestamptz,
    search text GENERATED ALWAYS AS (lower(code || '|' || name || '|' || abbreviation || '|' || name_en)) STORED,
    CHECK (age_max IS NULL OR age_min IS NULL OR age_max >= age_min),
    CHECK ((origin = 'local') = (code LIKE 'LOCAL.%'))
);
CREATE INDEX items_kind_idx ON catalog.items (kind, position, code);
CREATE INDEX items_position_idx ON catalog.items (position, code);
CREATE INDEX items_search_idx ON catalog.items USING gin (kernel.bigrams(search));
COMMENT ON TABLE catalog.items IS '标准检验与体检项目目录。编码为本平台自编，不是国家代码';
COMMENT ON COLUMN catalog.items.code IS '本平台的项目编码：LAB. 检验，EXAM. 检查，LOCAL. 医院自建；永不改变';
COMMENT ON COLUMN catalog.items.origin IS '来历：shipped 随产品发布，local 医院自建';
COMMENT ON COLUMN catalog.items.kind IS '类别：lab 检验，exam 检查';
COMMENT ON COLUMN catalog.items.name IS '名称';
COMMENT ON COLUMN catalog.items.abbreviation IS '英文缩写';
COMMENT ON COLUMN catalog.items.name_en IS '英文名称';
COMMENT ON COLUMN catalog.items.department IS '科室';
COMMENT ON COLUMN catalog.items.category IS '分类';
COMMENT ON COLUMN catalog.items.specimen IS '标本';
COMMENT ON COLUMN catalog.items.unit IS '标准单位（UCUM）；空为无单位';
COMMENT ON COLUMN catalog.items.result_type IS '结果类型：numeric 数值、ordinal 等级、coded 代码、text 文字';
COMMENT ON COLUMN catalog.items.source_result_type IS '来源所载的结果类型';
COMMENT ON COLUMN catalog.items.value_domain IS '值域或取值';
COMMENT ON COLUMN catalog.items.loinc IS 'LOINC 代码（来源所载）';
COMMENT ON COLUMN catalog.items.de_identifier IS '对应的数据元标识符';
COMMENT ON COLUMN catalog.items.ws_t_886_code IS 'WS/T 886-2026 代码（来源所载）';
COMMENT ON COLUMN catalog.items.package_1x IS '1+X：1 基本，X 专项，ehr-form 仅公卫体检表';
COMMENT ON COLUMN catalog.items.x_risk IS '专项对应的风险';
COMMENT ON COLUMN catalog.items.sex_limit IS '性别限制：M 仅男性，F 仅女性，空为不限';
COMMENT ON COLUMN catalog.items.age_min IS '年龄下限（岁）';
COMMENT ON COLUMN catalog.items.age_max IS '年龄上限（岁）';
COMMENT ON COLUMN catalog.items.limit_source IS '性别年龄限制的来源';
COMMENT ON COLUMN catalog.items.source IS '来源';
COMMENT ON COLUMN catalog.items.confidence IS '可信度：seen-2、seen、memory（仅凭记忆，不自动使用）';
COMMENT ON COLUMN catalog.items.note IS '说明';
COMMENT ON COLUMN catalog.items.position IS '次序';
COMMENT ON COLUMN catalog.items.retired_at IS '停用时间；空为在用';
COMMENT ON COLUMN catalog.items.search IS '检索文本';

CREATE TABLE catalog.item_synonyms (
    item_code text NOT NULL REFERENCES catalog.items (code),
    synonym text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (item_code, synonym)
);
CREATE INDEX item_synonyms_search_idx ON catalog.item_synonyms USING gin (kernel.bigrams(synonym));
COMMENT ON TABLE catalog.item_synonyms IS '项目的同义词：用于检索与对照推荐';
COMMENT ON COLUMN catalog.item_synonyms.item_code IS '项目编码';
COMMENT ON COLUMN catalog.item_synonyms.synonym IS '同义词';
COMMENT ON COLUMN catalog.item_synonyms.source IS '来源';

CREATE TABLE catalog.reference_ranges (
    item_code text NOT NULL REFERENCES catalog.items (code),
    position integer NOT NULL,
    sex text NOT NULL CHECK (sex IN ('', 'M', 'F')),
    age_text text NOT NULL,
    age_min integer,
    age_max integer,
    low numeric,
    high numeric,
    text text NOT NULL,
    unit text NOT NULL,
    is_national boolean NOT NULL,
    is_usable boolean NOT NULL,
    source text NOT NULL,
    confidence text NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (item_code, position),
    CHECK (low IS NULL OR high IS NULL OR low <= high),
    CHECK (confidence <> 'memory' OR NOT is_usable)
);
COMMENT ON TABLE catalog.reference_ranges IS '参考区间；只有 is_national 的是国家标准，其余须以检验科自己的为准';
COMMENT ON COLUMN catalog.reference_ranges.item_code IS '项目编码';
COMMENT ON COLUMN catalog.reference_ranges.position IS '同一项目内的次序';
COMMENT ON COLUMN catalog.reference_ranges.sex IS '性别：M、F，空为不分';
COMMENT ON COLUMN catalog.reference_ranges.age_text IS '年龄范围原文';
COMMENT ON COLUMN catalog.reference_ranges.age_min IS '年龄下限（岁，含）；成人按 18 岁';
COMMENT ON COLUMN catalog.reference_ranges.age_max IS '年龄上限（岁，含）';
COMMENT ON COLUMN catalog.reference_ranges.low IS '下限（标准单位，含）';
COMMENT ON COLUMN catalog.reference_ranges.high IS '上限（标准单位，含）';
COMMENT ON COLUMN catalog.reference_ranges.text IS '文字参考值';
COMMENT ON COLUMN catalog.reference_ranges.unit IS '单位（UCUM）';
COMMENT ON COLUMN catalog.reference_ranges.is_national IS '是否来自 WS/T 404、405 系列';
COMMENT ON COLUMN catalog.reference_ranges.is_usable IS '可否自动使用；memory 一律不可';
COMMENT ON COLUMN catalog.reference_ranges.source IS '来源';
COMMENT ON COLUMN catalog.reference_ranges.confidence IS '可信度';
COMMENT ON COLUMN catalog.reference_ranges.note IS '说明';
"""

TREES = """
CREATE TABLE catalog.item_trees (
    id uuid PRIMARY KEY,
    item_code text NOT NULL REFERENCES catalog.items (code),
    version integer NOT NULL CHECK (version > 0),
    status text NOT NULL CHECK (status IN ('draft', 'submitted', 'approved', 'superseded', 'rejected')),
    nodes jsonb NOT NULL CHECK (jsonb_typeof(nodes) = 'array'),
    change_note text NOT NULL DEFAULT '',
    author_id uuid,
    author_name text NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    decided_by uuid,
    decided_by_name text NOT NULL DEFAULT '',
    decided_at timestamptz,
    decision_note text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    UNIQUE (item_code, version),
    CHECK (status IN ('draft', 'submitted') OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)),
    CHECK (decided_by IS DISTINCT FROM author_id OR decided_by IS NULL)
);
CREATE UNIQUE INDEX item_trees_one_approved ON catalog.item_trees (item_code) WHERE status = 'approved';
CREATE UNIQUE INDEX item_trees_one_open ON catalog.item_trees (item_code) WHERE status IN ('draft', 'submitted');
CREATE INDEX item_trees_waiting_idx ON catalog.item_trees (submitted_at, id) WHERE status = 'submitted';
COMMENT ON TABLE catalog.item_trees IS '项目的语义扩展：结构化子要素树，分版本，由作者以外的人批准';
COMMENT ON COLUMN catalog.item_trees.id IS '标识';
COMMENT ON COLUMN catalog.item_trees.item_code IS '项目编码';
COMMENT ON COLUMN catalog.item_trees.version IS '版本号';
COMMENT ON COLUMN catalog.item_trees.status IS '状态：draft 草稿、submitted 待审、approved 已批准、superseded 已被新版替代、rejected 已退回';
COMMENT ON COLUMN catalog.item_trees.nodes IS '要素：路径、名称、类型、单位、取值、数据元、来历';
COMMENT ON COLUMN catalog.item_trees.change_note IS '修改说明';
COMMENT ON COLUMN catalog.item_trees.author_id IS '作者账户；空为随产品发布';
COMMENT ON COLUMN catalog.item_trees.author_name IS '作者名称';
COMMENT ON COLUMN catalog.item_trees.created_at IS '建立时间';
COMMENT ON COLUMN catalog.item_trees.submitted_at IS '提交时间';
COMMENT ON COLUMN catalog.item_trees.decided_by IS '审批人账户';
COMMENT ON COLUMN catalog.item_trees.decided_by_name IS '审批人名称';
COMMENT ON COLUMN catalog.item_trees.decided_at IS '审批时间';
COMMENT ON COLUMN catalog.item_trees.decision_note IS '审批意见';
COMMENT ON COLUMN catalog.item_trees.revision IS '草稿修改次数，防止互相覆盖';
"""

KEEP_DECIDED_TREES = """
CREATE FUNCTION catalog.keep_decided_trees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'approved' AND NEW.status = 'superseded'
       AND NEW.nodes = OLD.nodes AND NEW.version = OLD.version AND NEW.item_code = OLD.item_code THEN
        RETURN NEW;
    END IF;
    IF OLD.status IN ('approved', 'superseded', 'rejected') THEN
        RAISE EXCEPTION '已审批的语义扩展版本不能修改或删除' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'submitted' AND NEW.nodes <> OLD.nodes THEN
        RAISE EXCEPTION '已提交审批的语义扩展版本不能修改' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER item_trees_keep_decided BEFORE UPDATE OR DELETE ON catalog.item_trees
    FOR EACH ROW EXECUTE FUNCTION catalog.keep_decided_trees();
"""

PACKAGES = """
CREATE TABLE catalog.packages (
    id uuid PRIMARY KEY,
    institution_id uuid,
    code text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9._-]{0,63}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description text NOT NULL DEFAULT '',
    sex_limit text NOT NULL DEFAULT '' CHECK (sex_limit IN ('', 'M', 'F')),
    age_min integer CHECK (age_min BETWEEN 0 AND 150),
    age_max integer CHECK (age_max BETWEEN 0 AND 150),
    package_1x text NOT NULL DEFAULT '',
    x_risk text NOT NULL DEFAULT '',
    basis text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    confidence text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL,
    retired_at timestamptz,
    CHECK (age_max IS NULL OR age_min IS NULL OR age_max >= age_min)
);
CREATE UNIQUE INDEX packages_code_idx ON catalog.packages (institution_id, code) NULLS NOT DISTINCT WHERE retired_at IS NULL;
COMMENT ON TABLE catalog.packages IS '检验检查项目组合；机构为空的是随产品发布的样板';
COMMENT ON COLUMN catalog.packages.id IS '标识';
COMMENT ON COLUMN catalog.packages.institution_id IS '机构；空为样板';
COMMENT ON COLUMN catalog.packages.code IS '组合编码，机构内唯一';
COMMENT ON COLUMN catalog.packages.name IS '名称';
COMMENT ON COLUMN catalog.packages.description IS '说明';
COMMENT ON COLUMN catalog.packages.sex_limit IS '适用性别：M、F，空为不限';
COMMENT ON COLUMN catalog.packages.age_min IS '适用年龄下限（岁）';
COMMENT ON COLUMN catalog.packages.age_max IS '适用年龄上限（岁）';
COMMENT ON COLUMN catalog.packages.package_1x IS '1+X：1 基本，X 专项';
COMMENT ON COLUMN catalog.packages.x_risk IS '专项对应的风险';
COMMENT ON COLUMN catalog.packages.basis IS '组成依据';
COMMENT ON COLUMN catalog.packages.source IS '来源';
COMMENT ON COLUMN catalog.packages.confidence IS '可信度';
COMMENT ON COLUMN catalog.packages.revision IS '修改次数，防止互相覆盖';
COMMENT ON COLUMN catalog.packages.updated_at IS '最近修改时间';
COMMENT ON COLUMN catalog.packages.retired_at IS '停用时间；空为在用';

CREATE TABLE catalog.package_items (
    package_id uuid NOT NULL REFERENCES catalog.packages (id),
    item_code text NOT NULL REFERENCES catalog.items (code),
    position integer NOT NULL,
    PRIMARY KEY (package_id, item_code)
);
CREATE INDEX package_items_item_idx ON catalog.package_items (item_code);
COMMENT ON TABLE catalog.package_items IS '组合中的项目';
COMMENT ON COLUMN catalog.package_items.package_id IS '组合';
COMMENT ON COLUMN catalog.package_items.item_code IS '项目编码';
COMMENT ON COLUMN catalog.package_items.position IS '次序';
"""

VENDORS = """
CREATE SEQUENCE catalog.mapping_version_seq;
COMMENT ON SEQUENCE catalog.mapping_version_seq IS '对照版本号：回滚也不重复使用，缓存据此判断新旧';

CREATE TABLE catalog.vendors (
    vendor_id uuid PRIMARY KEY,
    institution_id uuid,
    name text NOT NULL DEFAULT '',
    mapping_version bigint NOT NULL DEFAULT nextval('catalog.mapping_version_seq')
);
COMMENT ON TABLE catalog.vendors IS '目录所知的体检软件厂家及其对照版本';
COMMENT ON COLUMN catalog.vendors.vendor_id IS '厂家';
COMMENT ON COLUMN catalog.vendors.institution_id IS '所属机构；空则只有全部数据范围的人可维护其对照';
COMMENT ON COLUMN catalog.vendors.name IS '厂家名称';
COMMENT ON COLUMN catalog.vendors.mapping_version IS '对照版本，任何影响对照的变更都使其改变';

CREATE VIEW catalog.pub_mapping_versions AS SELECT vendor_id, mapping_version FROM catalog.vendors;
COMMENT ON VIEW catalog.pub_mapping_versions IS '公开视图：厂家的对照版本，供对接接口一次读取';
COMMENT ON COLUMN catalog.pub_mapping_versions.vendor_id IS '体检系统';
COMMENT ON COLUMN catalog.pub_mapping_versions.mapping_version IS '对照版本，有任何变更即改变';

CREATE TABLE catalog.vendor_items (
    vendor_id uuid NOT NULL REFERENCES catalog.vendors (vendor_id),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 128),
    name text NOT NULL,
    name_key text NOT NULL,
    unit_key text NOT NULL DEFAULT '',
    category_code text NOT NULL DEFAULT '',
    category_name text NOT NULL DEFAULT '',
    department text NOT NULL DEFAULT '',
    result_type text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT '',
    specimen text NOT NULL DEFAULT '',
    reference_ranges jsonb NOT NULL DEFAULT '[]',
    sex_limit text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    from_dictionary boolean NOT NULL,
    first_seen timestamptz NOT NULL,
    last_in_results timestamptz,
    name_in_results text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    search text GENERATED ALWAYS AS (lower(code || '|' || name)) STORED,
    PRIMARY KEY (vendor_id, code)
);
CREATE INDEX vendor_items_search_idx ON catalog.vendor_items USING gin (kernel.bigrams(search));
COMMENT ON TABLE catalog.vendor_items IS '厂家的体检项目：来自变更体检项目明细（US-H5）或出现在推送的结果中';
COMMENT ON COLUMN catalog.vendor_items.vendor_id IS '厂家';
COMMENT ON COLUMN catalog.vendor_items.code IS '厂家的项目编码';
COMMENT ON COLUMN catalog.vendor_items.name IS '厂家的项目名称';
COMMENT ON COLUMN catalog.vendor_items.name_key IS '名称的比较形式（全角转半角、去空格标点、小写）';
COMMENT ON COLUMN catalog.vendor_items.unit_key IS '单位的比较形式：能识别的为 UCUM，否则为原文';
COMMENT ON COLUMN catalog.vendor_items.category_code IS '厂家的分类编码';
COMMENT ON COLUMN catalog.vendor_items.category_name IS '厂家的分类名称';
COMMENT ON COLUMN catalog.vendor_items.department IS '科室';
COMMENT ON COLUMN catalog.vendor_items.result_type IS '结果类型';
COMMENT ON COLUMN catalog.vendor_items.unit IS '单位原文';
COMMENT ON COLUMN catalog.vendor_items.specimen IS '标本';
COMMENT ON COLUMN catalog.vendor_items.reference_ranges IS '厂家的参考区间，原样保存';
COMMENT ON COLUMN catalog.vendor_items.sex_limit IS '性别限制原文';
COMMENT ON COLUMN catalog.vendor_items.active IS '厂家是否在用';
COMMENT ON COLUMN catalog.vendor_items.from_dictionary IS '是否由厂家项目明细给出；否则只在结果中出现过';
COMMENT ON COLUMN catalog.vendor_items.first_seen IS '首次出现时间';
COMMENT ON COLUMN catalog.vendor_items.last_in_results IS '最近一次作为未匹配项目出现在结果中的时间';
COMMENT ON COLUMN catalog.vendor_items.name_in_results IS '结果中出现的、与已确认名称不同的名称';
COMMENT ON COLUMN catalog.vendor_items.changed_at IS '最近变更时间';
COMMENT ON COLUMN catalog.vendor_items.search IS '检索文本';

CREATE TABLE catalog.mappings (
    vendor_id uuid NOT NULL,
    vendor_item_code text NOT NULL,
    item_code text REFERENCES catalog.items (code),
    status text NOT NULL CHECK (status IN ('confirmed', 'needs_review', 'rejected', 'disabled')),
    review_reason text NOT NULL DEFAULT '' CHECK (review_reason IN ('', 'renamed', 'unit_changed')),
    accepted_names text[] NOT NULL DEFAULT '{}',
    assumed_unit text NOT NULL DEFAULT '',
    confirmed_by uuid,
    confirmed_at timestamptz,
    PRIMARY KEY (vendor_id, vendor_item_code),
    FOREIGN KEY (vendor_id, vendor_item_code) REFERENCES catalog.vendor_items (vendor_id, code),
    CHECK ((status = 'needs_review') = (review_reason <> '')),
    CHECK ((status = 'rejected') = (item_code IS NULL)),
    CHECK (status = 'rejected' OR (confirmed_at IS NOT NULL AND cardinality(accepted_names) > 0))
);
CREATE INDEX mappings_item_idx ON catalog.mappings (item_code, vendor_id);
CREATE INDEX mappings_status_idx ON catalog.mappings (vendor_id, status, vendor_item_code);
COMMENT ON TABLE catalog.mappings IS '厂家项目与标准项目的对照；没有行即未建立对照';
COMMENT ON COLUMN catalog.mappings.vendor_id IS '厂家';
COMMENT ON COLUMN catalog.mappings.vendor_item_code IS '厂家的项目编码';
COMMENT ON COLUMN catalog.mappings.item_code IS '标准项目编码；rejected 时为空';
COMMENT ON COLUMN catalog.mappings.status IS '状态：confirmed 已确认、needs_review 待重新确认、rejected 确认无对应项目、disabled 已停用';
COMMENT ON COLUMN catalog.mappings.review_reason IS '待确认原因：renamed 项目改名、unit_changed 单位变更';
COMMENT ON COLUMN catalog.mappings.accepted_names IS '确认时认可的名称（比较形式）';
COMMENT ON COLUMN catalog.mappings.assumed_unit IS '结果不带单位或单位写法不识别时采用的单位（UCUM），由确认人认可';
COMMENT ON COLUMN catalog.mappings.confirmed_by IS '确认人账户';
COMMENT ON COLUMN catalog.mappings.confirmed_at IS '确认时间';
"""
