"""Translates a regex of the rules into one for RE2 in which `\\w \\d \\b` mean letters and digits of any script.

RE2 knows these as ASCII only. `\\w` and `\\d` become classes. `\\b` has no counterpart, and RE2 has no lookaround, so
it is worked into the pattern: for every part and every kind of neighbour (word character or not) the strings of the
part whose boundaries hold are written down. What stands before and behind the pattern is then matched too; the part
that was asked for is the group that took part. Patterns without `\\b` have no group.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sievepy.ir.conditions import Regex
from sievepy.rules_lang import ast
from sievepy.rules_lang import codes_values as codes
from sievepy.rules_lang.regex_syntax import (
    WORD,
    Anchor,
    Boundary,
    Chars,
    Choice,
    Flagged,
    Node,
    Repeat,
    Sequence,
    Unsupported,
    read,
)
from sievepy.rules_lang.report import Report, remove
from sievepy.text import Span

_MOST_SEGMENTS = 24
_LONGEST = 20_000  # characters of a translated pattern; only boundaries in deeply nested choices get there


def read_regex(literal: ast.RegexLiteral, report: Report) -> Regex | None:
    """The regex that `literal` stands for, or None after reporting what is wrong with it."""
    if literal.flags not in ("", "i"):
        flags = Span(literal.span.source, literal.span.end - len(literal.flags), literal.span.end)
        fix = remove(flags, "the flags")
        report.error(codes.REGEX, f"unknown flags `{literal.flags}`", flags, help="the only flag is `i`", fix=fix)
        return None
    if not literal.pattern:
        report.error(codes.REGEX, "the regex is empty, so it matches everything", literal.span)
        return None
    problem = _problem(literal.pattern)
    if problem is not None:
        message, fragment = problem
        report.error(codes.REGEX, f"RE2 does not take this regex: {message}", _place(literal, fragment))
        return None
    try:
        pattern = translate(literal.pattern)
    except Unsupported as refused:
        report.error(codes.REGEX, f"this regex cannot be used: {refused}", literal.span)
        return None
    if pattern != literal.pattern and (problem := _problem(pattern)) is not None:
        report.error(codes.REGEX, f"this regex is too large: {problem[0]}", literal.span)
        return None
    return Regex(pattern, literal.flags == "i", literal.span.text)


@lru_cache(1024)
def _problem(pattern: str) -> tuple[str, str] | None:
    """What RE2 says against a pattern, and the part of it that it means."""
    import re2  # 10 ms, and the rules of most sites hold no regex

    options: Any = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as problem:
        text = problem.args[0]
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        message, _, fragment = text.partition(": ")
        return message + (f": `{fragment}`" if fragment else ""), fragment
    return None


def _place(literal: ast.RegexLiteral, fragment: str) -> Span:
    """Where the fragment of a pattern stands in the file. In the file `/` is written `\\/`."""
    at = literal.pattern.find(fragment) if fragment and fragment != literal.pattern else -1
    if at < 0:
        return literal.span
    escaped = literal.pattern.count("/", 0, at)
    start = literal.span.start + 1 + at + escaped
    return Span(literal.span.source, start, start + len(fragment) + fragment.count("/"))


@lru_cache(1024)
def translate(pattern: str) -> str:
    """The pattern in RE2's own terms. Raises Unsupported."""
    node = read(pattern)
    if not _has_boundary(node):
        return _plain(node)
    translated = _with_context(node)
    if len(translated) > _LONGEST:
        raise Unsupported(r"`\b` in it makes it too large; put `\b` only at its ends")
    return translated


def _plain(node: Node) -> str:
    """A node without boundaries."""
    match node:
        case Chars() if not node.items:
            return "."
        case Chars():
            return str(node)
        case Anchor(text):
            return text
        case Sequence(parts):
            return "".join(_group(part) if isinstance(part, Choice) else _plain(part) for part in parts)
        case Choice(options):
            return "|".join(map(_plain, options))
        case Flagged(flags, part):
            return f"(?{flags}:{_plain(part)})"
        case Repeat(part, least, most, lazy):
            single = isinstance(part, Chars)
            return (_plain(part) if single else _group(part)) + _times(least, most) + ("?" if lazy else "")
    raise AssertionError(f"a boundary in {node}")


def _group(node: Node) -> str:
    return f"(?:{_plain(node)})"


