#!/bin/bash
# SPDX-License-Identifier: MIT
# The slices of the nightly work: every kind comes round, each is a command that there is, and what
# makes no sense is refused.
set -u

root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
slice=$root/ci/nightly-slice share=$root/ci/share

refused "nightly-slice: x: a number or --list is allowed, or nothing" "$slice" x
ok 'a slice that is no number is refused'
refused "nightly-slice: 1234567890: a number or --list is allowed, or nothing" "$slice" 1234567890
ok 'a number too large is refused'
refused "share: 'all': allowed are prove, explore and zoo, then a share as in 1/4" "$share" all 1/4
ok 'an unknown work is refused'
for wrong in 0/4 5/4 1/1000 1 x/2; do
	refused "share: zoo '$wrong': a share K/N is allowed, 1 to 999 each and K not above N" \
		"$share" zoo "$wrong" || break
done
ok 'an impossible share is refused'

"$slice" --list >list 2>err
for kind in every-failure stress model share-prove share-explore campaign nightly soak share-zoo \
	pressure linux-diff ops-table conformance; do
	grep -qE "^[0-9]+: make $kind( |\$)" list || { echo "# no slice of $kind"; false; break; }
done
ok 'every kind has a slice'

# Commits one after the other take all of them, and the shares come round, too.
kinds=$(wc -l <list)
for ((round = 0; round < 6; round++)); do
	"$slice" --list $((round * kinds))
done | sed 's/^[0-9]*: //' | sort -u >all
for part in 1/6 2/6 3/6 4/6 5/6 6/6; do
	grep -qx "make share-prove SHARE=$part" all && grep -qx "make share-zoo SHARE=$part" all || break
done
ok 'all shares come round'

# make knows each goal with its options.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
sed -n 's/^[0-9]*: make //p' list | while read -r words; do
	# shellcheck disable=SC2086 # words of a command
	make -C "$root" --question SETUP=0 O="$dir/none" $words >out 2>err
	# 0 or 1: it would do so much; 2: it refuses.
	[ $? -le 1 ] || { echo "# make $words"; exit 1; }
done
ok 'each goal of make is known with its options'
echo "1..$count"
