"""Letters: a read-only, lazy, bounded view over bytes. It never raises; what was cut or guessed is flagged."""
