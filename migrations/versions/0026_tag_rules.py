"""wechat: rules that tag fans, what they gave, how their runs went; bulk sending that WeChat does not report is asked after"""

from migrations import statements

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in (FANS, RULES, ASKING):
        statements.run(script)


def downgrade() -> None:
    statements.run(BACK)


FANS = """
ALTER TABLE wechat.fans
    ADD COLUMN source text NOT NULL DEFAULT '',
    ADD COLUMN spoke_at timestamptz,
    ADD COLUMN looked_at timestamptz,
    ADD COLUMN judged_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN wechat.fans.source IS '关注的渠道，微信所给的 subscribe_scene；尚未读取为空';
COMMENT ON COLUMN wechat.fans.spoke_at IS '最近一次发来消息的时间';
COMMENT ON COLUMN wechat.fans.looked_at IS '从微信读取其关注时间、渠道与标签的时间；重新关注后再读';
COMMENT ON COLUMN wechat.fans.judged_at IS '按标签规则判断到哪一代（当时的 tag_runs.stale_before）；之后又有变化的为负无穷，等待再判断';
CREATE INDEX fans_judged ON wechat.fans (account_id, judged_at) WHERE subscribed AND looked_at IS NOT NULL;
CREATE INDEX fans_unlooked ON wechat.fans (account_id, id) WHERE subscribed AND looked_at IS NULL;

UPDATE wechat.fans AS f SET spoke_at = w.opened_at
  FROM wechat.reply_windows AS w
 WHERE w.account_id = f.account_id AND w.openid = f.openid AND w.trigger = 'message';

CREATE TABLE wechat.fan_scenes (
    fan_id uuid NOT NULL REFERENCES wechat.fans (id) ON DELETE CASCADE,
    scene text NOT NULL CHECK (length(scene) BETWEEN 1 AND 128),
    PRIMARY KEY (fan_id, scene)
);
COMMENT ON TABLE wechat.fan_scenes IS '粉丝扫过哪些带参数的二维码，关注时与关注后的都算';
COMMENT ON COLUMN wechat.fan_scenes.fan_id IS '粉丝';
COMMENT ON COLUMN wechat.fan_scenes.scene IS '二维码的参数';
"""

