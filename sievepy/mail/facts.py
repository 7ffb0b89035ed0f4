"""Facts of a letter that its own headers and shape tell: lists, automatic letters, bounces.

`auto-reply` and `auto-generated` follow RFC 3834, with the signs that older vacation programs leave; `bounce` is a
delivery-status report (RFC 3464). A feedback report (RFC 5965) is never a bounce.
"""

from __future__ import annotations

from sievepy.mail.message import Message
from sievepy.mail.normal import key

_LIST_HEADERS = ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List")
_VACATION_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")
_VACATION_PRECEDENCE = frozenset({"auto_reply", "auto-reply"})
_VACATION_SUBJECTS = tuple(
    key(subject)
    for subject in (
        "Автоответ", "Автоматический ответ", "Автоматты жауап", "Automatic reply", "Auto reply", "Autoreply",
        "Auto-reply", "Auto response", "Autoresponse", "Out of office", "Out of the office", "Вне офиса",
    )
)  # fmt: skip


def is_mailing_list(message: Message) -> bool:
    """RFC 2919, RFC 2369, and `Precedence: list`."""
    return _has_any(message, _LIST_HEADERS) or "list" in _precedence(message)


def is_auto_reply(message: Message) -> bool:
    """`Auto-Submitted: auto-replied`, or the known signs of a vacation program."""
    if "auto-replied" in _auto_submitted(message) or _has_any(message, _VACATION_HEADERS):
        return True
    if not _VACATION_PRECEDENCE.isdisjoint(_precedence(message)):
        return True
    subjects = (key(value) for value in message.header("Subject").values[:1])
    return any(subject.startswith(_VACATION_SUBJECTS) for subject in subjects)


def is_auto_generated(message: Message) -> bool:
    """Any `Auto-Submitted` but `no` and `auto-replied` (RFC 3834 5)."""
    return bool(_auto_submitted(message) - {"no", "auto-replied", ""})


def is_status_report(message: Message) -> bool:
    """A delivery-status report, and no feedback report."""
    root = message.root
    if root.type == "multipart/report":
        reported = root.params.get("report-type", "").lower()
        if reported:
            return reported == "delivery-status"
    kinds = {part.type for part in root.children}
    return "message/delivery-status" in kinds and "message/feedback-report" not in kinds


def _has_any(message: Message, names: tuple[str, ...]) -> bool:
    return any(message.header(name).values for name in names)


def _precedence(message: Message) -> set[str]:
    return {value.strip().lower() for value in message.header("Precedence").values}


def _auto_submitted(message: Message) -> set[str]:
    """The keywords, without parameters and comments."""
    values = message.header("Auto-Submitted").values
    return {value.split(";")[0].split("(")[0].strip().lower() for value in values}
