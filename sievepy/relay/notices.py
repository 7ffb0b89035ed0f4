"""What a notice says: that a letter came, its queue id, departments and rules. Pure.

Of the letter itself it says nothing, unless the rule that asked for the notice also asked for the subject: then that,
in one visible line and no longer than a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sievepy.mail.kinds import HEAD, kind_of
from sievepy.mail.message import Message, Part
from sievepy.mail.normal import clean
from sievepy.plan import Notify, Plan
from sievepy.relay.deliveries import SUBJECT
from sievepy.spool.port import Delivery

_WORDS = ("text/", "multipart/", "message/")
_LONGEST_SUBJECT = 100  # characters
_LINES = str.maketrans("\r\n\0", "   ")


def subject_of(message: Message, plan: Plan) -> str:
    """The letter's subject, decoded, if a notice of the plan is to have it; without what is invisible, since it goes
    where nobody expects a letter's tricks. Of letters with pictures attached the plan has none (`engine.notices`); here
    those are left out whose pictures are no attachments by the rules' word: a letter that is nothing else, say."""
    if not any(isinstance(p.action, Notify) and p.action.with_subject for p in (*plan.actions, *plan.kept)):
        return ""
    if any(map(_is_picture, message.parts())):
        return ""
    written = next(iter(message.header("subject").values), "")
    subject = "".join(char for char in clean(written) if char.isprintable())
    return subject if len(subject) <= _LONGEST_SUBJECT else subject[: _LONGEST_SUBJECT - 1] + "…"


def _is_picture(part: Part) -> bool:
    """Those with a Content-ID are a page's own, its logos and lines."""
    if part.type.startswith(_WORDS) or part.content_id is not None:
        return False
    kind = kind_of(part.data().data[:HEAD])
    return kind in ("image", "pdf") or part.type.startswith("image/") or part.type == "application/pdf"


def title(deliveries: Sequence[Delivery]) -> str:
    """The Subject of the notice."""
    return f"Letter {deliveries[0].letter}" if len(deliveries) == 1 else f"{len(deliveries)} letters"


def text(deliveries: Sequence[Delivery]) -> str:
    """The text of one notice of one or several letters, with LF."""
    came = "A letter came." if len(deliveries) == 1 else f"{len(deliveries)} letters came."
    return "\n".join([f"{came}\n", *("".join(_lines(delivery)) for delivery in deliveries)])


def _lines(delivery: Delivery) -> Iterator[str]:
    facts = [("Queue id", delivery.letter)]
    facts += [("Department", name) for name in departments(delivery)]
    facts += [("Rule", title) for title in rules(delivery)]
    if subject := delivery.options.get(SUBJECT):
        facts.append(("Subject", subject))
    return (f"{name}: {value.translate(_LINES)}\n" for name, value in facts)


def departments(delivery: Delivery) -> Iterable[str]:
    """Of the letter, not of the notice."""
    return [name for name in delivery.options.get("departments", "").split("\n") if name]


def rules(delivery: Delivery) -> Iterable[str]:
    return [title.translate(_LINES) for title in delivery.rules]
