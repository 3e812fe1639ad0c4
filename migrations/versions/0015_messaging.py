"""messaging: conversations of customers with an institution, their spells of service, messages, media, agents, quick replies"""

from alembic import op

from migrations import statements

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in (CONVERSATIONS, MESSAGES, DESK, REACH):
        statements.run(script)


def downgrade() -> None:
    op.execute("DROP SCHEMA messaging CASCADE")


CONVERSATIONS = """
CREATE SCHEMA messaging;
COMMENT ON SCHEMA messaging IS '客服会话：客户与机构的会话、接待、消息、媒体、客服、快捷回复';

CREATE TABLE messaging.conversations (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel ~ '^[a-z][a-z_]{1,31}$'),
    last_seq bigint NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL,
    last_direction text CHECK (last_direction IN ('in', 'out')),
    customer_read_seq bigint NOT NULL DEFAULT 0,
    staff_read_seq bigint NOT NULL DEFAULT 0,
    reminded_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    UNIQUE (person_id, institution_id),
    CHECK (customer_read_seq BETWEEN 0 AND last_seq),
    CHECK (staff_read_seq BETWEEN 0 AND last_seq),
    CHECK (reminded_seq BETWEEN 0 AND last_seq)
);
CREATE INDEX conversations_recent ON messaging.conversations (last_at DESC, id DESC);
COMMENT ON TABLE messaging.conversations IS '会话：一位客户与一家机构只有一个，不论从哪个渠道来';
COMMENT ON COLUMN messaging.conversations.id IS '会话标识';
COMMENT ON COLUMN messaging.conversations.person_id IS '客户';
COMMENT ON COLUMN messaging.conversations.institution_id IS '机构';
COMMENT ON COLUMN messaging.conversations.channel IS '客户最近使用的渠道，回复由此发出：app 为网页与小程序';
COMMENT ON COLUMN messaging.conversations.last_seq IS '最后一条消息的序号；改动会话的事务都先锁住此行，序号因此连续且与提交次序一致';
COMMENT ON COLUMN messaging.conversations.last_at IS '最后一条消息（不含系统提示）的时间，没有消息时为建立时间';
COMMENT ON COLUMN messaging.conversations.last_direction IS '最后一条消息（不含系统提示）的方向：in 客户发来，out 机构发出';
COMMENT ON COLUMN messaging.conversations.customer_read_seq IS '客户已读到的序号';
COMMENT ON COLUMN messaging.conversations.staff_read_seq IS '客服已读到的序号';
COMMENT ON COLUMN messaging.conversations.reminded_seq IS '已用站内消息提醒到的序号；客户读过之前不再提醒';
COMMENT ON COLUMN messaging.conversations.created_at IS '建立时间';

CREATE TABLE messaging.service_sessions (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id),
    skill text NOT NULL CHECK (skill ~ '^[a-z][a-z_]{1,31}$'),
    started_at timestamptz NOT NULL,
    waiting_since timestamptz NOT NULL,
    agent_account_id uuid,
    claimed_at timestamptz,
    ended_at timestamptz,
    ended_by uuid,
    end_reason text CHECK (end_reason ~ '^[a-z][a-z_]{1,31}$'),
    summary bytea,
    satisfaction smallint CHECK (satisfaction BETWEEN 1 AND 5),
    comment bytea,
    rated_at timestamptz,
    CHECK (num_nulls(agent_account_id, claimed_at) IN (0, 2)),
    CHECK (num_nulls(ended_at, end_reason) IN (0, 2)),
    CHECK (num_nulls(satisfaction, rated_at) IN (0, 2)),
    CHECK (ended_at IS NOT NULL OR num_nonnulls(ended_by, summary, rated_at) = 0)
);
-- one spell at a time, and its one column for the agent: a conversation is never in two hands
CREATE UNIQUE INDEX service_sessions_open_once ON messaging.service_sessions (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX service_sessions_of_conversation ON messaging.service_sessions (conversation_id, ended_at DESC, id DESC);
CREATE INDEX service_sessions_waiting ON messaging.service_sessions (started_at, id)
    WHERE ended_at IS NULL AND agent_account_id IS NULL;
CREATE INDEX service_sessions_of_agent ON messaging.service_sessions (agent_account_id) WHERE ended_at IS NULL;
COMMENT ON TABLE messaging.service_sessions IS '接待：会话的一段服务，从客户来询到结束；同一会话同时只有一段未结束';
COMMENT ON COLUMN messaging.service_sessions.id IS '接待标识';
COMMENT ON COLUMN messaging.service_sessions.conversation_id IS '会话';
COMMENT ON COLUMN messaging.service_sessions.skill IS '所需技能：general 综合咨询，exam 体检预约与报告，nursing 护理服务，complaint 投诉与建议';
COMMENT ON COLUMN messaging.service_sessions.started_at IS '开始时间，排队以此为序：转接的客户不必重新排队';
COMMENT ON COLUMN messaging.service_sessions.waiting_since IS '最近一次进入队列的时间';
COMMENT ON COLUMN messaging.service_sessions.agent_account_id IS '接待的客服账号，空为等待接入';
COMMENT ON COLUMN messaging.service_sessions.claimed_at IS '接入时间';
COMMENT ON COLUMN messaging.service_sessions.ended_at IS '结束时间，空为未结束';
COMMENT ON COLUMN messaging.service_sessions.ended_by IS '结束的操作账号，空为系统';
COMMENT ON COLUMN messaging.service_sessions.end_reason IS
    '结束原因：solved 已解决，passed_on 已转相关部门，unsolved 未能解决，left 客户离开，irrelevant 无关内容，idle 客户长时间未回复';
COMMENT ON COLUMN messaging.service_sessions.summary IS '小结（加密）';
COMMENT ON COLUMN messaging.service_sessions.satisfaction IS '满意度，1 至 5';
COMMENT ON COLUMN messaging.service_sessions.comment IS '评价内容（加密）';
COMMENT ON COLUMN messaging.service_sessions.rated_at IS '评价时间';

CREATE TABLE messaging.transfers (
    id uuid PRIMARY KEY,
    service_session_id uuid NOT NULL REFERENCES messaging.service_sessions (id),
    from_account_id uuid,
    to_account_id uuid,
    to_skill text CHECK (to_skill ~ '^[a-z][a-z_]{1,31}$'),
    kind text NOT NULL CHECK (kind IN ('transferred', 'taken_over', 'returned')),
    note bytea,
    made_by uuid,
    at timestamptz NOT NULL,
    CHECK (num_nonnulls(to_account_id, to_skill) = 1)
);
CREATE INDEX transfers_of_session ON messaging.transfers (service_session_id, id);
COMMENT ON TABLE messaging.transfers IS '转接：一段接待换人或回到队列';
COMMENT ON COLUMN messaging.transfers.id IS '转接标识';
COMMENT ON COLUMN messaging.transfers.service_session_id IS '接待';
COMMENT ON COLUMN messaging.transfers.from_account_id IS '原客服账号，空为原在等待';
COMMENT ON COLUMN messaging.transfers.to_account_id IS '转给的客服账号';
COMMENT ON COLUMN messaging.transfers.to_skill IS '转给的技能（回到队列）';
COMMENT ON COLUMN messaging.transfers.kind IS '方式：transferred 客服转接，taken_over 主管接手，returned 客服离线后由系统退回队列';
COMMENT ON COLUMN messaging.transfers.note IS '交接说明（加密），客户看不到';
COMMENT ON COLUMN messaging.transfers.made_by IS '操作账号，空为系统';
COMMENT ON COLUMN messaging.transfers.at IS '时间';
"""

