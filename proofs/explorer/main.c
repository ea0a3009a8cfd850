/* SPDX-License-Identifier: MIT */
/*
 * The explorer's command line: searches the scenarios of a set, one line for each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "harness/option.h"
#include "alone.h"
#include "baseline.h"
#include "trace.h"

#define EXIT_CLEAN	  0
#define EXIT_FOUND	  1
#define EXIT_USAGE	  2
#define EXIT_INCONCLUSIVE 3
#define IDS_MAX		  65536u

static const char usage[] =
	"usage: explorer [--set NAME] [--only TEXT[,TEXT]] [--share K/N] [--list] [--write "
	"FOLDER]\n"
	"                [--tso] [--migrations N] [--switches N] [--all-points] [--verify]\n"
	"                [--states-max N] [--beyond N] [--first] [--found FOLDER] [--results "
	"FILE]\n"
	"                [--baseline FOLDER] [--pin FOLDER] [--finals FILE] [--alone FILE]\n"
	"                [--sites FILE] [--progress]\n"
	"\n"
	"Searches every interleaving of the tasks of each scenario of a set. One line for each:\n"
	"id, verdict, states, steps, final states, shared words, steps of a task alone at most,\n"
	"depth, states of all searches, seconds, hash of the final states, what was found.\n"
	"\n"
	"  --set NAME       the set [pairs]\n"
	"  --only TEXT      scenarios of whose id a part begins so: partial/free-alloc, flush, "
	"/00\n"
	"  --share K/N      of these, every N-th from the K-th (1 to N) on\n"
	"  --list           print ids and search nothing\n"
	"  --write FOLDER   write each scenario there as an op program and search nothing\n"
	"  --tso            with store buffers, as x86 has them\n"
	"  --migrations N   tasks may move to the next cpu anywhere, N times together, 0 to 9 [0]\n"
	"  --switches N     at most N preemptions, 0 to 99 [any number]\n"
	"  --all-points     every point counts, not only those at words that tasks share\n"
	"  --verify         compare all memory after every step\n"
	"  --states-max N   more states of one scenario are inconclusive, 1 to 100000000 "
	"[20000000]\n"
	"  --beyond N       then search that one with at most N preemptions instead, 0 to 99\n"
	"  --first          stop at the first finding\n"
	"  --found FOLDER   write each counterexample there\n"
	"  --results FILE   append each line there as well; what is in it already is not searched\n"
	"  --baseline FOLDER  compare final states and states with what is pinned there\n"
	"  --pin FOLDER     pin them there, when the whole set is clean\n"
	"  --finals FILE    append each final state there: scenario and hash\n"
	"  --alone FILE     at the end, write what each operation alone waits for, and its steps\n"
	"  --sites FILE     at the end, append how often each commit succeeded and failed\n"
	"  --progress       say on stderr where the search is\n"
	"\n"
	"Exit status: 0 nothing was found, 1 something was or counts otherwise than its baseline, "
	"2 bad\n"
	"usage, 3 a search did not end.\n";

static struct {
	const char *set, *only, *write, *found, *results, *sites, *baseline, *pin, *finals, *alone;
	unsigned int share, shares, beyond;
	bool list, first, progress;
	struct explore_options explore;
} options = {.set = "pairs",
	     .share = 1,
	     .shares = 1,
	     .beyond = EXPLORE_FOREVER,
	     .explore.switches = EXPLORE_FOREVER};

static char *known[IDS_MAX]; /* ids that the results file has, with their verdicts */
static size_t nr_known;

static _Noreturn void refuse(const char *what, const char *value, const char *allowed)
{
	fprintf(stderr, "explorer: %s%s%s: %s\n", what, value ? " " : "", value ? value : "",
		allowed);
	exit(EXIT_USAGE);
}

static unsigned long number(const char *option, const char *text, unsigned long low,
			    unsigned long high)
{
	static char allowed[80];
	uint64_t value = 0;

	snprintf(allowed, sizeof(allowed), "a whole number from %lu to %lu is allowed", low, high);
	if (!option_number(text, 10, low, high, &value))
		refuse(option, text, allowed);
	return value;
}

static void parse_share(const char *text)
{
	unsigned int share, shares;
	int end = 0;

	if (sscanf(text, "%3u/%3u%n", &share, &shares, &end) != 2 || text[end] || share < 1 ||
	    share > shares)
		refuse("--share", text, "K/N is allowed, K from 1 to N, N up to 999");
	options.share = share;
	options.shares = shares;
}

