/* SPDX-License-Identifier: MIT */
/* Runs a test that is a module: its exit status is what its init function returns. */
#include <linux/module.h>

int main(void)
{
	return module_under_test() != 0;
}
