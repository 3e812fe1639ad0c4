"""messaging: voices and films in a form that plays everywhere"""

from migrations import statements

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(FORMS)


def downgrade() -> None:
    statements.run(BACK)


FORMS = """
ALTER TABLE messaging.media
    ADD COLUMN conversion text NOT NULL DEFAULT 'none' CHECK (conversion IN ('none', 'waiting', 'done', 'failed')),
    ADD COLUMN duration_ms integer CHECK (duration_ms >= 0),
    ADD COLUMN playable bytea,
    ADD COLUMN thumbnail bytea,
    ADD CONSTRAINT media_converted CHECK (conversion = 'done' OR num_nonnulls(duration_ms, playable, thumbnail) = 0);
ALTER TABLE messaging.media ALTER COLUMN conversion DROP DEFAULT;
ALTER TABLE messaging.media ALTER COLUMN playable SET STORAGE EXTERNAL, ALTER COLUMN thumbnail SET STORAGE EXTERNAL;
COMMENT ON COLUMN messaging.media.conversion IS '转换为通用格式：none 不需要，waiting 等待，done 已完成，failed 不能转换、只有原件';
COMMENT ON COLUMN messaging.media.duration_ms IS '语音、视频的长度，毫秒';
COMMENT ON COLUMN messaging.media.playable IS '通用格式（加密）：语音为 MP3，视频为 MP4；原件已是通用格式的为空';
COMMENT ON COLUMN messaging.media.thumbnail IS '视频的缩略图 JPEG（加密）';
COMMENT ON TABLE messaging.media IS '媒体：会话中的图片、语音、视频，原件不变，另存通用格式；上传后一天内未随消息发出的会被清除';
"""

BACK = """
ALTER TABLE messaging.media
    DROP COLUMN conversion, DROP COLUMN duration_ms, DROP COLUMN playable, DROP COLUMN thumbnail;
"""
