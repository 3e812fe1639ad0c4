"""people: identity checks (verdicts only), pictures of id cards (sealed, deleted once decided), how far a person is known"""

import json
from importlib.resources import files

from alembic import op
from sqlalchemy import text

from migrations import statements

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# The published texts are never edited; a new version is a new file in a new migration.
AGREEMENTS = files("kanghu.modules.people") / "data" / "agreements"
PUBLISHED = ("identity_check.v1", "face_check.v1")

KINDS = """
ALTER TABLE people.agreements DROP CONSTRAINT agreements_kind_check;
ALTER TABLE people.agreements ADD CONSTRAINT agreements_kind_check
    CHECK (kind IN ('data_use_agreement', 'privacy', 'sensitive_data', 'identity_check', 'face_check'));
COMMENT ON COLUMN people.agreements.kind IS
    '种类：data_use_agreement 数据使用授权协议、privacy 隐私政策、sensitive_data 敏感个人信息处理同意书、identity_check 身份核验同意书、face_check 人脸信息处理单独同意书';
"""

CHECKS = """
CREATE TABLE people.identity_checks (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people.persons (id),
    institution_id uuid NOT NULL,
    way text NOT NULL CHECK (way IN ('real_name', 'tencent_face', 'wechat_face', 'card')),
    state text NOT NULL CHECK (state IN ('starting', 'started', 'waiting', 'passed', 'failed', 'void')),
    consent_id uuid NOT NULL REFERENCES people.consents (id),
    account_id uuid,
    name_index bytea NOT NULL CHECK (octet_length(name_index) = 32),
    id_number_index bytea NOT NULL CHECK (octet_length(id_number_index) = 32),
    provider_no text NOT NULL DEFAULT '',
    ticket bytea,
    reason text,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    first_reviewer uuid,
    first_at timestamptz,
    decided_at timestamptz,
    decided_by uuid,
    CHECK ((state IN ('passed', 'failed', 'void')) = (decided_at IS NOT NULL)),
    CHECK ((state IN ('failed', 'void')) = (reason IS NOT NULL)),
    CHECK (ticket IS NULL OR state = 'started'),
    CHECK ((way = 'card') = (state = 'waiting') OR decided_at IS NOT NULL),
    CHECK ((first_reviewer IS NULL) = (first_at IS NULL)),
    CHECK (way = 'card' OR (first_reviewer IS NULL AND decided_by IS NULL)),
    -- four eyes: nobody lets an id card pass alone
    CHECK (way <> 'card' OR state <> 'passed'
           OR (first_reviewer IS NOT NULL AND decided_by IS NOT NULL AND first_reviewer <> decided_by))
);

-- one check at a time: two that begin at once meet here
CREATE UNIQUE INDEX identity_checks_open ON people.identity_checks (person_id)
    WHERE state IN ('starting', 'started', 'waiting');
CREATE INDEX identity_checks_of_person ON people.identity_checks (person_id, id DESC);
CREATE INDEX identity_checks_of_consent ON people.identity_checks (consent_id);
CREATE INDEX identity_checks_queue ON people.identity_checks (id) WHERE state = 'waiting';
CREATE INDEX identity_checks_due ON people.identity_checks (expires_at) WHERE decided_at IS NULL;

COMMENT ON TABLE people.identity_checks IS '身份核验：只留结论（通过与否、方式、时间、核验服务的流水号），不留人脸与分数';
COMMENT ON COLUMN people.identity_checks.id IS '标识，也是给核验服务的流水号';
COMMENT ON COLUMN people.identity_checks.person_id IS '被核验的人';
COMMENT ON COLUMN people.identity_checks.institution_id IS '为哪家机构核验';
COMMENT ON COLUMN people.identity_checks.way IS '方式：real_name 姓名与身份证号码比对，tencent_face 腾讯云人脸核身，wechat_face 微信人脸核身，card 证件照片由职工核对';
COMMENT ON COLUMN people.identity_checks.state IS '状态：starting 正在发起，started 等本人完成，waiting 等职工核对，passed 通过，failed 未通过，void 未完成即结束';
COMMENT ON COLUMN people.identity_checks.consent_id IS '所依据的同意';
COMMENT ON COLUMN people.identity_checks.account_id IS '发起的账号';
COMMENT ON COLUMN people.identity_checks.name_index IS '所核验姓名的盲索引：档案的姓名更正之后，原来的结论不再算数';
COMMENT ON COLUMN people.identity_checks.id_number_index IS '所核验证件号码的盲索引';
COMMENT ON COLUMN people.identity_checks.provider_no IS '核验服务的流水号';
COMMENT ON COLUMN people.identity_checks.ticket IS '核验服务的会话（加密），有了结论即清除';
COMMENT ON COLUMN people.identity_checks.reason IS '未通过或未完成的原因代码';
COMMENT ON COLUMN people.identity_checks.asked_at IS '发起时间';
COMMENT ON COLUMN people.identity_checks.expires_at IS '最迟到何时';
COMMENT ON COLUMN people.identity_checks.first_reviewer IS '初次核对证件照片、认为相符的职工账号';
COMMENT ON COLUMN people.identity_checks.first_at IS '初次核对的时间';
COMMENT ON COLUMN people.identity_checks.decided_at IS '有结论的时间';
COMMENT ON COLUMN people.identity_checks.decided_by IS '作出结论的职工账号，须与初次核对的不同';

CREATE TABLE people.id_card_pictures (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people.persons (id),
    side text NOT NULL CHECK (side IN ('front', 'back')),
    check_id uuid REFERENCES people.identity_checks (id),
    media_type text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
    content bytea NOT NULL,
    uploaded_at timestamptz NOT NULL,
    -- a person has at most one picture of a side: sent with a check, or waiting to be
    UNIQUE (person_id, side)
);

CREATE INDEX id_card_pictures_of_check ON people.id_card_pictures (check_id) WHERE check_id IS NOT NULL;
CREATE INDEX id_card_pictures_unsent ON people.id_card_pictures (uploaded_at) WHERE check_id IS NULL;

COMMENT ON TABLE people.id_card_pictures IS '等待核对的证件照片（加密）；有了结论、撤回同意或到期即删除';
COMMENT ON COLUMN people.id_card_pictures.id IS '标识';
COMMENT ON COLUMN people.id_card_pictures.person_id IS '谁的证件';
COMMENT ON COLUMN people.id_card_pictures.side IS 'front 有照片的一面，back 另一面';
COMMENT ON COLUMN people.id_card_pictures.check_id IS '随哪次核验提交；空为尚未提交，一天后删除';
COMMENT ON COLUMN people.id_card_pictures.media_type IS '图片类型，由内容判断';
COMMENT ON COLUMN people.id_card_pictures.content IS '图片（加密）';
COMMENT ON COLUMN people.id_card_pictures.uploaded_at IS '上传时间';

CREATE VIEW people.pub_assurance AS
    SELECT DISTINCT ON (c.person_id) c.person_id,
           CASE c.way WHEN 'real_name' THEN 'real_name' ELSE 'verified' END AS level, c.way, c.decided_at AS checked_at
      FROM people.identity_checks c
      JOIN people.persons p
        ON p.id = c.person_id AND p.name_index = c.name_index AND p.id_number_index = c.id_number_index
     WHERE c.state = 'passed'
     ORDER BY c.person_id, c.way = 'real_name', c.decided_at DESC;

COMMENT ON VIEW people.pub_assurance IS '身份核验到什么程度：没有一行即未核验；姓名或证件号码更正之后，须重新核验';
COMMENT ON COLUMN people.pub_assurance.person_id IS '人员标识';
COMMENT ON COLUMN people.pub_assurance.level IS 'real_name 已实名，verified 已核验';
COMMENT ON COLUMN people.pub_assurance.way IS '方式';
COMMENT ON COLUMN people.pub_assurance.checked_at IS '核验时间';
"""


