# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the shell tests of slubcheck share. Sourced in the root; the test then stands in a scratch
# folder, $dir, which goes with it, and keeps the output of its commands in the files out and err.

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
