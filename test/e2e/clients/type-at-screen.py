"""Runs a program on a terminal of 120 by 40 and types each text when the one before it stands on the screen: PROGRAM WAIT TYPE WAIT TYPE ..."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LIMIT = 20
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


def main(program, steps):
    child, screen = pty.fork()
    if child == 0:
        os.execvp(program, [program])
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    for wanted, typed in zip(steps[0::2], steps[1::2]):
        seen = b""
        until = time.monotonic() + LIMIT
        while wanted.encode() not in CONTROL.sub(b"", seen):
            if not select.select([screen], [], [], max(0, until - time.monotonic()))[0]:
                os.kill(child, 9)
                sys.exit(f"waited in vain for {wanted!r}; the screen: {CONTROL.sub(b'', seen)[-1000:]!r}")
            seen += os.read(screen, 65536)
        os.write(screen, typed.encode())
    try:
        while os.read(screen, 65536):
            pass
    except OSError:
        pass  # the program has ended
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main(sys.argv[1], sys.argv[2:])
