/* SPDX-License-Identifier: MIT */
/* slubcheck pack: a binary op program of its text. */
#include "arguments.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck pack FILE -o OUT\n"
	"Makes the binary op program OUT of the text FILE.\n"
	"\n"
	"  FILE               an op program as text; - is standard input\n"
	"  -o, --output OUT   the binary file; - is standard output; an existing OUT is\n"
	"                     replaced as a whole, or left as it is on an error\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 2 bad input or usage.\n";

int slubcheck_pack(int argc, char **argv)
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
	if (!output)
		return slubcheck_complain("pack: no OUT is named; allowed is -o OUT, or -o - for "
					  "standard output");
	if (program_read_text_file(file, &program, &error))
		return slubcheck_complain("%s", error.text);
	err = program_write_file(output, &program, &error);
	program_free(&program);
	return err ? slubcheck_complain("%s", error.text) : SLUBCHECK_CLEAN;
}
