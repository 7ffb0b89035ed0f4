"""What happens in the relay, told to whom it concerns: counted, logged, and where a person must act, an alarm.

Implements the `Watch` of each part. Nothing of a letter's content passes through here.
"""

from __future__ import annotations

from sievepy.relay.alarms import Alarm, Alarms
from sievepy.relay.compiling import Compiled
from sievepy.relay.deliveries import AN_ALARM
from sievepy.relay.dispatcher import Settled
from sievepy.relay.judge import Decided
from sievepy.relay.log import Log, named
from sievepy.relay.metrics import Metrics
from sievepy.sources.smtp.port import Event, Received, Session
from sievepy.spool.port import Accepted, Delivery, Outcome, SpoolError

_NOT_ALARMING = frozenset({Event.CONNECTED, Event.HUNG_UP, Event.NORMALIZED})


class Watching:
    """`alarms` may be set later: they need the queue, and the queue comes after the log."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self.log, self.metrics = log, metrics
        self.alarms: Alarms | None = None

    # ------------------------------------------------------------ clients

    def event(self, event: Event, session: Session) -> None:
        self.metrics.clients.labels(event).inc()
        if event not in _NOT_ALARMING:
            self.log.warning("client", what=event, client=session.client)

    def failure(self, error: Exception, session: Session) -> None:
        self.internal("smtp", error)

    def accepted(self, accepted: Accepted, received: Received) -> None:
        self.metrics.accepted.labels(str(accepted.duplicate).lower()).inc()
        if not accepted.duplicate:
            self.metrics.bytes.inc(received.size)

    def refused(self, code: int, why: str) -> None:
        self.metrics.refused.labels(str(code), why).inc()

    # ------------------------------------------------------------ letters

    def decided(self, decided: Decided) -> None:
        plan, letter = decided.plan, decided.letter
        destination = plan.destination if plan.actions else "none"
        self.metrics.decided.labels(destination).inc()
        for name in plan.departments:
            self.metrics.departments.labels(name).inc()
        for title in plan.rules:
            self.metrics.rules.labels(title).inc()
        self.metrics.judging.observe(decided.seconds)
        self.log.info(
            "letter",
            id=letter.letter,
            bytes=letter.size,
            recipients=len(letter.envelope.recipients or ()),
            destination=destination,
            departments=plan.departments,
            tags=plan.tags,
            rules=plan.rules,
            flags=plan.flags,
            deliveries=decided.deliveries,
            program=plan.program,
            ms=round(decided.seconds * 1000, 2),
        )

    def worker_died(self, letter: str, how: str) -> None:
        self.metrics.deaths.inc()
        self.log.error("worker", letter=letter, how=how)

    async def unread(self, letter: str, why: str) -> None:
        self.metrics.unread.inc()
        self.log.error("unread", letter=letter, why=why)
        await self._alarm(Alarm("unread", f"letter {letter} was not read", (f"Letter: {letter}", f"Why: {why}")))

    def came_round(self, letter: str, why: str) -> None:
        """Without an alarm: what goes round may be one, and the next would go round, too."""
        self.metrics.unread.inc()
        self.log.error("unread", letter=letter, why=why)

    async def came_back(self, delivery: Delivery, codes: str) -> None:
        self.metrics.returned.inc()
        self.log.error("returned", letter=delivery.letter, delivery=delivery.id, codes=codes)
        why = f"It came back after it had been delivered{f' ({codes})' if codes else ''}."
        await self._alarm(_dead(delivery, why))

    # ------------------------------------------------------------ deliveries

    async def settled(self, settled: Settled) -> None:
        delivery, settlement = settled.delivery, settled.settlement
        self.metrics.settled.labels(settlement.outcome, delivery.channel).inc()
        self.metrics.delivering.observe(settled.seconds)
        if settlement.outcome in (Outcome.FAILED, Outcome.HELD):
            self.log.error(
                "dead" if settlement.outcome is Outcome.FAILED else "held",
                letter=delivery.letter,
                delivery=delivery.id,
                channel=delivery.channel,
                department=delivery.department,
                attempts=delivery.attempts,
                reply=settlement.reply,
            )
            if AN_ALARM not in delivery.options:  # an alarm about it would go the same way
                await self._alarm(_too_large(settled) if settled.is_too_large else _dead(delivery, settlement.reply))

    # ------------------------------------------------------------ ourselves

    def internal(self, what: str, error: BaseException) -> None:
        """Of the queue's own errors the text is told: it is ours, and names ids only."""
        self.metrics.errors.labels(what).inc()
        said = str(error) if isinstance(error, SpoolError) else ""
        self.log.error("internal", where=what, error=named(error), why=said)

    def reloaded(self, compiled: Compiled, changed: bool) -> None:
        result = "refused" if compiled.script is None else "changed" if changed else "unchanged"
        self.metrics.reloads.labels(result).inc()
        if compiled.script is None:
            self.log.error("rules", result=result, problems=compiled.problems)
            return
        self.metrics.show_program(compiled.program)
        self.log.info("rules", result=result, program=compiled.program, tests=compiled.tests)

    async def _alarm(self, alarm: Alarm) -> None:
        """An alarm that cannot be stored is in the log."""
        if self.alarms is None:
            return
        try:
            told = await self.alarms.tell(alarm)
        except SpoolError as problem:
            self.internal("alarm", problem)
        else:
            self.metrics.alarms.labels("yes" if told is not None else "quiet").inc()
            if told is not None:
                self.metrics.accepted.labels("false").inc()


def _too_large(settled: Settled) -> Alarm:
    """About each such letter: somebody waits for it, and only a person can bring it to them."""
    delivery, where = settled.delivery, settled.delivery.department or settled.delivery.channel
    lines = (
        f"Letter: {delivery.letter}",
        f"Delivery: {delivery.id}",
        f"Department: {where}",
        f"Channel: {delivery.channel}",
        f"Why: {' '.join(settled.settlement.reply.split())}",
        "",
        f"The letter is held, and nobody has got it. `sievepy queue export {delivery.letter}` writes it out;",
        f"`sievepy queue release {delivery.letter}` tries again, when the mail server takes letters of this size.",
    )
    return Alarm(f"too large {delivery.id}", f"a letter for {where} is too large to be passed on", lines)


def _dead(delivery: Delivery, why: str) -> Alarm:
    """About one destination, whatever the letter."""
    where = delivery.department or delivery.channel
    lines = (
        f"Letter: {delivery.letter}",
        f"Delivery: {delivery.id}",
        f"Department: {where}",
        f"Channel: {delivery.channel}",
        f"Why: {' '.join(why.split())}",
        "",
        f"The letter is kept. `sievepy trace {delivery.letter}` tells its story; `sievepy queue retry {delivery.id}`",
        "tries again, `sievepy queue redirect OLD NEW` sends what waits for an address to another.",
    )
    return Alarm(f"{delivery.channel} {delivery.target}", f"a letter for {where} was not delivered", lines)
