#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pressure: a small run is clean and in proportion; what grows otherwise, and what is wrong, is told."""

import os
import tempfile

from tap import ok, refused, run

BUILD = os.environ.get("O", "build")
REPORT = "harness/stress/pressure-report"
PLANTED = os.path.join(BUILD, "native", "pressure-planted")
PROGRAM = os.path.join(BUILD, "native", "pressure")


print("1..12")
refused("an impossible divisor is refused", REPORT, "--divide", "0", allowed="from 1 to 1000")
refused("an unknown scenario is refused", REPORT, "--only", "all",
        allowed="allowed are caches, objects, slabs, limits, group")
refused("an unknown option is refused", REPORT, "--fast", allowed="--divide, --state")
refused("no objects are refused", PROGRAM, "objects", "0", "1", allowed="from 1 to")
refused("an unknown scenario of the program is refused", PROGRAM, "all", allowed="usage: pressure")

with tempfile.TemporaryDirectory() as folder:
    few = (REPORT, "--divide", "200", "--state", folder)
    done = run(*few, "--only", "caches,objects,slabs")
    ok(done.returncode == 0 and done.stdout.endswith(" 0 findings\n")
       and "objects: 250000 live objects" in done.stdout and "5000 slabs" in done.stdout,
       "memory of caches, objects and slabs grows in proportion", done.stdout + done.stderr)
    with open(os.path.join(folder, "report.txt"), encoding="utf-8") as file:
        ok(file.read() == done.stdout, "the report is kept", done.stdout)

    done = run(*few, "--only", "objects", "--program", PLANTED, PLANT="objects")
    ok(done.returncode == 1 and "FINDING: objects: " in done.stdout
       and " are expected" in done.stdout, "every twentieth object lost is a finding",
       done.stdout + done.stderr)
    done = run(*few, "--only", "objects", "--program", PLANTED, PLANT="")
    ok(done.returncode == 0, "the same program is clean when it loses none",
       done.stdout + done.stderr)

    done = run(REPORT, "--divide", "10", "--state", folder, "--only", "caches", "--program", PLANTED,
               PLANT="time")
    ok(done.returncode == 1 and "FINDING: making caches, 1 cpus: one takes" in done.stdout,
       "caches that take the longer the more there are are a finding", done.stdout + done.stderr)

    done = run("/usr/bin/python3", *few, "--only", "objects", PATH="/nonexistent")
    ok(done.returncode == 0 and "plot is skipped: gnuplot is missing" in done.stderr
       and "1 scenarios, 1 skipped, 0 findings" in done.stdout,
       "without gnuplot the plot is skipped, said and counted", done.stdout + done.stderr)

    done = run(PROGRAM, "space", "8")
    ok(done.returncode not in (0, 1, 2) and "no address space can be reserved" in done.stderr,
       "where there is no room for anything the allocator says so", done.stdout + done.stderr)
