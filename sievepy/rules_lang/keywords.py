"""The words of the language, in the groups that the front end asks about.

The grammar is what decides where a word may stand; these lists serve the cutter and the error messages, which look at
text that the grammar does not accept. A test holds `KEYWORDS` equal to the grammar's keyword terminals.
"""

from __future__ import annotations

TITLED = ("rule", "test", "include")
"""Headers that a string follows; `session rule` counts as `rule`."""

NAMED = ("department", "person", "list", "network", "hours", "phrases", "condition")
"""Headers that a name follows."""

HEADERS = (*TITLED, *NAMED, "otherwise", "session")

LANGUAGES = ("ru", "kk", "en", "translit")

ACTIONS = (
    "also", "assign", "bitrix", "continue", "copy", "defer", "discard", "file", "forward", "notify", "pipe", "print",
    "propose", "quarantine", "reject", "reply", "sla", "tag", "triage",
)  # fmt: skip
"""First words of actions; `subject prefix` is left out, because `subject` is a field first."""

FACTS = (
    "assigned", "auto-generated", "auto-reply", "bounce", "empty", "mailing-list", "mime", "tagged", "truncated",
    "verified",
)  # fmt: skip
"""First words of facts; `reply to known` begins like an action."""

FIELDS = (
    "attachment", "body", "cc", "client", "content", "date", "dkim", "dmarc", "envelope-from", "envelope-to", "folder",
    "from", "full-text", "header", "helo", "language", "received", "reply-to", "sender", "size", "source", "spam",
    "spf", "subject", "text", "to",
)  # fmt: skip
"""First words of fields."""

OPERATORS = (
    "absent", "contains", "ends", "exists", "fail", "has", "in", "is", "like", "matches", "mentions", "pass", "starts",
)  # fmt: skip

BLOCKS = ("any", "all", "none")

_CLAUSES = ("not", "every", "condition", "attachment", "when", "unless", "observe", "off", "priority", "with")
CONTINUATION_REFUSED = frozenset((*ACTIONS, *FACTS, *BLOCKS, *_CLAUSES))
"""What a line may not begin with behind a line that ends with a comma: words that begin a statement. Else a comma
too many would silently swallow the next statement as one more value."""

REFUSED_NAMES = frozenset((*BLOCKS, "not", "when", "unless", "same"))
"""Keywords that cannot be the name of anything."""

_OTHERS = (
    "ambiguous", "at", "away", "client-ip", "day", "digest", "email", "every", "exact", "except", "expect", "fallback",
    "imap", "ip", "item", "kind", "known", "lead", "maildir", "message", "name", "not", "observe", "of", "off",
    "prefix", "priority", "restricted", "same", "score", "substitute", "task", "time", "type", "unless", "until",
    "untrusted", "when", "with", "within",
)  # fmt: skip

KEYWORDS = frozenset((*HEADERS, *LANGUAGES, *ACTIONS, *FACTS, *FIELDS, *OPERATORS, *BLOCKS, *_OTHERS))
