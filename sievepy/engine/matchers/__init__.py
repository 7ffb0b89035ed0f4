"""One-pass matchers: each finds in one value of a field all the atoms that the value satisfies, at a cost that does
not grow with the number of atoms."""
