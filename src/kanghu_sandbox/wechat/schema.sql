-- What WeChat knows of one official account. Times are Unix seconds. JSON columns hold what goes over the wire.
CREATE TABLE IF NOT EXISTS tokens (
    value      TEXT PRIMARY KEY,
    app_id     TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('plain', 'stable')),
    issued_at  REAL NOT NULL,
    expires_at REAL NOT NULL,
    good_until REAL NOT NULL,            -- earlier than expires_at once a newer token has taken its place
    forced     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tokens_latest ON tokens (app_id, kind, issued_at);

CREATE TABLE IF NOT EXISTS counters (
    app_id TEXT NOT NULL,
    path   TEXT NOT NULL,
    period TEXT NOT NULL,                -- 2026-11, 2026-11-26 or 2026-11-26T08:30, in Shanghai
    used   INTEGER NOT NULL,
    PRIMARY KEY (app_id, path, period)
);

-- Daily limits set by hand, to try what happens at the end of a quota.
CREATE TABLE IF NOT EXISTS daily_limits (
    path TEXT PRIMARY KEY,
    most INTEGER NOT NULL CHECK (most >= 0)
);

CREATE TABLE IF NOT EXISTS people (
    openid          TEXT PRIMARY KEY,
    mini_openid     TEXT NOT NULL UNIQUE,
    unionid         TEXT NOT NULL UNIQUE,
    nickname        TEXT NOT NULL,
    phone           TEXT NOT NULL,
    following       INTEGER NOT NULL DEFAULT 0 CHECK (following IN (0, 1)),
    followed_at     INTEGER NOT NULL DEFAULT 0,
    follow_scene    TEXT NOT NULL DEFAULT '',
    qr_scene        TEXT NOT NULL DEFAULT '',
    remark          TEXT NOT NULL DEFAULT '',
    last_contact_at REAL NOT NULL DEFAULT 0,     -- a message in either direction
    typing_until    REAL NOT NULL DEFAULT 0,
    created_at      REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS tags (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS person_tags (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,    -- the tag added last wins
    openid TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    UNIQUE (openid, tag_id)
);

-- What a phone shows, oldest first; the newest few hundred of each person.
CREATE TABLE IF NOT EXISTS messages (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    openid  TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    sender  TEXT NOT NULL CHECK (sender IN ('fan', 'account', 'system')),
    kind    TEXT NOT NULL,
    content TEXT NOT NULL CHECK (json_valid(content)),
    at      REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_person ON messages (openid, id);

-- The right to send customer-service messages, one row per kind of deed; left NULL is without limit.
CREATE TABLE IF NOT EXISTS allowances (
    openid     TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    deed       TEXT NOT NULL,
    expires_at REAL NOT NULL,
    left_over  INTEGER,
    PRIMARY KEY (openid, deed)
);

CREATE TABLE IF NOT EXISTS media (
    media_id     TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    extension    TEXT NOT NULL,
    data         BLOB NOT NULL,
    created_at   REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS media_age ON media (created_at);

-- 永久素材: kept until they are deleted. Columns as in media, and what the list tells.
CREATE TABLE IF NOT EXISTS materials (
    media_id     TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    extension    TEXT NOT NULL,
    data         BLOB NOT NULL,
    created_at   REAL NOT NULL,
    name         TEXT NOT NULL,
    title        TEXT NOT NULL DEFAULT '',
    introduction TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS materials_kind ON materials (kind, created_at);

-- The default menu has id 0; personalised menus count up, the newest is matched first.
CREATE TABLE IF NOT EXISTS menus (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    buttons TEXT NOT NULL CHECK (json_valid(buttons)),
    tag_id  INTEGER
);

CREATE TABLE IF NOT EXISTS qr_codes (
    ticket     TEXT PRIMARY KEY,
    url        TEXT NOT NULL UNIQUE,
    scene      TEXT NOT NULL,
    is_number  INTEGER NOT NULL,
    expires_at REAL,                     -- NULL: permanent
    created_at REAL NOT NULL
);

-- One-time codes of OAuth, of a mini-program's login and of its phone-number button.
CREATE TABLE IF NOT EXISTS codes (
    code      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('oauth', 'login', 'phone')),
    openid    TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    scope     TEXT NOT NULL DEFAULT '',
    issued_at REAL NOT NULL,
    used      INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS oauth_tokens (
    access_token  TEXT PRIMARY KEY,
    refresh_token TEXT NOT NULL,
    openid        TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    scope         TEXT NOT NULL,
    issued_at     REAL NOT NULL,         -- of the access token
    granted_at    REAL NOT NULL          -- of the refresh token
);

CREATE TABLE IF NOT EXISTS tickets (
    value      TEXT PRIMARY KEY,
    issued_at  REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS consents (
    openid      TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    template_id TEXT NOT NULL,
    times       INTEGER NOT NULL,
    PRIMARY KEY (openid, template_id)
);

CREATE TABLE IF NOT EXISTS template_sends (
    msg_id        INTEGER PRIMARY KEY,
    openid        TEXT NOT NULL,
    client_msg_id TEXT NOT NULL,
    at            REAL NOT NULL
);

-- 群发: what the account sent to many, and how often each person was reached in a month.
CREATE TABLE IF NOT EXISTS mass_sends (
    msg_id     INTEGER PRIMARY KEY,
    client_id  TEXT NOT NULL,                    -- clientmsgid, or a digest of audience and content
    tried_at   REAL NOT NULL,
    at         REAL NOT NULL,
    deletable  INTEGER NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0,
    status     TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS mass_sends_client ON mass_sends (client_id, at);

CREATE TABLE IF NOT EXISTS mass_counts (
    openid TEXT NOT NULL REFERENCES people (openid) ON DELETE CASCADE,
    month  TEXT NOT NULL,
    used   INTEGER NOT NULL,
    PRIMARY KEY (openid, month)
);

-- What was pushed to the callback and how it was answered, the newest few hundred.
CREATE TABLE IF NOT EXISTS pushes (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    openid TEXT NOT NULL,
    what   TEXT NOT NULL,
    body   TEXT NOT NULL,
    tries  TEXT NOT NULL CHECK (json_valid(tries)),
    at     REAL NOT NULL
);

-- Face checks in the mini-program; verify_ret NULL: the person has not finished.
CREATE TABLE IF NOT EXISTS faces (
    verify_id  TEXT PRIMARY KEY,
    out_seq_no TEXT NOT NULL UNIQUE,
    openid     TEXT NOT NULL,
    cert_hash  TEXT NOT NULL,
    issued_at  REAL NOT NULL,
    verify_ret INTEGER
);
