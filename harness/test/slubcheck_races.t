#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck sweep, minimize, timeline and triage as people call them: on a race that is planted into
# kmalloc(), on clean programs, on nonsense, with what cannot be written, and interrupted.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native/slubcheck") || exit 1
planted=$(realpath "$O/sim/slubcheck-sim-planted") || exit 1
seeds=$(realpath corpus/seeds)
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# refuses MESSAGE ARGUMENT...
refuses()
{
	local message="slubcheck: $1"
	shift
	refused_with "$message" "$slubcheck" "$@"
	ok "refused: slubcheck $*"
}

# The number that the sweep table in out has in column $1 for $2 preemptions.
cell()
{
	awk -v c="$1" -v k="$2" '/^ +preemptions/ { on = 1; next } on && $1 == k { print $c; exit }' out
}

# What two tasks do of which the second comes into the first one's kmalloc().
cat >base.txt <<'END'
slubops 1
cpus 2
tasks 3
seed 0x5
t0: r5 = kmalloc size=1000
t0@c1: r9 = kmalloc size=32 gfp=zero
t0: r3 = kmalloc size=77
t1: r4 = kmalloc size=77
t1: r6 = kmalloc size=40
t2: r7 = kmalloc size=200
t0: kfree r9
END
sed 's/size=77/size=76/' base.txt >clean.txt
printf 'slubops 1\ntasks 2\nt0: r0 = kmalloc size=77\nt1: r1 = kmalloc size=77\n' >two.txt
sed 's/size=77/size=78/' two.txt >crash.txt
sed 's/size=77/size=79/' two.txt >hang.txt

# ---- sweep

run 0 "$slubcheck" sweep -k 1 clean.txt && says out 'clean.txt: 3 tasks, 7 records, ' &&
	[ "$(cell 2 0)" = 1 ] && [ "$(cell 2 1)" -gt 50 ] && [ "$(cell 3 1)" = 0 ]
ok 'sweep: a clean program'
run 0 "$slubcheck" sweep -q clean.txt -k 0 && [ ! -s out ] && [ ! -s err ]
ok 'sweep: quiet is quiet'
run 0 "$slubcheck" sweep -q -k 1 - <clean.txt
ok 'sweep: standard input'
run 1 "$planted" sweep -k 1 base.txt && [ "$(cell 3 0)" = 0 ] && [ "$(cell 3 1)" -ge 1 ] &&
	says out "base.txt: FINDING: $(cell 3 1) of $((1 + $(cell 2 1))) schedules fail" \
		'oracle 1, L1: overlaps a live object' '     first: @+'
ok 'sweep: a race, how many schedules fail, and which is the first'
run 1 "$planted" sweep -k 1 two.txt && cp out one &&
	run 1 "$planted" sweep --preemptions=2 two.txt && cp out whole && says out '  1. ' &&
	[ "$(cell 3 2)" -gt "$(cell 3 1)" ] && [ "$(grep '^ *1 ' one)" = "$(grep '^ *1 ' whole)" ]
ok 'sweep: two preemptions hold those with one'
run 1 "$planted" sweep -k 1 --first base.txt && [ "$(cell 3 1)" = 1 ] && ! grep -q 'not all' out
ok 'sweep: --first ends at the first'
run 3 "$slubcheck" sweep -k 1 --limit 10 clean.txt &&
	says out 'INCONCLUSIVE: not all schedules were performed: --limit is reached'
ok 'sweep: --limit is inconclusive'
run 1 "$planted" sweep -q -k 1 clean.txt base.txt clean.txt nofile && [ "$(grep -c FINDING out)" = 1 ] &&
	says err 'nofile: cannot open it'
ok 'sweep: several files, of which one fails and one is missing'
mkdir found && run 1 "$planted" sweep -q -k 1 --found found base.txt &&
	says out '     written: found/base-1.txt' &&
	run 1 "$planted" replay --world sim found/base-1.txt && says out 'overlaps a live object'
ok 'sweep: what is found is written, and replays'

# As often as it is interrupted, the sum is the same.
strip() { grep -v 'schedules in' "$1"; }
for limit in 1 7 50 "$(($(awk '$1 == "1" { print $2 }' whole) + 3))" 200; do
	"$planted" sweep --state state --limit "$limit" two.txt >part 2>&1
	status=$?
	[ $status = 3 ] || [ $status = 1 ] || echo "# --limit $limit: exit $status"
