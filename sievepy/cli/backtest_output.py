"""How `sievepy backtest` tells what would change: for people, for programs, and as Markdown for a merge request."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sievepy.ruletest.backtest import Change, Group, Outcome, Rerouted, grouped
from sievepy.ruletest.labelled import Score
from sievepy.text.width import shown

_GOOD = (Score.EXACT, Score.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Report:
    """`letters` were judged, `twice` of them by both versions. `rerouted`: each with how many letters go there now.
    `failures`: letters that could not be read, and why. `affected`: how many letters change or go to somebody who is
    reached otherwise. `same`: the versions mean the same, so no letter was judged."""

    before: str
    after: str
    letters: int
    twice: int
    changes: Sequence[Change]
    rerouted: Sequence[tuple[Rerouted, int]]
    failures: Sequence[tuple[str, str]]
    affected: int = 0
    same: bool = False

    @property
    def percent(self) -> float:
        """Letters that are treated differently, of all that were judged."""
        return self._share(len(self.changes))

    @property
    def affected_percent(self) -> float:
        return self._share(self.affected)

    def _share(self, letters: int) -> float:
        return 100.0 * letters / self.letters if self.letters else 0.0

    @property
    def lost(self) -> int:
        return sum(change.newly_lost for change in self.changes)

    @property
    def scores(self) -> tuple[int, int]:
        """Labelled letters that come right, and that go wrong."""
        pairs = [change.scores for change in self.changes if change.scores is not None]
        right = sum(before not in _GOOD and after in _GOOD for before, after in pairs)
        wrong = sum(before in _GOOD and after not in _GOOD for before, after in pairs)
        return right, wrong


def _letters(count: int) -> str:
    return f"{count} letter" + ("" if count == 1 else "s")


def summary(report: Report) -> str:
    """What it comes to, in one sentence."""
    if report.same:
        return "both versions mean the same: no letter has to be judged"
    if not report.letters:
        return "no letters"
    if not report.changes:
        return f"none of {_letters(report.letters)} would be treated differently"
    share = f"{len(report.changes)} of {_letters(report.letters)} ({report.percent:.1f} %) would be treated differently"
    return share + (f", {report.lost} of them newly lost to quarantine, discard or a refusal" if report.lost else "")


def _judged(report: Report) -> str:
    return f"{_letters(report.letters)} judged, {report.twice} of them by both versions"


def _labels_told(report: Report) -> str | None:
    right, wrong = report.scores
    if not any(change.label is not None for change in report.changes):
        return None
    return f"of the labelled ones {right} would come right, {wrong} would go wrong"


def _labels(group: Group) -> str:
    """`6 hand-labelled as tech, 3 as abon`."""
    told = ", ".join(f"{count} as {name}" for name, count in group.labels.most_common())
    return told.replace(" as ", " hand-labelled as ", 1)


def _titles(rules: tuple[str, ...]) -> str:
    return ", ".join(f'"{title}"' for title in rules) or "no rule"


def _rules(rules: tuple[tuple[str, ...], tuple[str, ...]], count: int) -> str:
    """How many letters, by which rules before and after; the same ones are named once."""
    before, after = map(_titles, rules)
    return f"{_letters(count)}: by {before}" + ("" if before == after else f"; then by {after}")


# ---------------------------------------------------------------- for people


def as_lines(report: Report, examples: int) -> Iterator[str]:
    """`examples`: how many letters of a group are named."""
    yield f"before: {report.before}"
    yield f"after:  {report.after}"
    yield ""
    for group in grouped(report.changes):
        yield from _group(group, examples)
    for route, letters in report.rerouted:
        yield f"  {route.name}: {_letters(letters)} reached by {route.after}, not by {route.before}"
        yield ""
    yield summary(report) + (f"; {_judged(report)}" if report.letters else "")
    if (told := _labels_told(report)) is not None:
        yield told


def _group(group: Group, examples: int) -> Iterator[str]:
    mark = "!" if group.newly_lost else " "
    move = f"{group.before} -> {group.after}" if group.before != group.after else f"{group.after}, as before"
    lost = ", newly lost" if group.newly_lost else ""
    labels = f"; {_labels(group)}" if group.labels else ""
    yield f"{mark} {move}: {_letters(len(group.changes))}{lost}{labels}"
    if group.before == group.after:
        yield from (f"    {line}" for line in _beside(group))
    for rules, count in group.rules.most_common():
        yield f"    {_rules(rules, count)}"
    for change in group.changes[:examples]:
        yield f"      {_named(change)}"
    if len(group.changes) > examples:
        yield f"      and {len(group.changes) - examples} more"
    yield ""


def _beside(group: Group) -> Iterator[str]:
    more, less = group.beside
    if more:
        yield f"also: {', '.join(more)}"
    if less:
        yield f"no more: {', '.join(less)}"
    if not more and not less:
        yield "in another manner"


def _named(change: Change) -> str:
    return f"{change.letter}  {change.subject}" if change.subject else change.letter


# ---------------------------------------------------------------- for programs


def as_object(report: Report) -> dict[str, Any]:
    return {
        "before": report.before,
        "after": report.after,
        "letters": report.letters,
        "judged_twice": report.twice,
        "changed": len(report.changes),
        "percent": round(report.percent, 2),
        "affected": report.affected,
        "lost": report.lost,
        "labels": dict(zip(("right", "wrong"), report.scores, strict=True)),
        "changes": [_change(change) for group in grouped(report.changes) for change in group.changes],
        "rerouted": [
            {"name": route.name, "before": route.before, "after": route.after, "letters": letters}
            for route, letters in report.rerouted
        ],
        "failures": [{"letter": _text(name), "error": why} for name, why in report.failures],
    }


def _change(change: Change) -> dict[str, Any]:
    found = {
        "letter": _text(change.letter),
        "moves": change.moves,
        "lost": change.newly_lost,
        "before": _outcome(change.before),
        "after": _outcome(change.after),
    }
    if change.label is not None:
        found["label"] = sorted(change.label.expect)
    if change.subject is not None:
        found["subject"] = change.subject
    return found


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"place": outcome.place, "beside": sorted(outcome.beside), "rules": outcome.rules}


def _text(name: str) -> str:
    """A file's name may hold bytes that are no text."""
    return os.fsencode(name).decode("utf-8", "replace")


