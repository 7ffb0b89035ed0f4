-- Every statement of the SQLite queue, by name. Times are microseconds since 1970. Parameters are named, but in the
-- statements that every letter runs: there they have places, which costs half as much. {queued} and {delivery} are the
-- columns that `rows.py` makes values of, in its order.

-- columns: queued
letters.number, letters.id, letters.state, letters.envelope, letters.size, letters.message_id, letters.accepted_at,
    letters.attempts, letters.program

-- columns: delivery
deliveries.number, deliveries.letter, deliveries.id, letters.id, deliveries.channel, deliveries.target,
    deliveries.department, deliveries.reference, deliveries.rules, deliveries.options, deliveries.state,
    deliveries.attempts, deliveries.created_at, deliveries.next_at, deliveries.last_reply, deliveries.may_have_arrived

-- ================================================================ letters

-- name: known-identity
SELECT letters.id, letters.accepted_at FROM identities JOIN letters ON letters.number = identities.letter
WHERE identities.identity = ?

-- name: insert-letter
INSERT INTO letters (id, state, envelope, size, digest, in_file, identity, message_id, accepted_at, attempts, claimed)
VALUES (?, 'accepted', ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert-body
INSERT INTO bodies (letter, data) VALUES (?, ?)

-- name: remember-identity
INSERT OR REPLACE INTO identities (identity, letter, until) VALUES (?, ?, ?)

-- name: forget-identity
DELETE FROM identities WHERE letter = :letter

-- name: letters-to-judge
SELECT {queued} FROM letters WHERE state = 'accepted' AND claimed = 0 ORDER BY number LIMIT ?

-- name: claim
UPDATE letters SET claimed = 1, attempts = attempts + 1 WHERE number = ?

-- name: unclaim
UPDATE letters SET claimed = 0 WHERE number = :letter

-- name: letter
SELECT number, state, claimed, program FROM letters WHERE id = ?

-- name: body
SELECT letters.number, letters.digest, letters.in_file, letters.expired_at, bodies.data
FROM letters LEFT JOIN bodies ON bodies.letter = letters.number WHERE letters.id = ?

-- name: insert-plan
INSERT INTO plans (letter, plan) VALUES (?, ?)

-- name: planned
UPDATE letters SET program = ?, state = ?, settled_at = ?, claimed = 0 WHERE number = ?

-- name: plan-of
SELECT plan FROM plans JOIN letters ON letters.number = plans.letter WHERE letters.id = :id

-- name: weigh-letter
-- A planned letter's state follows from its deliveries'. What is corrupt stays so.
UPDATE letters SET settled_at = ?1, state = CASE
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE letter = ?2 AND state IN ('queued', 'leased')) THEN 'planned'
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE letter = ?2 AND state = 'held') THEN 'held'
    ELSE 'done' END
WHERE number = ?2 AND program IS NOT NULL AND state <> 'corrupt'

-- name: judge-anew
UPDATE letters SET state = 'accepted', attempts = 0, claimed = 0 WHERE number = :letter

-- name: letter-is-corrupt
UPDATE letters SET state = 'corrupt', claimed = 0 WHERE number = :letter

-- name: hold-corrupt-deliveries
UPDATE deliveries SET state = 'held', last_reply = :why WHERE letter = :letter AND state IN ('queued', 'leased')

-- name: delete-letter
DELETE FROM letters WHERE number = :letter

-- name: find-letters
SELECT {queued} FROM letters WHERE id = :key OR message_id = :key
    OR number = (SELECT letter FROM deliveries WHERE id = :key) ORDER BY number

-- name: all-letters
SELECT {queued} FROM letters ORDER BY number LIMIT :limit

-- name: letters-by-state
SELECT {queued} FROM letters WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY number LIMIT :limit

-- name: letters-in-files
SELECT id FROM letters WHERE in_file = 1 AND expired_at IS NULL

-- ================================================================ deliveries

-- name: insert-delivery
INSERT INTO deliveries (id, letter, channel, target, department, reference, rules, options, state, attempts, created_at,
    next_at, fallback_of)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: set-fallback
UPDATE deliveries SET fallback_of = :primary WHERE number = :delivery

