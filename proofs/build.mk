# SPDX-License-Identifier: MIT
#
# The proofs: proofs/prove builds and runs all by itself; here it is given the model checker.

.PHONY: prove
prove: $(CBMC) $(O)/explore/explorer ## prove the properties of proofs/properties.tsv with CBMC, and their twins
	@$(test-env) JOBS='$(JOBS)' proofs/prove --parts proof,twin $(if $(filter-out 0,$(CACHE)),--cached) \
		--json '$(O)/prove.json' --html '$(O)/prove.html'

# Stopped by Ctrl-C, it goes on from there the next time.
.PHONY: prove-nightly
prove-nightly: $(CBMC) $(O)/explore/explorer ## the same with larger bounds, reach runs and mutants: all tiers
	@$(test-env) JOBS='$(JOBS)' proofs/prove --tier nightly --resume --timeout 600 \
		--json '$(O)/prove-nightly.json' --html '$(O)/prove-nightly.html'

CACHE ?= 1## 0: prove runs what was proved before with the same inputs, too
OPTIONS += CACHE
RUN_NEEDS += $(CBMC) $(O)/explore/explorer

# The script is run where it stands; it needs the model checker.
TESTS += harness/test/proofs.t
harness/test/proofs.t: | $(CBMC) $(O)/explore/explorer

TESTS += harness/test/proof_functions.t
CHECKS += harness/test/proof_functions.t

# They compile against the prove world only, which needs the model checker's own compiler.
LINT_SKIP += proofs/% harness/test/explorer_engine.c

include proofs/explorer/build.mk
