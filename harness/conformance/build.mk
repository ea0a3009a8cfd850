# SPDX-License-Identifier: MIT
#
# Linux's own slab tests on libslub; README.md here says more.

LINUX ?=## conformance: a kernel tree to use instead of the package linux-source-6.12
OPTIONS += LINUX

.PHONY: conformance
conformance: $(PREPARE) $(O)/native/slubcheck ## Linux's slub_kunit, test_meminit and slabinfo, unmodified, on libslub
	@$(test-env) harness/conformance/conformance $(if $(LINUX),--source '$(LINUX)')

# Compiled by the command itself, with headers that stand in for the kernel's.
LINT_SKIP += harness/conformance/%

TESTS += harness/test/conformance.t
harness/test/conformance.t: | $(O)/native/slubcheck
