"""The durable queue: a port (`port.py`), its SQLite adapter (`sqlite.py`), and when to try again (`retry.py`)."""
