#!/bin/bash
# SPDX-License-Identifier: MIT
# harness/fuzz/nightly on programs and tools that end as they are told: each finding is told with
# its one program, what comes behind a program that ends its process is looked at all the same, and
# the exit status says what was found.
set -u

root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
nightly=$root/harness/fuzz/nightly

refused "nightly: argument --minutes: 'x': 0 to 10000 is allowed; see --help" "$nightly" --minutes x
ok 'a time that is no number is refused'
refused "nightly: argument --preemptions: '4': 0 to 3 is allowed; see --help" \
	"$nightly" --preemptions 4
ok 'too many preemptions are refused'
refused "nightly: argument --jobs: '0': 1 to 64 is allowed; see --help" "$nightly" --jobs 0
ok 'no process at all is refused'
refused "nightly: unrecognized arguments: everything; see --help" "$nightly" everything
ok 'an unknown word is refused'

# A build whose runners end as the name of each program says.
for variant in sim-asan sim-msan sim-tsan; do
	mkdir -p "$variant"
	cat >"$variant/regress_concurrent" <<'EOF'
#!/bin/bash
if [ "$1" = --store ]; then
	touch "$2.slubops" "$2.txt"
	exit 0
fi
n=0 status=0
echo "1..$#"
for path; do
	n=$((n + 1))
	case ${0%/*}:$path in
	*sim-tsan:*crash*) echo "SUMMARY: a race in $path" >&2; exit 66 ;;
	*sim-asan:*broken*) echo "# finding: $path broke"; echo "not ok $n - $path"; status=1 ;;
	*sim-msan:*open*) echo "not ok $n - $path: inconclusive"; status=3 ;;
	*) echo "ok $n - $path" ;;
	esac
done
exit $status
EOF
	chmod +x "$variant/regress_concurrent"
	cp "$variant/regress_concurrent" "$variant/regress_sequential"
	cp "$variant/regress_concurrent" "$variant/regress_debug"
done
mkdir -p native seeds
cat >native/slubcheck <<'EOF'
#!/bin/bash
[ ! -e "$SWEEP" ] || { echo "# finding: $SWEEP"; exit 1; }
exit "${SWEPT:-0}"
EOF
chmod +x native/slubcheck
export SWEEP=none

refused "nightly: $dir/campaign/corpus/concurrent: no program is there; 'make campaign' makes some" \
	"$nightly" --build .
ok 'a campaign without programs is refused'

corpus=$dir/campaign/corpus
mkdir -p "$corpus"/{concurrent,sequential,debug}
touch "$corpus"/{concurrent,sequential,debug}/{a,b,c}
run 0 "$nightly" --build . --minutes 1 && ! grep -q repeat out &&
	says out 'ThreadSanitizer ' 'sequential      3 programs, 0 inconclusive' '3 of 3 programs'
ok 'clean programs are clean'

touch "$corpus"/sequential/{b-crash,b-crash-too,c-broken}
run 1 "$nightly" --build . --minutes 0 &&
	[ "$(grep -c '^repeat: ' out)" = 3 ] &&
	says out "ThreadSanitizer: SUMMARY: a race in $corpus/sequential/b-crash" \
		"repeat: $dir/sim-tsan/regress_sequential $corpus/sequential/b-crash" \
		"repeat: $dir/sim-tsan/regress_sequential $corpus/sequential/b-crash-too" \
		"finding: $corpus/sequential/c-broken broke" \
		"repeat: $dir/sim-asan/regress_sequential $corpus/sequential/c-broken"
ok 'each finding names one program, those behind it too'
grep '^repeat: ' out | while read -r _ runner path; do
	"$runner" "$path" >/dev/null 2>&1 && exit 1
	[ "$path" ] || exit 1
done
ok 'and what is to be repeated shows it again'

rm "$corpus"/sequential/*-*
touch "$corpus"/debug/open
run 0 "$nightly" --build . --minutes 0 && says out 'debug           4 programs, 1 inconclusive'
ok 'what is inconclusive is counted and is no finding'

SWEPT=3 run 3 "$nightly" --build . --minutes 1
ok 'a sweep that stays open is said by the exit status'
touch swept
SWEEP=swept run 1 "$nightly" --build . --minutes 1 &&
	says out "sweep: # finding: swept" "repeat: $dir/native/slubcheck sweep --preemptions 1"
ok 'so is one that finds something'
rm sim-msan/regress_debug
refused_with "sim-msan/regress_debug: is not there; 'make nightly' builds it" \
	"$nightly" --build . --minutes 0 || grep -q "regress_debug: is not there" err
ok 'a runner that is missing is named'

echo "1..$count"
