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

# What ends how: a tree of its own, with tools that end as they are told.
tree=$dir/tree
mkdir -p "$tree/ci" "$tree/proofs"
cp "$slice" "$share" "$tree/ci/"
cat >"$tree/proofs/prove" <<'EOF'
#!/bin/bash
# Rows P.1 to P.9: as the environment says for the first of those asked for.
if [ "$1" = --list ]; then
	printf 'P.%d a property\n' {1..9}
	exit 0
fi
only=${*: -1}
name=END_${only:2:1}
sleep "${SLEEP:-0}"
exit "${!name:-0}"
EOF
chmod +x "$tree/proofs/prove"
cat >"$tree/Makefile" <<'EOF'
clean-goal build/cbmc/bin/cbmc build/explore/explorer:
	@:
every-failure:
	@exit 3
stress:
	@echo 'make: *** [x] Error 3 of another'; exit 1
model:
	@:
EOF
# ends STATUS WORDS COMMAND...: with what is in the environment, in that tree
ends() {
	local wanted=$1 words=$2
	shift 2
	(unset O && cd "$tree" && env "$@") >out 2>&1
	local status=$?
	if [ "$status" != "$wanted" ] || { [ -n "$words" ] && ! grep -q "$words" out; }; then
		echo "# $*: $status"
		return 1
	fi
}
ends 0 '' "$tree/ci/share" prove 1/1 && ends 0 '' "$tree/ci/share" prove 9/10
ok 'a share of proved rows is clean'
ends 1 '' END_1=3 END_5=1 END_9=3 "$tree/ci/share" prove 1/1 &&
	ends 3 '' END_5=3 "$tree/ci/share" prove 1/1 &&
	ends 2 '' END_1=1 END_5=2 END_9=1 "$tree/ci/share" prove 1/1
ok 'a finding counts more than what stays open'
ends 3 'cut off by time: P.1,P.2,P.3,P.4' SECONDS_MOST=1 SLEEP=3 "$tree/ci/share" prove 1/1 &&
	grep -q 'no time is left for P.5 P.6 P.7 P.8 P.9' out
ok 'what time is too short for is named'
ends 0 ': inconclusive, ' "$tree/ci/nightly-slice" 0 && ends 1 ': failed with status 2, ' \
	"$tree/ci/nightly-slice" 1 && ends 0 ': clean, ' "$tree/ci/nightly-slice" 2
ok 'a slice is clean, inconclusive or failed as its command is'
echo "1..$count"