done
run 1 "$planted" sweep --state state two.txt && strip out >again && strip whole | diff - again >differences
ok 'sweep: --state goes on from where it was, and the figures are those of one go'
run 1 "$planted" sweep --state state two.txt && strip out | diff again - >differences
ok 'sweep: what is done is told again at once'
cp state one-program
run 0 "$planted" sweep -k 1 --state state clean.txt && run 1 "$planted" sweep --state state two.txt &&
	strip out | diff again - >differences && [ "$(grep -c ^sweep state)" = 2 ]
ok 'sweep: a state file holds several programs'

# Ctrl-C: the figures so far, the state, no worker left behind.
"$slubcheck" sweep -k 4 --state long "$seeds/two-flushers.txt" >out 2>err &
pid=$!
for _ in $(seq 200); do
	worker=$(cat /proc/$pid/task/$pid/children 2>/dev/null)
	[ -n "$worker" ] && break
	sleep 0.05
done
sleep 0.5
kill -INT $pid
wait $pid
status=$?
[ $status = 3 ] && says out 'INCONCLUSIVE: not all schedules were performed: interrupted; the same command goes on' &&
	grep -q '^pass ' long && [ ! -d "/proc/${worker:-none}" ] && [ "$(find . -name 'long.*')" = "" ]
ok 'sweep: Ctrl-C'
run 1 "$planted" sweep -k 1 crash.txt && says out 'signal 6 (Aborted)' && [ "$(cell 3 1)" -ge 1 ] &&
	[ "$(cell 2 1)" -gt "$(cell 3 1)" ]
ok 'sweep: a schedule that ends the process is a finding, and the others are performed'
run 1 "$planted" sweep -k 1 --first --timeout 1 hang.txt && says out 'no end'
ok 'sweep: a schedule without an end is a finding'

refuses 'sweep: no FILE is named' sweep
refuses 'sweep: --preemptions is '"'9'"'; allowed is 0 to 8' sweep -k 9 base.txt
refuses 'sweep: --preemptions is '"'-1'" sweep --preemptions=-1 base.txt
refuses 'sweep: --limit is '"'0'" sweep --limit 0 base.txt
refuses 'sweep: --oracles is '"'6'" sweep --oracles 6 base.txt
refuses "sweep: unknown option '--deep'; allowed are --preemptions (-k), --limit" sweep --deep base.txt
refuses "sweep: option '--state' has no value; allowed is --state FILE" sweep base.txt --state
refuses 'nofile: cannot open it' sweep nofile
refuses 'none/state: cannot write it' sweep --state none/state clean.txt
echo nonsense >bad
refuses 'bad:1: is no state of a sweep; allowed is a file of one, or a new one' sweep --state bad clean.txt
printf 'slubsweep 1\nsweep 1\nlevel 1 2\n' >bad
refuses 'bad:3: is no state of a sweep' sweep --state bad clean.txt || true
mkdir folder
refuses 'folder: is no state of a sweep' sweep --state folder clean.txt
head -c 60 one-program >cut
run 2 "$planted" sweep --state cut two.txt && says err 'is no state of a sweep' && [ ! -s out ]
ok 'sweep: a state that is cut off'
sed 's/^pass done/pass 2/; $d' one-program >lost && echo 'path 60000 4294967295 1 1' >>lost &&
	echo 'path 60001 4294967295 1 1' >>lost && echo end >>lost
run 2 "$planted" sweep --state lost two.txt && says err 'the place in it is no schedule of two.txt'
ok 'sweep: a state that names no schedule'
run 2 "$planted" sweep -q -k 1 --found none base.txt && says err 'none/base-1.txt: cannot write it'
ok 'sweep: --found into no folder'
"$slubcheck" sweep -k 0 clean.txt >/dev/full 2>err
[ $? = 2 ] && says err 'standard output: cannot write it'
ok 'sweep: a full disk'

# ---- minimize

