# SPDX-License-Identifier: MIT
# stress: many threads on the allocator, plain and under the sanitizers.

stress-sources := $(wildcard harness/stress/*.c) \
	$(sort $(exec-native-sources) $(program-sources))
stress-variants := native native-tsan native-asan

# It performs op programs, too.
ifneq ($(exec-native-sources),)
$(foreach v,$(stress-variants),$(eval $(call program,$v,stress,$(stress-sources),)))
LINT_NATIVE += harness/stress/%

stress-programs := $(stress-variants:%=$(O)/%/stress)
RUN_NEEDS += $(stress-programs)

TESTS += harness/test/stress.t
harness/test/stress.t: | $(stress-programs)
endif