MESSAGES = """
CREATE TABLE messaging.media (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id),
    kind text NOT NULL CHECK (kind IN ('image', 'voice', 'video')),
    mime text NOT NULL,
    size integer NOT NULL CHECK (size BETWEEN 1 AND CASE WHEN kind = 'voice' THEN 2097152 ELSE 10485760 END),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    content bytea NOT NULL,
    person_id uuid,
    account_id uuid,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(person_id, account_id) = 1)
);
-- sealed bytes do not compress
ALTER TABLE messaging.media ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX media_of_conversation ON messaging.media (conversation_id);
CREATE INDEX media_created ON messaging.media (created_at);
COMMENT ON TABLE messaging.media IS '媒体：会话中的图片、语音、视频，原样保存；上传后一天内未随消息发出的会被清除';
COMMENT ON COLUMN messaging.media.id IS '媒体标识';
COMMENT ON COLUMN messaging.media.conversation_id IS '会话';
COMMENT ON COLUMN messaging.media.kind IS '类型：image 图片，voice 语音（2 MB 以内），video 视频（10 MB 以内）';
COMMENT ON COLUMN messaging.media.mime IS '格式，由内容判断';
COMMENT ON COLUMN messaging.media.size IS '字节数';
COMMENT ON COLUMN messaging.media.sha256 IS '内容的 SHA-256';
COMMENT ON COLUMN messaging.media.content IS '内容（加密）';
COMMENT ON COLUMN messaging.media.person_id IS '上传的客户';
COMMENT ON COLUMN messaging.media.account_id IS '上传的员工账号';
COMMENT ON COLUMN messaging.media.created_at IS '上传时间';

CREATE TABLE messaging.messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id),
    seq bigint NOT NULL CHECK (seq > 0),
    service_session_id uuid NOT NULL REFERENCES messaging.service_sessions (id),
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    kind text NOT NULL CHECK (kind IN ('text', 'image', 'voice', 'video', 'card', 'system')),
    author_person_id uuid,
    author_account_id uuid,
    content bytea,
    media_id uuid REFERENCES messaging.media (id),
    channel text NOT NULL CHECK (channel ~ '^[a-z][a-z_]{1,31}$'),
    client_key text CHECK (length(client_key) BETWEEN 1 AND 64),
    state text NOT NULL CHECK (state IN ('received', 'pending', 'sent', 'failed')),
    failure text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    withdrawn_at timestamptz,
    UNIQUE (conversation_id, seq),
    UNIQUE (conversation_id, client_key),
    CHECK ((direction = 'in') = (state = 'received')),
    CHECK ((kind IN ('image', 'voice', 'video')) = (media_id IS NOT NULL)),
    CHECK ((content IS NULL) = (media_id IS NOT NULL)),
    CHECK ((kind = 'system') = (client_key IS NULL)),
    CHECK ((direction = 'in') = (author_person_id IS NOT NULL)),
    CHECK ((direction = 'out' AND kind <> 'system') = (author_account_id IS NOT NULL))
);
CREATE UNIQUE INDEX messages_media ON messaging.messages (media_id) WHERE media_id IS NOT NULL;
CREATE INDEX messages_of_session ON messaging.messages (service_session_id);
CREATE INDEX messages_pending ON messaging.messages (conversation_id, seq) WHERE state = 'pending';
COMMENT ON TABLE messaging.messages IS '消息：按会话连续编号，撤回与发送失败的照样保留';
COMMENT ON COLUMN messaging.messages.id IS '消息标识';
COMMENT ON COLUMN messaging.messages.conversation_id IS '会话';
COMMENT ON COLUMN messaging.messages.seq IS '会话内的序号，从 1 起，连续';
COMMENT ON COLUMN messaging.messages.service_session_id IS '所属接待';
COMMENT ON COLUMN messaging.messages.direction IS '方向：in 客户发来，out 机构发出';
COMMENT ON COLUMN messaging.messages.kind IS '类型：text 文字，image 图片，voice 语音，video 视频，card 卡片，system 系统提示';
COMMENT ON COLUMN messaging.messages.author_person_id IS '发出的人：客户本人或代其办理的家庭成员';
COMMENT ON COLUMN messaging.messages.author_account_id IS '发出的员工账号，系统提示为空';
COMMENT ON COLUMN messaging.messages.content IS '文字，或卡片的 JSON（加密）；图片、语音、视频为空';
COMMENT ON COLUMN messaging.messages.media_id IS '媒体';
COMMENT ON COLUMN messaging.messages.channel IS '渠道';
COMMENT ON COLUMN messaging.messages.client_key IS '发送方给出的幂等键，同一会话内不重复；系统提示为空';
COMMENT ON COLUMN messaging.messages.state IS '送达状态：received 已收到，pending 发送中，sent 已送达，failed 未送达';
COMMENT ON COLUMN messaging.messages.failure IS '未送达的原因';
COMMENT ON COLUMN messaging.messages.created_at IS '时间';
COMMENT ON COLUMN messaging.messages.sent_at IS '送达渠道的时间';
COMMENT ON COLUMN messaging.messages.withdrawn_at IS '撤回时间；撤回后内容不再显示';
"""

