"""Figures for Prometheus: counted as things happen, and read from the queue where the queue knows better.

The only door to prometheus-client. Counters carry what the journal of the same time holds, word for word: the two
can be compared; names of letters, addresses and subjects never become labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SLOW = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)


class _Registry(CollectorRegistry):
    """Leaves out the `_created` series, a moment beside each counter that nobody asks for. The library has a switch for
    that, too, but one for the whole process."""

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


class Metrics:
    """One registry, made by whoever runs the relay: two in a process do not meet."""

    def __init__(self) -> None:
        self.registry = _Registry(auto_describe=True)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"sievepy_{name}", text, labels, registry=self.registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"sievepy_{name}_seconds", text, buckets=buckets, registry=self.registry)

        self.accepted = counter("letters_accepted", "Letters taken in, our own alarms too.", "duplicate")
        self.bytes = counter("letters_bytes", "Bytes of letters taken in by SMTP.")
        self.refused = counter("replies_refused", "Refusals at MAIL, RCPT or the final dot.", "code", "status")
        self.clients = counter("smtp_events", "What happened to SMTP clients.", "event")
        self.decided = counter("letters_decided", "Letters that got a plan.", "destination")
        self.departments = counter("departments_assigned", "Letters a department was assigned.", "department")
        self.rules = counter("rules_fired", "Rules that fired.", "rule")
        self.settled = counter("deliveries_settled", "Attempts to deliver, by their end.", "outcome", "channel")
        self.returned = counter("deliveries_returned", "Deliveries that came back after they were made.")
        self.unread = counter("letters_unread", "Letters that could not be judged, or went round.")
        self.deaths = counter("worker_deaths", "Workers that did not come to the end of a letter.")
        self.alarms = counter("alarms", "Alarms raised, told or kept quiet.", "told")
        self.errors = counter("internal_errors", "Errors of our own.", "where")
        self.reloads = counter("reloads", "Reloads of the rules.", "result")
        self.judging = histogram("judging", "From a letter's claim to its plan, stored.", _QUICK)
        self.delivering = histogram("delivering", "One attempt to deliver.", _SLOW)
        self.queue = Gauge(
            "sievepy_queue", "Letters and deliveries in each state.", ("kind", "state"), registry=self.registry
        )
        self.program = Gauge("sievepy_program", "1 for the program in force.", ("hash",), registry=self.registry)

    def show_queue(self, counts: Mapping[str, int]) -> None:
        """`counts` as `Spool.counts` gives them: a state that nothing is in is not there."""
        self.queue.clear()
        for name, amount in counts.items():
            kind, _, state = name.partition(".")
            self.queue.labels(kind, state).set(amount)

    def show_program(self, hash: str) -> None:
        self.program.clear()
        self.program.labels(hash).set(1)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