def _times(least: int, most: int | None) -> str:
    signs = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}
    if (least, most) in signs:
        return signs[least, most]
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def _has_boundary(node: Node) -> bool:
    match node:
        case Boundary():
            return True
        case Sequence(parts) | Choice(parts):
            return any(map(_has_boundary, parts))
        case Repeat(part=part) | Flagged(part=part):
            return _has_boundary(part)
    return False


# ---------------------------------------------------------------- boundaries
#
# A kind of character: True, a word character; False, any other, and the text's edge. A part's strings depend on the
# kinds before and behind it, and are sorted by the kinds they begin and end with.

_KINDS = (True, False)


@dataclass(frozen=True, slots=True)
class _Strings:
    """The strings of a part between two neighbours. `empty`: the pattern of its empty strings (anchors), None if there
    are none. `by_ends`: the patterns of the others, by the kinds of their first and last character."""

    empty: str | None
    by_ends: dict[tuple[bool, bool], str]


def _with_context(node: Node) -> str:
    found = {ends: _all(_strings(node, *ends)) for ends in itertools.product(_KINDS, _KINDS)}
    before = [True, False] if any(found[True, n] != found[False, n] for n in _KINDS) else [None]
    after = [True, False] if any(found[p, True] != found[p, False] for p in _KINDS) else [None]
    options = []
    for p, n in itertools.product(before, after):
        inner = found[p is True, n is True]
        if inner is not None:
            options.append(_BEFORE[p] + f"({inner})" + _AFTER[n])
    if not options:
        raise Unsupported(r"a `\b` or `\B` in it can never hold")
    return "|".join(options)


_BEFORE = {None: "", True: f"[{WORD}]", False: f"(?:^|[^{WORD}])"}
_AFTER = {None: "", True: f"[{WORD}]", False: f"(?:$|[^{WORD}])"}


def _all(strings: _Strings) -> str | None:
    return _choice((strings.empty, *strings.by_ends.values()))


def _choice(options: Iterable[str | None]) -> str | None:
    present = list(dict.fromkeys(option for option in options if option is not None))
    if len(present) <= 1:
        return present[0] if present else None
    return f"(?:{'|'.join(present)})"


def _strings(node: Node, before: bool, after: bool) -> _Strings:
    match node:
        case Chars():
            return _Strings(None, {(k, k): text for k in _KINDS if (text := _part_of(node, k)) is not None})
        case Anchor(text, start):
            return _Strings(None if (before if start else after) else text, {})
        case Boundary(negated):
            return _Strings("" if (before != after) != negated else None, {})
        case Sequence(parts):
            return _sequence(parts, before, after)
        case Choice(options):
            return _union(_strings(option, before, after) for option in options)
        case Flagged(flags, part):
            inner = _strings(part, before, after)
            return _Strings(inner.empty, {ends: f"(?{flags}:{text})" for ends, text in inner.by_ends.items()})
        case Repeat():
            return _repeat(node)


def _part_of(chars: Chars, word: bool) -> str | None:
    """The characters of a class that are (no) word characters; None if there are none."""
    if any(item.word is None for item in chars.items):
        raise Unsupported(rf"`\b` cannot stand in one regex with `{chars}`, which holds letters and signs")
    inside = [item for item in chars.items if item.word is word]
    if not chars.negated:
        return str(Chars(tuple(inside))) if inside else None
    if not word:
        return f"[^{''.join(item.text for item in inside)}{WORD}]"
    if inside and any(item.text != WORD for item in inside):
        raise Unsupported(rf"`\b` cannot stand in one regex with `{chars}`; name the letters that are meant")
    return None if inside else f"[{WORD}]"


def _union(all_strings: Iterable[_Strings]) -> _Strings:
    found = list(all_strings)
    ends = dict.fromkeys(key for strings in found for key in strings.by_ends)
    by_ends = {key: text for key in ends if (text := _choice(s.by_ends.get(key) for s in found)) is not None}
    return _Strings(_choice(strings.empty for strings in found), by_ends)


def _sequence(parts: tuple[Node, ...], before: bool, after: bool) -> _Strings:
    return _joined(_segments(parts), before, after)


def _segments(parts: tuple[Node, ...]) -> tuple[tuple[Node, ...], ...]:
    """The parts, those that do not look at their neighbours taken together as runs."""
    runs = [tuple(run) for _, run in itertools.groupby(parts, _looks_around)]
    segments = [segment for run in runs for segment in ([(part,) for part in run] if _looks_around(run[0]) else [run])]
    if len(segments) > _MOST_SEGMENTS:
        raise Unsupported(r"it has too many `\b`")
    return tuple(segments)


