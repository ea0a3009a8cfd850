#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The stress program: it is clean on the core in every build, says what it did, refuses nonsense.

That it finds defects, and how it tells them, is what harness/test/zoo.t shows.
"""

import json
import os
import signal
import subprocess
import tempfile
import time

from tap import ok

build = os.environ.get("O", "build")
plain, tsan, asan = (f"{build}/{v}/stress" for v in ("native", "native-tsan", "native-asan"))


def run(*command, timeout=120):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def refused(name, *options, allowed):
    done = run(plain, *options)
    lines = done.stderr.splitlines()
    ok(done.returncode == 2 and len(lines) == 1 and lines[0].startswith("stress: ")
       and allowed in lines[0] and options[0].split("=")[0] in lines[0],
       name, f"status {done.returncode}\n{done.stderr}")


def clean(name, *command):
    with tempfile.TemporaryDirectory() as folder:
        done = run(*command, "--json", "--findings", f"{folder}/f")
        try:
            result = json.loads(done.stdout)
        except ValueError:
            result = {}
        ok(done.returncode == 0 and result.get("findings") == 0 and result.get("epochs", 0) > 0
           and result.get("operations", 0) > 1000 and not os.path.exists(f"{folder}/f"),
           name, f"status {done.returncode}\n{done.stdout}{done.stderr}")
        return result


print("1..27")
refused("no threads are refused", "--threads", "0", allowed="from 1 to 256")
refused("too many threads are refused", "--threads", "257", allowed="from 1 to 256")
refused("a number of threads with a tail is refused", "--threads", "4x", allowed="from 1 to 256")
refused("negative time is refused", "--seconds", "-1", allowed="from 0.1 to 86400")
refused("time that is no number is refused", "--seconds", "nan", allowed="from 0.1 to 86400")
refused("no epochs are refused", "--epochs", "0", allowed="from 1 to 1000000")
refused("an unknown lane is refused", "--lane", "fast",
        allowed="all, objects, hot, caches, cpus, process, programs or traces")
refused("a negative seed is refused", "--seed", "-3", allowed="from 0 to")
refused("an unknown option is refused", "--bogus", allowed="--help")
done = run(plain, "--boot", "slab_max_order=99")
ok(done.returncode == 2 and "0 to 10" in done.stderr, "a bad boot option is refused with what is "
   "allowed", done.stderr)

# What a lane is there for has happened, not only been asked for.
DOES = {
    "objects": "bulks grace_periods refusals limits",
    "hot": "flushes moves",
    "caches": "caches_made bulks shrinks flushes validations attributes checks refusals",
    "cpus": "cpus_down moves nodes_off nodes_busy nodes_on caches_made",
    "process": "forks signals deaths grace_periods",
    "programs": "programs",
}
for lane, events in DOES.items():
    result = clean(f"lane {lane} is clean", plain, "--lane", lane, "--seconds", "1", "--seed", "7")
    missing = [event for event in events.split() if not result.get("events", {}).get(event)]
    if missing:
        print(f"# {missing} have not happened: {result.get('events')}")
    happened = not missing and (lane != "process" or result["events"]["signals"] > 1000)
    DOES[lane] = happened
ok(all(DOES.values()), "each lane has done what it is there for", str(DOES))


def drawn(seed):
    """What one thread on one cpu draws in two epochs: nothing else is left to chance."""
    done = run("taskset", "-c", str(min(os.sched_getaffinity(0))), plain, "--threads", "1",
               "--epochs", "2", "--lane", "caches", "--seconds", "60", "--seed", seed, "--json")
    result = json.loads(done.stdout)
    return result["digest"], result["operations"], result["epochs"], done.returncode


first, second, other = drawn("5"), drawn("5"), drawn("6")
ok(first == second and first[2:] == (2, 0), "a seed repeats the workload", f"{first}\n{second}")
ok(first != other, "another seed is another workload", f"{first}\n{other}")
clean("MSan reports nothing", f"{build}/native-msan/stress", "--seconds", "3")
clean("lane traces is clean", plain, "--lane", "traces", "--seconds", "1", "corpus/traces/jq.slubops",
      "corpus/traces/git.slubops")
done = run(plain, "--lane", "traces")
ok(done.returncode == 2 and "op programs are allowed as arguments" in done.stderr,
   "lane traces without one is refused", done.stderr)
clean("TSan reports nothing, with cpus that go down and up all the time",
      tsan, "--cpus-flip", "--seconds", "4", "--threads", "6")
clean("ASan and UBSan report nothing", asan, "--seconds", "3")
clean("one thread is enough", plain, "--threads", "1", "--seconds", "1")

first = clean("64 threads on few cpus are clean", plain, "--threads", "64", "--seconds", "1")

process = subprocess.Popen([plain, "--seconds", "60", "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
time.sleep(1)
process.send_signal(signal.SIGINT)
begin = time.time()
out, err = process.communicate(timeout=60)
try:
    result = json.loads(out)
except ValueError:
    result = {}
ok(process.returncode == 0 and result.get("interrupted") is True and result["operations"] > 0
   and time.time() - begin < 10, "an interrupt ends it in order, with its result", out + err)
