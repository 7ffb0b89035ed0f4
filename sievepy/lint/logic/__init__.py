"""What can be known of conditions without a letter: implication, contradiction, cover. Sound, not complete.

Everything here errs on the side of "cannot be proved", so that a check built on it never accuses a good rule.
"""
