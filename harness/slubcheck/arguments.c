/* SPDX-License-Identifier: MIT */
/* The arguments of the commands; see arguments.h. */
#include <errno.h>
#include <fts.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "harness/exec/exec.h"
#include "harness/option.h"
#include "slubcheck.h"

/* ---- options */

#define OPTIONS_MAX 16u

/* What getopt_long() calls the long options; those with a letter are called by it when short. */
#define LONG_OPTION 256

/* The table in the two forms of getopt_long(). */
struct known {
	unsigned int nr; /* without --help */
	struct option names[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 4];
};

static void know(struct known *known, const struct slubcheck_option *options, const char *mode)
{
	char *letter = stpcpy(known->letters, mode);
	unsigned int i;

	for (i = 0; options[i].name && i < OPTIONS_MAX; i++) {
		bool takes = options[i].takes != SLUBCHECK_TAKES_NOTHING;

		known->names[i] =
			(struct option){options[i].name, takes, NULL, LONG_OPTION + (int)i};
		if (options[i].letter)
			*letter++ = options[i].letter;
		if (options[i].letter && takes)
			*letter++ = ':';
	}
	known->nr = i;
	known->names[i] = (struct option){"help", no_argument, NULL, LONG_OPTION + (int)i};
	known->names[i + 1] = (struct option){NULL, 0, NULL, 0};
	*letter++ = 'h';
	*letter = '\0';
}

/* Return: the row of @option, which getopt_long() gave; OPTIONS_MAX if it is none. */
static unsigned int row_of(const struct slubcheck_option *options, const struct known *known,
			   int option)
{
	if (option >= LONG_OPTION)
		return (unsigned int)(option - LONG_OPTION);
	for (unsigned int i = 0; option && i < known->nr; i++)
		if (options[i].letter == option)
			return i;
	return option == 'h' ? known->nr : OPTIONS_MAX;
}

static void complain_unknown(const char *command, const struct slubcheck_option *options,
			     const struct known *known, const char *word)
{
	char allowed[400] = "", letter[3] = {'-', (char)optopt, '\0'};
	size_t used = 0;

	for (unsigned int i = 0; i < known->nr && used < sizeof(allowed); i++) {
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s--%s",
					 i ? ", " : "", options[i].name);
		if (options[i].letter && used < sizeof(allowed))
			used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, " (-%c)",
						 options[i].letter);
	}
	/* A letter may stand anywhere in its word; a long option is its word. */
	if (optopt > 0 && row_of(options, known, optopt) == OPTIONS_MAX)
		word = letter;
	slubcheck_complain("%s: unknown option '%s'; allowed %s%s%s--help (-h)", command, word,
			   known->nr ? "are " : "is ", allowed, known->nr ? " and " : "");
}

/* Reads optarg. Return: whether it is good. */
static bool read_value(const char *command, const struct slubcheck_option *option)
{
	switch (option->takes) {
	case SLUBCHECK_TAKES_NOTHING:
		*(bool *)option->to = true;
		return true;
	case SLUBCHECK_TAKES_NUMBER:
		if (option_number(optarg, 10, option->min, option->max, option->to))
			return true;
		slubcheck_complain("%s: --%s is '%s'; allowed is %" PRIu64 " to %" PRIu64, command,
				   option->name, optarg, option->min, option->max);
		return false;
	case SLUBCHECK_TAKES_NAME:
		if (*(const char **)option->to) {
			slubcheck_complain("%s: --%s stands twice; allowed is once", command,
					   option->name);
			return false;
		}
		*(const char **)option->to = optarg;
		return true;
	case SLUBCHECK_TAKES_OTHER:
		break;
	}
	return option->read(command, optarg, option->to);
}

static bool read_options(int argc, char **argv, const char *help,
			 const struct slubcheck_option *options, const char *mode, char ***operands,
			 int *exit_code)
{
	const char *command = argv[0];
	struct known known;
	unsigned int row;
	int option;

	know(&known, options, mode);
	*exit_code = SLUBCHECK_BAD_INPUT;
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, known.letters, known.names, NULL)) != -1) {
		if (option == ':') {
			row = row_of(options, &known, optopt);
			slubcheck_complain("%s: option '%s' has no value; allowed is --%s %s",
					   command, argv[optind - 1], options[row].name,
					   options[row].value);
			return false;
		}
		if (option == '?') {
			complain_unknown(command, options, &known, argv[optind - 1]);
			return false;
		}
		row = row_of(options, &known, option);
		if (row == known.nr) {
			fputs(help, stdout);
			*exit_code = slubcheck_end_stdout();
			return false;
		}
		if (!read_value(command, &options[row]))
			return false;
	}
	*operands = argv + optind;
	*exit_code = SLUBCHECK_CLEAN;
	return true;
}