def _looks_around(node: Node) -> bool:
    match node:
        case Boundary() | Anchor():
            return True
        case Sequence(parts) | Choice(parts):
            return any(map(_looks_around, parts))
        case Repeat(part=part) | Flagged(part=part):
            return _looks_around(part)
    return False


@lru_cache(1024)
def _joined(segments: tuple[tuple[Node, ...], ...], before: bool, after: bool) -> _Strings:
    """The first segment, then the rest. What stands behind the first is what the rest begins with, or, where the rest
    is empty, what stands behind it all; before the rest likewise."""
    if not segments:
        return _Strings("", {})
    found: dict[tuple[bool, bool], dict[str, list[str]]] = {}
    for next_kind in _KINDS:
        head = _segment(segments[0], before, next_kind)
        heads = [(first, last, text) for (first, last), text in head.by_ends.items()]
        for first, last, text in heads + ([(None, before, head.empty)] if head.empty is not None else []):
            for (begin, end), more in _joined(segments[1:], last, after).by_ends.items():
                if begin is next_kind:
                    found.setdefault((begin if first is None else first, end), {}).setdefault(more, []).append(text)
    head = _segment(segments[0], before, after)
    for (first, last), text in head.by_ends.items():
        nothing = _joined(segments[1:], last, after).empty
        if nothing is not None:
            found.setdefault((first, last), {}).setdefault(nothing, []).append(text)
    nothing = _joined(segments[1:], before, after).empty
    empty = head.empty + nothing if head.empty is not None and nothing is not None else None
    return _Strings(empty, {ends: _common_tails(tails) for ends, tails in found.items()})


def _common_tails(tails: dict[str, list[str]]) -> str:
    return _choice((_choice(texts) or "") + tail for tail, texts in tails.items()) or ""


def _segment(segment: tuple[Node, ...], before: bool, after: bool) -> _Strings:
    return _strings(segment[0], before, after) if len(segment) == 1 else _run(segment)


def _run(parts: tuple[Node, ...]) -> _Strings:
    """Parts that do not look around: part `i` holds the first character, part `j` the last; those outside are empty,
    those between are as they were written."""
    each = [_strings(part, False, False) for part in parts]
    leading = list(_up_to_first_full(each))
    trailing = [len(parts) - 1 - i for i in _up_to_first_full(each[::-1])]
    found: dict[tuple[bool, bool], list[str]] = {}
    for i, j in itertools.product(leading, trailing):
        for first, last in itertools.product(_KINDS, _KINDS) if i <= j else ():
            if i == j:
                text = each[i].by_ends.get((first, last))
            else:
                begin = _choice(each[i].by_ends.get((first, k)) for k in _KINDS)
                end = _choice(each[j].by_ends.get((k, last)) for k in _KINDS)
                text = None if begin is None or end is None else begin + _plain(Sequence(parts[i + 1 : j])) + end
            if text is not None:
                found.setdefault((first, last), []).append(text)
    empty = "" if all(strings.empty is not None for strings in each) else None
    return _Strings(empty, {ends: text for ends, texts in found.items() if (text := _choice(texts)) is not None})


def _up_to_first_full(each: list[_Strings]) -> Iterable[int]:
    """The numbers of the parts up to the first one that cannot be empty."""
    for i, strings in enumerate(each):
        yield i
        if strings.empty is None:
            return


def _repeat(node: Repeat) -> _Strings:
    if _looks_around(node.part):
        raise Unsupported(r"`\b`, `^` and `$` cannot stand inside a repeated group of such a regex")
    if node.most == 0:
        return _Strings("", {})
    once = _strings(node.part, False, False)
    least = 0 if once.empty is not None else node.least
    by_ends = dict(once.by_ends) if least <= 1 else {}
    if node.most is None or node.most >= 2:
        middle = _between(node, least)
        for first, last in itertools.product(_KINDS, _KINDS):
            begin = _choice(once.by_ends.get((first, k)) for k in _KINDS)
            end = _choice(once.by_ends.get((k, last)) for k in _KINDS)
            if begin is not None and end is not None:
                longer = begin + middle + end
                by_ends[first, last] = _choice((by_ends.get((first, last)), longer)) or longer
    return _Strings("" if least == 0 else None, by_ends)


def _between(node: Repeat, least: int) -> str:
    """What stands between the first and the last time."""
    most = None if node.most is None else node.most - 2
    if most == 0:
        return ""
    single = isinstance(node.part, Chars)
    return (_plain(node.part) if single else _group(node.part)) + _times(max(least - 2, 0), most)
