#!/bin/bash -eu
# SPDX-License-Identifier: MIT
exec "${SRC:-/src}/libslub/ci/oss-fuzz/build.sh"
