"""sievepy: a rules language for letters, compiled to Python predicates, and the programs that apply it."""

__version__ = "0.1.0"
