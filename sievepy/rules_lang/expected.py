"""What the parser would have taken, in the words of the language."""

from __future__ import annotations

from sievepy.rules_lang.keywords import ACTIONS, FACTS, FIELDS, HEADERS, KEYWORDS, OPERATORS

_LITERALS = {
    "STRING": 'a string `"…"`',
    "REFERENCE": "`@name`",
    "REGEX": "a regex `/…/`",
    "WORD": "a value",
    "VERBATIM": '`"""`',
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "_SEP": "a new line",
    "_COMMA": "`,`",
    "_RANGE": "`..`",
    "NULL_PATH": "`<>`",
    "$END": "the end of the file",
}
_GROUPS = (
    ("a declaration (`rule`, `department`, `list` …)", HEADERS),
    ("an action", ACTIONS),
    ("a test", (*FIELDS, *FACTS)),
    ("an operator", OPERATORS),
)
_COMPARISONS = {"LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_MOST = 6


def words_of(accepts: frozenset[str]) -> frozenset[str]:
    """The keywords among the terminals."""
    return frozenset(word for name in accepts if (word := name.lower().replace("_", "-")) in KEYWORDS)


def describe(accepts: frozenset[str]) -> str:
    """The accepted terminals as one phrase: `an action, `unless` or `}``; "" where there is nothing to say."""
    words = set(words_of(accepts))
    parts: list[str] = []
    for name, group in _GROUPS:
        found = words.intersection(group)
        if len(found) > _MOST:
            parts.append(name)
            words -= found
    parts += [f"`{word}`" for word in sorted(words)]
    parts += [text for name, text in _LITERALS.items() if name in accepts]
    if len(parts) > _MOST + 2:
        return ""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" or {parts[-1]}" if parts else ""