static void parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool flag = true;

		if (!strcmp(option, "--list"))
			options.list = true;
		else if (!strcmp(option, "--tso"))
			options.explore.tso = true;
		else if (!strcmp(option, "--all-points"))
			options.explore.all_points = true;
		else if (!strcmp(option, "--verify"))
			options.explore.verify = true;
		else if (!strcmp(option, "--first"))
			options.first = true;
		else if (!strcmp(option, "--progress"))
			options.progress = true;
		else
			flag = false;
		if (flag)
			continue;
		if (!strcmp(option, "--help")) {
			fputs(usage, stdout);
			exit(EXIT_CLEAN);
		}
		if (option[0] != '-' || option[1] != '-')
			refuse(option, NULL, "only options are allowed; --help lists them");
		if (!value)
			refuse(option, NULL,
			       "no such option, or its value is missing; --help lists all");
		i++;
		if (!strcmp(option, "--set"))
			options.set = value;
		else if (!strcmp(option, "--only"))
			options.only = value;
		else if (!strcmp(option, "--share"))
			parse_share(value);
		else if (!strcmp(option, "--write"))
			options.write = value;
		else if (!strcmp(option, "--found"))
			options.found = value;
		else if (!strcmp(option, "--results"))
			options.results = value;
		else if (!strcmp(option, "--baseline"))
			options.baseline = value;
		else if (!strcmp(option, "--pin"))
			options.pin = value;
		else if (!strcmp(option, "--finals"))
			options.finals = value;
		else if (!strcmp(option, "--alone"))
			options.alone = value;
		else if (!strcmp(option, "--sites"))
			options.sites = value;
		else if (!strcmp(option, "--migrations"))
			options.explore.migrations = (unsigned int)number(option, value, 0, 9);
		else if (!strcmp(option, "--switches"))
			options.explore.switches = (unsigned int)number(option, value, 0, 99);
		else if (!strcmp(option, "--beyond"))
			options.beyond = (unsigned int)number(option, value, 0, 99);
		else if (!strcmp(option, "--states-max"))
			options.explore.states_max = number(option, value, 1, 100000000);
		else
			refuse(option, NULL, "no such option; --help lists all");
	}
}

/* ---- what was searched before */

static void read_results(void)
{
	char line[1024];
	FILE *file;

	if (!options.results)
		return;
	file = fopen(options.results, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file) && nr_known < IDS_MAX) {
		/* A line that was cut off when the search was stopped does not count. */
		if (!strchr(line, '\n') || !strchr(line, '\t'))
			continue;
		known[nr_known++] = strdup(line);
	}
	fclose(file);
}

static const char *known_line(const char *id)
{
	size_t bytes = strlen(id);

	for (size_t i = 0; i < nr_known; i++)
		if (!strncmp(known[i], id, bytes) && known[i][bytes] == '\t')
			return known[i];
	return NULL;
}

/* ---- one scenario */

static const char *const verdicts[] = {
	[EXPLORE_CLEAN] = "clean", [EXPLORE_FINDING] = "found", [EXPLORE_INCONCLUSIVE] = "open"};

/* The baseline of a set with these options. */
static const char *baseline_name(void)
{
	static char name[80];

	snprintf(name, sizeof(name), "%s%s", options.set, options.explore.tso ? "-tso" : "");
	if (options.explore.migrations)
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "-migrations%u",
			 options.explore.migrations);
	if (options.explore.switches != EXPLORE_FOREVER)
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "-switches%u",
			 options.explore.switches);
	return name;
}

#define BOUNDED "at most %u preemptions"

/* The preemptions that a scenario was searched with which has too many states for more. */
static unsigned int switches_of(const char *line)
{
	unsigned int switches;

	return sscanf(strrchr(line, '\t'), "\t" BOUNDED, &switches) == 1 ? switches
									 : EXPLORE_FOREVER;
}

/* Says what came of the scenario @id, and holds it against its baseline. */
static enum explore_outcome tell(const char *id, const char *line)
{
	unsigned long long states = 0, finals = 0;
	unsigned int switches;
	char text[200];
	const char *rest;

