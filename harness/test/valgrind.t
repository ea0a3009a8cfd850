#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Valgrind lane: clean on the core, bounded in time, and clear about what it lacks."""

import json
import os
import subprocess
import tempfile

from tap import ok

ROOT = os.environ.get("SRCDIR", ".")
LANE = os.path.join(ROOT, "harness", "stress", "valgrind-lane")


def run(*options, path=None):
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = path
    return subprocess.run(["/usr/bin/python3", LANE, *options], capture_output=True, text=True,
                          env=environment, timeout=170)


print("1..6")
with tempfile.TemporaryDirectory() as folder:
    small = os.path.join(folder, "small.slubops")
    with open(small, "w", encoding="utf-8") as file:
        file.write("slubops 1\ncpus 2\ntasks 3\nt0: create kc0 align_log2=0 flags=ctor size=40\n")
        for i in range(3000):
            file.write(f"t{i % 3}: r{i % 50} = "
                       + (f"alloc kc0\n" if i % 2 else f"kmalloc size={i}\n"))
            if i % 5 == 0:
                file.write(f"t{(i + 1) % 3}: kfree r{(i * 7) % 50}\n")
    done = run("--seconds", "8", "--json", "--findings", f"{folder}/f", small)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = {}
    ok(done.returncode == 0 and result.get("errors") == 0 and result.get("operations", 0) > 1000
       and result.get("seconds", 99) < 30 and not os.path.exists(f"{folder}/f"),
       "threads on the core have no error under memcheck", done.stdout + done.stderr)

    done = run("--seconds", "5", path="/nonexistent")
    ok(done.returncode == 3 and done.stderr == "valgrind-lane: valgrind is missing: apt-get "
       "install valgrind\n", "without Valgrind it says what to install", done.stderr)
    done = run("--seconds", "0")
    ok(done.returncode == 2 and "5 to 86400" in done.stderr, "impossible time is refused",
       done.stderr)
    done = run("--fast")
    ok(done.returncode == 2 and "--seconds" in done.stderr, "an unknown option is refused",
       done.stderr)
    broken = os.path.join(folder, "broken.slubops")
    with open(broken, "w", encoding="utf-8") as file:
        file.write("slubops 1\nnonsense\n")
    done = run("--seconds", "5", broken)
    ok(done.returncode == 2 and f"{broken}:2:" in done.stderr, "a bad file is named with its line",
       done.stderr)
    done = run("--seconds", "5", os.path.join(folder, "none.slubops"))
    ok(done.returncode == 2 and "none.slubops" in done.stderr, "a missing file is named",
       done.stderr)
