/* SPDX-License-Identifier: MIT */
/*
 * strcmp() of the fuzzed program. libFuzzer's own notes what is compared, for a dictionary that
 * programs of records have no use for, and that cost a tenth of all time.
 */
int __wrap_strcmp(const char *a, const char *b);

int __wrap_strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
