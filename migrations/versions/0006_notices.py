"""notices"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass  # to be written by the module's author


def downgrade() -> None:
    pass