DESK = """
CREATE TABLE messaging.agents (
    account_id uuid PRIMARY KEY,
    institution_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('online', 'paused', 'offline')),
    skills text[] NOT NULL CHECK (cardinality(skills) BETWEEN 1 AND 20),
    max_load smallint NOT NULL CHECK (max_load BETWEEN 1 AND 50),
    auto_accept boolean NOT NULL DEFAULT false,
    seen_at timestamptz NOT NULL
);
CREATE INDEX agents_of_institution ON messaging.agents (institution_id);
COMMENT ON TABLE messaging.agents IS '客服：在岗状态、技能与同时接待上限';
COMMENT ON COLUMN messaging.agents.account_id IS '员工账号';
COMMENT ON COLUMN messaging.agents.institution_id IS '机构';
COMMENT ON COLUMN messaging.agents.state IS '状态：online 在线，paused 暂停接入，offline 离线';
COMMENT ON COLUMN messaging.agents.skills IS '技能';
COMMENT ON COLUMN messaging.agents.max_load IS '同时接待上限';
COMMENT ON COLUMN messaging.agents.auto_accept IS '是否由系统自动分配';
COMMENT ON COLUMN messaging.agents.seen_at IS '最近一次报到时间，页面每分钟报到；十分钟未报到的视为离线';

CREATE TABLE messaging.quick_replies (
    id uuid PRIMARY KEY,
    institution_id uuid NOT NULL,
    account_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 50),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 2000),
    version integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL
);
CREATE INDEX quick_replies_of_institution ON messaging.quick_replies (institution_id, account_id);
COMMENT ON TABLE messaging.quick_replies IS '快捷回复：机构公用的与个人的';
COMMENT ON COLUMN messaging.quick_replies.id IS '快捷回复标识';
COMMENT ON COLUMN messaging.quick_replies.institution_id IS '机构';
COMMENT ON COLUMN messaging.quick_replies.account_id IS '所属员工账号，空为机构公用';
COMMENT ON COLUMN messaging.quick_replies.title IS '标题';
COMMENT ON COLUMN messaging.quick_replies.body IS '内容';
COMMENT ON COLUMN messaging.quick_replies.version IS '版本号，防止互相覆盖';
COMMENT ON COLUMN messaging.quick_replies.updated_at IS '修改时间';
"""

# A conversation belongs to one institution: that staff may read the person does not open what they wrote to another hospital.
REACH = """
CREATE FUNCTION messaging.reachable(institution_id uuid, person_id uuid, scope kernel.scope, home uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (scope).everything
           OR institution_id = ANY ((scope).institutions)
           OR (institution_id = home
               AND people.readable(person_id, ROW(false, '{}', (scope).departments, (scope).account, '{}')::kernel.scope))
$$;
COMMENT ON FUNCTION messaging.reachable(uuid, uuid, kernel.scope, uuid) IS
    '数据范围是否及于该机构与该客户的会话；home 为员工所在机构，科室与本人负责的范围只在其中有效';
"""
