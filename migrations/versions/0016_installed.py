"""kernel: which steps of the installation are done, so that a start repeats none"""

from migrations import statements

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run("DROP TABLE kernel.installed_steps")


STATEMENTS = """
CREATE TABLE kernel.installed_steps (
    step text PRIMARY KEY CHECK (step ~ '^[a-z_]{1,40}$'),
    fingerprint text NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE kernel.installed_steps IS '安装步骤：启动时已经完成、不必重做的步骤；随数据库一起备份与恢复';
COMMENT ON COLUMN kernel.installed_steps.step IS '步骤：upgrade 数据库结构与标准数据，demo 演示准备';
COMMENT ON COLUMN kernel.installed_steps.fingerprint IS '完成时程序、配置与密钥文件的摘要；与当前不同就重做';
COMMENT ON COLUMN kernel.installed_steps.done_at IS '完成时间';
"""
