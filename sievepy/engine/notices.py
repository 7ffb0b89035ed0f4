"""Who is told of a letter, and how much: the last step from what rules asked for to the plan.

A department's own `notify` lines tell of each letter that the department gets. A subject is repeated for whoever asked
for it, but not that of a letter with pictures or PDF files: among those are people's documents. What restricted
departments get has lost its subjects before, in `settle`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sievepy.engine.settle import Settled, written
from sievepy.ir.script import Department
from sievepy.mail.letter import Letter
from sievepy.plan import Assign, Note, NoteKind, Notify, Planned

_PICTURED = frozenset({"image", "pdf", "application/pdf"})


def notified(settled: Settled, departments: Iterable[Department], letter: Letter) -> Settled:
    """The settled actions with the departments' notices, and without the subjects that are nobody's business."""
    asked = {department.name: department.notify for department in departments if department.notify}
    if asked:
        settled = replace(settled, actions=_with_notices(settled.actions, asked))
    if not any(_has_subject(planned) for planned in (*settled.actions, *settled.kept)):
        return settled
    why = _why_private(letter)
    return settled if why is None else _without_subjects(settled, why)


def _with_notices(actions: Sequence[Planned], asked: dict[str, tuple[str, ...]]) -> tuple[Planned, ...]:
    """Behind what rules asked for; somebody whom a rule notifies in the same way is not told twice."""
    found = {planned.action: planned for planned in actions}
    for planned in actions:
        if isinstance(planned.action, Assign):
            for name in asked.get(planned.action.department, ()):
                notice = Notify(name)
                before = found.get(notice, Planned(notice, ()))
                found[notice] = replace(before, rules=tuple(dict.fromkeys((*before.rules, *planned.rules))))
    return tuple(found.values())


def _has_subject(planned: Planned) -> bool:
    return isinstance(planned.action, Notify) and planned.action.with_subject


def _why_private(letter: Letter) -> str | None:
    """A file is a picture if its first bytes or its declared type say so; what was not read may be one."""
    attachments = letter.attachments
    views = [attached.view(field) for attached in attachments.items for field in ("attachment-kind", "attachment-type")]
    if any(_is_pictured(segment.folded) for view in views for segment in view.segments):
        return "the letter has a picture or a PDF file"
    whole = attachments.complete and all(view.complete for view in views)
    return None if whole else "not all of the letter's attachments were read"


def _is_pictured(kind_or_type: str) -> bool:
    return kind_or_type in _PICTURED or kind_or_type.startswith("image/")


def _without_subjects(settled: Settled, why: str) -> Settled:
    notes = tuple(
        Note(NoteKind.REFERENCE, f"{written(planned.action)}: without the subject, {why}", planned.rules[0])
        for planned in (*settled.actions, *settled.kept)
        if _has_subject(planned)
    )
    return Settled(_plain(settled.actions), _plain(settled.kept), (*settled.notes, *notes))


def _plain(actions: Sequence[Planned]) -> tuple[Planned, ...]:
    """Each action once, still."""
    found: dict[object, Planned] = {}
    for planned in actions:
        action = planned.action
        if isinstance(action, Notify):
            action = replace(action, with_subject=False)
        before = found.get(action)
        rules = planned.rules if before is None else tuple(dict.fromkeys((*before.rules, *planned.rules)))
        found[action] = replace(planned, action=action, rules=rules)
    return tuple(found.values())
