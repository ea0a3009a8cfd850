#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck replay as people call it: both worlds, what it prints, findings, bad input, exit codes.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native/slubcheck") || exit 1
planted=$(realpath "$O/native/slubcheck-planted") || exit 1
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# refuses MESSAGE ARGUMENT...: exit 2, nothing on stdout, one line on stderr
refuses()
{
	local message="slubcheck: $1"
	shift
	refused_with "$message" "$slubcheck" replay "$@"
}

cat >good.txt <<'END'
slubops 1
cpus 2
tasks 2
t0: create kc1 align_log2=0 flags=ctor+rcu size=48
t0: r0 = alloc kc1
t1: r1 = kmalloc size=100 gfp=zero
t0: fault site=slab nth=1 count=2
t0: r2 = kmalloc size=32
t1: free r0
t1: cpu_down target=c1
t0: quiesce
END
{
	printf 'slubops 1\ntasks 2\n'
	for n in $(seq 0 199); do
		echo "t$((n % 2)): r$n = kmalloc size=$((n % 100 + 1))"
	done
} >many.txt
"$slubcheck" pack many.txt -o many.slubops
{
	printf 'slubops 1\nnode_pages 1024\n'
	for n in $(seq 0 49); do
		echo "t0: r$n = kmalloc size=500000"
	done
} >short.txt

run 0 "$slubcheck" replay good.txt && says out 'good.txt: native, 2 tasks, 8 ops in' ', clean'
ok 'native: a clean program'
run 0 "$slubcheck" replay --ordered --pin --repeat 3 good.txt && says out ' 24 ops in'
ok 'native: in order, three times'
run 0 "$slubcheck" replay good.txt --world sim && says out 'good.txt: sim' 'points, clean'
ok 'sim: a clean program'
says out '1 allocations failed after a fault record'
ok 'sim: what failed for a fault is counted'
run 0 "$slubcheck" replay -w sim short.txt && says out 'allocations failed: out of memory'
ok 'sim: memory exhausted is said, and is no finding'
run 0 "$slubcheck" replay --quiet many.txt many.slubops && [ ! -s out ] && [ ! -s err ]
ok 'quiet is quiet; both forms are read'
run 0 "$slubcheck" replay - <many.slubops && says out '-: native, 2 tasks, 200 ops'
ok 'standard input'
mkdir -p folder/below && cp many.slubops folder/below && cp good.txt folder &&
	echo no >folder/README.md
run 0 "$slubcheck" replay folder && [ "$(wc -l <out)" -ge 2 ] &&
	says out folder/below/many.slubops folder/good.txt
ok 'a folder is what lies below it'
run 0 "$slubcheck" replay --no-fork many.txt && run 0 "$slubcheck" replay --oracles none many.txt
ok 'without a child, without oracles'

PLANT=double run 1 "$planted" replay --timeout 20 --ordered many.txt &&
	says out 'many.txt: FINDING by oracle 1, L1: slot 99 (record 99)' 'overlaps a live object' \
		'  task 1' '  record 99: t1: r99 = kmalloc size=100' \
		"  repeat: slubcheck replay --world native --ordered 'many.txt'"
ok 'a finding: oracle, invariant, record, task, the command that repeats it'
PLANT=double run 1 "$planted" replay --timeout 20 many.txt && says out 'FINDING by oracle' --repeat
ok 'a finding of threads that run freely'
PLANT=crash run 1 "$planted" replay --timeout 20 --ordered good.txt many.txt many.slubops &&
	says out 'good.txt: native' 'many.txt: FINDING: ended by signal 11' \
		'record 99: t1: r99 = kmalloc' 'many.slubops: FINDING: ended by signal 11'
ok 'a crash ends one file, and says where the tasks were'
PLANT='exit' run 1 "$planted" replay --timeout 20 many.txt && says out 'FINDING: ended with status 66'
ok 'an exit from within is a finding'
PLANT=hang run 3 "$planted" replay --timeout 1 --ordered many.txt &&
	says out 'INCONCLUSIVE: not through after 1 seconds' 'record 99:'
ok 'a program that hangs is inconclusive'
PLANT=double run 1 "$planted" replay --timeout 20 --ordered nofile many.txt && says err 'nofile: cannot open it'
ok 'a finding outweighs bad input'

# Memory that is exhausted is said to be, in both worlds and under any limit.
bounded() { # WORLD KIBIBYTES: clean or inconclusive, one line about it, no finding
	(ulimit -v "$2" && exec "$slubcheck" replay --world "$1" many.slubops) >out 2>err </dev/null
	local status=$?
	[ "$status" = 0 ] || { [ "$status" = 3 ] && says out 'INCONCLUSIVE: '; }
}
all_bounded() { # WORLD KIBIBYTES...
	local world=$1 limit some=0
	shift
	for limit; do
		bounded "$world" "$limit" || { echo "# $world $limit"; return 1; }
		grep -q INCONCLUSIVE out && some=1
	done
	[ "$some" = 1 ]
}
all_bounded native 30000 66000 70000 72000 74000 76000 78000 80000 90000 120000
ok 'native: memory exhausted is inconclusive'
all_bounded sim 100000 1000000 4150000 4190000 4200000 4205000 4210000 4230000 4260000
ok 'sim: memory exhausted is inconclusive'

# Who kills the tool, and not its whole group, leaves nothing running.
"$slubcheck" replay -q -n 1000000 many.slubops >/dev/null 2>&1 &
parent=$!
for _ in $(seq 100); do
	read -r child </proc/$parent/task/$parent/children && break
	sleep 0.05
done
kill -KILL $parent
wait $parent 2>/dev/null
for _ in $(seq 100); do
	[ -d "/proc/$child" ] || break
	sleep 0.05
done
[ -n "$child" ] && [ ! -d "/proc/$child" ]
ok 'the child ends with its parent'

head -c 100 many.slubops >cut.slubops
refuses 'cut.slubops: byte 100: the file ends inside record' cut.slubops
ok 'a file that is cut off'
refuses 'nofile: cannot open it' nofile
ok 'no such file'
mkdir none
refuses 'replay: no program in none; allowed are files that end in' none
ok 'a folder without programs'
ln -s . none/again
refuses 'replay: none/again: cannot read this folder: Too many levels of symbolic links' none
ok 'a folder that leads to itself'
refuses 'replay: no FILE is named'
ok 'no file'
refuses "replay: --world is 'mars'; allowed are native and sim" --world mars many.txt
ok 'no such world'
refuses "replay: --oracles is '6'; allowed are digits of 12345" --oracles 6 many.txt
ok 'no such oracle'
refuses "replay: --oracles is '15'; 5, the reference model, is for --world sim" --oracles 15 many.txt
ok 'the model is not for threads'
run 0 "$slubcheck" replay --world sim --oracles 12345 many.txt
ok 'the model in the simulated world'
refuses "replay: --repeat is '0'; allowed is 1 to 1000000" -n 0 many.txt
ok 'repeat out of range'
refuses "replay: --timeout is '1x'; allowed is 1 to 86400" --timeout 1x many.txt
ok 'timeout is no number'
refuses "replay: unknown option '--bogus'; allowed are --world (-w)" --bogus many.txt
ok 'unknown option'
refuses "replay: option '--world' has no value; allowed is --world W" many.txt --world
ok 'option without its value'
refuses 'replay: --ordered and --pin are for --world native' -w sim --ordered many.txt
ok 'an option of the other world'
cp "$slubcheck" alone
run 2 ./alone replay -w sim many.txt && says err 'needs the program'
ok 'the other world is not there'

echo "1..$count"
