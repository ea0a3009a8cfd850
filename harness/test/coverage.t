#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The list of what is not reached names lines of the source, each with a reason; and ci/coverage
refuses nonsense and finds a list that is wrong. Whether the list is complete, make coverage says."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402

LIST = "harness/coverage/unreached.tsv"
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("coverage", os.path.join("ci", "coverage"))
coverage = importlib.util.module_from_spec(importlib.util.spec_from_loader("coverage", loader))
loader.exec_module(coverage)


def refuses(name, part, *options):
    done = subprocess.run(["ci/coverage", *options], capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 2 and part in done.stderr and len(done.stderr.splitlines()) == 1,
           name, done.stdout + done.stderr)


def in_source(row):
    """Whether the text of @row stands where the row says."""
    try:
        file = coverage.File(row.path)
    except OSError:
        return False
    if row.line > len(file.source):
        return False
    if row.what == "line":
        return file.source[row.line - 1].strip() == row.text
    # A condition may go on over some lines, which are one in the list.
    near = " ".join(line.strip() for line in file.source[row.line - 1:row.line + 5])
    return row.text in near


def check_compare():
    """What compare() says of a list, given what is reached."""
    place = ("alloc.c", 7, "true", "x > 1")
    row = coverage.Row("all", *place, "why")
    never, chance = [row], [row._replace(lanes="chance")]
    tap.ok(not coverage.compare("all", never, {place}), "a row for what is not reached is right")
    tap.ok(coverage.compare("all", [], {place}), "a missing row is found")
    tap.ok(coverage.compare("all", [row._replace(reason="")], {place}),
           "a row without a reason is found")
    tap.ok(coverage.compare("all", never, set()), "a row for what is reached is found")
    tap.ok(coverage.compare("all", [row._replace(line=8)], {place}), "another line is found")
    tap.ok(not coverage.compare("all", chance, set()) and
           not coverage.compare("all", chance, {place}), "what hangs on chance is either")
    line, outcome = row._replace(what="line", lanes="chance"), place[:2] + ("false", "another")
    tap.ok(not coverage.compare("all", [line], {outcome}) and
           coverage.compare("all", [line._replace(lanes="all")], {outcome}) and
           coverage.compare("all", [line._replace(line=8)], {outcome}),
           "so are the outcomes in a line that hangs on it, and in no other")
    corpus = [row._replace(lanes="corpus")]
    tap.ok(not coverage.compare("all", corpus, set()) and
           not coverage.compare("corpus", corpus, {place}) and
           coverage.compare("all", corpus, {place}) and
           coverage.compare("corpus", corpus, set(), {place}),
           "a row of the corpus is for the corpus alone")
    moved = coverage.updated("all", never, {place[:1] + (9,) + place[2:]})
    tap.ok(moved == [row._replace(line=9)], "an update moves a row with its reason", str(moved))


def main():
    refuses("without programs it is refused", "--lane, --profiles and a program", "--lane", "all")
    refuses("an unknown lane is refused", "'corpus', 'all'", "--lane", "some")
    refuses("a percentage beyond 100 is refused", "0 to 100 is allowed", "--lines", "101")
    refuses("a program that is not there is refused", "there is no such file", "--lane", "all",
            "--profiles", ".", "build/none/none")
    check_compare()
    rows = coverage.read_list(LIST)
    tap.ok(rows, f"{len(rows)} rows are in the list")
    for what, wrong in (("stands in the source", [row for row in rows if not in_source(row)]),
                        ("has a reason", [row for row in rows if not row.reason]),
                        ("is there once", [row for row in rows if rows.count(row) > 1])):
        tap.ok(not wrong, f"each row {what}", "\n".join("\t".join(map(str, r)) for r in wrong[:9]))
    return tap.done()


sys.exit(main())
