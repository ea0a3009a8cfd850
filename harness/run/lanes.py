# SPDX-License-Identifier: MIT
"""The lanes of the main job: what each runs, for how long, and what its result says.

A lane is a program of the harness that shows its progress by lines on standard output, ends
cleanly on SIGINT, and leaves a result as JSON. Here these results become the columns of the one
table: work done, rate, coverage or bound, findings.
"""

import os
import shutil


class Finding:
    def __init__(self, text, repeat, file=None):
        self.text, self.repeat, self.file = text, repeat, file

    def as_dict(self):
        return {"text": self.text, "repeat": self.repeat, "file": self.file}


class Result:
    def __init__(self, work="", rate="", coverage="", findings=(), details=(), broken=False,
                 inconclusive=False):
        self.work, self.rate, self.coverage = work, rate, coverage
        self.findings = list(findings)
        self.details = list(details)  # (title, lines) printed below the table
        self.broken = broken
        self.inconclusive = inconclusive

    def as_dict(self):
        return {"work": self.work, "rate": self.rate, "coverage": self.coverage,
                "findings": [finding.as_dict() for finding in self.findings],
                "broken": self.broken, "inconclusive": self.inconclusive}


class Lane:
    """What all lanes share; a lane says what differs."""

    name = what = ""
    needs = ()  # programs that must be on the machine

    def missing(self):
        gone = [tool for tool in self.needs if not shutil.which(tool)]
        return f"{', '.join(gone)} is not installed; ci/setup installs it" if gone else ""

    def seconds(self, context):
        """When it is asked to end, in seconds; None: it ends by itself."""
        return None

    def command(self, context, run):
        raise NotImplementedError

    def result(self, data, run, status):
        raise NotImplementedError


def number(value):
    return f"{int(value):,}"


def rate(count, seconds, unit):
    return f"{number(count / seconds)} {unit}/s" if seconds > 0 else ""


def share(context, part):
    """Seconds of one job: @part of the whole time."""
    return max(10, int(context.minutes * 60 * part))


def from_json(findings):
    """Findings as the lanes write them: text, repeat and where it is kept."""
    return [Finding(item["text"], item["repeat"], item.get("file")) for item in findings]


class Replay(Lane):
    name = "replay"
    what = "recorded traces and seeds: real threads, file order, simulated machine"

    def command(self, context, run):
        return ["harness/run/replay-lane", "--seconds", str(share(context, 0.1)),
                "--json", run.json, "--findings", context.findings]

    def result(self, data, run, status):
        ops, seconds = data["ops"], data["ops_seconds"]
        rates = ", ".join(f"{way} {number(ops[way] / seconds[way])}" for way in ops
                          if seconds[way] > 0)
        return Result(
            work=f"{number(sum(ops.values()))} ops in {number(data['replays'])} replays",
            rate=f"ops/s: {rates}",
            coverage=f"{data['files']} of {data['files_all']} programs in 3 ways",
            findings=from_json(data["findings"]), inconclusive=data["inconclusive"] > 0)


class Fuzz(Lane):
    """One engine on one target."""

    def __init__(self, name, engine, target, what, part):
        self.name, self.engine, self.target = name, engine, target
        self.what, self.part = what, part
        self.needs = ("afl-fuzz",) if engine == "afl" else ()

    def command(self, context, run):
        return ["harness/fuzz/fuzz-lane", "--engine", self.engine, "--target", self.target,
                "--seconds", str(share(context, self.part)), "--build", context.out,
                "--findings", context.findings, "--json", run.json]

    def result(self, data, run, status):
        coverage = f"{number(data['edges'])} edges, corpus {number(data['corpus'])}"
        if data.get("stability"):
            coverage += f", stability {data['stability']}"
        return Result(
            work=f"{number(data['executions'])} programs, {number(data['points'])} points",
            rate=f"{number(data['rate'])} exec/s", coverage=coverage,
            findings=from_json(data["findings"]),
            details=[(f"{number(data['inconclusive'])} inconclusive programs (step cap)", [])]
            if data["inconclusive"] else [])


class FuzzRates(Lane):
    name = "fuzz-rates"
    what = "executions per second of both fuzz targets next to an empty one, in one run"

    def command(self, context, run):
        return ["harness/fuzz/fuzz-lane", "--rates", "--seeds", "1", "--build", context.out,
                "--findings", context.findings, "--json", run.json]

    def result(self, data, run, status):
        lines = [f"{row['variant']:<6} {row['target']:<11} {number(row['cpu_rate']):>10} "
                 f"programs/s  {100 * row['of_empty']:6.1f} % of empty" for row in data]
        findings = [finding for row in data for finding in from_json(row["findings"])]
        return Result(work=f"{number(sum(row['executions'] for row in data))} programs",
                      coverage=f"{len(data)} targets", findings=findings,
                      details=[("programs of 12 operations a second of processor time", lines)])


