"""Protocols that sources and sinks share: the SMTP client and its codec, TLS."""
