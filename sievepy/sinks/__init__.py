"""Where letters go. A sink writes what it is given, once, and decides nothing."""