RULES = """
CREATE TABLE wechat.tag_rules (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 30),
    tag_id integer NOT NULL CHECK (tag_id >= 0),
    conditions jsonb NOT NULL CHECK (jsonb_typeof(conditions) = 'object' AND conditions <> '{}'),
    takes_away boolean NOT NULL,
    enabled boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tag_rules_account ON wechat.tag_rules (account_id, id);
COMMENT ON TABLE wechat.tag_rules IS '标签规则：符合条件的粉丝自动打上标签';
COMMENT ON COLUMN wechat.tag_rules.id IS '主键';
COMMENT ON COLUMN wechat.tag_rules.account_id IS '公众号';
COMMENT ON COLUMN wechat.tag_rules.name IS '名称，仅供内部辨认';
COMMENT ON COLUMN wechat.tag_rules.tag_id IS '微信标签编号';
COMMENT ON COLUMN wechat.tag_rules.conditions IS '条件，至少一项，须全部符合';
COMMENT ON COLUMN wechat.tag_rules.takes_away IS '不再符合时是否取下';
COMMENT ON COLUMN wechat.tag_rules.enabled IS '是否启用';
COMMENT ON COLUMN wechat.tag_rules.version IS '版本，防止互相覆盖';
COMMENT ON COLUMN wechat.tag_rules.changed_by IS '最后修改的账号';
COMMENT ON COLUMN wechat.tag_rules.changed_at IS '最后修改的时间';

CREATE TABLE wechat.tag_gifts (
    fan_id uuid NOT NULL REFERENCES wechat.fans (id) ON DELETE CASCADE,
    tag_id integer NOT NULL CHECK (tag_id >= 0),
    account_id uuid NOT NULL REFERENCES wechat.accounts (id),
    state text NOT NULL CHECK (state IN ('giving', 'given', 'taking', 'owed', 'refused')),
    lasting boolean NOT NULL DEFAULT false,
    errcode integer,
    changed_at timestamptz NOT NULL,
    -- only what has a row here is ever taken away, and a fan's tag is a rule's gift or it is not
    PRIMARY KEY (fan_id, tag_id),
    CONSTRAINT tag_gifts_refused CHECK ((state = 'refused') = (errcode IS NOT NULL)),
    -- what a rule that takes nothing away has given is not taken away by another
    CONSTRAINT tag_gifts_lasting CHECK (NOT lasting OR state <> 'taking')
);
CREATE INDEX tag_gifts_tag ON wechat.tag_gifts (account_id, tag_id, state);
CREATE INDEX tag_gifts_pending ON wechat.tag_gifts (account_id, tag_id, state) WHERE state IN ('giving', 'taking', 'owed');
COMMENT ON TABLE wechat.tag_gifts IS '规则打上的标签：只有这里记着的才会被规则取下，手工打上的不在其中';
COMMENT ON COLUMN wechat.tag_gifts.fan_id IS '粉丝';
COMMENT ON COLUMN wechat.tag_gifts.tag_id IS '微信标签编号';
COMMENT ON COLUMN wechat.tag_gifts.account_id IS '公众号，与粉丝的相同';
COMMENT ON COLUMN wechat.tag_gifts.state IS '状态：giving 待打上，given 已打上，taking 待取下，owed 取下的途中由人打上、须再打一次，refused 微信拒绝';
COMMENT ON COLUMN wechat.tag_gifts.lasting IS '由不取下的规则打上：不再由规则取下';
COMMENT ON COLUMN wechat.tag_gifts.errcode IS '拒绝的错误码';
COMMENT ON COLUMN wechat.tag_gifts.changed_at IS '状态改变的时间';

CREATE TABLE wechat.tag_runs (
    account_id uuid PRIMARY KEY REFERENCES wechat.accounts (id),
    stale_before timestamptz NOT NULL,
    turn uuid,
    turn_until timestamptz,
    begun_at timestamptz,
    ended_at timestamptz,
    judged integer NOT NULL DEFAULT 0,
    given integer NOT NULL DEFAULT 0,
    taken integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    failures integer NOT NULL DEFAULT 0,
    not_before timestamptz,
    CONSTRAINT tag_runs_turn CHECK ((turn IS NULL) = (turn_until IS NULL))
);
COMMENT ON TABLE wechat.tag_runs IS '标签规则的执行：每个公众号同时只有一个进程在执行，及最近一次的结果';
COMMENT ON COLUMN wechat.tag_runs.account_id IS '公众号';
COMMENT ON COLUMN wechat.tag_runs.stale_before IS '粉丝判断到哪一代：规则改动、每夜、手工执行时推进，早于它的都须再判断';
COMMENT ON COLUMN wechat.tag_runs.turn IS '正在执行的一次';
COMMENT ON COLUMN wechat.tag_runs.turn_until IS '到时没有动静即由别的进程接手';
COMMENT ON COLUMN wechat.tag_runs.begun_at IS '最近一次开始的时间';
COMMENT ON COLUMN wechat.tag_runs.ended_at IS '最近一次结束的时间';
COMMENT ON COLUMN wechat.tag_runs.judged IS '判断的粉丝数';
COMMENT ON COLUMN wechat.tag_runs.given IS '打上的次数';
COMMENT ON COLUMN wechat.tag_runs.taken IS '取下的次数';
COMMENT ON COLUMN wechat.tag_runs.refused IS '微信拒绝的次数';
COMMENT ON COLUMN wechat.tag_runs.reason IS '没能做完的原因';
COMMENT ON COLUMN wechat.tag_runs.failures IS '接连没能做完的次数，间隔随之加长';
COMMENT ON COLUMN wechat.tag_runs.not_before IS '在此之前不自动执行';
"""

ASKING = """
ALTER TABLE wechat.broadcast_parts
    ADD COLUMN ask_at timestamptz,
    ADD COLUMN asks smallint NOT NULL DEFAULT 0;
CREATE INDEX broadcast_parts_asking ON wechat.broadcast_parts (ask_at) WHERE ask_at IS NOT NULL;
COMMENT ON COLUMN wechat.broadcast_parts.ask_at IS '没有收到结束事件的，到时向微信查询；不再查询为空';
COMMENT ON COLUMN wechat.broadcast_parts.asks IS '查询过几次';
UPDATE wechat.broadcast_parts SET ask_at = now() WHERE state = 'sent' AND reported_at IS NULL AND msg_id <> '';
"""

BACK = """
DROP INDEX wechat.broadcast_parts_asking;
ALTER TABLE wechat.broadcast_parts DROP COLUMN ask_at, DROP COLUMN asks;
DROP TABLE wechat.tag_runs;
DROP TABLE wechat.tag_gifts;
DROP TABLE wechat.tag_rules;
DROP TABLE wechat.fan_scenes;
DROP INDEX wechat.fans_unlooked;
DROP INDEX wechat.fans_judged;
ALTER TABLE wechat.fans DROP COLUMN source, DROP COLUMN spoke_at, DROP COLUMN looked_at, DROP COLUMN judged_at;
"""
