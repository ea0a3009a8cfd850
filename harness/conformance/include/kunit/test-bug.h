/* SPDX-License-Identifier: MIT */
/* Nothing of it is used by the tests that are taken. */
