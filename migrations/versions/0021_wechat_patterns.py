"""wechat: automatic replies by regular expressions"""

from migrations import statements

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements.run(STATEMENTS)


def downgrade() -> None:
    statements.run(BACK)


STATEMENTS = """
COMMENT ON COLUMN wechat.reply_rules.keywords IS
    '关键词及匹配方式：whole 全文相同，part 包含，pattern 正则表达式，附例句';
"""

# The release before knows no expressions; a rule that is left without a keyword is found by its conflicts.
BACK = """
UPDATE wechat.reply_rules
   SET keywords = (SELECT coalesce(jsonb_agg(kept.one ORDER BY kept.place), '[]')
                     FROM jsonb_array_elements(keywords) WITH ORDINALITY AS kept (one, place)
                    WHERE kept.one ->> 'match' <> 'pattern')
 WHERE keywords @> '[{"match": "pattern"}]';
COMMENT ON COLUMN wechat.reply_rules.keywords IS '关键词及匹配方式：whole 全文相同，part 包含';
"""
