# SPDX-License-Identifier: MIT
"""What the tests that are Python programs say to prove: one line a test, detail when it failed."""

import os
import subprocess

DETAIL_LINES_MAX = 60  # the last ones of what a failed test has to show

_count = 0
_failed = 0


def ok(good, name, detail=""):
    """One test: passed if @good; @detail is shown if not. Returns @good."""
    global _count, _failed
    _count += 1
    _failed += not good
    print(f"{'ok' if good else 'not ok'} {_count} - {name}", flush=True)
    if not good:
        for line in str(detail).splitlines()[-DETAIL_LINES_MAX:]:
            print(f"# {line}", flush=True)
    return good


def skip(name, reason):
    """One test that cannot be made here: counted as skipped."""
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {reason}", flush=True)


def run(*command, timeout=250, **environment):
    """Runs @command, with changes to its environment, for @timeout seconds at most."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, **environment})


def refused(name, *command, allowed):
    """One test: @command ends with 2 and one line of error that holds @allowed, no other."""
    done = run(*command)
    ok(done.returncode == 2 and done.stderr.count("\n") == 1 and allowed in done.stderr
       and not done.stdout, name, done.stdout + done.stderr)


def status():
    """The exit status of a test whose plan was printed first."""
    return 1 if _failed else 0


def done():
    """Prints the plan of a test that knew none; the exit status."""
    print(f"1..{_count}")
    return status()
