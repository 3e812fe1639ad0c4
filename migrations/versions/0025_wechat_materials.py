"""wechat: the library of files that replies and menus send, and what WeChat holds of them"""

from migrations import statements

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run(BACK)


# Buttons that name a media_id entered by hand keep it: WeChat goes on knowing it. Answers were texts only and stay so.
STATEMENTS = """
CREATE TABLE wechat.materials (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    kind text NOT NULL CHECK (kind IN ('image', 'voice', 'video', 'thumb')),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 50),
    mime text NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    duration_ms integer CHECK (duration_ms >= 0),
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    playable bytea,
    thumbnail bytea,
    made_by uuid,
    created_at timestamptz NOT NULL,
    UNIQUE (account_id, id),
    UNIQUE (account_id, kind, sha256)
);
ALTER TABLE wechat.materials
    ALTER COLUMN content SET STORAGE EXTERNAL, ALTER COLUMN playable SET STORAGE EXTERNAL,
    ALTER COLUMN thumbnail SET STORAGE EXTERNAL;
COMMENT ON TABLE wechat.materials IS '素材库：自动回复与菜单使用的图片、语音、视频，原件由本系统保存';
COMMENT ON COLUMN wechat.materials.id IS '主键';
COMMENT ON COLUMN wechat.materials.account_id IS '公众号或小程序';
COMMENT ON COLUMN wechat.materials.kind IS '种类：image 图片，voice 语音，video 视频，thumb 缩略图';
COMMENT ON COLUMN wechat.materials.title IS '标题';
COMMENT ON COLUMN wechat.materials.mime IS '类型，由内容判断';
COMMENT ON COLUMN wechat.materials.size IS '字节数';
COMMENT ON COLUMN wechat.materials.duration_ms IS '语音、视频的长度，毫秒';
COMMENT ON COLUMN wechat.materials.sha256 IS '原件的摘要，同一文件只存一份';
COMMENT ON COLUMN wechat.materials.content IS '原件（加密）';
COMMENT ON COLUMN wechat.materials.playable IS 'AMR 语音的 MP3（加密），供网页播放';
COMMENT ON COLUMN wechat.materials.thumbnail IS '图片与视频的小图 JPEG（加密）';
COMMENT ON COLUMN wechat.materials.made_by IS '上传的账号';
COMMENT ON COLUMN wechat.materials.created_at IS '上传时间';

CREATE TABLE wechat.material_copies (
    material_id uuid NOT NULL REFERENCES wechat.materials (id) ON DELETE CASCADE,
    form text NOT NULL CHECK (form IN ('temporary', 'thumb', 'permanent')),
    media_id text,
    expires_at timestamptz,
    failure text NOT NULL DEFAULT '',
    failed_at timestamptz,
    ended integer NOT NULL DEFAULT 0,
    taken_by uuid,
    taken_until timestamptz,
    PRIMARY KEY (material_id, form),
    CHECK (media_id IS NULL OR (form = 'permanent') = (expires_at IS NULL)),
    CHECK ((taken_by IS NULL) = (taken_until IS NULL)),
    CHECK ((failure = '') = (failed_at IS NULL))
);
CREATE INDEX material_copies_due ON wechat.material_copies (expires_at) WHERE form <> 'permanent';
COMMENT ON TABLE wechat.material_copies IS '素材在微信的一份：临时的三天有效，到期前更新；永久的供菜单使用';
COMMENT ON COLUMN wechat.material_copies.material_id IS '素材';
COMMENT ON COLUMN wechat.material_copies.form IS '形式：temporary 临时素材，thumb 视频的缩略图（临时），permanent 永久素材';
COMMENT ON COLUMN wechat.material_copies.media_id IS '微信的 media_id';
COMMENT ON COLUMN wechat.material_copies.expires_at IS '失效时间，永久素材为空';
COMMENT ON COLUMN wechat.material_copies.failure IS '最近一次上传失败的原因，成功后清空';
COMMENT ON COLUMN wechat.material_copies.failed_at IS '最近一次上传失败的时间';
COMMENT ON COLUMN wechat.material_copies.ended IS '上传的次数，不论成败';
COMMENT ON COLUMN wechat.material_copies.taken_by IS '正在上传的一次';
COMMENT ON COLUMN wechat.material_copies.taken_until IS '占用到何时，过后由别的进程接手';

CREATE TABLE wechat.material_uses (
    account_id uuid NOT NULL,
    material_id uuid NOT NULL,
    rule_id uuid REFERENCES wechat.reply_rules (id) ON DELETE CASCADE,
    menu_id uuid REFERENCES wechat.menus (id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, material_id) REFERENCES wechat.materials (account_id, id),
    CHECK (num_nonnulls(rule_id, menu_id) = 1)
);
CREATE UNIQUE INDEX material_uses_rule ON wechat.material_uses (rule_id, material_id) WHERE rule_id IS NOT NULL;
CREATE UNIQUE INDEX material_uses_menu ON wechat.material_uses (menu_id, material_id) WHERE menu_id IS NOT NULL;
CREATE INDEX material_uses_material ON wechat.material_uses (account_id, material_id);
COMMENT ON TABLE wechat.material_uses IS '素材用在何处：自动回复，菜单的草稿与最近发布的一版；用着的素材不能删除';
COMMENT ON COLUMN wechat.material_uses.account_id IS '公众号或小程序，与素材的相同';
COMMENT ON COLUMN wechat.material_uses.material_id IS '素材';
COMMENT ON COLUMN wechat.material_uses.rule_id IS '自动回复规则';
COMMENT ON COLUMN wechat.material_uses.menu_id IS '菜单';

ALTER TABLE wechat.reply_rules ADD COLUMN parts jsonb NOT NULL DEFAULT '[]';
UPDATE wechat.reply_rules SET parts = to_jsonb(answers);
ALTER TABLE wechat.reply_rules DROP COLUMN answers;
ALTER TABLE wechat.reply_rules RENAME COLUMN parts TO answers;
ALTER TABLE wechat.reply_rules
    ADD CONSTRAINT reply_rules_answers CHECK (jsonb_typeof(answers) = 'array' AND jsonb_array_length(answers) <= 3),
    ADD CONSTRAINT reply_rules_some_answer CHECK (jsonb_array_length(answers) > 0 OR hand_over);
COMMENT ON COLUMN wechat.reply_rules.answers IS '依次回复的内容，至多三条：文字，或素材（material_id）';
COMMENT ON COLUMN wechat.menus.content IS '默认菜单与按标签区分的个性化菜单；发送素材的按钮指明素材（material_id），或手工填写的 media_id';
"""

