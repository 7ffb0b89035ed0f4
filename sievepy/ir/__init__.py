"""The meaning of rules, shared by every language that lowers into it and by the engine that runs it."""
