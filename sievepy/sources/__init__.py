"""Where letters come from. A source hands over bytes and an envelope; it decides nothing."""

from sievepy.sources.envelope import envelope_of

__all__ = ["envelope_of"]