mv found/base-1.txt race.txt
"$planted" sweep -q -k 1 --found . crash.txt >out 2>err
mv crash-1.txt crash.txt
"$planted" sweep -q -k 1 --first --timeout 1 --found . hang.txt >out 2>err
mv hang-1.txt hang.txt

run 1 "$planted" minimize race.txt -o small.txt && [ ! -s out ] &&
	says err 'race.txt: oracle 1, L1: overlaps a live object' ' -> 3 records, 2 tasks, by '
sed 's/@+[0-9]*/@+N/' small.txt >smaller
diff - smaller >differences <<'END'
# finding: oracle 1, L1: slot 1 (record 1): object 0x550000000000, 77 bytes: overlaps a live object
END
grep -v '^#' smaller >smallest
diff - smallest >differences <<'END'
slubops 1
cpus 1
nodes 1
tasks 2
seed 0x0
@+N -> t1 x1
t0: r0 = kmalloc size=77
t1: r1 = kmalloc size=77
END
ok 'minimize: the race takes two records and a switch'
run 1 "$planted" replay --world sim small.txt && says out 'FINDING by oracle 1, L1' &&
	run 1 "$planted" minimize race.txt && diff small.txt out >differences
ok 'minimize: it replays, and comes out the same again, on standard output too'
run 1 "$planted" minimize small.txt -o same.txt && diff small.txt same.txt >differences &&
	run 1 "$planted" minimize race.txt -o small.slubops &&
	"$slubcheck" show small.slubops >shown && grep -v '^#' small.txt | diff - shown >differences
ok 'minimize: what is minimal stays; .slubops is binary'
echo before >kept
run 0 "$slubcheck" minimize clean.txt -o kept && says err 'no finding, so there is nothing to minimize' &&
	[ "$(cat kept)" = before ]
ok 'minimize: a clean program leaves OUT as it was'
run 3 "$planted" minimize --runs 3 race.txt -o few.txt && says err '--runs is reached; this is the best so far' &&
	run 1 "$planted" replay --world sim few.txt
ok 'minimize: --runs'
run 1 "$planted" minimize crash.txt -o crashed.txt && says crashed.txt '# finding: signal 6 (Aborted)' \
	't0: r0 = kmalloc size=78' && [ "$(grep -c kmalloc crashed.txt)" = 2 ]
ok 'minimize: a program that ends the process'
"$planted" minimize --timeout 1 hang.txt -o hung.txt >out 2>err &
pid=$!
for _ in $(seq 600); do
	[ -s hung.txt ] && break
	sleep 0.05
done
kill -INT $pid
wait $pid
[ $? = 3 ] && says err 'interrupted; this is the best so far' && says hung.txt '# finding: no end' &&
	"$slubcheck" pack hung.txt -o hung.slubops
ok 'minimize: a program without an end, and Ctrl-C: the best so far is there'
refuses 'minimize: no FILE is named' minimize
refuses "minimize: 'b' is a second FILE; allowed is one" minimize a b
refuses 'minimize: --runs is '"'many'"'; allowed is 1 to 1048576' minimize --runs many race.txt
refuses 'none/out: cannot write it' minimize race.txt -o none/out
refuses 'bad:1: ' minimize bad
run 2 "$planted" minimize race.txt -o /dev/full && says err '/dev/full: cannot write it'
ok 'minimize: a full disk'

# ---- timeline

run 1 "$planted" timeline small.txt && says out '# small.txt' '# point cpu  t0                                      t1' \
	'> r0 = kmalloc size=77' '# preempted: t1 goes on' '> r1 = kmalloc size=77' \
	'write last: 0 -> S1.0 [__wrap_kmalloc]' '# FINDING by oracle 1, L1: slot ' \
	'# S1: a slab of kmalloc-96' '- ends: t0 goes on' '< kmalloc: r1 = S1.1'
ok 'timeline: records, preemption, who writes what, the finding, in columns'
[ "$(grep -c '^ *[0-9]* c0   > ' out)" = 1 ] && [ "$(grep -c '^ *[0-9]* c0 \{43\}> ' out)" = 1 ]
ok 'timeline: each task has its column'
shared=$(wc -l <out)
run 1 "$planted" timeline --all small.txt && [ "$(wc -l <out)" -gt "$shared" ]
ok 'timeline: --all has more rows'
run 0 "$slubcheck" timeline "$seeds/interrupt.txt" && says out '! interrupt' && ! grep -q FINDING out
ok 'timeline: an interrupt'
run 0 "$slubcheck" timeline "$seeds/flush-races-free.txt" -o table && [ ! -s out ] &&
	says table '* commit slot c' '[ lock ' '] unlock '
