"""people: on what ground somebody acts for a member of the family, and who signed a consent for whom"""

from migrations import statements

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run(BACK)


STATEMENTS = """
ALTER TABLE people.family_members
    ADD COLUMN basis text NOT NULL DEFAULT 'added' CHECK (basis IN ('added', 'activation_code')),
    ADD COLUMN agreed_at timestamptz;
CREATE INDEX family_members_member ON people.family_members (member_person_id) WHERE ended_at IS NULL;
COMMENT ON COLUMN people.family_members.basis IS '依据：added 持有人自行添加，activation_code 机构当面核实后发给激活码';
COMMENT ON COLUMN people.family_members.agreed_at IS '成员本人同意由持有人代为办理的时间；有自己账号的成年成员，没有激活码的须本人同意';
ALTER TABLE people.consents
    ADD COLUMN signer text NOT NULL DEFAULT 'self' CHECK (signer IN ('self', 'guardian', 'agent')),
    ADD COLUMN signed_by uuid REFERENCES people.persons (id),
    ADD CONSTRAINT consents_signed_by CHECK (signer = 'self' OR signed_by IS NOT NULL);
CREATE INDEX consents_signed_by ON people.consents (signed_by);
COMMENT ON COLUMN people.consents.signer IS '签署人身份：self 本人，guardian 监护人（为未成年人），agent 家庭成员代为签署';
COMMENT ON COLUMN people.consents.signed_by IS '实际签署的人；早先的记录为空，即本人';
"""

BACK = """
ALTER TABLE people.consents DROP COLUMN signer, DROP COLUMN signed_by;
DROP INDEX people.family_members_member;
ALTER TABLE people.family_members DROP COLUMN basis, DROP COLUMN agreed_at;
"""
