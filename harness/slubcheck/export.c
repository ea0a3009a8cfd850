/* SPDX-License-Identifier: MIT */
/* slubcheck export: the attribute tree of the allocator after an op program, as a folder. */
#include <errno.h>
#include <string.h>

#include "slub/slub.h"
#include "arguments.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck export FILE -o DIR\n"
	"Performs the op program FILE on libslub, in real threads, one record after the other, "
	"and\n"
	"writes the attribute tree as it is before the objects that are left are freed.\n"
	"\n"
	"  FILE               an op program, binary or text; - is standard input\n"
	"  -o, --output DIR   a folder that does not exist or is empty: becomes what\n"
	"                     /sys/kernel/slab is; alloc_traces and free_traces of caches that\n"
	"                     have them go to debug/slab beside it\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

/* The native world's alone: NULL in the program of the other world. */
extern __typeof__(slub_attribute_export) slub_attribute_export __attribute__((weak));

static int export(void *data)
{
	const char *directory = data;
	int err = slub_attribute_export(directory);

	switch (err) {
	case 0:
		return SLUBCHECK_CLEAN;
	case -ENOTEMPTY:
		return slubcheck_complain("export: %s: is not empty, or debug/slab beside it is "
					  "not; allowed is a new or an empty folder",
					  directory);
	case -ENOMEM:
		slubcheck_complain("export: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	default:
		return slubcheck_complain("export: %s: cannot write it: %s; allowed is a new or an "
					  "empty folder",
					  directory, strerror(-err));
	}
}

int slubcheck_export(int argc, char **argv)
{
	const char *file, *output = NULL;
	const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "DIR", &output),
		{.name = NULL},
	};
	int exit_code;

	if (!slubcheck_options_and_file(argc, argv, help, options, &file, &exit_code))
		return exit_code;
	if (!output)
		return slubcheck_complain("export: no folder to write is named; allowed is -o DIR");
	return slubcheck_look("export", file, export, (void *)(size_t)output);
}
