-- The thread ledger: who got the letter that a key names (a hash of its Message-ID), and nothing of the letter. By number
-- as the journal, with which it grows old; the keys are spread over all of their index, so that had better hold no more
-- than them.
CREATE TABLE threads (
    number      INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE,
    departments TEXT NOT NULL,               -- JSON
    at          INTEGER NOT NULL
) STRICT;
