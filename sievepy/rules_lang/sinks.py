"""Whether the configuration has what an action needs: nothing is accepted by the checker and then not done.

Without a configuration nothing is checked here, and the compiler says so once.
"""

from __future__ import annotations

from collections.abc import Mapping

from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.report import Report
from sievepy.rules_lang.settings import Settings
from sievepy.text import Span
from sievepy.text.nearest import nearest

_SETTINGS: Mapping[str, str] = {
    "email": 'channels = ["email"]',
    "maildir": 'channels = ["maildir"]',
    "imap": 'channels = ["imap"]',
    "bitrix": 'channels = ["bitrix"]',
    "triage": 'places = ["triage"]',
    "file": 'places = ["file"]',
    "quarantine": 'places = ["quarantine"]',
    "discard": 'places = ["discard"]',
    "notify": "notify = true",
    "reply": "reply = true",
}
"""What to write below `[sinks]` for a channel, place or ability to be there."""

_NAMED = {"printer": "printers", "program": "programs", "portal": "portals"}


class Sinks:
    """The configured sinks; `require` reports what rules use and the site does not have."""

    def __init__(self, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._there = {*settings.channels, *settings.places}
        self._there |= {word for word in ("notify", "reply") if getattr(settings, word)}

    def require(self, sink: str, span: Span, what: str) -> None:
        """Report if no sink of that kind is configured. `what` is what the rules say: `forward`, `email`."""
        if not self._settings.configured or sink in self._there:
            return
        self._report.error(
            codes.SINK,
            f"`{what}` needs a sink that is not configured",
            span,
            help=f"write `{_SETTINGS[sink]}` below `[sinks]` in sievepy.toml, or remove it here",
        )

    def require_named(self, kind: str, name: str | None, span: Span, what: str) -> None:
        """Report if there is no printer, program or portal `name`; without a name there must be exactly one to mean."""
        if not self._settings.configured:
            return
        known: frozenset[str] = getattr(self._settings, _NAMED[kind])
        if name is None and len(known) > 1:
            message, help_ = f"which {kind}? there are several", f"name one of {', '.join(sorted(known))}"
        elif not known or (name is not None and name not in known):
            there = f"configured are {', '.join(sorted(known))}" if known else f"`[sinks] {_NAMED[kind]}` names none"
            meant = nearest(name, known) if name is not None else None
            message = f"there is no {kind} " + (f"`{name}`" if name is not None else f"for `{what}`")
            help_ = f"did you mean `{meant}`?" if meant else there
        else:
            return
        self._report.error(codes.SINK, message, span, help=help_)

    def require_edge(self, span: Span) -> None:
        """Report a refusal where it would come too late."""
        if not self._settings.configured or self._settings.edge:
            return
        self._report.error(
            codes.NOT_EDGE,
            "letters can be refused only where they arrive from the outside",
            span,
            help="here a refusal would make the server in front of us answer forged senders; use `rule` with "
            "`quarantine`, or set `edge = true` below `[intake]` if this is the outermost server",
        )
