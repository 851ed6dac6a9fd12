"""`python -m pipeline` is `make-promo`."""

from pipeline.cli import main

main(prog_name="make-promo")
