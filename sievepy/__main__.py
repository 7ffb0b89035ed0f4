"""`python -m sievepy`: the same as the command `sievepy`."""

from sievepy.cli.main import main

if __name__ == "__main__":
    main(prog_name="sievepy")
