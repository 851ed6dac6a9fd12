"""A minder for one child process: when whoever started us is gone, the child goes too.

Run as a script: `python -I -S supervise.py COMMAND ...`. Our standard input is a pipe that the parent holds
open and never writes to. Its end means that the parent has finished, was killed or lost power to its session, so
the child is killed. This works the same on Windows, macOS and Linux, also after a `kill -9`.
"""

import os
import subprocess
import sys
import threading


def main() -> int:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def outlive_nobody() -> None:
        os.read(0, 1)  # unbuffered: a lock held at exit would end this interpreter with an error
        child.kill()

    threading.Thread(target=outlive_nobody, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
