#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz-lane: both engines for a moment, what it says of findings, Ctrl-C, and wrong usage.
set -u

O=$(realpath "${O:-build}") || exit 1
lane=$PWD/harness/fuzz/fuzz-lane
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# result NAME CONDITION...: one test
result()
{
	local name=$1
	shift
	"$@"
	ok "$name"
}

# ends STATUS OPTION...: runs the lane
ends()
{
	local status=$1
	shift
	run "$status" "$lane" "$@"
}

# json EXPRESSION: true when EXPRESSION holds for the result r
json()
{
	/usr/bin/python3 -c "import json, sys
r = json.load(open(sys.argv[1]))
sys.exit(0 if $1 else 1)" out
}

one_line()
{
	[ "$(wc -l <err)" = 1 ] && [ ! -s out ]
}

echo 1..20
for engine in libfuzzer afl; do
	result "$engine: a run" ends 0 --engine $engine --seconds 5 --seed 1 \
		--corpus "$dir/corpus-$engine" --findings "$dir/findings"
	result "$engine: has executed and covered something" \
		json "r['executions'] > 50 and r['edges'] > 200 and r['findings'] == []"
done
result 'libfuzzer: the corpus is kept' test -n "$(ls "$dir/corpus-libfuzzer")"
result 'sequential target' ends 0 --target sequential --seconds 2 --corpus "$dir/c" \
	--findings "$dir/findings"

# A target that finds something at once, as a real one tells it.
mkdir -p "$dir/fake/sim-fuzz" "$dir/fake/seeds"
cp "$O"/seeds/chain.slubops "$dir/fake/seeds"
cat >"$dir/fake/sim-fuzz/fuzz_concurrent" <<'END'
#!/bin/sh
echo '#1 NEW cov: 12 ft: 13 corp: 1/1b'
printf '# finding: oracle 1 L1: planted\nslubops 1\n' >"$SLUB_FINDINGS_DIR/concurrent-1.txt"
exit 77
END
chmod +x "$dir/fake/sim-fuzz/fuzz_concurrent"
result 'a finding gives status 1' ends 1 --build "$dir/fake" --seconds 60
result 'a finding has text and repeat command' json "len(r['findings']) == 1 and
	r['findings'][0]['text'] == 'oracle 1 L1: planted' and
	r['findings'][0]['repeat'].startswith('$dir/fake/native/slubcheck replay --world sim /')"

# A crash without a finding's file is one all the same.
cat >"$dir/fake/sim-fuzz/fuzz_concurrent" <<'END'
#!/bin/sh
for option; do case $option in -artifact_prefix=*) prefix=${option#*=} ;; esac; done
echo '==1==ERROR: AddressSanitizer: planted'
echo input >"${prefix}crash-1"
exit 77
END
result 'a crash gives status 1' ends 1 --build "$dir/fake" --seconds 60
result 'a crash keeps its input' json "'AddressSanitizer' in r['findings'][0]['text'] and
	open(r['findings'][0]['file']).read() == 'input\n'"

# An engine that does not start is no clean run.
printf '#!/bin/sh\nexit 1\n' >"$dir/fake/sim-fuzz/fuzz_concurrent"
result 'an engine that fails gives status 2' ends 2 --build "$dir/fake" --seconds 60 --quiet
result 'and one line' one_line

result 'no build gives status 2' ends 2 --build "$dir/none"
result 'one line, and no folder' eval 'one_line && [ ! -e "$dir/none" ]'
result 'an unknown option gives status 2' ends 2 --nonsense
result 'and one line' one_line
result 'a folder for findings that cannot be made gives status 2' ends 2 --findings /proc/none \
	--quiet
result 'and one line that names it' eval 'one_line && grep -q "^fuzz-lane: /proc/none" err'

"$lane" --seconds 60 --corpus "$dir/c" --findings "$dir/findings" --quiet >out 2>err &
sleep 2
kill -TERM $!
wait $!
result 'an interrupt ends it with status 0' test $? = 0
result 'and with the result' json "r['interrupted'] and r['seconds'] < 30"
