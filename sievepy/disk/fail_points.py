"""Places on a letter's way at which a test may kill the process, raise, or sleep, by their names.

Whoever passes one calls the `reach` it was given. In production that is `pass_by`: what a test does there is handed in
by the test's own program, and there is no switch for it.
"""

from __future__ import annotations

from collections.abc import Callable

Reach = Callable[[str], None]

FAIL_POINTS = (
    "spool.write",  # in the transaction, before a letter is written
    "db.begin",
    "db.commit",  # all of a batch is written, and nothing of it durable
    "before-250",  # the letter is durable, and its client does not know
    "after-250",  # the reply is written
    "judge.start",  # the attempt is counted, and no worker has the letter
    "judge.end",  # the verdict is here, and no plan is stored
    "plan.commit",
    "sink.sent",  # the whole letter is written, and the sink has not said that it took it
    "sink.replied",  # it has, and the queue does not know
    "mark-done",  # the settlement is written, and not durable
)


def pass_by(point: str) -> None:
    """Nobody wants to stop anywhere."""
