/* SPDX-License-Identifier: MIT */
/* Options of the commands; see options.h. */
#include <string.h>

#include "harness/exec/exec.h"
#include "harness/option.h"
#include "options.h"
#include "slubcheck.h"

bool slubcheck_number(const char *command, const char *option, const char *text, unsigned long min,
		      unsigned long max, unsigned long *to)
{
	if (option_number(text, 10, min, max, to))
		return true;
	slubcheck_complain("%s: %s is '%s'; allowed is %lu to %lu", command, option, text, min,
			   max);
	return false;
}

bool slubcheck_oracles(const char *command, const char *text, unsigned int *oracles, bool *model)
{
	const char *at;

	*oracles = 0;
	*model = false;
	if (!strcmp(text, "none"))
		return true;
	for (at = text; *at >= '1' && *at <= '5'; at++) {
		if (*at == '5')
			*model = true;
		else
			*oracles |= 1u << (*at - '0');
	}
	if (at != text && !*at)
		return true;
	slubcheck_complain("%s: --oracles is '%s'; allowed are digits of 12345, or none", command,
			   text);
	return false;
}

bool slubcheck_bad_option(const char *command, int option, const struct option *known, char **argv)
{
	char allowed[400] = "";
	size_t used = 0;

	if (option == ':') {
		slubcheck_complain("%s: option '%s' has no value; see --help", command,
				   argv[optind - 1]);
		return false;
	}
	for (; known->name && used < sizeof(allowed); known++)
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s--%s",
					 !used		 ? ""
					 : known[1].name ? ", "
							 : " and ",
					 known->name);
	slubcheck_complain("%s: unknown option '%s'; allowed are %s", command, argv[optind - 1],
			   allowed);
	return false;
}

int slubcheck_worse(int one, int other)
{
	static const int weight[] = {
		[SLUBCHECK_CLEAN] = 0,
		[SLUBCHECK_INCONCLUSIVE] = 1,
		[SLUBCHECK_BAD_INPUT] = 2,
		[SLUBCHECK_FINDING] = 3,
	};

	return weight[other] > weight[one] ? other : one;
}

bool slubcheck_is_program_name(const char *name)
{
	static const char *const ends[] = {".slubops", ".ops", ".txt"};
	size_t n, length = strlen(name);

	for (n = 0; n < sizeof(ends) / sizeof(ends[0]); n++) {
		size_t end = strlen(ends[n]);

		if (*name != '.' && length > end && !strcmp(name + length - end, ends[n]))
			return true;
	}
	return false;
}
