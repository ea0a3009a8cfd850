#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job's frame: refusals, a run of a few short lanes, what it writes, Ctrl-C, and that a
# finding, a broken lane and a lane whose tool is missing show in table and exit status. The
# lanes of this test are small programs of its own; the real ones have tests of their own.
set -u
cd "${SRCDIR:-.}" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
tests=0

check() { # DESCRIPTION COMMAND...
	local what=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$scratch/said" 2>&1; then
		echo "ok $tests - $what"
	else
		echo "not ok $tests - $what"
		sed 's/^/# /' "$scratch/said"
	fi
}

refused() { # TEXT ARGUMENT...
	local text=$1 status=0
	shift
	harness/run/run "$@" >"$scratch/out" 2>&1 </dev/null || status=$?
	cat "$scratch/out"
	[ "$status" = 2 ] && grep -qF -- "$text" "$scratch/out" && [ "$(wc -l <"$scratch/out")" = 1 ]
}

check "minutes out of range are refused" \
	refused "--minutes 0: a whole number from 1 to 10000 is allowed" --minutes 0
check "minutes that are no number are refused" \
	refused "--minutes x: a whole number from 1 to 10000 is allowed" --minutes x
check "jobs out of range are refused" \
	refused "--jobs 257: a whole number from 1 to 256 is allowed" --jobs 257
check "an unknown lane is refused with the known ones" \
	refused "--lane nosuch: allowed are proofs, fuzz-concurrent" --lane nosuch

check "an unknown option is refused in one line" refused "arguments: --nonsense" --nonsense
check "findings that cannot be kept are refused" \
	refused "--findings /proc/none: No such file" --findings /proc/none --out "$scratch/out.d"
check "a build folder that cannot be written is refused" \
	refused "--out /proc/none/run: No such file" --out /proc/none

lane_refused() { # STATUS ARGUMENT...
	local status=0
	harness/run/replay-lane "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
	cat "$scratch/out" "$scratch/err"
	[ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ]
}
check "replay-lane: an unknown option is refused in one line" lane_refused --nonsense
check "replay-lane: a result that cannot be written is refused in one line" \
	lane_refused --seconds 1 --json /proc/none corpus/seeds/chain.txt

listed() {
	harness/run/run --list >"$scratch/list" || return 1
	cat "$scratch/list"
	for lane in proofs fuzz-concurrent fuzz-sequential fuzz-afl replay stress-tsan valgrind; do
		grep -q "^$lane " "$scratch/list" || return 1
	done
}
check "the lanes of the main job are listed" listed

# A copy of the frame with lanes of our own in place of lanes.py's list.
mkdir -p "$scratch/tree/harness/run"
cp harness/run/run "$scratch/tree/harness/run/"
cp harness/run/lanes.py "$scratch/tree/harness/run/lanes.py"
cat >>"$scratch/tree/harness/run/lanes.py" <<'PY'


class Script(Lane):
    def __init__(self, name, script, limit=None, needs=()):
        self.name, self.what, self.script = name, name, script
        self.limit, self.needs = limit, needs

    def seconds(self, context):
        return self.limit

    def command(self, context, run):
        return ["bash", "-c", self.script, run.json, context.findings]

    def result(self, data, run, status):
        return Result(work=f"{data['work']} steps", findings=from_json(data["findings"]),
                      inconclusive=bool(data.get("inconclusive")))


DONE = '''echo going; printf '{"work": 3, "findings": []}' >"$0"'''
LOOP = '''trap 'printf "{\\"work\\": 9, \\"findings\\": []}" >"$0"; exit 0' INT
echo started; while :; do sleep 0.1; done'''
FOUND = '''printf '{"work": 1, "findings": [{"text": "an object twice", "file": "%s/x.slubops", ''' \
    '''"repeat": "slubcheck replay x"}]}' "$1" >"$0"; exit 1'''
