# SPDX-License-Identifier: MIT
# The zoo: planted defects that the harness must find; and the allocator's own unit tests, which
# are one of the lanes that look for them.

slub-tests := $(patsubst harness/test/%.c,%,$(wildcard harness/test/slub_*.c))
$(foreach t,$(slub-tests),$(foreach v,native native-asan,$(eval $(call \
	unit-test,$v,$t,harness/test/$t.c))))
LINT_NATIVE += harness/test/slub_%

