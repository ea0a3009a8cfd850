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
# Every op that has a call, some with what they need.
cat >every.txt <<'EOF'
slubops 1
nodes 2
tasks 2
t0: cache_args kc1 more=usercopy useroffset=8 usersize=16 freeptr_offset=0
t0: create kc1 align_log2=0 size=64
t0: cache_args kc2 more=freeptr useroffset=0 usersize=0 freeptr_offset=8
t0: create kc2 align_log2=0 size=64 flags=ctor+rcu
t0: r1 = alloc kc1
t1: r2 = alloc_bulk kc1 count=20
t1: r3 = kmalloc_align size=100 align_log2=8
t1: r4 = kvmalloc_array n=4 size=100
t1: r5 = kvcalloc n=65535 size=8
t0: r5 = kvmalloc size=5000000
t0: kvrealloc r5 size=70000
t0: krealloc r3 size=300
t0: krealloc_array r3 n=3 size=300
t0: ksize r3
t0: dump_obj r1
t0: attr_write kc1 attr=min_partial of=0 form=line value=2
t0: attr_read kc1 attr=slabs of=0
t0: attr_read kc1 attr=slabs of=3
t0: attr_walk
t0: slabinfo
t0: kmalloc_size_roundup size=100
t0: allowed_nodes mask=1
t0: preferred_node node=n1
t0: call_rcu r1 head=1
t1: free_bulk r2
t1: r2 = alloc_bulk kc2 count=3
t0: r6 = kmalloc size=40
t0: kfree_rcu r6 head=2
t0: r6 = kmalloc size=40
t0: kfree_rcu_mightsleep r6
t1: gather r2
t1: gather r3
t1: kfree_bulk
t1: r3 = kzalloc size=30
t1: gather r3
t0: kvfree_sensitive r4
t0: r7 = alloc kc9
EOF
run 0 "$slubcheck" export-c every.txt -o every.c && [ ! -s err ] && compile_sim every every.c &&
	run 0 ./every && [ "$(cat out)" = clean ]
ok 'ops of every kind have calls, and find nothing'
compile_native threads every.c && run 0 ./threads 20
ok 'with threads, too'
cat >no.txt <<'EOF'
slubops 1
t0: misuse kc0 kind=double_free at=0 bytes=1 size=0
t0: r1 = kmalloc size=8
t0: check_object_size r1 offset=0 bytes=4 to_user=0
t0: misuse kc0 kind=double_free at=0 bytes=1 size=0
EOF
refused_with 'slubcheck: export-c: no.txt: 3 records have no call in a test (misuse, check_object_size)' \
	"$slubcheck" export-c no.txt -o no.c && [ ! -e no.c ]
ok 'what has no call is refused, and named'
run 3 "$slubcheck" export-c --partial no.txt -o no.c && says err 'no.txt: 3 records are left out' &&
	says no.c '/* has no call here */' && compile_sim no no.c && run 0 ./no
ok 'or left out, if that is wanted'

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
refuses "export-c: unknown option '--all'; allowed are --output (-o), --partial, --oracles, --timeout and --help (-h)" --all two.txt
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
