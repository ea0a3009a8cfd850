# SPDX-License-Identifier: MIT
#
# The proofs: proofs/prove builds and runs all by itself; here it is given the model checker.

.PHONY: prove
prove: $(CBMC) $(O)/explore/explorer ## prove the properties of proofs/properties.tsv with CBMC
	@$(test-env) JOBS='$(JOBS)' proofs/prove $(if $(QUICK),--quick) --json '$(O)/prove.json'

.PHONY: prove-nightly
prove-nightly: $(CBMC) $(O)/explore/explorer ## the same and more: all tiers
	@$(test-env) JOBS='$(JOBS)' proofs/prove --tier nightly --json '$(O)/prove-nightly.json'

QUICK ?=## 1: prove takes twins and mutants whose inputs have not changed from the last run
OPTIONS += QUICK
RUN_NEEDS += $(CBMC) $(O)/explore/explorer

# The script is run where it stands; it needs the model checker.
TESTS += harness/test/proofs.t
harness/test/proofs.t: | $(CBMC) $(O)/explore/explorer

# They compile against the prove world only, which needs the model checker's own compiler.
LINT_SKIP += proofs/%

include proofs/explorer/build.mk
