# SPDX-License-Identifier: MIT
#
# Tests of the house itself: layers, make's options, setup, what .ci/run counts.

TESTS += harness/test/layers.t harness/test/house.t
CHECKS += harness/test/layers.t harness/test/house.t