bool slubcheck_options(int argc, char **argv, const char *help,
		       const struct slubcheck_option *options, char ***operands, int *exit_code)
{
	return read_options(argc, argv, help, options, ":", operands, exit_code);
}

bool slubcheck_options_before(int argc, char **argv, const char *help,
			      const struct slubcheck_option *options, char ***operands,
			      int *exit_code)
{
	return read_options(argc, argv, help, options, "+:", operands, exit_code);
}

bool slubcheck_options_and_file(int argc, char **argv, const char *help,
				const struct slubcheck_option *options, const char **file,
				int *exit_code)
{
	char **operands;

	if (!slubcheck_options(argc, argv, help, options, &operands, exit_code))
		return false;
	*exit_code = SLUBCHECK_BAD_INPUT;
	if (!operands[0]) {
		slubcheck_complain("%s: no FILE is named; allowed is one, or - for standard input",
				   argv[0]);
		return false;
	}
	if (operands[1]) {
		slubcheck_complain("%s: '%s' is a second FILE; allowed is one", argv[0],
				   operands[1]);
		return false;
	}
	*file = operands[0];
	*exit_code = SLUBCHECK_CLEAN;
	return true;
}

bool slubcheck_options_and_program(int argc, char **argv, const char *help,
				   const struct slubcheck_option *options, const char **file,
				   struct program *program, int *exit_code)
{
	struct program_error error;

	if (!slubcheck_options_and_file(argc, argv, help, options, file, exit_code))
		return false;
	if (!program_read_any_file(*file, program, &error))
		return true;
	*exit_code = slubcheck_complain("%s", error.text);
	return false;
}

bool slubcheck_read_oracles(const char *command, const char *value, void *to)
{
	struct slubcheck_oracles *oracles = to;
	const char *at;

	*oracles = (struct slubcheck_oracles){.given = value};
	if (!strcmp(value, "none"))
		return true;
	for (at = value; (*at >= '1' && *at <= '5') || *at == '8'; at++) {
		if (*at == '5')
			oracles->model = true;
		else
			oracles->oracles |= 1u << (*at - '0');
	}
	if (at != value && !*at)
		return true;
	slubcheck_complain("%s: --oracles is '%s'; allowed are digits of 123458, or none", command,
			   value);
	return false;
}

/* ---- operands */

static bool is_program_name(const char *name)
{
	static const char *const ends[] = {".slubops", ".ops", ".txt"};
	size_t n, length = strlen(name);

	for (n = 0; n < sizeof(ends) / sizeof(ends[0]); n++) {
		size_t end = strlen(ends[n]);

		if (length > end && !strcmp(name + length - end, ends[n]))
			return true;
	}
	return false;
}

static int by_name(const FTSENT **one, const FTSENT **other)
{
	return strcmp((*one)->fts_name, (*other)->fts_name);
}

int slubcheck_each_program(const char *command, const char *path,
			   void (*program)(void *data, const char *path), void *data)
{
	char *paths[] = {(char *)(uintptr_t)path, NULL};
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	int exit_code = SLUBCHECK_CLEAN;
	bool found = false;
	FTSENT *entry;

	while (tree && (errno = 0, entry = fts_read(tree))) {
		bool named = entry->fts_level == FTS_ROOTLEVEL;

		if (!named && entry->fts_name[0] == '.') {
			fts_set(tree, entry, FTS_SKIP);
			continue;
		}
		switch (entry->fts_info) {
		case FTS_D:
		case FTS_DP:
			break;
		case FTS_DC:
		case FTS_DNR:
			slubcheck_complain(
				"%s: %s: cannot read this folder: %s", command, entry->fts_path,
				strerror(entry->fts_info == FTS_DC ? ELOOP : entry->fts_errno));
			exit_code = SLUBCHECK_BAD_INPUT;
			found = true;
			break;
		default:
			if (!named && !is_program_name(entry->fts_name))
				break;
			/* Also what is not there: its reader says so. */
			program(data, entry->fts_path);
			found = true;
		}
	}
	if (!tree || errno) {
		slubcheck_complain("%s: %s: %s", command, path, strerror(errno));
		exit_code = SLUBCHECK_INCONCLUSIVE;
	} else if (!found) {
		exit_code = slubcheck_complain("%s: no program in %s; allowed are files that end "
					       "in .slubops, .ops or .txt",
					       command, path);
	}
	if (tree)
		fts_close(tree);
	return exit_code;
}

/* ---- exit codes */

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