ok 'timeline: locks and commits, into a file'
run 1 "$planted" timeline small.txt --chrome trace.json && [ ! -s out ] &&
	python3 - trace.json >out <<'END'
import json, sys
trace = json.load(open(sys.argv[1]))
open_records, at, kinds = {}, {}, set()
for event in trace["traceEvents"]:
    kinds.add(event["ph"])
    if event["ph"] == "M":
        continue
    track = (event["pid"], event["tid"])
    assert event["ts"] >= at.get(track, 0), event
    at[track] = event["ts"]
    if event["ph"] == "B":
        open_records.setdefault(track, []).append(event["name"])
    if event["ph"] == "E":
        open_records[track].pop()
    if event["ph"] == "X":
        assert event["dur"] >= 0 and event["pid"] == 2, event
assert kinds == {"M", "B", "E", "X", "i"}, kinds
assert sum(e.get("cat") == "finding" for e in trace["traceEvents"]) == 1
print("good")
END
says out good
ok 'timeline: --chrome is a trace whose records nest and whose time grows'
run 1 "$planted" timeline crashed.txt && says out '# FINDING: signal 6 (Aborted)' '# preempted: t1 goes on'
ok 'timeline: up to where the process ends'
run 1 "$planted" timeline --chrome crash.json crashed.txt && python3 -c 'import json; json.load(open("crash.json"))'
ok 'timeline: its trace is one, too'
printf 'slubops 1\ntasks 1\n' >empty.txt
run 0 "$slubcheck" timeline empty.txt && says out '# point cpu  t0'
ok 'timeline: of nothing'
refuses 'timeline: no FILE is named' timeline
refuses "timeline: 'b' is a second FILE" timeline a b
refuses 'bad:1: ' timeline bad
refuses 'none/t: cannot write it' timeline clean.txt -o none/t
refuses 'none/t: cannot write it' timeline clean.txt --chrome none/t
"$slubcheck" timeline clean.txt >/dev/full 2>err
[ $? = 2 ] && says err 'standard output: cannot write it'
ok 'timeline: a full disk'

# ---- triage

mkdir -p findings/below && cp race.txt small.txt crash.txt findings && cp clean.txt bad findings/below &&
	cp bad findings/below/bad.txt && cp small.slubops findings/below && touch findings/README.md
run 1 "$planted" triage findings
sed 's/, [a-z_]*$//' out >buckets
diff - buckets >differences <<'END'
1. 3 x oracle 1, L1: overlaps a live object
   in kmalloc
   last conflict: __wrap_kmalloc after __wrap_kmalloc
   smallest: findings/below/small.slubops (3 records)
2. 1 x signal 6 (Aborted)
   which ends the process
   smallest: findings/crash.txt (3 records)
1 clean
1 broken
   findings/below/bad.txt:1: the first line begins with `slubsweep`; allowed is slubops 1
END
ok 'triage: buckets by size, each with its smallest file; clean, broken'
run 1 "$planted" triage -l --coarse findings && says out '     findings/race.txt (8 records)' &&
	! grep -q 'in kmalloc' out
ok 'triage: --list and --coarse'
run 0 "$slubcheck" triage "$seeds" clean.txt && grep -Eq '^[0-9]+ clean$' out && [ "$(wc -l <out)" = 1 ]
ok 'triage: all clean'
run 2 "$slubcheck" triage findings/below && says out '1 broken' '2 clean'
ok 'triage: a broken file is bad input'
run 2 "$slubcheck" triage none && says out 'none: cannot open it'
ok 'triage: no such folder'
refuses 'triage: no DIR is named' triage
refuses 'triage: no program in folder; allowed are files that end in' triage folder
for command in sweep minimize timeline triage; do
	run 0 "$slubcheck" $command --help && says out "Usage: slubcheck $command [OPTION]..."
	ok "$command --help"
done
echo "1..$count"
