-- The exam centre's own store. JSON columns hold messages as they go over the wire.
CREATE TABLE IF NOT EXISTS persons (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    exam_account TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    sex          TEXT NOT NULL CHECK (sex IN ('0', '1', '2', '9')),
    birth_date   TEXT NOT NULL,
    id_type      TEXT NOT NULL,
    id_number    TEXT NOT NULL,
    id_key       TEXT NOT NULL,          -- the number in one spelling: 18 digits, upper case
    phone        TEXT,
    origin       TEXT NOT NULL,          -- 种子 / 前台 / K1
    created_at   TEXT NOT NULL,
    UNIQUE (id_type, id_key)
);

CREATE TABLE IF NOT EXISTS appointments (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    exam_no          TEXT NOT NULL UNIQUE,
    exam_account     TEXT NOT NULL REFERENCES persons (exam_account),
    appointment_date TEXT NOT NULL,
    items            TEXT NOT NULL CHECK (json_valid(items)),           -- codes of the centre
    unmatched        TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(unmatched)), -- names of items sent without a code
    origin           TEXT NOT NULL,
    report_version   INTEGER NOT NULL DEFAULT 0,
    created_at       TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS appointments_day ON appointments (appointment_date);
CREATE INDEX IF NOT EXISTS appointments_account ON appointments (exam_account, id);

CREATE TABLE IF NOT EXISTS day_capacities (
    day      TEXT PRIMARY KEY,
    capacity INTEGER NOT NULL CHECK (capacity >= 0)
);

CREATE TABLE IF NOT EXISTS items (
    item_code TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    unit      TEXT NOT NULL,
    active    INTEGER NOT NULL CHECK (active IN (0, 1))
);

-- The state of one item in one exam. `sequence` only ever grows, so the platform can order what arrives out of order.
CREATE TABLE IF NOT EXISTS results (
    exam_no   TEXT NOT NULL REFERENCES appointments (exam_no),
    item_code TEXT NOT NULL,
    sequence  INTEGER NOT NULL CHECK (sequence > 0),
    change    TEXT NOT NULL CHECK (change IN ('1', '2', '3')),
    result    TEXT NOT NULL CHECK (json_valid(result)),
    PRIMARY KEY (exam_no, item_code)
);

CREATE TABLE IF NOT EXISTS nonces (
    app_id     TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, nonce)
);
CREATE INDEX IF NOT EXISTS nonces_expiry ON nonces (expires_at);

-- First answers by idempotency key; written in the transaction that did the work.
CREATE TABLE IF NOT EXISTS answers (
    app_id      TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer      TEXT NOT NULL CHECK (json_valid(answer)),
    created_at  TEXT NOT NULL,
    PRIMARY KEY (app_id, request_id)
);

-- What the platform still has to hear. A message is written before it is sent and keeps its request id for life.
CREATE TABLE IF NOT EXISTS outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    interface   TEXT NOT NULL,
    request_id  TEXT NOT NULL UNIQUE,
    body        BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused')),
    tries       INTEGER NOT NULL DEFAULT 0,
    next_try_at REAL NOT NULL,
    created_at  TEXT NOT NULL,
    note        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (next_try_at) WHERE state = 'pending';

-- Every call in either direction, the newest few hundred, for the front page.
CREATE TABLE IF NOT EXISTS calls (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    direction  TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    interface  TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status     INTEGER,                  -- NULL: no answer
    request    TEXT NOT NULL,
    answer     TEXT NOT NULL,
    millis     INTEGER NOT NULL,
    note       TEXT NOT NULL DEFAULT ''
);
