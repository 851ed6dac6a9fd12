"""What all verbs share: the one place where errors become sentences and exit codes, and `--json`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from pipeline.errors import PromoError, ToolError

INTERRUPTED = 130
# What skia (drawing) wants of a Linux system; desktops have it, bare servers may not.
_LIBRARIES = "sudo apt install libegl1 libgl1 libexpat1 (or what your system calls them)"

as_json_lines = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Errors become their sentences and exit codes, here and nowhere else."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except PromoError as error:
            click.echo(str(error), err=True)
            code = error.exit_code
        except ImportError as error:
            if not (library := re.match(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file", str(error))):
                raise
            click.echo(f"make-promo: the system library {library[1]} is missing\n  hint: {_LIBRARIES}", err=True)
            code = ToolError.exit_code
        except KeyboardInterrupt:
            click.echo("stopped; what is finished is kept, and the next run goes on from there", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            code = 0  # whoever read our output has seen enough
        sys.exit(code or 0)

    return run
