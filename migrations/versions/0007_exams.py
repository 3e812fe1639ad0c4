"""exams"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass  # to be written by the module's author


def downgrade() -> None:
    pass
