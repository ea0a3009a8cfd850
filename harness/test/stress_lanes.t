#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The table of lanes: what it runs, what it refuses and what it skips; every failure of a seed."""

import glob
import os
import re
import subprocess
import tempfile

from tap import ok, run

BUILD = os.environ.get("O", "build")
LANES = "harness/stress/stress-lanes"
FAILURE = os.path.join(BUILD, "sim", "every_failure")


def refused(name, command, said):
    done = run(*command)
    ok(done.returncode == 2 and said in done.stderr and not done.stdout, name,
       f"status {done.returncode}\n{done.stdout}{done.stderr}")


print("1..17")
refused("an unknown lane is refused with those there are", [LANES, "--lanes", "plain,fast"],
        "--lanes fast: allowed are plain, hardened, debug, asan, msan, tsan, memcheck, every-fail")
refused("no time is refused", [LANES, "--seconds", "0"], "from 1 to 86400")
refused("negative time is refused", [LANES, "--seconds", "-3"], "from 1 to 86400")
refused("an unknown option is refused", [LANES, "--fast"], "--seconds, --seed, --lanes")

def make_says(*words):
    done = subprocess.run(["make", "-n", "SETUP=0", "stress", *words], capture_output=True, text=True,
                          timeout=60, env={k: v for k, v in os.environ.items() if "MAKE" not in k},
                          check=False)
    return done.stderr if done.returncode == 2 and not done.stdout else ""


known = re.search("allowed are (.*)", run(LANES, "--lanes", "fast").stderr)[1].split(", ")
ok(all("allowed are, with commas between them: " + " ".join(known) in make_says(f"LANES={wrong}")
       for wrong in ("fast", "plain,fast", "plain fast", "-")),
   "make refuses an unknown lane with those there are, before it builds", make_says("LANES=fast"))
ok(all("from 1 to 86400" in make_says(f"STRESS_SECONDS={wrong}") for wrong in ("-1", "0", "1.5", "x")),
   "make refuses impossible seconds before it builds", make_says("STRESS_SECONDS=-1"))

with tempfile.TemporaryDirectory() as folder:
    done = run(LANES, "--lanes", "plain,every-failure", "--seconds", "2", "--findings", folder)
    rows = dict(re.findall(r"^(\S+) +[\d.]+ +(\d+) +\d+ +0 ", done.stdout, re.M))
    ok(done.returncode == 0 and int(rows.get("plain", 0)) > 1000
       and int(rows.get("every-failure", 0)) > 100
       and done.stdout.endswith("2 lanes, 0 skipped, 0 unclear, 0 findings\n"),
       "each lane has a row, and there is a sum", done.stdout + done.stderr)
    done = run(LANES, "--lanes", "asan,memcheck", "--seconds", "1", O=folder)
    ok(done.returncode == 0 and "asan is skipped: " in done.stderr
       and "memcheck is skipped: " in done.stderr
       and "2 lanes, 2 skipped, 0 unclear, 0 findings" in done.stdout,
       "what is missing is skipped, said and counted", done.stdout + done.stderr)

    done = subprocess.run(["make", "SETUP=0", f"O={folder}/b", "stress", "LANES=msan,tsan",
                           "CLANG=no-such-clang"], capture_output=True, text=True, timeout=120,
                          env={k: v for k, v in os.environ.items() if "MAKE" not in k}, check=False)
    ok(done.returncode == 0 and "msan is skipped: no-such-clang is missing" in done.stderr
       and done.stdout.endswith("2 lanes, 2 skipped, 0 unclear, 0 findings\n")
       and "CC" not in done.stdout, "make skips the lanes of a compiler that is missing, and says so",
       done.stdout + done.stderr)

# A stress that finds something outside of op programs, and then in one.
FAKE = """#!/bin/bash
for word; do
	case $word in
	--json=*) json=${word#--json=} ;;
	programs) program=/nonexistent-program.txt ;;
	esac
done
echo '{"operations": 5, "findings": 1, "text": "L1: planted", "repeat": "x", "op_program": "'$program'"}' >"$json"
exit 1
"""
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(os.path.join(folder, "native"))
    path = os.path.join(folder, "native", "stress")
    with open(path, "w", encoding="utf-8") as file:
        file.write(FAKE)
    os.chmod(path, 0o755)
    done = run(LANES, "--lanes", "plain", "--seconds", "1", O=folder)
    ok(done.returncode == 1 and "plain: L1: planted\nrepeat: x\n" in done.stderr
       and "shrink: --slubcheck " + folder in done.stderr,
       "what is found outside of op programs is looked for in them, and made small",
       done.stdout + done.stderr)

PLANTED = "harness/stress/planted"
refused("planted refuses impossible time", [PLANTED, "--seconds", "0"], "from 1 to 3600")
refused("planted refuses an unknown defect", [PLANTED, "--defects", "none"],
        "--defects none: allowed are ")
refused("planted refuses an unknown lane", [PLANTED, "--lanes", "all"], "allowed are plain, ")
refused("every_failure wants files", [FAILURE, "--seconds", "3"], "FILE...")
refused("every_failure names a file that is not there", [FAILURE, "/nonexistent.txt"],
        "/nonexistent.txt")
done = run(FAILURE, "corpus/seeds/groups.txt")
rows = {names: [int(x) for x in numbers.split()]
        for *names, numbers in re.findall(r"^(\w+) +(\w+) +((?:\d+ *){6})$", done.stdout, re.M)
        for names in [tuple(names)]}
ok(done.returncode == 0 and " 0 not met" in done.stdout and {("page", "objects"),
   ("percpu", "caches"), ("object", "accounting")} <= set(rows)
   and all(once == from_ == sum(row[1:3]) == sum(row[4:]) for row in rows.values()
           for once, from_ in [row[::3]])
   and rows["object", "objects"][0] > 5 and rows["object", "objects"][1] > 0,
   "each attempt of a seed fails once, and with all after it", done.stdout + done.stderr)
files = sorted(glob.glob("corpus/seeds/*.txt") + glob.glob("corpus/minimised/*/*.slubops"))
done = run(FAILURE, *files)
met = set(re.findall(r"^\w+ +(\w+) +[1-9]", done.stdout, re.M))
ok(done.returncode == 0 and " 0 left" in done.stdout and " 0 not met" in done.stdout
   and {"objects", "caches", "accounting", "tracks", "nodes"} <= met,
   "the corpus has failures of pages, accounting, tracks, caches and nodes",
   done.stdout + done.stderr)
