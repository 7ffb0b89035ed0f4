"""Hand letters to a local delivery agent over LMTP (RFC 2033), such as Dovecot: SMTP with LHLO, in which each recipient
has a reply of its own. With one recipient a transaction that is one reply, and the client is the same.

It is the final delivery: the author's envelope sender stays, so that the agent writes the right Return-Path.
"""

from __future__ import annotations

import dataclasses

from sievepy.disk.fail_points import Reach, pass_by
from sievepy.sinks.port import RETURN_PATH, Parcel, Result
from sievepy.sinks.smtp import Settings, SmtpSink


class LmtpSink(SmtpSink):
    kind = "lmtp"

    def __init__(self, settings: Settings, reach: Reach = pass_by) -> None:
        super().__init__(dataclasses.replace(settings, peer=dataclasses.replace(settings.peer, lmtp=True)), reach)

    async def deliver(self, parcel: Parcel) -> Result:
        return await self._deliver(parcel, parcel.options.get(RETURN_PATH, parcel.sender))