class Proofs(Lane):
    name = "proofs"
    what = "CBMC on slub/*.c, each claim and its twin; every interleaving of pairs of operations"

    # What fits: lists, free pointers, slots and get_freelist into a minute, with their
    # mutants and lines reached; what frees and puts away slabs, and pairs into five; the tier of a pull
    # request into thirty. What was proved before with the same inputs is taken from there.
    SHORT = ["S1", "S3", "S6.pop", "S6.push", "S6.close_open", "S6.get_freelist"]
    USUAL = ["L1.pairs", "S1", "S3", "S6", "I1", "S2.kmalloc_slab", "S2.alignment"]

    def missing(self):
        return "" if os.path.exists(os.path.join(self.out, "cbmc", "bin", "cbmc")) else \
            "cbmc is not there; ci/cbmc fetches it"

    def command(self, context, run):
        self.out = context.out
        command = ["proofs/prove", "--cached", "--jobs", "1", "--json", run.json]
        if context.minutes < 5:
            return [*command, "--only", ",".join(self.SHORT)]
        if context.minutes < 30:
            command += ["--only", ",".join(self.USUAL)]
        return [*command, "--parts", "proof,twin"]

    def result(self, data, run, status):
        proved = data["counts"].get("proved", 0)
        properties = data["properties"]
        rows = properties.values() if isinstance(properties, dict) else properties
        findings = [Finding(f"{row['id']} is {row['verdict']}: {row['statement']}", row["repeat"])
                    for row in rows if row["verdict"] not in ("proved", "not proved")]
        unsure = any(row["verdict"] == "not proved" for row in rows)
        lines = []
        for row in rows:
            reached = "; ".join(
                f"{file} {spans(lines_hit)}" for file, (lines_hit, _) in
                sorted(row.get("reach", {}).get("lines", {}).items()))
            lines.append(f"{row['id']:<16} {row['verdict']:<10} "
                         f"{row['proof'].get('seconds', 0):6.1f} s  {reached}")
        return Result(
            work=f"{proved} of {len(rows)} properties proved",
            rate=f"{data['seconds']:.0f} s in all",
            coverage=f"{data['lines_reached']} source lines reached, "
                     f"{data['mutants_refuted']} of {data['mutants']} mutants refuted",
            findings=findings, inconclusive=unsure,
            details=[("verdict, seconds of the proof, and source lines reached", lines)])


def spans(lines):
    """1, 2, 3, 7 as 1-3,7."""
    out = []
    for line in sorted(lines):
        if out and line == out[-1][1] + 1:
            out[-1][1] = line
        else:
            out.append([line, line])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


class Stress(Lane):
    name = "stress-tsan"
    what = "many real threads under ThreadSanitizer"

    def command(self, context, run):
        return [os.path.join(context.out, "native-tsan", "stress"), "--cpus-flip",
                "--seconds", str(share(context, 0.2)), "--findings", context.findings,
                f"--json={run.json}"]

    def result(self, data, run, status):
        findings = [Finding(data["text"], data["repeat"], data["stored"] or None)] \
            if data["findings"] else []
        return Result(
            work=f"{number(data['operations'])} operations",
            rate=f"{number(data['operations_per_second'])} op/s",
            coverage=f"{data['threads']} threads, {number(data['epochs'])} epochs, "
                     f"seed {data['seed']}",
            findings=findings)


class Memcheck(Lane):
    name = "valgrind"
    what = "traces replayed under Valgrind's memcheck"
    needs = ("valgrind",)

    def command(self, context, run):
        # It prints its result; the shell puts it where results go.
        return ["bash", "-c", 'set -o pipefail; harness/stress/valgrind-lane --json "$@" >"$0"',
                run.json, "--seconds", str(share(context, 0.1)), "--findings", context.findings]

    def result(self, data, run, status):
        findings = [Finding(f"{data['errors']} memcheck errors", data["repeat"],
                            data["stored"] or None)] if data["findings"] else []
        return Result(
            work=f"{number(data['operations'])} operations",
            rate=rate(data["operations"], data["seconds"], "op"),
            coverage=f"{number(data['windows'])} windows of {data['files']} traces",
            findings=findings)


class Bench(Lane):
    name = "bench"
    what = "traces on libslub next to the C library's malloc: speed and peak memory"

    def command(self, context, run):
        return ["harness/bench/run_replay_bench"]

    def result(self, data, run, status):
        with open(run.log, encoding="utf-8", errors="replace") as log:
            lines = [line.rstrip() for line in log if line.strip()]
        return Result(work=f"{max(0, len(lines) - 1)} traces", broken=status != 0,
                      coverage="best of 60 replays each",
                      details=[("operations per second and peak memory of each trace", lines)])


# The long ones first: what is left of the time is filled by the short ones.
LANES = [
    Proofs(),
    Fuzz("fuzz-concurrent", "libfuzzer", "concurrent",
         "libFuzzer, several cpus and tasks, the schedule in the input", 0.45),
    Stress(),
    Fuzz("fuzz-sequential", "libfuzzer", "sequential", "libFuzzer, one task on one cpu", 0.25),
    Fuzz("fuzz-afl", "afl", "concurrent", "AFL++ on the concurrent target", 0.1),
    Replay(),
    Memcheck(),
    FuzzRates(),
    Bench(),
]
