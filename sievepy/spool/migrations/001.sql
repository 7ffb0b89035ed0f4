-- The queue, first version. A migration only adds (tables, indexes, columns that may be NULL or have a default), so that
-- the version before runs on it; what it no longer needs goes one version later.

CREATE TABLE letters (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL,               -- port.LetterState
    envelope    TEXT NOT NULL,               -- JSON
    size        INTEGER NOT NULL,
    digest      BLOB NOT NULL,               -- SHA-256 of the bytes
    in_file     INTEGER NOT NULL,            -- 1: the bytes are in letters/<id> beside the queue
    identity    BLOB,
    message_id  TEXT,
    accepted_at INTEGER NOT NULL,            -- microseconds since 1970, as all times
    attempts    INTEGER NOT NULL DEFAULT 0,
    claimed     INTEGER NOT NULL DEFAULT 0,  -- 1: being judged
    program     TEXT,                        -- not NULL: there is a plan
    settled_at  INTEGER,
    expired_at  INTEGER
) STRICT;
CREATE INDEX letters_by_state ON letters (state, number);
CREATE INDEX letters_to_judge ON letters (number) WHERE state = 'accepted' AND claimed = 0;
CREATE INDEX letters_by_message_id ON letters (message_id) WHERE message_id IS NOT NULL;

-- Apart from the letters: an UPDATE of a row writes all of it anew, overflow pages included.
CREATE TABLE bodies (
    letter INTEGER PRIMARY KEY REFERENCES letters (number) ON DELETE CASCADE,
    data   BLOB NOT NULL
) STRICT;
CREATE TABLE plans (
    letter INTEGER PRIMARY KEY REFERENCES letters (number) ON DELETE CASCADE,
    plan   BLOB NOT NULL
) STRICT;

-- Apart from the letters too, and dropped when it cannot count any more: hashes are spread over all of their index, so
-- each arrival dirties a page of it, and the index had better be small.
CREATE TABLE identities (
    identity BLOB PRIMARY KEY,
    letter   INTEGER NOT NULL REFERENCES letters (number) ON DELETE CASCADE,
    until    INTEGER                         -- NULL: for the journal's life
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_letter ON identities (letter);
CREATE INDEX identities_by_end ON identities (until) WHERE until IS NOT NULL;

CREATE TABLE deliveries (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    letter      INTEGER NOT NULL REFERENCES letters (number) ON DELETE CASCADE,
    channel     TEXT NOT NULL,
    target      TEXT NOT NULL,
    department  TEXT,
    reference   INTEGER NOT NULL,
    rules       TEXT NOT NULL,               -- JSON
    options     TEXT NOT NULL,               -- JSON
    state       TEXT NOT NULL,               -- port.DeliveryState
    attempts    INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,            -- of a leased one: the end of its lease
    last_reply  TEXT,
    fallback_of INTEGER REFERENCES deliveries (number) ON DELETE SET NULL
) STRICT;
CREATE INDEX deliveries_by_letter ON deliveries (letter);
CREATE INDEX deliveries_by_state ON deliveries (state, number);
CREATE INDEX deliveries_by_target ON deliveries (target, state);
CREATE INDEX deliveries_by_primary ON deliveries (fallback_of) WHERE fallback_of IS NOT NULL;
-- Covers the choice of what is due: a dead destination's ten thousand rows are passed over inside the index.
CREATE INDEX deliveries_due ON deliveries (next_at, channel, target) WHERE state IN ('queued', 'leased');

-- By id, not by number: the journal outlives what it tells of.
CREATE TABLE journal (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    what     TEXT NOT NULL,
    who      TEXT NOT NULL,
    letter   TEXT,
    delivery TEXT,
    why      TEXT,
    program  TEXT
) STRICT;
CREATE INDEX journal_by_letter ON journal (letter);

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many letters and deliveries there are in each state, kept as they change: counting them anew would hold the writer
-- for the length of a scan, at every scrape of the metrics.
CREATE TABLE tally (
    name   TEXT PRIMARY KEY,
    amount INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER letters_in AFTER INSERT ON letters BEGIN
    INSERT INTO tally VALUES ('letter.' || NEW.state, 1) ON CONFLICT DO UPDATE SET amount = amount + 1;
END;
CREATE TRIGGER letters_out AFTER DELETE ON letters BEGIN
    UPDATE tally SET amount = amount - 1 WHERE name = 'letter.' || OLD.state;
END;
CREATE TRIGGER letters_on AFTER UPDATE OF state ON letters WHEN NEW.state <> OLD.state BEGIN
    UPDATE tally SET amount = amount - 1 WHERE name = 'letter.' || OLD.state;
    INSERT INTO tally VALUES ('letter.' || NEW.state, 1) ON CONFLICT DO UPDATE SET amount = amount + 1;
END;
CREATE TRIGGER deliveries_in AFTER INSERT ON deliveries BEGIN
    INSERT INTO tally VALUES ('delivery.' || NEW.state, 1) ON CONFLICT DO UPDATE SET amount = amount + 1;
END;
CREATE TRIGGER deliveries_out AFTER DELETE ON deliveries BEGIN
    UPDATE tally SET amount = amount - 1 WHERE name = 'delivery.' || OLD.state;
END;
CREATE TRIGGER deliveries_on AFTER UPDATE OF state ON deliveries WHEN NEW.state <> OLD.state BEGIN
    UPDATE tally SET amount = amount - 1 WHERE name = 'delivery.' || OLD.state;
    INSERT INTO tally VALUES ('delivery.' || NEW.state, 1) ON CONFLICT DO UPDATE SET amount = amount + 1;
END;
