# SPDX-License-Identifier: MIT
"""What proofs/prove shows of its results: the table, the lines reached, and a page of both."""

import html
import os

HEADS = ["property", "bound", "variables", "seconds", "MiB", "assumes", "verdict", "vacuity", "from"]


def ranges(numbers):
    text = []
    numbers = sorted(numbers)
    i = 0
    while i < len(numbers):
        j = i
        while j + 1 < len(numbers) and numbers[j + 1] == numbers[j] + 1:
            j += 1
        text.append(str(numbers[i]) if i == j else f"{numbers[i]}-{numbers[j]}")
        i = j + 1
    return ",".join(text)


def vacuity(result):
    """How it was shown that the proof can fail: claims refuted, lines reached, mutants killed."""
    words = []
    twin, reach, mutants = result["twin"], result["reach"], result["mutants"]
    if twin["claims"]:
        words.append(f"twin {twin['refuted']}/{twin['claims']}")
    reached = sum(len(lines) for lines, _ in reach["lines"].values())
    if reached:
        words.append(f"lines {reached}")
    if mutants:
        killed = sum(1 for mutant in mutants.values() if mutant.get("killed"))
        explained = sum(1 for mutant in mutants.values() if "explained" in mutant)
        words.append(f"mutants {killed}/{len(mutants)}" + (f"+{explained}" if explained else ""))
    return " ".join(words) or "-"


def source(result):
    """Whether the proof ran now, or was taken from an earlier run with the same inputs."""
    return result["proof"].get("source", "run")


def cells(row, result):
    proof = result["proof"]
    bound = " ".join(x for x in [row["bound"].lower(), "loops=" + row["unwind"].split()[0]] if x)
    return [row["id"], bound, str(proof.get("variables", 0)), f"{proof.get('seconds', 0):.1f}",
            str(proof.get("mib", 0)), str(proof.get("assumptions", 0)), result["verdict"],
            vacuity(result), source(result)]


def table(rows, results, out):
    form = "{:<24} {:<40} {:>9} {:>8} {:>5} {:>7}  {:<13} {:<32} {}"
    out(form.format(*HEADS))
    for row in rows:
        result = results[row["id"]]
        shown = cells(row, result)
        shown[1] = shown[1][:40]
        out(form.format(*shown))
        for line in result["detail"][:8]:
            out("    " + line)
        if "counterexample" in result["proof"]:
            out(f"    counterexample: {os.path.relpath(result['proof']['counterexample'])}")
        if result["verdict"] != "proved":
            out(f"    repeat: proofs/prove --only {row['id']}")
    return reached_lines(rows, results, out)


def reached_lines(rows, results, out):
    """Return: how many lines of slub/ are reached in all."""
    total = {}
    shown = []
    for row in rows:
        words = []
        for path, (reached, missed) in sorted(results[row["id"]]["reach"]["lines"].items()):
            words.append(f"{path}: {ranges(reached)}" + (f" !{ranges(missed)}" if missed else ""))
            total.setdefault(path, set()).update(reached)
        if words:
            shown.append(f"  {row['id']:<22} {'; '.join(words)}")
    lines = sum(len(lines) for lines in total.values())
    if shown:
        out("")
        out("Source lines of slub/ that executions of each proof reach; ! lines of entered functions "
            "that none reaches")
        for line in shown:
            out(line)
        out("")
        out("Lines reached in all: " +
            ", ".join(f"{path} {len(lines)}" for path, lines in sorted(total.items())) +
            f"; together {lines}")
    return lines


def mutant_rows(rows, results):
    """[(mutant, property, what became of it, what refuted it, seconds)]"""
    found = []
    for row in rows:
        for name, mutant in sorted(results[row["id"]]["mutants"].items()):
            found.append((name.partition("@")[0], row["id"],
                          "killed" if mutant.get("killed") else
                          "explained" if "explained" in mutant else "alive", mutant.get("by", ""),
                          f"{mutant.get('seconds', 0):.1f}"))
    return sorted(found)


STYLE = """body { font: 14px sans-serif; margin: 2em } table { border-collapse: collapse }
td, th { border-bottom: 1px solid #ccc; padding: 2px 8px; text-align: left; vertical-align: top }
.bad { background: #fdd } .detail { color: #800; font-family: monospace }"""


def html_table(heads, lines):
    text = ["<table><tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in heads) + "</tr>"]
    for good, line in lines:
        text.append(f"<tr{'' if good else ' class=bad'}>" +
                    "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>")
    return "\n".join(text + ["</table>"])


def page(rows, results, summary):
    properties = []
    for row in rows:
        result = results[row["id"]]
        line = cells(row, result) + [row["statement"]]
        line[-1] += "".join(" — " + detail for detail in result["detail"][:8])
        properties.append((result["verdict"] == "proved", line))
    mutants = [(mutant[2] != "alive", mutant) for mutant in mutant_rows(rows, results)]
    parts = ["<!doctype html><meta charset=utf-8><title>Proofs</title>", f"<style>{STYLE}</style>",
             "<h1>Proofs</h1>", f"<p>{html.escape(summary)}</p>",
             html_table(HEADS + ["statement"], properties)]
    if mutants:
        parts += ["<h2>Mutants</h2>",
                  html_table(["mutant", "property", "outcome", "refuted by", "seconds"], mutants)]
    return "\n".join(parts) + "\n"
