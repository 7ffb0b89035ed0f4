"""The SMTP server: letters by RFC 5321, taken from those who may send them and handed to an `Intake`."""

from sievepy.sources.smtp.port import Event, Intake, Received, Refusal, Reply, Reservation, Session, Watch
from sievepy.sources.smtp.settings import Extension, Listener, Networks, Settings
from sievepy.sources.smtp.source import SmtpSource

__all__ = [
    "Event",
    "Extension",
    "Intake",
    "Listener",
    "Networks",
    "Received",
    "Refusal",
    "Reply",
    "Reservation",
    "Session",
    "Settings",
    "SmtpSource",
    "Watch",
]
