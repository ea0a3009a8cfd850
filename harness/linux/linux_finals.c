/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The final states that a concurrent program can end in, on libslub and on Linux's own mm/slub.c:
 * of every schedule with at most so many preemptions. A final state is which slots hold an object,
 * of which cache, and which of them lie in one slab; both allocators must have the same set.
 *
 *	linux_finals [OPTION]... FILE...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/exec/allocator_slub.h"
#include "harness/exec/drive_state.h"
#include "harness/model/runner.h"
#include "harness/slubcheck/sim/sweep.h"
#include "harness/slubcheck/sim/trial.h"
#include "linux.h"
#include "seam.h"
#include "slub/types.h"

static const char help[] =
	"Usage: linux_finals [OPTION]... FILE...\n"
	"Performs each op program under every schedule with at most so many preemptions, on "
	"libslub\n"
	"and on Linux's own mm/slub.c, and compares the sets of states that it ends in.\n"
	"\n"
	"  --preemptions K  at most so many, 0 to 4 (default 2)\n"
	"  --show           print the states\n"
	"  --help           this text\n"
	"\n"
	"Exit status: 0 the same sets, 1 other sets or a finding, 2 bad input or usage, 3\n"
	"inconclusive: no schedule comes to its end.\n";

#define STATES_MAX  4096u
#define STATE_BYTES 512u
#define LIVE_MAX    64u

/* Performed in the place of exec_slub, see build.mk; and that one itself. */
struct exec_allocator __wrap_exec_slub;
extern const struct exec_allocator __real_exec_slub;

const struct target target = {.name = "finals"};

struct states {
	char *state[STATES_MAX];
	unsigned int nr;
	uint64_t runs, points;
};
static struct states sets[2];
static bool on_linux, show;
static uint64_t preemptions = 2;

static const char *cache_and_slab(const void *object, unsigned long *slab)
{
	struct lx_place place;
	struct slab *ours;

	*slab = 0;
	if (on_linux) {
		if (!lx_place(object, &place))
			return "-";
		*slab = place.slab;
		return lx_cache_name(place.cache);
	}
	ours = virt_to_slab(object);
	if (!ours)
		return "-";
	*slab = (unsigned long)slab_address(ours);
	return ours->slab_cache->name;
}

static void add_state(struct states *set, const char *state)
{
	set->runs++;
	for (unsigned int n = 0; n < set->nr; n++)
		if (!strcmp(set->state[n], state))
			return;
	if (set->nr == STATES_MAX || !(set->state[set->nr] = strdup(state))) {
		fprintf(stderr, "linux_finals: no room for more states\n");
		exit(2);
	}
	set->nr++;
}

/* The tasks have ended, and nothing has been freed yet. Slabs have the numbers in which they appear. */
static void note_state(void)
{
	/* With the switches of this schedule among its records. */
	const struct program *program = drive_now->program;
	unsigned long slabs[LIVE_MAX];
	char state[STATE_BYTES] = "";
	unsigned int nr_slabs = 0;
	size_t used = 0;

	sim_quiet_begin();
	for (size_t idx = 0; idx < program->nr_records && used + 64 < sizeof(state); idx++) {
		const void *object = drive_sim_object(idx);
		unsigned int number = 0;
		unsigned long slab;
		const char *cache;

		if (!object || (uintptr_t)object <= 16)
			continue;
		cache = cache_and_slab(object, &slab);
		if (!slab) {
			used += (size_t)snprintf(state + used, sizeof(state) - used, "r%u ",
						 program->records[idx].slot);
			continue;
		}
		while (number < nr_slabs && slabs[number] != slab)
			number++;
		if (number == nr_slabs && nr_slabs < LIVE_MAX)
			slabs[nr_slabs++] = slab;
		used += (size_t)snprintf(state + used, sizeof(state) - used, "r%u=%s/S%u ",
					 program->records[idx].slot, cache, number + 1);
	}
	sim_quiet_end();
	add_state(&sets[on_linux], state);
}

static bool has(const struct states *set, const char *state)
{
	for (unsigned int n = 0; n < set->nr; n++)
		if (!strcmp(set->state[n], state))
			return true;
	return false;
}

/* Return: how many states of @of are not in @in. */
static unsigned int tell_missing(const struct states *of, const struct states *in, const char *who)
{
	unsigned int missing = 0;

	for (unsigned int n = 0; n < of->nr; n++) {
		if (show)
			printf("# %s: %s\n", who, of->state[n]);
		if (has(in, of->state[n]))
			continue;
		if (!missing++)
			fprintf(stderr, "# only %s ends in: %s\n", who, of->state[n]);
	}
	return missing;
}

static bool sweep_on(bool linux_now, const struct program *program)
{
	static struct sweep_state state;
	const struct slubcheck_oracles oracles = {.oracles = EXEC_ORACLES_ALL};
	struct states *set = &sets[linux_now];

	on_linux = linux_now;
	sim_cpus_exclusive(linux_now);
	__wrap_exec_slub = linux_now ? exec_linux : __real_exec_slub;
	__wrap_exec_slub.ended = note_state;
	for (unsigned int n = 0; n < set->nr; n++)
		free(set->state[n]);
	memset(set, 0, sizeof(*set));
	memset(&state, 0, sizeof(state));
	state.preemptions = (unsigned int)preemptions;
	if (!trial_begin(&oracles) || !sweep_go_on(program, &state)) {
		fprintf(stderr, "linux_finals: no memory\n");
		return false;
	}
	if (sweep_failing(&state))
		fprintf(stderr, "# finding on %s: %s\n", linux_now ? "Linux" : "libslub",
			state.buckets[0].text);
	return !sweep_failing(&state);
}

static int run_file(const char *path, struct program *program)
{
	unsigned int missing;
	bool clean;

	clean = sweep_on(false, program);
	clean = sweep_on(true, program) && clean;
	missing = tell_missing(&sets[0], &sets[1], "libslub") +
		  tell_missing(&sets[1], &sets[0], "Linux");
	if (!sets[0].runs || !sets[1].runs) {
		fprintf(stderr, "%s: no schedule comes to its end\n", path);
		return 3;
	}
	printf("%s %s: %" PRIu64 " and %" PRIu64 " schedules, %u and %u final states\n",
	       clean && !missing ? "ok" : "not ok", path, sets[0].runs, sets[1].runs, sets[0].nr,
	       sets[1].nr);
	return clean && !missing ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"preemptions", required_argument, NULL, 'k'},
		{"show", no_argument, NULL, 's'},
		RUNNER_OPTIONS_END,
	};
	struct runner_options common = {.help = help};
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'k':
			if (!runner_take("--preemptions", optarg, 0, 4, &preemptions))
				return 2;
			break;
		case 's':
			show = true;
			break;
		default:
			status = runner_option(option, optarg, &common);
			if (status != RUNNER_GO_ON)
				return status;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "linux_finals: no FILE is named; allowed are op programs\n");
		return 2;
	}
	return runner_files(argv + optind, argc - optind, run_file);
}
