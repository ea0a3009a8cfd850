# SPDX-License-Identifier: MIT
# stress: many threads on the allocator, plain and under the sanitizers; and what the Valgrind
# lane runs.

stress-sources := $(addprefix harness/stress/,stress.c epoch.c worker.c holding.c churn.c \
	programs.c) $(sort $(exec-native-sources) $(program-sources))
stress-variants := native native-tsan native-asan native-msan

$(foreach v,$(stress-variants),$(eval $(call program,$v,stress,$(stress-sources),)))
LINT_NATIVE += harness/stress/%

stress-programs := $(stress-variants:%=$(O)/%/stress)
RUN_NEEDS += $(stress-programs)

$(eval $(call program,native-valgrind,valgrind_replay,harness/stress/valgrind_replay.c \
	$(sort $(exec-native-sources) $(program-sources)),))
RUN_NEEDS += $(O)/native-valgrind/valgrind_replay

TESTS += harness/test/stress.t harness/test/valgrind.t
harness/test/stress.t: | $(stress-programs)
harness/test/valgrind.t: | $(O)/native-valgrind/valgrind_replay
