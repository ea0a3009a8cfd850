# SPDX-License-Identifier: MIT
# Coverage of slub/ by all lanes together. The programs of the lanes are built once more, in
# variants in which the allocator, and only it, is instrumented.

coverage-tests := $(slub-tests) attribute_threads native_nodes
$(foreach t,$(coverage-tests),$(foreach v,native-cov native-asan-cov,$(eval $(call \
	program,$v,$t,harness/test/$t.c,-lcmocka))))
$(eval $(call program,native-cov,exec_threads,harness/test/exec_threads.c $(exec-native-sources) \
	$(exec-files),-lcmocka))
$(eval $(call program,native-asan-cov,marks_errors,harness/test/marks_errors.c,))
$(eval $(call program,native-cov,stress,$(stress-sources),))
$(eval $(call program,native-cov,misuse_slub,$(misuse-sources) harness/misuse/heap_slub.c,))
$(eval $(call program,native-cov,slubcheck,$(slubcheck-native),))
$(eval $(call program,sim-cov,every_failure,$(every-failure-sources),$(every-failure-link)))
$(eval $(call program,sim-cov,model_run,$(model-run-sources),$(model-link)))
$(eval $(call program,sim-cov,regress_layout,harness/fuzz/regress.c $(fuzz-layout-sources),\
	$(model-link)))

# What the corpus is run by, and what all lanes are.
corpus-coverage-programs := $(foreach t,$(fuzz-targets) $(fuzz-text-targets) layout,\
	$(O)/sim-cov/regress_$t)
coverage-programs := $(corpus-coverage-programs) $(O)/sim-cov/every_failure $(O)/sim-cov/model_run \
	$(foreach t,$(coverage-tests),$(O)/native-cov/$t $(O)/native-asan-cov/$t) \
	$(foreach p,exec_threads stress misuse_slub slubcheck,$(O)/native-cov/$p) \
	$(O)/native-asan-cov/marks_errors

# Only the allocator; and lines of platform/native are the world's, which all of these test.
$(foreach v,native-cov native-asan-cov sim-cov,$(O)/$v/slub/%.o): EXTRA_CFLAGS := \
	-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc

.PHONY: coverage corpus-coverage
corpus-coverage: $(corpus-coverage-programs) $(fuzz-seeds) ## lines and branches of slub/ that the fuzz corpus reaches
	@$(test-env) harness/coverage/lanes corpus $(corpus-coverage-programs)

coverage: $(PREPARE) $(coverage-programs) $(fuzz-seeds) ## lines, branches and MC/DC of slub/ that all lanes reach, as HTML too
	@$(test-env) harness/coverage/lanes all $(coverage-programs)

TESTS += harness/test/coverage.t
CHECKS += harness/test/coverage.t
