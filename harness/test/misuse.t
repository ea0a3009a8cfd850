#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each misuse under each setting of libslub prints what is expected, and the table says the same."""
import difflib
import importlib.machinery
import importlib.util
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402

path = os.path.join("harness", "misuse", "misuse")
loader = importlib.machinery.SourceFileLoader("misuse", path)
misuse = importlib.util.module_from_spec(importlib.util.spec_from_loader("misuse", loader))
loader.exec_module(misuse)


def compare(m, results, own):
	"""One test for each section of one misuse."""
	expected = misuse.read_expected(m.name)
	names = [misuse.section_name(*section) for section in misuse.sections()]
	tap.ok(sorted(expected) == sorted(names), f"{m.name}: the settings of its file are those there are",
	       f"{sorted(expected)}\n{sorted(names)}")
	for section, name in zip(misuse.sections(), names):
		found = misuse.normal_run(results[m.name, section], m.name, section[0], own)
		wanted = expected.get(name, [])
		tap.ok(found == wanted, f"{m.name}: {name}",
		       "\n".join(list(difflib.unified_diff(wanted, found, "expected", "found", lineterm="")) +
				 [f"to see it: {path} --show {m.name} '{name}'",
				  f"if it is right: {path} --update"]))


def main():
	if "-O0" in os.environ.get("CFLAGS", ""):
		# Nothing is inlined: the program's own functions are cut from the stacks' ends.
		print("1..0 # SKIP built with -O0: stacks of reports are deeper than what is kept of them")
		return 0
	wanted = misuse.misuses()
	results = misuse.run_all_slub(wanted)
	own = misuse.own_functions()
	for m in wanted:
		compare(m, results, own)
	files = {name[:-len(".txt")] for name in os.listdir(misuse.EXPECTED)}
	tap.ok(files == {m.name for m in wanted}, "no file is left over", files)
	with open(os.path.join("docs", "misuse.md"), encoding="utf-8") as file:
		text = file.read()
	for part, made in (("libslub", misuse.slub_table(wanted, results)), ("legend", misuse.LEGEND)):
		there = (misuse.between(text, part) or "").splitlines()
		tap.ok(there == made.splitlines(), f"docs/misuse.md: {part} is what was run",
		       "\n".join(list(difflib.unified_diff(there, made.splitlines(), "docs", "run", lineterm="")) +
				 ["to mend it: make misuse"]))
	return tap.done()


if __name__ == "__main__":
	sys.exit(main())
