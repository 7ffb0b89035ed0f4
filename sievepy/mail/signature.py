"""Signatures, footers and disclaimers at the end of a letter's own lines.

A line that asks for something, or that names a case, is no part of a signature, wherever it stands; a closing formula
in the middle of a letter takes its name and telephone number with it and nothing else.
"""

from __future__ import annotations

import itertools

from sievepy.mail import quote_marks as marks
from sievepy.mail import quote_starts as starts
from sievepy.mail.quote_lines import Kind, Line

LONGEST_SIGNATURE = 120  # words
_LONGEST_TAIL = 15  # lines below `-- `; RFC 3676 4.3 and custom say four
_LONGEST_LOOSE_TAIL = 8
_LONGEST_FOOTER = 12
_LONGEST_DISCLAIMER = 40  # lines of one paragraph
_MOST_ROUNDS = 8


def cut_tails(run: list[Line]) -> None:
    """Within the lines of one letter. What one step cuts may bring another's line to the end: a disclaimer above a
    signature above a list's footer."""
    may_be = 0
    for line in run:
        may_be |= line.may_be
    if may_be & starts.MOBILE:
        for line in run:
            if line.may_be & starts.MOBILE and marks.is_mobile_footer(line.bare):
                line.kind = Kind.FOOTER
    steps = [step for step, begins in _STEPS if may_be & begins]
    if not steps:
        return
    kind = next((line.kind for line in run if line.kind is not Kind.FOOTER), None)
    own = [line for line in run if line.kind is kind]
    for _ in range(_MOST_ROUNDS):
        before = len(own)
        for step in steps:
            step(own)
            own = [line for line in own if line.kind is kind]
        if len(own) == before:
            break


def _mark(lines: list[Line], kind: Kind) -> None:
    for line in lines:
        line.kind = kind


def _list_footer(lines: list[Line]) -> None:
    """The last rule and what is below it, if that speaks of a mailing list."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 2 * _LONGEST_FOOTER), -1):
        if marks.LIST_RULE.fullmatch(lines[number].bare):
            below = [line for line in lines[number + 1 :] if line.bare]
            if len(below) <= _LONGEST_FOOTER and any(marks.LIST_FOOTER.search(line.bare) for line in below):
                _mark(lines[number:], Kind.FOOTER)
            return


def _disclaimer(lines: list[Line]) -> None:
    """Paragraphs at the end that all are of the kind, from the first one that begins like a disclaimer."""
    end = len(lines)
    start = None
    for first, behind in reversed(_paragraphs(lines)):
        begin = _disclaimer_start(lines, first, behind)
        if begin is None:
            break
        if begin >= 0:
            start = begin
        if begin != first and begin >= 0:
            break
    if start is not None:
        while start > 0 and (not lines[start - 1].bare or marks.RULE.fullmatch(lines[start - 1].bare)
                             or marks.DISCLAIMER_LEAD.fullmatch(lines[start - 1].bare)):  # fmt: skip
            start -= 1
        _mark(lines[start:end], Kind.DISCLAIMER)


def _paragraphs(lines: list[Line]) -> list[tuple[int, int]]:
    """Ranges of lines between blank ones."""
    blank = [-1, *(number for number, line in enumerate(lines) if not line.bare), len(lines)]
    return [(above + 1, below) for above, below in itertools.pairwise(blank) if below > above + 1]


def _disclaimer_start(lines: list[Line], first: int, behind: int) -> int | None:
    """The line of the paragraph at which a disclaimer begins; -1 if all of it goes on with one that must begin above;
    None if it is something else."""
    first = max(first, behind - _LONGEST_DISCLAIMER)
    texts = [line.bare for line in lines[first:behind]]
    for offset, text in enumerate(texts):
        if marks.DISCLAIMER.match(text) and marks.CONFIDENTIAL.search(" ".join(texts[offset:])):
            return first + offset
    if marks.DISCLAIMER_MORE.match(texts[0]) or all(marks.RULE.fullmatch(text) for text in texts):
        return -1
    return None


def _delimited(lines: list[Line]) -> None:
    """Below `-- ` (RFC 3676 4.3), or a `--` whose space was lost, if what is below looks like a signature."""
    numbers = [n for n, line in enumerate(lines) if line.spaced and line.bare == "--"]
    loose = [n for n, line in enumerate(lines) if not line.spaced and marks.LOOSE_DELIMITER.fullmatch(line.bare)]
    if numbers:
        number, most, fits = numbers[-1], _LONGEST_TAIL, None
    elif len(loose) == 1:
        number, most, fits = loose[0], _LONGEST_LOOSE_TAIL, marks.is_signature_line
    else:
        return
    below = [line.bare for line in lines[number + 1 :] if line.bare]
    if len(below) > most or any(map(marks.is_matter, below)) or (fits is not None and not all(map(fits, below))):
        return
    if sum(len(text.split()) for text in below) <= LONGEST_SIGNATURE:
        _mark(lines[number:], Kind.SIGNATURE)


def _closed(lines: list[Line]) -> None:
    """A closing formula and the lines of a signature below it. What is below those stays what it is."""
    number = 0
    while number < len(lines):
        behind = number + 1
        if lines[number].may_be & starts.CLOSING and marks.closes(lines[number].bare):
            behind = _behind_signature(lines, behind)
            _mark(lines[number:behind], Kind.SIGNATURE)
        number = behind


def _behind_signature(lines: list[Line], at: int) -> int:
    behind, blank, count = at, False, 0
    while at < len(lines) and count < _LONGEST_TAIL:
        bare = lines[at].bare
        if not bare:
            blank = blank or count > 0
        elif marks.is_contact(bare) if blank else marks.is_signature_line(bare):
            behind, count = at + 1, count + 1
        else:
            break
        at += 1
    return behind


_STEPS = (
    (_list_footer, starts.RULE),
    (_disclaimer, starts.DISCLAIMER),
    (_delimited, starts.RULE),
    (_closed, starts.CLOSING),
)
"""What is looked for, in this order, and what must be among the lines for it."""
