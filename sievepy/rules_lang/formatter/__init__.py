"""One canonical layout of a rules file. Pure: source text in, text out; or why not.

`concrete` reads the file as statements and blocks with the comments that belong to them, `layout` writes these down
again, `faithful` holds what was written against the file: the same tree, the same comments in the same order. What
does not stand that test is never handed out.
"""

from sievepy.rules_lang.formatter.format import CODE, Formatted, format_source

__all__ = ["CODE", "Formatted", "format_source"]
