"""`sievepy test`: the tests beside rules, and labelled letters. Judges letters; reads and prints nothing itself."""