def upgrade() -> None:
    for script in (KINDS, CHECKS):
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


UNDO = """
DROP VIEW people.pub_assurance;
DROP TABLE people.id_card_pictures;
DROP TABLE people.identity_checks;
ALTER TABLE people.consents DISABLE TRIGGER consents_append_only;
DELETE FROM people.consents WHERE kind IN ('identity_check', 'face_check') AND action = 'revoked';
DELETE FROM people.consents WHERE kind IN ('identity_check', 'face_check');
ALTER TABLE people.consents ENABLE TRIGGER consents_append_only;
ALTER TABLE people.agreements DISABLE TRIGGER agreements_append_only;
DELETE FROM people.agreements WHERE kind IN ('identity_check', 'face_check');
ALTER TABLE people.agreements ENABLE TRIGGER agreements_append_only;
ALTER TABLE people.agreements DROP CONSTRAINT agreements_kind_check;
ALTER TABLE people.agreements ADD CONSTRAINT agreements_kind_check
    CHECK (kind IN ('data_use_agreement', 'privacy', 'sensitive_data'));
COMMENT ON COLUMN people.agreements.kind IS
    '种类：data_use_agreement 数据使用授权协议、privacy 隐私政策、sensitive_data 敏感个人信息处理同意书';
"""


def downgrade() -> None:
    statements.run(UNDO)
