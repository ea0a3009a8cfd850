# SPDX-License-Identifier: MIT
#
# The simulated world; its sources are part of every program of a sim variant (see the Makefile).

$(eval $(call unit-test,sim,test-sim-machine,harness/test/sim_machine.c))
$(eval $(call unit-test,sim,test-sim-memory,harness/test/sim_memory.c))
$(eval $(call unit-test,sim-asan,test-sim-machine,harness/test/sim_machine.c))
$(eval $(call unit-test,sim-asan,test-sim-memory,harness/test/sim_memory.c))
$(eval $(call program,sim,bench-sim,harness/test/sim_bench.c))
BENCHES += $(O)/sim/bench-sim
