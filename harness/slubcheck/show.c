/* SPDX-License-Identifier: MIT */
/* slubcheck show: a binary op program as text. */
#include "arguments.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck show FILE [-o OUT]\n"
	"Prints the binary op program FILE as text that slubcheck pack makes FILE of again.\n"
	"\n"
	"  FILE               a binary op program; - is standard input\n"
	"  -o, --output OUT   write to OUT and not to standard output; an existing OUT is\n"
	"                     replaced as a whole, or left as it is on an error\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 2 bad input or usage.\n";

int slubcheck_show(int argc, char **argv)
{
	const char *file, *output = NULL;
	const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "OUT", &output),
		{.name = NULL},
	};
	struct program_error error;
	struct program program;
	int exit_code, err;

	if (!slubcheck_options_and_file(argc, argv, help, options, &file, &exit_code))
		return exit_code;
	if (program_read_file(file, &program, &error))
		return slubcheck_complain("%s", error.text);
	err = program_write_text_file(output ? output : "-", &program, &error);
	program_free(&program);
	return err ? slubcheck_complain("%s", error.text) : SLUBCHECK_CLEAN;
}
