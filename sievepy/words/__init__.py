"""Word forms at compile time: what a phrase of the rules matches.

Nothing is inflected when a letter is judged; a phrase becomes sets of words here (`ir.Phrase`). The Russian dictionary
is opened by the first word that needs it.
"""

from sievepy.words.expander import LANGUAGES, Expander, Expansion, Language
from sievepy.words.phrase import PhraseProblem, exact_tokens
from sievepy.words.russian import dictionary_version

__all__ = ["LANGUAGES", "Expander", "Expansion", "Language", "PhraseProblem", "dictionary_version", "exact_tokens"]
