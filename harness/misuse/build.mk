# SPDX-License-Identifier: MIT
# Misuses of an allocator: the same programs on libslub and on the process's malloc().

misuse-sources := harness/misuse/main.c harness/misuse/misuses.c
$(eval $(call program,native,misuse_slub,$(misuse-sources) harness/misuse/heap_slub.c,))
$(eval $(call program-alone,native,misuse_malloc,$(misuse-sources) harness/misuse/heap_malloc.c,))
# Stacks of reports name the functions, whatever the compiler's taste.
$(call objects,native,$(wildcard harness/misuse/*.c)): \
	EXTRA_CFLAGS := -fno-inline -fno-optimize-sibling-calls
LINT_NATIVE += harness/misuse/%

TESTS += harness/test/misuse.t
CHECKS += harness/test/misuse.t
harness/test/misuse.t: | $(O)/native/misuse_slub

.PHONY: misuse
misuse: $(O)/native/misuse_slub $(O)/native/misuse_malloc ## what each misuse does, with which setting; writes docs/misuse.md
	@$(test-env) harness/misuse/misuse --docs docs/misuse.md
