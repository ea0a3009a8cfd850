#!/bin/bash
# SPDX-License-Identifier: MIT
# The allocator equals its reference model, and a model that could not tell would be found out.
set -u

O=${O:-build}
model=$O/sim/model_run
planted=$O/sim/model_run-planted
findings=$(mktemp -d) || exit 1
trap 'rm -rf "$findings"' EXIT
export SLUB_FINDINGS_DIR=$findings
count=0

# expect STATUS PATTERN NAME COMMAND...: its exit status, and a line of its output
expect()
{
	local wanted=$1 pattern=$2 name=$3 status

	shift 3
	count=$((count + 1))
	"$@" >"$findings/log" 2>&1
	status=$?
	if [ $status = "$wanted" ] && grep -qE -- "$pattern" "$findings/log"; then
		echo "ok $count - $name"
		sed -n 's/^# \([0-9]* programs.*\)/# \1/p' "$findings/log"
	else
		echo "not ok $count - $name: status $status"
		head -30 "$findings/log" | sed 's/^/# /'
		echo "# repeat: $*"
	fi
}

expect 0 '# no difference' 'random programs' "$model" --ops 400000
expect 0 'sqlite3.slubops: 36000 records' 'traces of real programs' "$model" corpus/traces/*.slubops
expect 0 'chain.txt' 'seeds' "$model" corpus/seeds/*.txt
expect 0 '# no difference' 'the planted one, with nothing planted' "$planted" --ops 1000
for plant in order count keep; do
	rm -f "$findings"/model-*
	expect 1 '^# finding: oracle 5: model: ' "a defect of the kind $plant is found" \
		env PLANT=$plant "$planted" --ops 100000
done
expect 1 'oracle 5' 'and again in the program that was stored' \
	env PLANT=$plant "$planted" "$findings"/model-*.slubops
expect 2 '--ops nonsense: whole numbers' 'a number that is none' "$model" --ops nonsense
expect 2 'none.slubops' 'a file that is not there' "$model" "$findings/none.slubops"
echo "1..$count"