# ---------------------------------------------------------------- for a merge request

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def as_markdown(report: Report) -> str:
    lines = [
        f"### Backtest: {_md(report.before)} → {_md(report.after)}",
        "",
        f"**{_sentence(report)}** {_more(report)}".rstrip(),
    ]
    groups = grouped(report.changes)
    if groups:
        lines += ["", "| from | to | letters | labels |", "|---|---|---:|---|"]
        lines += [_md_row(group) for group in groups]
    for route, letters in report.rerouted:
        lines += ["", f"`{route.name}`: {_letters(letters)} reached by {_md(route.after)}, not by {_md(route.before)}."]
    for group in groups:
        lines += ["", *_md_details(group)]
    if report.failures:
        lines += ["", f"{_letters(len(report.failures))} could not be read."]
    return "\n".join(lines) + "\n"


def _sentence(report: Report) -> str:
    text = summary(report)
    return text[0].upper() + text[1:] + "."


def _more(report: Report) -> str:
    told = _labels_told(report)
    if not report.letters:
        return ""
    return f"{_judged(report)}." + ("" if told is None else f" {told[0].upper()}{told[1:]}.")


def _md(text: str) -> str:
    """Text that is no markup, whatever it holds."""
    return _MARKUP.sub(r"\\\1", shown(text))


def _md_row(group: Group) -> str:
    after = "*as before, other actions*" if group.before == group.after else _md(group.after)
    lost = f" **{sum(change.newly_lost for change in group.changes)} newly lost**" if group.newly_lost else ""
    return f"| {_md(group.before)} | {after}{lost} | {len(group.changes)} | {_md(_labels(group))} |"


def _md_details(group: Group) -> Iterator[str]:
    after = "other actions" if group.before == group.after else _html(group.after)
    title = f"{_html(group.before)} → {after}: {_letters(len(group.changes))}"
    yield f"<details><summary>{title}</summary>"
    yield ""
    if group.before == group.after:
        yield from (f"{_md(line)}  " for line in _beside(group))
    yield from (f"{_md(_rules(rules, count))}  " for rules, count in group.rules.most_common())
    yield ""
    for change in group.changes:
        subject = f": {_md(change.subject)}" if change.subject is not None else ""
        label = f" (labelled {_md(', '.join(sorted(change.label.expect)))})" if change.label is not None else ""
        yield f"- {_md(change.letter)}{label}{subject}"
    yield ""
    yield "</details>"


def _html(text: str) -> str:
    from html import escape

    return escape(shown(text))
