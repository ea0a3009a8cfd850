/* SPDX-License-Identifier: MIT */
/* slubcheck slabinfo: /proc/slabinfo of the allocator after an op program. */
#include <stdlib.h>

#include "slub/slub.h"
#include "arguments.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck slabinfo FILE\n"
	"Performs the op program FILE on libslub, in real threads, one record after the other, "
	"and\n"
	"prints what /proc/slabinfo would show before the objects that are left are freed.\n"
	"\n"
	"  FILE               an op program, binary or text; - is standard input\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

static int print_slabinfo(void *unused)
{
	long length = slub_slabinfo(NULL, 0);
	char *text;

	(void)unused;
	/* Nobody else is at work, but caches may come from the C library's own buffers. */
	text = malloc((size_t)length + 4096);
	if (!text) {
		slubcheck_complain("slabinfo: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	slub_slabinfo(text, (size_t)length + 4096);
	fputs(text, stdout);
	free(text);
	return slubcheck_end_stdout();
}

int slubcheck_slabinfo(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {{.name = NULL}};
	const char *file;
	int exit_code;

	if (!slubcheck_options_and_file(argc, argv, help, options, &file, &exit_code))
		return exit_code;
	return slubcheck_look("slabinfo", file, print_slabinfo, NULL);
}
