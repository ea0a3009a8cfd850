#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The quick proofs pass, and the runner cannot be made to say so when they should not."""

import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tap
from tap import ok

ROOT = os.path.realpath(os.environ.get("SRCDIR") or
                        os.path.join(os.path.dirname(__file__), "..", ".."))
OUT = os.path.abspath(os.environ.get("O") or os.path.join(ROOT, "build"))
PROVE = os.path.join(ROOT, "proofs", "prove")
TABLE = os.path.join(ROOT, "proofs", "properties.tsv")
# What is proved here: a few seconds each. `make prove` proves them all.
QUICK = ["S1.list_add", "S3", "S6.pop", "S6.push", "S6.close_open", "S6.get_freelist"]

# list_empty() of a list that is not empty, by what stands in its place.
STAND_IN = """#include "proofs/world/proof.h"
#include "slub/list.h"
bool list_empty_contract(const struct list_head *head)
{
	(void)head;
	return 1;
}
int main(void)
{
	struct list_head a, b;
	bool empty;
	INIT_LIST_HEAD(&a);
	list_add(&b, &a);
	empty = list_empty(&a);
	CLAIM(empty);
	return 0;
}
"""

# For each check of the language that the runner asks for, what breaks it and what then is said.
BROKEN = {
    "--bounds-check": ("int a[4]; a[number & 7] = 0;", "array 'a' upper bound"),
    "--pointer-check": ("int *p = yes ? &here : NULL; *p = 0;", "dereference failure: pointer NULL"),
    "--pointer-overflow-check": ("char *p = (char *)&here + (number & 7); (void)p;",
                                 "pointer arithmetic: pointer outside object bounds"),
    "--pointer-primitive-check": ("int *p; size_t n = __CPROVER_OBJECT_SIZE(p); (void)n;",
                                  "pointer invalid in __CPROVER_OBJECT_SIZE"),
    "--signed-overflow-check": ("here = nondet_bool() ? 2147483647 : 0; here++;",
                                "arithmetic overflow on signed +"),
    "--unsigned-overflow-check": ("number = number + 1;", "arithmetic overflow on unsigned +"),
    "--conversion-check": ("unsigned char c = number; (void)c;",
                           "arithmetic overflow on unsigned to unsigned type conversion"),
    "--div-by-zero-check": ("here = (int)(1 / number);", "division by zero"),
    "--undefined-shift-check": ("number = 1u << number;", "shift distance too large"),
    "--enum-range-check": ("enum two e = number; e = e == TWO ? ONE : e;", "enum range check"),
    "--malloc-may-fail": ("int *p = malloc(sizeof(*p)); CLAIM(p);", "CLAIM p"),
    "--malloc-fail-null": ("int *p = malloc(sizeof(*p)); *p = 1;", "dereference failure: pointer NULL"),
}
BROKEN_HEAD = """#include <stdlib.h>
#include "proofs/world/proof.h"
enum two { ONE, TWO };
int main(void)
{
	int here = 0;
	unsigned int number = nondet_uint();
	bool yes = nondet_bool();
"""

folder = tempfile.mkdtemp()
# Runs of this test keep their own results beside those of `make prove`.
out = os.path.join(folder, "out")
os.makedirs(out)
os.symlink(os.path.join(OUT, "cbmc"), os.path.join(out, "cbmc"))


def prove(*arguments, **environment):
    settings = {**os.environ, "O": out, "JOBS": "2", **environment}
    done = subprocess.run([PROVE, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=settings)
    return done.returncode, done.stdout


def expect(status, words, name, *arguments, **environment):
    code, text = prove(*arguments, **environment)
    missing = [word for word in words if word not in text]
    ok(code == status and not missing, name, f"status {code}, not {status}; missing: {missing}\n" + text)
    return text


def table(name, change=lambda row: row, rows=QUICK[:1]):
    """A table with some rows of the real one, changed."""
    with open(TABLE, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("#")]
    kept = [change(line.split("\t")) for line in lines[1:] if line.split("\t")[0] in rows]
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([lines[0]] + ["\t".join(row) for row in kept]) + "\n")
    return path


def with_column(column, value):
    def change(row):
        row[column] = value
        return row
    return change


def scratch_source(patch=None, edit=None):
    """A copy of slub/ with a defect."""
    copy = os.path.join(folder, "source")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "slub"), os.path.join(copy, "slub"))
    if patch:
        with open(os.path.join(ROOT, "proofs", "mutants", patch + ".patch"), "rb") as file:
            subprocess.run(["patch", "-p1", "-s"], stdin=file, cwd=copy, check=True)
    if edit:
        path = os.path.join(copy, edit[0])
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert text.count(edit[1]) == 1, edit
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(edit[1], edit[2]))
    return copy