-- name: due
-- By the index that is made for it: the planner would rather read every row that is queued.
SELECT {delivery} FROM deliveries INDEXED BY deliveries_due JOIN letters ON letters.number = deliveries.letter
WHERE deliveries.state IN ('queued', 'leased') AND deliveries.next_at <= :now
    AND (:skip IS NULL
        OR deliveries.channel || ' ' || deliveries.target NOT IN (SELECT value FROM json_each(:skip)))
    AND (:only IS NULL OR deliveries.channel || ' ' || deliveries.target = :only)
ORDER BY deliveries.next_at LIMIT :limit

-- name: to-gather
SELECT {delivery} FROM deliveries JOIN letters ON letters.number = deliveries.letter
WHERE deliveries.target = :target AND deliveries.state = 'queued' AND deliveries.channel = :channel
    AND deliveries.department IS :department
    AND CASE WHEN json_valid(deliveries.options) THEN json_type(deliveries.options, '$.' || :option) END IS NOT NULL
ORDER BY deliveries.number LIMIT :limit

-- name: lease
UPDATE deliveries SET state = 'leased', attempts = attempts + 1, next_at = ?, may_have_arrived = 0 WHERE number = ?

-- name: whole-delivery
SELECT {delivery} FROM deliveries JOIN letters ON letters.number = deliveries.letter WHERE deliveries.id = ?

-- name: delivery-state
SELECT deliveries.number, deliveries.letter, letters.id, deliveries.state,
    EXISTS (SELECT 1 FROM deliveries AS others WHERE others.fallback_of = deliveries.number AND others.state = 'held')
FROM deliveries JOIN letters ON letters.number = deliveries.letter WHERE deliveries.id = ?

-- name: place-of
SELECT channel, target, department FROM deliveries WHERE id = ?

-- name: settle
UPDATE deliveries SET state = ?, last_reply = ?, next_at = ?, may_have_arrived = ? WHERE number = ?

-- name: begin-anew
-- A person's word, or a fallback's turn: the time to live begins again.
UPDATE deliveries SET state = 'queued', attempts = 0, created_at = :now, next_at = :now WHERE number = :delivery

-- name: set-state
UPDATE deliveries SET state = :state WHERE number = :delivery

-- name: fallbacks
SELECT number, id FROM deliveries WHERE fallback_of = :delivery AND state = 'held'

-- name: wake
UPDATE deliveries SET next_at = :now
WHERE state = 'queued' AND next_at > :now AND (:destination IS NULL OR channel || ' ' || target = :destination)

-- name: held-to-release
-- A fallback whose delivery is not settled yet waits for that, not for a person.
SELECT number, id FROM deliveries AS d WHERE letter = :letter AND state = 'held' AND NOT EXISTS (
    SELECT 1 FROM deliveries AS primary_one WHERE primary_one.number = d.fallback_of
        AND primary_one.state IN ('queued', 'leased', 'held'))
ORDER BY number

-- name: leased-of
SELECT COUNT(*) FROM deliveries WHERE letter = :letter AND state = 'leased'

-- name: all-deliveries
SELECT {delivery} FROM deliveries JOIN letters ON letters.number = deliveries.letter
ORDER BY deliveries.number LIMIT :limit

-- name: deliveries-by-state
SELECT {delivery} FROM deliveries JOIN letters ON letters.number = deliveries.letter
WHERE deliveries.state IN (SELECT value FROM json_each(:states)) ORDER BY deliveries.number LIMIT :limit

-- name: deliveries-of
SELECT {delivery} FROM deliveries JOIN letters ON letters.number = deliveries.letter
WHERE letters.id = :letter AND (:states = '[]' OR deliveries.state IN (SELECT value FROM json_each(:states)))
ORDER BY deliveries.number LIMIT :limit

-- name: to-redirect
SELECT deliveries.*, letters.id AS letter_id FROM deliveries JOIN letters ON letters.number = deliveries.letter
WHERE deliveries.target = :source AND deliveries.state IN ('queued', 'held', 'failed') ORDER BY deliveries.number

-- name: same-place
SELECT number, state, fallback_of FROM deliveries
WHERE letter = :letter AND channel = :channel AND target = :target AND state <> 'replaced' ORDER BY number LIMIT 1

-- name: hand-fallbacks-over
UPDATE deliveries SET fallback_of = :new WHERE fallback_of = :old

-- ================================================================ threads

