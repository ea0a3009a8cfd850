#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The soak: slices in turn, what it refuses, that it goes on after an interrupt or a kill, and that
it finds what drifts."""

import json
import os
import signal
import subprocess
import tempfile
import time

from tap import ok, run

BUILD = os.environ.get("O", "build")
SOAK = "harness/stress/soak"
PLANTED = os.path.join(BUILD, "native", "stress-planted")


def soak(*options, timeout=120, **environment):
    return run(SOAK, *options, timeout=timeout, **environment)


def refused(name, *options, allowed):
    done = soak(*options)
    ok(done.returncode == 2 and done.stderr.count("\n") == 1 and allowed in done.stderr
       and options[0] in done.stderr and not done.stdout, name, done.stdout + done.stderr)


def make_refuses(*words, allowed):
    done = subprocess.run(["make", "-n", "SETUP=0", "soak", *words], capture_output=True, text=True,
                          timeout=60, env={k: v for k, v in os.environ.items() if "MAKE" not in k},
                          check=False)
    return done.returncode == 2 and allowed in done.stderr and "CC" not in done.stdout


print("1..16")
refused("no time is refused", "--hours", "0", allowed="from 0.001 to 10000")
refused("negative time is refused", "--hours", "-1", allowed="from 0.001 to 10000")
refused("a slice above an hour is refused", "--slice", "61", allowed="from 0.01 to 60")
refused("no threads are refused", "--threads", "0", allowed="from 1 to 256")
refused("an unknown lane is refused", "--lanes", "plain,fast", allowed="plain, hardened, debug")
refused("an unknown option is refused", "--fast", allowed="--hours, --state")
ok(all(make_refuses(f"HOURS={hours}", allowed="from 0.001 to 10000")
       for hours in ("-1", "0", "1x", "10001", "1.2.3", "")),
   "make refuses such hours before it builds")

with tempfile.TemporaryDirectory() as folder:
    state = os.path.join(folder, "a")
    few = ("--state", state, "--threads", "4", "--slice", "0.04")
    done = soak("--hours", "0.002", *few)
    with open(os.path.join(state, "report.txt"), encoding="utf-8") as file:
        report = file.read()
    ok(done.returncode == 0 and report.endswith(" 0 findings\n") and report in done.stdout
       and all(f" {lane} " in report for lane in ("plain", "hardened", "debug")),
       "each lane has its slice, and the report is kept", done.stdout + done.stderr)
    slices = report.count("\n") - 2
    done = soak("--hours", "0.002", *few)
    ok(done.returncode == 0 and report in done.stdout, "what is done is not done again",
       done.stdout + done.stderr)

    process = subprocess.Popen([SOAK, "--hours", "0.02", *few], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        with open(os.path.join(state, "state.json"), encoding="utf-8") as file:
            if any(row["running"] for row in json.load(file)["slices"]):
                break
        time.sleep(0.1)
    done = soak("--hours", "1", *few)
    ok(done.returncode == 2 and "another soak works there" in done.stderr,
       "two soaks in one folder are refused", done.stdout + done.stderr)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    ok(process.returncode == 0 and "  interrupted\n" in out and "goes on: " in out,
       "an interrupt ends the slice in order", out + err)
    done = soak("--hours", "0.003", *few)
    ok(done.returncode == 0 and done.stdout.count("\n  ") > slices
       and done.stdout.count("interrupted") == 1, "it goes on where it stopped",
       done.stdout + done.stderr)

    # A soak that was killed, slice and all: only its samples are left.
    names = ("seconds operations epochs seed resident_kib arena_pages used_pages slab_pages "
             "other_pages caches slabs live checks alloc_fastpath alloc_slowpath free_fastpath "
             "free_slowpath free_frozen cpu_partial_alloc cpu_partial_free cpu_partial_node "
             "alloc_from_partial alloc_slab free_slab alloc_refill").split()
    sample = dict.fromkeys(names, 0) | {"used_pages": 13, "slab_pages": 5, "other_pages": 8}

    def killed(name, change):
        state = os.path.join(folder, name)
        os.makedirs(state)
        row = {"lane": "plain", "seed": 1, "threads": 4, "running": True, "seconds": 0,
               "operations": 0, "checks": 0, "finding": "", "repeat": "", "interrupted": False,
               "nr_samples": 0, "samples": "slice-0.tsv"}
        with open(os.path.join(state, "state.json"), "w", encoding="utf-8") as file:
            json.dump({"slices": [row]}, file)
        with open(os.path.join(state, "slice-0.tsv"), "w", encoding="utf-8") as file:
            file.write("\t".join(names) + "\n")
            for at in range(20):
                values = sample | {"seconds": at / 2 + 0.1}
                change(values, at)
                file.write("\t".join(str(values[n]) for n in names) + "\n")
            file.write("10.1\t7")  # cut off
        return soak("--hours", "0.001", "--state", state)

    done = killed("b", lambda values, at: None)
    ok(done.returncode == 0 and ", 20 samples, 0 findings" in done.stdout
       and "interrupted" in done.stdout, "a slice that was killed counts as far as its samples go",
       done.stdout + done.stderr)

    def drifts(values, at):
        values["arena_pages"] = 1024 * at

    done = killed("c", drifts)
    ok(done.returncode == 1 and "arena_pages drifts" in done.stdout, "a growing arena is a finding",
       done.stdout + done.stderr)

    def disagrees(values, at):
        values["live"] = at // 15
        values["free_slab"] = 200 if at == 19 else 0

    done = killed("d", disagrees)
    ok(done.returncode == 1 and "live is 1 after 8 s, and was 0" in done.stdout
       and "      6  live" in done.stdout,
       "figures that differ, and statistics that disagree, are findings", done.stdout + done.stderr)

    done = soak("--hours", "0.005", "--lanes", "plain", "--threads", "1", "--state",
               os.path.join(folder, "e"), "--program", PLANTED, PLANT="heap")
    ok(done.returncode == 1 and "resident_kib drifts" in done.stdout,
       "memory that a program loses outside of the arena is found", done.stdout + done.stderr)
