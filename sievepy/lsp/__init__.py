"""The language server: what an editor asks about rules (Language Server Protocol 3.17).

`documents` are texts as editors count in them; `projects` turns open texts and files into analyses; each question has
a module of its own (`hover`, `navigation`, `renaming`, `completion`, `actions`, `lenses` …), a pure function of an
analysis. `server` is the only module that knows pygls; `messages` makes the protocol's values.
"""