	if (sscanf(line, "%*[^\t]\tclean\t%llu\t%*u\t%llu", &states, &finals) == 2) {
		switches = switches_of(line);
		if (options.pin)
			baseline_note(id, finals, states, switches);
		if (!options.baseline ||
		    baseline_agrees(id, finals, states, switches, text, sizeof(text))) {
			fputs(line, stdout);
			fflush(stdout);
			return EXPLORE_CLEAN;
		}
		rest = strstr(line, "\tclean\t") + strlen("\tclean\t");
		printf("%s\tchanged\t%.*s%s\n", id, (int)strcspn(rest, "\n"), rest, text);
		fflush(stdout);
		return EXPLORE_FINDING;
	}
	fputs(line, stdout);
	fflush(stdout);
	return strstr(line, "\tfound\t") ? EXPLORE_FINDING : EXPLORE_INCONCLUSIVE;
}

static void keep(const char *line)
{
	FILE *file;

	if (!options.results)
		return;
	file = fopen(options.results, "a");
	if (!file || fputs(line, file) < 0 || fclose(file))
		refuse("--results", options.results, strerror(errno));
}

static void keep_finals(const char *id, const struct explore_result *result)
{
	FILE *file;

	if (!options.finals)
		return;
	file = fopen(options.finals, "a");
	for (uint64_t i = 0; file && i < result->finals; i++)
		fprintf(file, "%s\t%016llx\n", id, (unsigned long long)result->final_hashes[i]);
	if (!file || fclose(file))
		refuse("--finals", options.finals, strerror(errno));
}

static unsigned int longest_alone(const struct explore_result *result)
{
	unsigned int longest = 0;

	for (unsigned int task = 0; task < EXPLORE_TASKS_MAX; task++)
		if (result->alone[task] > longest)
			longest = result->alone[task];
	return longest;
}

static void search(const struct scenario *scenario, const struct explore_options *with,
		   struct explore_result *result)
{
	struct explore_client client;

	*result = (struct explore_result){.outcome = EXPLORE_INCONCLUSIVE};
	if (scenario_ready(scenario, &client, result->text, sizeof(result->text)))
		explore(&client, with, result);
	else if (!strncmp(result->text, "the setup: ", 11))
		result->outcome = EXPLORE_FINDING;
}

static enum explore_outcome search_one(size_t idx, const struct scenario *scenario)
{
	struct explore_options with = options.explore;
	struct explore_result result;
	char line[1024];

	if (options.progress)
		with.progress = scenario->id;
	if (baseline_switches(scenario->id) < with.switches)
		with.switches = baseline_switches(scenario->id);
	search(scenario, &with, &result);
	if (result.outcome == EXPLORE_INCONCLUSIVE && result.too_many &&
	    options.beyond < with.switches) {
		free(result.final_hashes);
		with.switches = options.beyond;
		with.states_max = 0;
		search(scenario, &with, &result);
	}
	if (result.outcome == EXPLORE_CLEAN && with.switches != options.explore.switches)
		snprintf(result.text, sizeof(result.text), BOUNDED, with.switches);
	snprintf(line, sizeof(line),
		 "%s\t%s\t%llu\t%llu\t%llu\t%u\t%u\t%u\t%llu\t%.3f\t%016llx\t%s\n", scenario->id,
		 verdicts[result.outcome], (unsigned long long)result.states,
		 (unsigned long long)result.steps, (unsigned long long)result.finals, result.shared,
		 longest_alone(&result), result.depth, (unsigned long long)result.states_all,
		 result.seconds, (unsigned long long)result.finals_hash, result.text);
	if (result.outcome == EXPLORE_FINDING && result.nr_path && options.found)
		trace_write(options.found, options.set, idx, &with, &result);
	keep_finals(scenario->id, &result);
	if (result.outcome == EXPLORE_CLEAN && with.switches == options.explore.switches)
		alone_note(scenario, &result);
	free(result.final_hashes);
	free(result.path);
	keep(line);
	return tell(scenario->id, line);
}

static void write_scenario(const struct scenario *scenario)
{
	char path[600];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.txt", options.write, scenario->id);
	for (char *at = path + strlen(options.write) + 1; *at; at++)
		if (*at == '/')
			*at = '.';
	file = fopen(path, "w");
	if (!file || fputs(scenario->text, file) < 0 || fclose(file))
		refuse("--write", path, strerror(errno));
}