# The release before sends texts only: a rule that is left without one becomes a draft that hands over. Menus that were published
# name what WeChat calls their material beside ours; in a draft it is asked for again.
BACK = """
ALTER TABLE wechat.reply_rules
    DROP CONSTRAINT reply_rules_answers, DROP CONSTRAINT reply_rules_some_answer, ADD COLUMN texts text[] NOT NULL DEFAULT '{}';
UPDATE wechat.reply_rules
   SET texts = ARRAY (SELECT one #>> '{}' FROM jsonb_array_elements(answers) WITH ORDINALITY AS kept (one, place)
                       WHERE jsonb_typeof(one) = 'string' ORDER BY place);
UPDATE wechat.reply_rules SET enabled = false, hand_over = true WHERE cardinality(texts) = 0 AND NOT hand_over;
ALTER TABLE wechat.reply_rules DROP COLUMN answers;
ALTER TABLE wechat.reply_rules RENAME COLUMN texts TO answers;
ALTER TABLE wechat.reply_rules
    ADD CHECK (cardinality(answers) <= 3),
    ADD CHECK (cardinality(answers) > 0 OR hand_over);
COMMENT ON COLUMN wechat.reply_rules.answers IS '依次回复的文字，至多三条';
COMMENT ON COLUMN wechat.menus.content IS '默认菜单与按标签区分的个性化菜单';
DROP TABLE wechat.material_uses;
DROP TABLE wechat.material_copies;
DROP TABLE wechat.materials;
"""
