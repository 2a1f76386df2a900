"""``python -m tscript``: the ``tscript`` command."""

from tscript.cli import main

if __name__ == "__main__":
    main(prog_name="tscript")
