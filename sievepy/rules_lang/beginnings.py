"""What begins where the parser stopped: a test, an action. And how a fix puts a word before it."""

from __future__ import annotations

from sievepy.rules_lang.keywords import ACTIONS, BLOCKS, FACTS, FIELDS
from sievepy.rules_lang.lexemes import Kind, Stop
from sievepy.text import Edit, Fix, Span

CONDITION_WORDS = frozenset((*FIELDS, *FACTS, *BLOCKS, "not", "every", "condition", "attachment"))


def begins_condition(stop: Stop, distance: int = 0) -> bool:
    """Whether the lexeme there begins a test. `reply to` is one, `reply "file"` an action."""
    lexeme, following = stop.look(distance), stop.look(distance + 1)
    if lexeme is None or lexeme.kind is not Kind.WORD:
        return False
    if lexeme.text == "reply":
        return following is not None and following.text == "to"
    if lexeme.text == "subject":
        return following is None or following.text != "prefix"
    return lexeme.text in CONDITION_WORDS


def begins_action(stop: Stop) -> bool:
    here, following = stop.here, stop.look(1)
    if here is None or here.kind is not Kind.WORD:
        return False
    if here.text == "subject":
        return following is not None and following.text == "prefix"
    return here.text in ACTIONS and not begins_condition(stop)


def insert_before(message: str, span: Span, text: str) -> tuple[Fix, ...]:
    return (Fix(message, (Edit(span.source.span(span.start, span.start), text),)),)
