"""`python -m unilip`: the command line."""

from unilip.cli import app

app(prog_name="python -m unilip")
