#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Linux's own slab tests pass on libslub (harness/conformance); and what their runner refuses."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402

RUNNER = "harness/conformance/conformance"


def run(*arguments):
    return subprocess.run([RUNNER, *arguments], capture_output=True, text=True, check=False)


def refuses(name, message, *arguments):
    result = run(*arguments)
    tap.ok(result.returncode == 2 and message in result.stderr and not result.stdout, name,
           result.stdout + result.stderr)


def relay(output):
    """The runner's own tests, each with what it printed behind a failure."""
    tests = re.split(r"^(?=ok |not ok )", output, flags=re.M)[1:]
    for test in tests:
        verdict, name = re.match(r"(ok|not ok) \d+ - (.*)", test).groups()
        name, _, reason = name.partition(" # SKIP ")
        if reason:
            tap.skip(name, reason)
        else:
            tap.ok(verdict == "ok", name, test.partition("\n")[2].replace("# ", ""))
    return len(tests)


def main():
    with tempfile.TemporaryDirectory() as empty:
        refuses("a source that is no kernel tree is refused",
                f"--source {empty}: there is no lib/slub_kunit.c; a tree of Linux 6.12 is allowed",
                "--source", empty)
    refuses("an unknown part is refused", "invalid choice: 'nonsense'", "--only", "nonsense")
    result = run()
    if result.returncode == 2 and "cannot be fetched" in result.stderr:
        tap.skip("Linux's own tests", result.stderr.strip().splitlines()[0])
    else:
        count = relay(result.stdout)
        tap.ok(count >= 20 and result.returncode in (0, 1), f"the runner made {count} tests",
               result.stderr)
    return tap.done()


sys.exit(main())
