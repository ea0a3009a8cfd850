# SPDX-License-Identifier: MIT
#
# The proofs: proofs/prove builds and runs all by itself; here it is given the model checker.

.PHONY: prove
prove: $(CBMC) ## prove the properties of proofs/properties.tsv with CBMC
	@$(test-env) JOBS='$(JOBS)' proofs/prove $(if $(QUICK),--quick) --json '$(O)/prove.json'

QUICK ?=## 1: prove takes twins and mutants whose inputs have not changed from the last run
OPTIONS += QUICK
RUN_NEEDS += $(CBMC)

# The script is run where it stands; it needs the model checker.
TESTS += harness/test/proofs.t
harness/test/proofs.t: | $(CBMC)

# They compile against the prove world only, which needs the model checker's own compiler.
LINT_SKIP += proofs/%

include proofs/explorer/build.mk
