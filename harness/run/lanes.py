# SPDX-License-Identifier: MIT
"""The lanes of the main job: what each runs, for how long, and what its result says.

A lane is a program of the harness that shows its progress by lines on standard output, ends
cleanly on SIGINT, and leaves a result as JSON. Here these results become the columns of the one
table: work done, rate, coverage or bound, findings.
"""

import glob
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