def program(name, body):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(body)
    return os.path.relpath(path, ROOT)


try:
    # ---- what holds is proved, and the figures reach the file
    figures = os.path.join(folder, "figures.json")
    text = expect(0, ["proved", "list.h:"], "the quick set is proved", "--json", figures,
                  "--only", ",".join(QUICK))
    with open(figures, encoding="utf-8") as file:
        found = json.load(file)
    bad = [id_ for id_, p in found["properties"].items()
           if p["verdict"] != "proved" or not p["twin"]["claims"] or not p["reach"]["lines"]
           or p["twin"]["refuted"] != p["twin"]["claims"] or p["proof"]["clauses"] == 0]
    ok(len(found["properties"]) == len(QUICK) and not bad,
       "the figures name each property with claims, clauses and lines reached", str(bad))
    ok(found["mutants"] == found["mutants_refuted"] > len(QUICK), "every mutant is refuted", text)
    before = json.dumps({k: p["twin"]["refuted"] for k, p in found["properties"].items()})
    page = os.path.join(folder, "page.html")
    text = expect(0, ["cached", f"({len(QUICK)} of them cached or resumed)"],
                  "with --cached the table says which proofs come from an earlier run", "--cached",
                  "--json", figures, "--html", page, "--only", ",".join(QUICK))
    with open(figures, encoding="utf-8") as file:
        found = json.load(file)
    ok(all(part.get("source") == "cached" for p in found["properties"].values()
           for part in [p["proof"], p["twin"], p["reach"], *p["mutants"].values()]) and
       before == json.dumps({k: p["twin"]["refuted"] for k, p in found["properties"].items()}),
       "what is cached is what was found", json.dumps(found))
    with open(page, encoding="utf-8") as file:
        shown = file.read()
    ok(all(id_ in shown for id_ in found["properties"]) and "list-add-back-link" in shown and
       shown.startswith("<!doctype html>"), "the page names each property and mutant", shown)
    text = expect(0, ["proved"], "without --cached everything runs", "--only", "S1.list_add",
                  "--parts", "proof")
    ok("cached" not in text and "mutants" not in text.partition("proved")[2].partition("\n")[0],
       "with --parts proof only the proof runs", text)

    # ---- what is not as it was is said to be so
    wrong = os.path.join(folder, "baseline.tsv")
    with open(wrong, "w", encoding="utf-8") as file:
        file.write("id\ttier\tassumptions\tvariables\tseconds\n"
                   "S1.list_add\tpull-request\t1\t15000\t5\n")
    expect(1, ["over baseline", "2 assumptions, 1 in the baseline"],
           "an assumption more than in the baseline is noticed", "--only", "S1.list_add", "--cached",
           "--parts", "proof", "--baseline", wrong)
    with open(wrong, "w", encoding="utf-8") as file:
        file.write("S1.list_add\tpull-request\t2\t150000\t5\n")
    expect(1, ["over baseline", "150000 in the baseline"],
           "a proof that has become much smaller is noticed", "--only", "S1.list_add", "--cached",
           "--parts", "proof", "--baseline", wrong)
    with open(wrong, "w", encoding="utf-8") as file:
        file.write("S1.list_del\tpull-request\t2\t150000\t5\n")
    expect(1, ["it has no baseline"], "a proof without a baseline is noticed", "--only",
           "S1.list_add", "--cached", "--parts", "proof", "--baseline", wrong)
    with open(wrong, "w", encoding="utf-8") as file:
        file.write("S1.list_add\tpull-request\ttwo\t150000\t5\n")
    expect(2, ["baseline.tsv:1: id, tier, assumptions"], "a baseline that is none is refused",
           "--only", "S1.list_add", "--baseline", wrong)

    # ---- a run that is stopped goes on
    own = {**os.environ, "O": out, "JOBS": "1"}
    command = [PROVE, "--resume", "--parts", "proof,twin", "--only", "S1"]
    first = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=own, start_new_session=True)
    line = first.stdout.readline()
    time.sleep(0.1)
    first.send_signal(signal.SIGINT)
    rest = first.communicate()[0]
    ok(first.returncode == 3 and "proved" in line and "goes on from here" in rest,
       "a run that is stopped says that nothing is proved", line + rest)
    code, text = prove(*command[1:])
    ok(code == 0 and "resumed" in text and text.count("[") < 6,
       "and goes on where it was", f"status {code}\n{text}")
    code, text = prove(*command[1:])
    ok(code == 0 and "resumed" not in text, "what was finished is no run to go on with", text)

    # ---- what does not hold is refuted
    one = table("one.tsv", with_column(7, "list-add-tail-first"))
    source = scratch_source(patch="list-add-back-link")
    expect(1, ["refuted", "CLAIM made", "counterexample:", "repeat:"],
           "a defect planted into the core is refuted", "--table", one, "--source", source)
    source = scratch_source(edit=("slub/list.h", "PLAIN_WRITE(before->next, entry);",
                                  "PLAIN_WRITE(before[9].next, entry);"))
    expect(1, ["refuted", "outside object bounds"],
           "a write past an object is refuted", "--table", one, "--source", source)
    source = scratch_source(edit=("slub/list.h", "/* Puts @entry first. */",
                                  "/* Puts @entry first, changed. */"))
    expect(0, ["proved"], "a changed comment is no defect", "--table", one, "--source", source)
    source = scratch_source(edit=("slub/list.h", "PLAIN_WRITE(entry->prev, before);",
                                  "PLAIN_WRITE(entry->prev, before); __asm__ volatile(\"nop\");"))
    expect(3, ["not proved", "inline assembly"],
           "inline assembly, which CBMC would pass over, is not proved", "--table", one,
           "--source", source)

    # ---- each check of the language finds what it is for
    sys.path.insert(0, os.path.dirname(PROVE))
    loader = importlib.machinery.SourceFileLoader("prove", PROVE)
    runner = importlib.util.module_from_spec(importlib.util.spec_from_loader("prove", loader))
    loader.exec_module(runner)
    ok(set(runner.CHECKS) == set(BROKEN), "each check of the language has a program that breaks it",
       str(set(runner.CHECKS) ^ set(BROKEN)))
    for flag, (body, said) in BROKEN.items():
        name = flag.strip("-") + ".c"
        broken = program(name, BROKEN_HEAD + f"\t{body}\n\tCLAIM(yes || !yes);\n\treturn 0;\n}}\n")
        expect(1, ["refuted", name, said], f"{flag} finds what it is for", "--parts", "proof",
               "--table", table("broken.tsv", with_column(3, broken)))

    # ---- what proves nothing is said not to
    expect(3, ["not proved", "the bound is too small"], "a loop bound too small is not proved",
           "--table", table("unwind.tsv", with_column(6, "2")))
    expect(3, ["not proved", "out of time"], "no time is not proved", "--timeout", "1", "--table",
           table("slow.tsv", rows=["S1.list_del"]))
    expect(3, ["not proved"], "no memory is not proved", "--memory", "64", "--table",
           table("large.tsv", rows=["S1.list_del"]))
    expect(1, ["vacuous", "mutant list-del-back-link is not noticed"],
           "a mutant that survives makes the proof vacuous", "--table",
           table("mutant.tsv", with_column(7, "list-del-back-link")))
    head = '#include "proofs/world/proof.h"\n#include "slub/list.h"\nint main(void)\n{\n'
    head += "\tstruct list_head a, b;\n\tbool yes = nondet_bool();\n\tINIT_LIST_HEAD(&a);\n"
    head += "\tlist_add(&b, &a);\n\tCLAIM(a.next == &b && b.next == &a && a.prev == &b);\n"
    never = program("never.c", head + "\tASSUME(yes && !yes);\n\tCLAIM(a.next == &a);\n\treturn 0;\n}\n")
    expect(1, ["vacuous", "never true here, or never reached"],
           "a claim behind contradictory assumptions is vacuous", "--table",
           table("never.tsv", with_column(3, never)))
    none = program("none.c", head.replace("\tCLAIM", "\t(void)yes; (void)") + "\treturn 0;\n}\n")
    expect(3, ["not proved"], "a proof without a claim is not proved", "--table",
           table("none.tsv", with_column(3, none)))
    expect(3, ["not proved", "a source is not linked"], "a function without a body is not proved",
           "--table", table("body.tsv", with_column(4, "proofs/world/alone.c proofs/world/state.c"),
                            rows=["S6.get_freelist"]))

    # ---- what stands in for a function of a header
    expect(0, ["proved"], "calls go to what stands in for a function", "--table",
           table("stand_in.tsv", with_column(3, program("stand_in.c", STAND_IN))), "--parts", "proof")
    gone = program("gone.c", STAND_IN.replace("list_empty_contract", "list_nothing_contract"))
    expect(3, ["not proved", "list_nothing_contract() takes the place of no function"],
           "what stands in for no function proves nothing", "--table",
           table("gone.tsv", with_column(3, gone)), "--parts", "proof")

    # ---- wrong usage
    expect(2, ["--only S99: no such property", "S6.pop"], "an unknown id is refused",
           "--only", "S99")
    expect(2, ["--jobs 0: a whole number from 1 to 256 is allowed"], "no jobs are refused",
           "--jobs", "0")
    expect(2, ["--parts some: proof, twin, reach, mutants are allowed"],
           "an unknown part is refused", "--parts", "some")
    expect(2, ["--parts without proof"], "parts without the proof are refused", "--parts", "twin")
    expect(2, ["--budget 100: one run may take 200 MiB"],
           "a budget that holds no run is refused", "--budget", "100", "--memory", "200")
    expect(2, ["--accept goes with the tree's own table"],
           "a foreign table gives no baseline", "--accept", "--table", one)
    expect(2, ["unrecognized arguments: --fast"], "an unknown option is refused", "--fast")
    expect(2, ["nowhere.tsv: No such file"],
           "a missing table is refused", "--table", "nowhere.tsv")
    expect(2, ["bound 'OBJECTS=4/'"], "half a bound is refused", "--table",
           table("half.tsv", with_column(5, "OBJECTS=4/")))
    expect(2, ["unwind 'x': a number"], "a bound that is no number is refused", "--table",
           table("word.tsv", with_column(6, "x")))
    expect(2, ["8 fields; 9 are needed"], "a short line is refused", "--table",
           table("short.tsv", lambda row: row[:-1]))
    expect(2, ["no mutant proofs/mutants/nothing.patch"], "an unknown mutant is refused", "--table",
           table("nothing.tsv", with_column(7, "nothing")))
    source = scratch_source(edit=("slub/list.h", "PLAIN_WRITE(after->prev, entry);",
                                  "PLAIN_WRITE((after)->prev, entry);"))
    expect(2, ["list-add-back-link.patch does not apply"], "a mutant that does not apply is refused",
           "--table", table("apply.tsv"), "--source", source)
    expect(2, ["/nowhere/x.json: No such file"], "results that cannot be written are refused",
           "--table", one, "--json", "/nowhere/x.json")
    bare = os.path.join(folder, "bare")
    os.makedirs(bare)
    code, text = prove("--table", one, PATH="/usr/bin:/bin", O=bare) if not shutil.which(
        "cbmc", path="/usr/bin:/bin") else (2, "no cbmc: get it by  ci/cbmc")
    ok(code == 2 and "no cbmc: get it by  ci/cbmc" in text and text.count("\n") <= 1,
       "without the model checker one line says how to get it", text)
    expect(2, ["tier 'later': pull-request or nightly is allowed"], "another tier is refused",
           "--table", table("later.tsv", with_column(8, "later")))
    text = expect(0, ["0 of 1 mutants refuted, 1 explained"], "a mutant that is explained must survive",
                  "--parts", "proof,mutants", "--table",
                  table("explained.tsv", with_column(7, "merge-unaligned"), rows=["S9.find_mergeable"]))

    # ---- the commits of the explorer's scenarios
    both = {name: [1, 1] for name in runner.read_commits()}
    ok(not runner.commits_missed("L1.pairs", both), "commits that succeed and fail are in order")
    ok("the commit in cpu_slab_pop never fails" in
       "".join(runner.commits_missed("L1.pairs", {**both, "cpu_slab_pop": [7, 0]})),
       "a commit that never fails is noticed")
    ok("never succeeds" in
       "".join(runner.commits_missed("L1.pairs", {**both, "cpu_slab_push": [0, 7]})),
       "and one that never succeeds")
    ok("does not name the commit in anything" in
       "".join(runner.commits_missed("L1.pairs", {**both, "anything": [1, 1]})),
       "and one that nobody has named")
    del both["cpu_slab_close"]
    ok("no commit of that name" in "".join(runner.commits_missed("L1.pairs", both)),
       "and one that is no more")
    refuted = {"killed": True, "by": "a claim", "detail": []}
    ok("is explained, but refuted" in "".join(runner.explain(refuted, "some", "why")["detail"]),
       "a mutant that is explained and refuted after all is noticed")
    code, text = prove("--tier", "nightly", "--list")
    with open(TABLE, encoding="utf-8") as file:
        ids = [line.split("\t")[0] for line in file if "\tcbmc\t" in line]
    ok(code == 0 and all(id_ in text for id_ in ids) and len(ids) >= 10,
       "--list names every property of the larger tier", text)
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(tap.done())
