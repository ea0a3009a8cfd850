#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The harness finds the three planted defects that it must always find, and nothing without them."""

import json
import os
import subprocess
import tempfile

from tap import ok

ROOT = os.environ.get("SRCDIR", ".")
ZOO = os.path.join(ROOT, "harness", "zoo", "zoo")
REQUIRED = ("cas1", "frozen_discard", "deact_plain")


def run(*options):
    return subprocess.run(["/usr/bin/python3", ZOO, *options], capture_output=True, text=True)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return []


HARMLESS = """zoo: NONE

Changes a message only: no lane can see it.

lanes: stress

--- a/slub/pages/page_alloc.h
+++ b/slub/pages/page_alloc.h
@@ -1,1 +1,1 @@
-/* SPDX-License-Identifier: MIT */
+/* SPDX-License-Identifier: MIT, still */
"""

print("1..11")
with tempfile.TemporaryDirectory() as folder:
    done = run("--only", ",".join(REQUIRED), "--lane", "sim,stress", "--budget", "15", "--repeat",
               "--json", f"{folder}/json")
    said = done.stdout + done.stderr
    for line in done.stdout.splitlines():
        print(f"# {line}")
    results = read_json(f"{folder}/json")
    clean = [r for r in results if not r["defect"]]
    ok(len(clean) == 2 and not any(r["found"] for r in clean) and all(r["executions"] > 1000 for r in clean),
       "the core without a defect is silent", said)
    for name in REQUIRED:
        found = [r for r in results if r["defect"] == name and r["found"]]
        ok(found, f"{name} is found", said)
        ok(found and found[0].get("repeated"), f"the repeat command finds {name} again", said)
    ok(done.returncode == 0, "the zoo says that all is well", said)

    with open(f"{folder}/harmless.patch", "w", encoding="utf-8") as file:
        file.write(HARMLESS)
    done = run("--patches", folder, "--no-clean", "--budget", "1")
    ok(done.returncode == 1 and "MISSED" in done.stdout, "a defect that no lane sees is a failure",
       done.stdout + done.stderr)
    with open(f"{folder}/harmless.patch", "w", encoding="utf-8") as file:
        file.write(HARMLESS.replace("-/* SPDX", "-/* XSPDX"))
    done = run("--patches", folder, "--no-clean", "--budget", "1")
    ok(done.returncode == 2 and "does not apply" in done.stderr,
       "a patch that no longer applies is an error", done.stdout + done.stderr)
    done = run("--only", "nothing")
    ok(done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "cas1" in done.stderr,
       "an unknown defect is refused with those there are", done.stderr)
