#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What stress has found in an op program: it is stored, made small, and swept."""

import os
import random
import re
import tempfile

from tap import ok, refused, run

BUILD = os.environ.get("O", "build")
SHRINK = "harness/stress/shrink"
NATIVE = os.path.join(BUILD, "native", "slubcheck-planted")
SIM = os.path.join(BUILD, "sim", "slubcheck-sim-planted")


print("1..8")
refused("no file is refused", SHRINK, allowed="one FILE is allowed")
refused("an unknown option is refused", SHRINK, "--fast", "x", allowed="--seconds, --out")
refused("impossible time is refused", SHRINK, "--seconds", "1", "x", allowed="from 5 to 86400")
refused("a missing file is named", SHRINK, "/nonexistent.txt", allowed="/nonexistent.txt: ")

with tempfile.TemporaryDirectory() as folder:
    path, small = (os.path.join(folder, name) for name in ("p-program.txt", "p-small.txt"))
    draws = random.Random(3)
    lines = ["slubops 1", "cpus 2", "tasks 2", "seed 0x5"]
    for i in range(600):
        task = draws.randrange(2)
        lines.append(f"t{task}: r{i % 150} = kmalloc size={77 if i % 3 else 40}" if i % 4 else
                     f"t{task}: kfree r{draws.randrange(150)}")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    done = run(SHRINK, "--seconds", "40", "--slubcheck", NATIVE, "--sim", SIM, path, PLANT="double")
    with open(small, encoding="utf-8") as file:
        left = file.read().count("kmalloc")
    ok(done.returncode == 1 and left < 400 and "overlaps a live object" in done.stdout,
       "what fails on real threads is made small", done.stdout + done.stderr)
    ok(" schedules fail" in done.stdout and "minimized: " in done.stdout
       and run(SIM, "replay", "--world", "sim", small[:-4] + "-sim.txt").returncode == 1,
       "it is swept, and the schedule that fails is minimized", done.stdout + done.stderr)

    done = run(SHRINK, "--seconds", "6", path)
    ok(done.returncode == 0 and re.search(r": clean in [1-9]\d* runs", done.stdout),
       "what fails no more is said to be clean", done.stdout + done.stderr)

    with open(path, "w", encoding="utf-8") as file:
        file.write("slubops 1\nt0: nonsense\n")
    refused("what is no op program is refused", SHRINK, path, allowed="refuses the program")
