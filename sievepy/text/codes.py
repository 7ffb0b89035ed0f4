"""The catalogue of diagnostic codes that the front end and the configuration report.

Lint checks (`W…`) own their codes and pages in `sievepy/lint/`, one file a check; what the language
itself refuses (`E…`) has its page here. A code never changes its meaning and is never reused.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A code, its short name, and its page: what it does, why it is bad, an example, what to use instead."""

    id: str
    name: str
    page: str
