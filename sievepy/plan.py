"""What is to be done with a letter, as plain values, and why.

Actions are named as in RFC 5228 where it has a word for them. A `Plan` is the settled result of judging
one letter: simulation, tests, `explain`, the batch and the relay all show this one value. Nothing here acts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

# ---------------------------------------------------------------- actions: destinations


@dataclass(frozen=True, slots=True)
class Assign:
    """Deliver to a department or person by name. `also`: adds it without deciding the topic."""

    department: str
    also: bool = False
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class AssignSame:
    """Deliver to the departments where the letter's known thread lives; none where no ledger knows it."""


@dataclass(frozen=True, slots=True)
class FileInto:
    """File under the configured filing root; `folder` is a `/`-separated relative path."""

    folder: str
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass on to one literal address (RFC 5228 `redirect`)."""

    address: str
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Hold until a person releases it."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Discard:
    """Hold, unlisted in the daily work, and expire after 30 days."""


@dataclass(frozen=True, slots=True)
class Triage:
    """Deliver to the dispatcher. `reason` says why where no rule asked for it."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Propose:
    """Triage with a suggestion."""

    department: str


# ---------------------------------------------------------------- actions: not destinations


@dataclass(frozen=True, slots=True)
class Tag:
    name: str


@dataclass(frozen=True, slots=True)
class Copy:
    address: str
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell one person or department that a letter came; `digest` is in seconds."""

    name: str
    with_subject: bool = False
    digest: int | None = None


@dataclass(frozen=True, slots=True)
class Bitrix:
    """Create something on a Bitrix24 portal: `kind` is item, task, lead or notify."""

    kind: str
    portal: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Print:
    queue: str


@dataclass(frozen=True, slots=True)
class Pipe:
    program: str


@dataclass(frozen=True, slots=True)
class Sla:
    """Answer within `amount` of `unit` (`min`, `h`, `d`, or `wd`: working days), in named hours if any."""

    amount: int
    unit: str
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the author with the approved, non-empty text of a file."""

    file: str


@dataclass(frozen=True, slots=True)
class SubjectPrefix:
    text: str


# ---------------------------------------------------------------- actions of session rules


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse for good while the sender waits (5xx, RFC 5429)."""

    text: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Refuse for now while the sender waits (4xx)."""

    text: str


Destination = Assign | AssignSame | FileInto | Forward | Quarantine | Discard | Triage | Propose
Addition = Tag | Copy | Notify | Bitrix | Print | Pipe | Sla | Reply | SubjectPrefix
SessionAction = Reject | Defer
Action = Destination | Addition | SessionAction

ACTION_NAMES: dict[type, str] = {
    Assign: "assign",
    AssignSame: "assign same",
    FileInto: "file",
    Forward: "forward",
    Quarantine: "quarantine",
    Discard: "discard",
    Triage: "triage",
    Propose: "propose",
    Tag: "tag",
    Copy: "copy",
    Notify: "notify",
    Bitrix: "bitrix",
    Print: "print",
    Pipe: "pipe",
    Sla: "sla",
    Reply: "reply",
    SubjectPrefix: "subject prefix",
    Reject: "reject",
    Defer: "defer",
}
DESTINATIONS = (Assign, AssignSame, FileInto, Forward, Quarantine, Discard, Triage, Propose)


# ---------------------------------------------------------------- the plan


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a test found what it looked for.

    `field` is the field's name in the rules language; `part` names the segment (a header's name, or a MIME
    part number as in RFC 3501, `1.2`); `start` and `end` are offsets into that segment's clean text (-1 where
    the test is about no text, such as `size`).
    """

    field: str
    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that answered yes: its title, where its tests hit, and whether it was only observed."""

    title: str
    hits: tuple[Hit, ...] = ()
    observed: bool = False


class NoteKind(enum.StrEnum):
    """Why the plan is not simply what the rules asked for."""

    UNKNOWN = "unknown"  # a deciding rule could not be answered: triage
    UNKNOWN_ADDING = "unknown-adding"  # an adding rule could not be answered: it did not act
    SKIPPED = "skipped"  # `file` or `forward` beside a department
    REPLACED = "replaced"  # departments by quarantine, discard by quarantine
    REFERENCE = "reference"  # a restricted department's letter: others get a reference
    NO_DESTINATION = "no-destination"  # nothing decided: `otherwise`
    THREAD = "thread"  # `assign same`: where the thread lives, or that nobody knows


@dataclass(frozen=True, slots=True)
class Note:
    kind: NoteKind
    text: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One action of the settled plan, the rules that asked for it, and whether it carries only a reference."""

    action: Action
    rules: tuple[str, ...]
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The settled result of judging one letter.

    `actions` are what will be done, destinations first, each action once. `kept` are adding actions that a
    quarantine holds back until release. `fired` are the rules that answered yes, in the order judged, `otherwise`
    (title `otherwise`) last. `flags` are the letter's own: what was cut, guessed or not read.
    """

    actions: tuple[Planned, ...]
    kept: tuple[Planned, ...] = ()
    fired: tuple[Fired, ...] = ()
    notes: tuple[Note, ...] = ()
    flags: tuple[str, ...] = ()
    program: str = field(default="", compare=False)

    @property
    def departments(self) -> tuple[str, ...]:
        """Names of the departments and persons assigned, in order, each once."""
        names = (p.action.department for p in self.actions if isinstance(p.action, Assign))
        return tuple(dict.fromkeys(names))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(p.action.name for p in self.actions if isinstance(p.action, Tag))

    @property
    def rules(self) -> tuple[str, ...]:
        """Titles of the rules that fired and acted, in order."""
        return tuple(f.title for f in self.fired if not f.observed)

    @property
    def destination(self) -> str:
        """The one word for where the letter goes: the first that applies of quarantine, discard, assign, file,
        forward, triage (`propose` counts as triage)."""
        present = {type(p.action) for p in self.actions}
        for kind, word in _DESTINATION_WORDS:
            if kind in present:
                return word
        return "triage"


_DESTINATION_WORDS: tuple[tuple[type, str], ...] = (
    (Quarantine, "quarantine"),
    (Discard, "discard"),
    (Assign, "assign"),
    (FileInto, "file"),
    (Forward, "forward"),
    (Triage, "triage"),
    (Propose, "triage"),
)
