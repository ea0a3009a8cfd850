# SPDX-License-Identifier: MIT
#
# Tests of the house itself: layers, make's options, setup, what .ci/run counts, what is installed.

house-tests := harness/test/layers.t harness/test/house.t
ifneq ($(slub-sources),)
house-tests += harness/test/install.t
endif

# It takes the longest, so it starts first.
TESTS := harness/test/fresh.t $(TESTS) $(house-tests)
CHECKS += $(house-tests)