-- name: remember-thread
INSERT INTO threads (key, departments, at) VALUES (:key, :departments, :now) ON CONFLICT (key) DO NOTHING

-- name: known-threads
SELECT number, key, departments FROM threads WHERE key IN (SELECT unhex(value) FROM json_each(:keys))

-- ================================================================ start

-- name: journal-recovered
INSERT INTO journal (at, what, who, letter, delivery)
SELECT :now, 'recovered', 'queue', letters.id, deliveries.id
FROM deliveries JOIN letters ON letters.number = deliveries.letter WHERE deliveries.state = 'leased'

-- name: recover-leases
UPDATE deliveries SET state = 'queued', next_at = :now, may_have_arrived = 1 WHERE state = 'leased'

-- name: letters-in-no-state
SELECT number, id FROM letters WHERE state NOT IN ('accepted', 'planned', 'done', 'held', 'corrupt')
UNION
SELECT letters.number, letters.id FROM deliveries JOIN letters ON letters.number = deliveries.letter
WHERE deliveries.state NOT IN ('queued', 'leased', 'delivered', 'failed', 'held', 'replaced')
    AND letters.state <> 'corrupt'

-- name: recover-claims
UPDATE letters SET claimed = 0 WHERE claimed = 1

-- name: journal-restored
INSERT INTO journal (at, what, who, letter)
SELECT :now, 'restored', 'queue', id FROM letters WHERE state IN ('accepted', 'planned')

-- name: hold-all-deliveries
UPDATE deliveries SET state = 'held' WHERE state IN ('queued', 'leased')

-- name: hold-all-letters
UPDATE letters SET state = 'held', claimed = 0 WHERE state IN ('accepted', 'planned')

-- name: fact
SELECT value FROM facts WHERE name = :name

-- name: set-fact
INSERT OR REPLACE INTO facts (name, value) VALUES (:name, :value)

-- name: drop-fact
DELETE FROM facts WHERE name = :name

-- ================================================================ journal and upkeep

-- name: journal
INSERT INTO journal (at, what, who, letter, delivery, why, program)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: newest-entries
SELECT * FROM journal ORDER BY number DESC LIMIT :limit

-- name: newest-entries-of
SELECT * FROM journal WHERE letter = :letter ORDER BY number DESC LIMIT :limit

-- name: newest-time
SELECT at FROM journal ORDER BY number DESC LIMIT 1

-- name: counts
SELECT name, amount FROM tally

-- name: settled-before
-- Letters whose bytes might go: settled, and nothing of them dead.
SELECT number, id, in_file, settled_at FROM letters
WHERE state = 'done' AND expired_at IS NULL AND settled_at <= :before AND number > :after
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE letter = letters.number AND state = 'failed')
ORDER BY number LIMIT :limit

-- name: classes-of
SELECT DISTINCT channel, department FROM deliveries WHERE letter = :letter

-- name: expire-letter
UPDATE letters SET expired_at = :now WHERE number = :letter

-- name: forget-subjects
-- What a notice was to repeat of the letter goes with its bytes.
UPDATE deliveries SET options = json_remove(options, '$.subject')
WHERE letter = :letter AND json_valid(options) AND json_type(options, '$.subject') IS NOT NULL

-- name: delete-body
DELETE FROM bodies WHERE letter = :letter

-- name: drop-identities
DELETE FROM identities WHERE identity IN (SELECT identity FROM identities WHERE until < :now LIMIT :limit)

-- name: drop-journal
-- Entries are all but in the order of their time: the first that is young enough ends the search.
DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE number < COALESCE(
    (SELECT number FROM journal WHERE at >= :before ORDER BY number LIMIT 1),
    (SELECT MAX(number) + 1 FROM journal)) ORDER BY number LIMIT :limit)

-- name: drop-threads
-- As the journal.
DELETE FROM threads WHERE number IN (SELECT number FROM threads WHERE number < COALESCE(
    (SELECT number FROM threads WHERE at >= :before ORDER BY number LIMIT 1),
    (SELECT MAX(number) + 1 FROM threads)) ORDER BY number LIMIT :limit)

-- name: drop-letters
-- The rows of letters whose bytes are gone and whose journal is about to go.
DELETE FROM letters WHERE number IN (
    SELECT number FROM letters WHERE expired_at IS NOT NULL AND accepted_at < :before ORDER BY number LIMIT :limit)
