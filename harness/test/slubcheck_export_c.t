#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck export-c: the tests that it makes compile in both worlds, repeat a planted race to the
# bit in the simulated one, and are clean where nothing is planted.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native/slubcheck") || exit 1
planted=$(realpath "$O/sim/slubcheck-sim-planted") || exit 1
build=$(realpath "$O") root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# compile_sim OUT FILE...: as the head of a test says, without a warning
compile_sim()
{
	local out=$1
	shift
	"${CC:-gcc}" -std=gnu11 -mcx16 -pthread -Wall -Wextra -Werror -DSIM -D_GNU_SOURCE -I"$root" \
		-I"$root/slub" -I"$root/harness/sim" "$@" "$build/sim/libslub-sim.a" -o "$out" >out 2>err
}

compile_native()
{
	"${CC:-gcc}" -std=gnu11 -mcx16 -pthread -Wall -Wextra -Werror -I"$root/slub" "$2" \
		"$build/libslub.a" -o "$1" >out 2>err
}

printf 'slubops 1\ntasks 2\nt0: r0 = kmalloc size=77\nt1: r1 = kmalloc size=77\n' >two.txt
run 1 "$planted" sweep -q -k 1 --found . two.txt && [ -s two-1.txt ]
ok 'a race'
run 0 "$planted" export-c two-1.txt -o race.c && [ ! -s out ] && [ ! -s err ] &&
	says race.c 'made by slubcheck export-c of two-1.txt' 'by oracle 1: slot' 't1: r1 = kmalloc size=77'
ok 'its test says what was found'
"${CC:-gcc}" -std=gnu11 -mcx16 -I"$root" -I"$root/slub" -I"$root/harness/sim" -D_GNU_SOURCE -c \
	"$root/harness/test/sim_planted.c" -o planted.o >out 2>err &&
	compile_sim race race.c planted.o -Wl,--wrap=kmalloc && run 1 ./race &&
	says out 'FINDING: oracle: r0 gets an object of r1, which is live'
ok 'it finds the same where the race is'
compile_sim clean race.c && run 0 ./clean && [ "$(cat out)" = clean ]
ok 'and nothing where it is not'
compile_native threads race.c && run 0 ./threads 20 && [ "$(cat out)" = 'clean: 20 rounds' ]
ok 'it compiles with the public header alone, and its threads run'
"$planted" export-c - <two-1.txt >again.c 2>err && sed 's/of -\./of two-1.txt./' again.c | diff race.c - >differences
ok 'standard input and output'

# Programs of every kind: switches, interrupts, locks, grace periods, hotplug.
for seed in preempted-pop flush-races-free irq-in-refill readers three-objects interrupt; do
	run 0 "$slubcheck" export-c "$root/corpus/seeds/$seed.txt" -o seed.c && compile_sim seed seed.c &&
		run 0 ./seed && [ "$(cat out)" = clean ]
	ok "$seed: clean as a test, too"
done
run 3 "$slubcheck" export-c "$root/corpus/seeds/attributes.txt" -o seed.c &&
	says err 'records have no call in the test' && says seed.c '/* has no call here */' &&
	compile_sim seed seed.c
ok 'what has no call is counted and named'

refuses()
{
	local message="slubcheck: $1"
	shift
	refused_with "$message" "$slubcheck" export-c "$@"
	ok "refused: export-c $*"
}
refuses 'export-c: no FILE is named'
refuses "export-c: 'b' is a second FILE" a b
refuses 'nofile: cannot open it' nofile
refuses 'none/test.c: cannot write it' two.txt -o none/test.c
refuses "export-c: unknown option '--all'; allowed are --output (-o), --oracles, --timeout and --help (-h)" --all two.txt
sed 's/77/78/' two-1.txt >crash.txt
run 3 "$planted" export-c crash.txt -o crash.c && says err 'its run ends the process (signal 6 (Aborted))' &&
	[ ! -e crash.c ]
ok 'a run that ends the process has no schedule'
"$slubcheck" export-c two.txt >/dev/full 2>err
[ $? = 2 ] && says err 'standard output: cannot write it'
ok 'a full disk'
run 0 "$slubcheck" export-c --help && says out 'Usage: slubcheck export-c [OPTION]... FILE [-o OUT]'
ok '--help'
echo "1..$count"
