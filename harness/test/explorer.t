#!/bin/bash
# SPDX-License-Identifier: MIT
# The explorer as people call it, on a slice of its scenarios; that it has the sources of the
# library; that its modes agree; what it says of wrong usage.
set -u

O=${O:-build}
explorer=$(realpath "$O/explore/explorer") || exit 1
O=$(realpath "$O")
here=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# refuses MESSAGE ARGUMENT...: one test
refuses()
{
	local message="explorer: $1"
	shift
	refused "$message" "$explorer" "$@"
	ok "refused: explorer $*"
}

# What a program is linked of, by the line that links it: the files of slub/, without a world's.
linked_of()
{
	tr ' ' '\n' <"$1" | sed -nE 's,^(.*/)?(slub/.*)\.[co]$,\2.c,p' | grep -v '^slub/platform/' | sort
}
# What such an object was compiled from: the files of slub/ again.
read_by()
{
	tr -s ' \\' '\n\n' <"$1" | sed -n '/^slub\//p' | grep -v '^slub/platform/native/' | sort -u
}

(cd "$here" && find slub -name '*.c' ! -path 'slub/platform/*' | sort) >sources
same=1
for program in libslub.a explore/explorer afl/fuzz_sequential afl/fuzz_concurrent; do
	linked_of "$O/$program.link" >linked
	diff sources linked >>differences || same=0
done
while read -r source; do
	for world in native explore; do
		read_by "$O/$world/${source%.c}.d" >"read-$world"
	done
	[ -s read-explore ] && diff read-native read-explore >>differences || same=0
done <sources
[ -s sources ] && [ $same = 1 ]
ok 'the explorer, the library and the fuzzers are made of the same files of slub/'

run 0 "$explorer" --share 7/190 --verify && [ "$(wc -l <out)" -ge 8 ] && ! grep -v '	clean	' out
ok 'a slice of the pairs is clean, and no write is missed'

run 0 "$explorer" --list && sed 's/\/.*//' out | sort -u >listed
sed -n 's/^START(\([a-z0-9_]*\),.*/\1/p' "$here/proofs/explorer/scenarios/starts.h" | sort >starts
diff starts listed >differences
ok 'every start has pairs'

some=partial/free-alloc,last_of_three/alloc-alloc/00,own_slabs/free-flush
run 0 "$explorer" --only $some && cut -f 1,2,5,11 out >learnt &&
	run 0 "$explorer" --only $some --all-points && cut -f 1,2,5,11 out >all &&
	diff learnt all >differences && [ "$(wc -l <all)" = 5 ]
ok 'with all points counting, the final states are the same ones'

some=partial/alloc-alloc/01,own_slabs/free-flush/01,own_slabs/alloc-shrink/01
run 0 "$explorer" --only $some --finals plain && cut -f 3 out >states &&
	run 0 "$explorer" --only $some --tso --finals buffered && cut -f 3 out >more &&
	sort plain >in-order && sort buffered | comm -23 in-order - >differences &&
	[ ! -s differences ] && [ "$(wc -l <in-order)" -ge 5 ] &&
	paste states more | awk '$2 <= $1 { exit 1 }'
ok 'with store buffers there are more states, and every final state that there is without'

run 0 "$explorer" --only partial/alloc-alloc/ --results kept && cp out first &&
	printf 'partial/free-free/01\tclean' >>kept &&
	run 0 "$explorer" --only partial/alloc-alloc/ --results kept && cmp out first &&
	run 0 "$explorer" --only partial/alloc-free/01 --results kept && [ "$(wc -l <kept)" = 3 ]
ok 'a search goes on where it was stopped; half a line does not count'

run 3 "$explorer" --only partial/alloc-alloc/01 --states-max 10 && grep -q '	open	' out
ok 'too many states are inconclusive'

mkdir pins && run 0 "$explorer" --set nodes --pin pins &&
	run 0 "$explorer" --set nodes --only idle_node/offline --baseline pins
ok 'what was pinned is found again'
sed 's/^\(idle_node.offline-free.01\t[0-9]*\t\)/\19/' pins/nodes.tsv >pins/changed &&
	mv pins/changed pins/nodes.tsv &&
	run 1 "$explorer" --set nodes --only idle_node/offline-free --baseline pins &&
	says out 'in the baseline; if that is meant: make explore-pin' &&
	[ "$(grep -c '	changed	' out)" = 1 ]
ok 'another number of states is a failure'
sed -i 's/^\(idle_node.offline-free.01\)\t[0-9]*/\1\t7777/; /^idle_node.offline-free.00/d' pins/nodes.tsv &&
	run 1 "$explorer" --set nodes --only idle_node/offline-free/ --baseline pins &&
	says out ' final states, 7777 in the baseline' 'not in the baseline; if it is new'
ok 'another number of final states is one, and a scenario that was never counted'

mkdir beyond && run 0 "$explorer" --set nodes --states-max 9000 --beyond 1 --pin beyond &&
	grep 'at most 1 preemptions' out | cut -f 1 >bounded && [ "$(wc -l <bounded)" -ge 3 ] &&
	cut -f 1,4 beyond/nodes.tsv | sed -n 's/\t1$//p' | sort | diff <(sort bounded) - >differences
ok 'a scenario of too many states is searched with few preemptions, and pinned so'
run 0 "$explorer" --set nodes --only "$(head -1 bounded)" --baseline beyond &&
	says out 'at most 1 preemptions' && sed -i "s,^\($(head -1 bounded).*\)\t1$,\1," beyond/nodes.tsv &&
	run 1 "$explorer" --set nodes --only "$(head -1 bounded)" --baseline beyond
ok 'with that baseline it is searched so again, and its bound is compared'

mkdir programs && run 0 "$explorer" --write programs --only own_slabs/flush-free/01 && [ ! -s out ] &&
	grep -q '^t1@c1: free r1$' programs/own_slabs.flush-free.01.txt
ok '--write gives op programs'

refuses "--set pears: no such set; there are $("$explorer" --set x 2>&1 | sed 's/.*are //')" --set pears
refuses '--only nothing: no scenario has it in its id; --list prints them' --only nothing
refuses '--share 3/2: K/N is allowed, K from 1 to N, N up to 999' --share 3/2
refuses '--baseline: nowhere/pairs.tsv: No such file or directory; --pin writes it' --baseline nowhere
refuses '--pin pins: of a whole set only, not with --only or --share' --pin pins --share 1/2
refuses '--baseline pins: not with --all-points, which counts otherwise' --baseline pins --all-points
refuses '--beyond 100: a whole number from 0 to 99 is allowed' --beyond 100
refuses '--switches x: a whole number from 0 to 99 is allowed' --switches x
refuses '--nothing: no such option, or its value is missing; --help lists all' --nothing
refuses 'pairs: only options are allowed; --help lists them' pairs
refuses '--write nowhere/partial.alloc-alloc.01.txt: No such file or directory' \
	--write nowhere --only partial/alloc-alloc/01

echo "1..$count"
