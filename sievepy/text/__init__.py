"""Source text and what is said about it: files, spans, diagnostics. Knows nothing of rules or letters."""

from sievepy.text.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from sievepy.text.source import SourceFile, Span

__all__ = ["Diagnostic", "Edit", "Fix", "Label", "Severity", "SourceFile", "Span"]
