"""Exports: lists as spreadsheets, made in the background and kept for a day"""

from migrations import statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(EXPORTS)


def downgrade() -> None:
    statements.run("DROP TABLE kernel.exports")


EXPORTS = """
CREATE TABLE kernel.exports (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    filters jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    done integer NOT NULL DEFAULT 0,
    file_name text NOT NULL,
    error text NOT NULL DEFAULT '',
    content bytea,
    created_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT exports_done_with_content CHECK ((state = 'done') = (content IS NOT NULL))
);

COMMENT ON TABLE kernel.exports IS '导出：列表的电子表格，后台生成，保留一天';
COMMENT ON COLUMN kernel.exports.id IS '主键';
COMMENT ON COLUMN kernel.exports.account_id IS '发起的账户，只有它看得到';
COMMENT ON COLUMN kernel.exports.kind IS '导出的列表：模块.对象';
COMMENT ON COLUMN kernel.exports.filters IS '筛选条件，与列表相同';
COMMENT ON COLUMN kernel.exports.state IS '状态：queued 排队，running 生成中，done 完成，failed 失败，cancelled 已取消';
COMMENT ON COLUMN kernel.exports.done IS '已写入的行数';
COMMENT ON COLUMN kernel.exports.file_name IS '文件名';
COMMENT ON COLUMN kernel.exports.error IS '失败的原因';
COMMENT ON COLUMN kernel.exports.content IS '文件内容（加密）';
COMMENT ON COLUMN kernel.exports.created_at IS '发起时间';
COMMENT ON COLUMN kernel.exports.touched_at IS '最近一次有进展的时间';
COMMENT ON COLUMN kernel.exports.expires_at IS '到期时间，之后删除';

CREATE INDEX exports_account_idx ON kernel.exports (account_id, id DESC);

CREATE INDEX exports_expiry_idx ON kernel.exports (expires_at);
"""