/* True when --only names no text, or a part of @id begins with one of those that it names. */
static bool is_wanted(const char *id)
{
	const char *at = options.only;

	while (at && *at) {
		size_t bytes = strcspn(at, ",");
		char text[100];

		snprintf(text, sizeof(text), "%.*s", (int)bytes, at);
		for (const char *found = id; (found = strstr(found, text)); found++)
			if (found == id || found[-1] == '/' || found[-1] == '-')
				return true;
		at += bytes + (at[bytes] == ',');
	}
	return !options.only;
}

static void write_sites(void)
{
	const struct explore_site *sites;
	size_t nr;
	FILE *file;

	if (!options.sites)
		return;
	file = fopen(options.sites, "a");
	sites = explore_sites(&nr);
	for (size_t i = 0; file && i < nr; i++)
		fprintf(file, "%p\t%llu\t%llu\n", sites[i].at, (unsigned long long)sites[i].done,
			(unsigned long long)sites[i].failed);
	if (!file || fclose(file))
		refuse("--sites", options.sites, strerror(errno));
}

static bool is_whole_set(void)
{
	return !options.only && options.shares == 1;
}

static void begin_baseline(void)
{
	const char *folder = options.baseline ? options.baseline : options.pin;
	char text[800];

	if (options.explore.all_points)
		refuse(options.baseline ? "--baseline" : "--pin", folder,
		       "not with --all-points, which counts otherwise");
	if (options.baseline && options.pin)
		refuse("--pin", options.pin, "not with --baseline");
	if (options.pin && !is_whole_set())
		refuse("--pin", options.pin, "of a whole set only, not with --only or --share");
	if (options.baseline &&
	    !baseline_read(options.baseline, baseline_name(), text, sizeof(text)))
		refuse("--baseline", NULL, text);
}

/* Everything was clean. */
static enum explore_outcome end_baseline(void)
{
	char text[800];

	if (options.pin && !baseline_write(options.pin, baseline_name(), text, sizeof(text)))
		refuse("--pin", NULL, text);
	if (!options.baseline || !is_whole_set() || !baseline_left())
		return EXPLORE_CLEAN;
	fprintf(stderr,
		"explorer: %zu scenarios of the baseline are no more; if that is meant: "
		"make explore-pin\n",
		baseline_left());
	return EXPLORE_FINDING;
}

/* Addresses are part of a state: they shall be the same in every process. */
static void fix_addresses(char **argv)
{
	int persona = personality(0xffffffff);

	if (persona == -1 || persona & ADDR_NO_RANDOMIZE)
		return;
	if (personality((unsigned long)persona | ADDR_NO_RANDOMIZE) != -1)
		execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	enum explore_outcome worst = EXPLORE_CLEAN;
	unsigned int nth = 0;
	size_t nr;

	fix_addresses(argv);
	parse(argc, argv);
	if (!scenario_set(options.set, &nr)) {
		fprintf(stderr, "explorer: --set %s: no such set; there are %s\n", options.set,
			scenario_sets());
		return EXIT_USAGE;
	}
	if (options.baseline || options.pin)
		begin_baseline();
	read_results();
	for (size_t idx = 0; idx < nr; idx++) {
		struct scenario scenario;
		enum explore_outcome outcome = EXPLORE_CLEAN;
		const char *line;

		if (!scenario_make(options.set, idx, 0, &scenario))
			continue;
		if (is_wanted(scenario.id) && nth++ % options.shares == options.share - 1) {
			line = known_line(scenario.id);
			if (options.list)
				puts(scenario.id);
			else if (options.write)
				write_scenario(&scenario);
			else
				outcome =
					line ? tell(scenario.id, line) : search_one(idx, &scenario);
		}
		scenario_free(&scenario);
		if (outcome == EXPLORE_FINDING ||
		    (outcome == EXPLORE_INCONCLUSIVE && worst == EXPLORE_CLEAN))
			worst = outcome;
		if (options.first && outcome == EXPLORE_FINDING)
			break;
	}
	write_sites();
	if (options.alone && !alone_write(options.alone))
		refuse("--alone", options.alone, strerror(errno));
	if (worst == EXPLORE_CLEAN && nth)
		worst = end_baseline();
	if (!nth)
		refuse("--only", options.only, "no scenario has it in its id; --list prints them");
	return worst == EXPLORE_CLEAN	  ? EXIT_CLEAN
	       : worst == EXPLORE_FINDING ? EXIT_FOUND
					  : EXIT_INCONCLUSIVE;
}