LANES = [
    Script("clean", DONE),
    Script("timed", LOOP, limit=1),
    Script("endless", LOOP, limit=600),
    Script("resultless", "trap 'exit 3' INT; echo started; while :; do sleep 0.1; done"),
    Script("found", FOUND),
    Script("crash", "echo on the way; exit 2"),
    Script("silent", "exit 0"),
    Script("unsure", '''printf '{"work": 2, "findings": [], "inconclusive": 1}' >"$0"; exit 3'''),
    Script("toolless", DONE, needs=("a-tool-that-is-not-there",)),
]
PY

run_own() { # STATUS ARGUMENT...
	local want=$1 status=0
	shift
	"$scratch/tree/harness/run/run" --out "$scratch/out.d" --findings "$scratch/found.d" "$@" \
		>"$scratch/out" 2>&1 </dev/null || status=$?
	cat "$scratch/out"
	echo "exit status $status, wanted $want"
	[ "$status" = "$want" ]
}
says() { grep -qE -- "$1" "$scratch/out"; }

clean() { run_own 0 --lane clean --lane timed && says "^clean +3 steps .* 0 " &&
	says "^timed +9 steps" && says "2 lanes, 0 findings, 0 broken, 0 skipped"; }
check "a clean run ends with 0, and a lane whose time is over is asked to end" clean
found() { run_own 1 --lane found --lane clean && says "finding 1, found: an object twice" &&
	says "repeat by slubcheck replay x" && says "kept as .*x.slubops"; }
check "a finding ends it with 1, and is named with its file and the command that repeats it" found
broken() { run_own 2 --lane crash --lane clean && says "crash could not do its work" &&
	says "on the way"; }
check "a lane that cannot do its work is not taken for a clean one" broken
silent() { run_own 2 --lane silent && says "silent could not do its work|broken"; }
check "a lane that ends without a result is not taken for a clean one" silent
unsure() { run_own 3 --lane unsure; }
check "an inconclusive lane ends it with 3" unsure
toolless() { run_own 3 --lane toolless --lane clean &&
	says "skipped: a-tool-that-is-not-there is not installed" && says "1 skipped"; }
check "a lane whose tool is missing is skipped loudly and counted" toolless
kept() { run_own 0 --lane clean && python3 -c "
import json
lanes = json.load(open('$scratch/out.d/run/summary.json'))
assert lanes[0]['lane'] == 'clean' and lanes[0]['work'] == '3 steps', lanes"; }
check "the summary is kept as JSON" kept

interrupted() {
	"$scratch/tree/harness/run/run" --out "$scratch/out.d" --findings "$scratch/found.d" \
		--jobs 1 --lane endless --lane unsure >"$scratch/out" 2>&1 </dev/null &
	local pid=$! status=0
	for _ in $(seq 100); do
		grep -q started "$scratch/out.d/run/endless/log.txt" 2>/dev/null && break
		sleep 0.1
	done
	"$scratch/tree/harness/run/run" --out "$scratch/out.d" --findings "$scratch/found.d" \
		--lane clean >"$scratch/second" 2>&1 </dev/null
	local second=$?
	cat "$scratch/second"
	kill -INT "$pid"
	wait "$pid" || status=$?
	cat "$scratch/out"
	echo "exit status $status; of the second run, $second"
	[ "$second" = 2 ] && grep -q "another run is at work there" "$scratch/second" &&
		[ "$status" = 3 ] && says "^endless +9 steps" && says "^unsure +not started: interrupted" &&
		says "interrupted$"
}
interrupted_without_result() {
	"$scratch/tree/harness/run/run" --out "$scratch/out.d" --findings "$scratch/found.d" \
		--lane resultless >"$scratch/out" 2>&1 </dev/null &
	local pid=$! status=0
	for _ in $(seq 100); do
		grep -q started "$scratch/out.d/run/resultless/log.txt" 2>/dev/null && break
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || status=$?
	cat "$scratch/out"
	echo "exit status $status"
	[ "$status" = 3 ] && says "^resultless +interrupted before a result" && says " 0 broken"
}
rm -rf "$scratch/out.d"
check "a lane that Ctrl-C cuts short before its result is not broken" interrupted_without_result
rm -rf "$scratch/out.d"
check "Ctrl-C ends every lane and prints the summary; meanwhile a second run is refused" interrupted

echo "1..$tests"
