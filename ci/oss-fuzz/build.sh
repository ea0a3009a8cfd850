#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds every fuzz target with the compiler, the flags and the engine of OSS-Fuzz, and puts it
# into $OUT with its dictionary, options and seeds. ClusterFuzzLite calls the same.
#
#	CC=… CFLAGS=… LIB_FUZZING_ENGINE=… OUT=… ci/oss-fuzz/build.sh

cd "${SRC:+$SRC/libslub}" 2>/dev/null || cd "$(dirname "$0")/../.."
: "${OUT:?the folder for the targets}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
exec make SETUP=0 O="${WORK:-/tmp}/libslub-build" CC="${CC:-clang}" CLANG="${CC:-clang}" \
	CFLAGS="${CFLAGS:--O1 -g -fsanitize=address,fuzzer-no-link}" LDFLAGS="${LDFLAGS:-}" \
	LIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" OUT="$OUT" oss-fuzz
