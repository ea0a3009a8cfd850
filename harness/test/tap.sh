# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the shell tests share. Sourced in the root; the test then stands in a scratch folder, $dir,
# which goes with it, and keeps the output of its commands in the files out and err.

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
count=0

# ok DESCRIPTION: passes when the last command did; else shows the output that was kept.
ok()
{
	local status=$?

	count=$((count + 1))
	if [ $status -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		sed 's/^/#   /' out err differences 2>/dev/null | head -40
	fi
}

# run EXIT-CODE COMMAND...: output into out and err; passes when COMMAND ends with EXIT-CODE
run()
{
	local expected=$1 status
	shift
	"$@" >out 2>err
	status=$?
	[ $status -eq "$expected" ] || { echo "# exit $status, not $expected: $*"; return 1; }
}

# passes DESCRIPTION COMMAND...: passes when COMMAND does; output into out
passes()
{
	local description=$1
	shift
	"$@" >out 2>&1
	ok "$description"
}

# says FILE TEXT...: the lines of FILE hold each TEXT
says()
{
	local file=$1 text
	shift
	for text in "$@"; do
		grep -qF -- "$text" "$file" || { echo "# $file lacks: $text"; return 1; }
	done
}

# refused LINE COMMAND...: exit 2, nothing on stdout, just LINE on stderr
refused()
{
	local line=$1
	shift
	run 2 "$@" && [ ! -s out ] && [ "$(cat err)" = "$line" ] && [ "$(wc -l <err)" = 1 ]
}

# refused_with TEXT COMMAND...: exit 2, nothing on stdout, one line on stderr, which holds TEXT
refused_with()
{
	local text=$1
	shift
	run 2 "$@" && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && says err "$text"
}
