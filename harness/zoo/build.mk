# SPDX-License-Identifier: MIT
# The zoo: planted defects that the harness must find; and the allocator's own unit tests, which
# are one of the lanes that look for them.

slub-tests := $(patsubst harness/test/%.c,%,$(wildcard harness/test/slub_*.c))
$(foreach t,$(slub-tests),$(foreach v,native native-asan,$(eval $(call \
	unit-test,$v,$t,harness/test/$t.c))))
# These have threads of their own.
$(foreach t,$(filter slub_failslab slub_memcg slub_rcu,$(slub-tests)),$(eval $(call \
	unit-test,native-tsan,$t,harness/test/$t.c)))
LINT_NATIVE += harness/test/slub_%

# Every defect, each lane with its full time; zoo.t runs the three that must always be found.
OPTIONS += ZOO_FLAGS
ZOO_FLAGS ?=## options of make zoo, see harness/zoo/zoo --help
.PHONY: zoo
zoo: ## plant every known defect and see that the harness finds it
	@$(test-env) harness/zoo/zoo $(ZOO_FLAGS)

.PHONY: zoo-medians
zoo-medians: ## programs until each defect of concurrency is found, over ten seeds
	@$(test-env) harness/zoo/medians $(ZOO_FLAGS)

TESTS += harness/test/zoo.t
