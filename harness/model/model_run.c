/* SPDX-License-Identifier: MIT */
/*
 * Random programs, performed one record after the other on several cpus and nodes, each call
 * compared with the reference model; and programs from files.
 *
 *	model_run [--ops N] [--seed S] [--tap] [FILE...]
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attach.h"
#include "harness/fuzz/target.h"
#include "long_program.h"
#include "model.h"

static const char help[] =
	"Usage: model_run [OPTION]... [FILE]...\n"
	"Performs op programs on libslub and on its reference model, and compares both after "
	"every\n"
	"call. Without FILE the programs are random.\n"
	"\n"
	"  --ops N    at least so many records, 1 to 10^12 (default 1000000)\n"
	"  --seed S   the first program's number (default 1); the last line says where to go on\n"
	"  --every N  compare everything at every N-th call, 1 to 10^6 (default 64); what changed\n"
	"             and all counts are compared at each\n"
	"  --options TEXT  boot options for each machine, besides its program's own\n"
	"  --calls    say how often each function was compared, those seldom called first\n"
	"  --tap      say it as a test does\n"
	"  --help     this text\n"
	"\n"
	"Exit status: 0 no difference, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

#define OPS_MAX UINT64_C(1000000000000)

static struct drive_sim *drive;

static enum sim_outcome perform(const struct program *program, struct drive_sim_result *result)
{
	const struct drive_sim_options options = {.light = program->nr_records % 8 != 0};

	return drive_sim_run(drive, program, &options, result);
}

const struct target target = {
	.name = "model",
	.style = FUZZ_CONCURRENT,
	.perform = perform,
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return !errno && *text >= '0' && *text <= '9' && !*end && *number <= max;
}

/* What is left of a concurrent program when its records run one after the other. */
static void one_by_one(struct program *program)
{
	size_t kept = 0;

	for (size_t at = 0; at < program->nr_records; at++)
		if (!generate_is_schedule(program->records[at].op))
			program->records[kept++] = program->records[at];
	program->nr_records = kept;
}

/*
 * Boot options for program number @seed: mostly none, else such as change what the model has to do.
 */
static const char *draw_options(uint64_t seed)
{
	static const char *const options[] = {
		"slab_freelist_random=1 slab_freelist_hardened=1",
		"slab_debug=FZPU,k0;Z,k1;P,k2;U,k3;F,k4",
		"slab_debug=-,kmalloc*;FZPUO",
		"slab_debug=FZP,k*,kmem* slab_freelist_random=1 init_on_alloc=1 init_on_free=1",
		"slab_debug=F;ZF,k1,k2",
		"slab_random_kmalloc=1 failslab=5,30,1000,-1",
		"slab_debug=U;FZU,kmalloc-* init_on_free=1",
	};

	/* In runs of programs: a machine with other options is one to be booted. */
	return seed / 32 % 2 ? NULL : options[seed / 64 % (sizeof(options) / sizeof(options[0]))];
}

/* Program number @seed: of three kinds in turn. */
static void draw_program(uint64_t seed, struct program *program)
{
	static struct program_record records[LONG_RECORDS_MAX];

	program->records = records;
	switch (seed % 4) {
	case 0:
		program->nr_records = long_program(seed, &program->header, records);
		break;
	case 1:
		program->nr_records = generate_program(seed, FUZZ_SEQUENTIAL, &program->header,
						       records, FUZZ_RECORDS_MAX);
		break;
	default:
		program->nr_records = generate_program(seed, FUZZ_CONCURRENT, &program->header,
						       records, FUZZ_RECORDS_MAX);
		one_by_one(program);
		break;
	}
}

static void show_figures(FILE *to, double seconds)
{
	const struct m_watch_figures *f = &m_watch_figures;

	fprintf(to,
		"# %" PRIu64 " programs, %" PRIu64 " records in %.1f s (%.0f records/s); %" PRIu64
		" calls compared, %" PRIu64 " in full; %" PRIu64 " programs not watched, %" PRIu64
		" beyond the model%s%s\n",
		target_figures->inputs, target_figures->records, seconds,
		seconds > 0 ? (double)target_figures->records / seconds : 0.0, f->calls, f->full,
		f->not_watched, f->beyond, f->beyond ? ": " : "", f->beyond ? f->beyond_what : "");
	fprintf(to,
		"# learned: %" PRIu64 " places of pages, %" PRIu64 " exhaustions, %" PRIu64
		" reclaims, %" PRIu64 " random draws, %" PRIu64 " pages of slots\n",
		m_learned.pages, m_learned.exhausted, m_learned.reclaims, m_learned.draws,
		m_learned.percpu);
}

static int by_calls(const void *a, const void *b)
{
	uint64_t x = (*(struct m_counted *const *)a)->calls;
	uint64_t y = (*(struct m_counted *const *)b)->calls;

	return x < y ? -1 : x > y;
}

static void show_calls(void)
{
	struct m_counted *all[256];
	size_t nr = 0;

	for (struct m_counted *one = m_watch_figures.by_call; one && nr < 256; one = one->next)
		all[nr++] = one;
	qsort(all, nr, sizeof(all[0]), by_calls);
	for (size_t i = 0; i < nr; i++)
		printf("# %12" PRIu64 " %s()\n", all[i]->calls, all[i]->name);
}

/* Return: the exit status. */
static int run_random(uint64_t ops, uint64_t seed, bool tap, const char *given)
{
	double start = now_s(), shown = start;
	bool clean = true, watched;
	uint64_t unseen;

	while (clean && target_figures->records < ops) {
		struct program program;
		double now = now_s();

		draw_program(seed, &program);
		m_boot_options = given ? given : draw_options(seed);
		clean = target_run(&program, NULL) != SIM_FINDING;
		if (!clean)
			fprintf(stderr, "# seed: %" PRIu64 ", options: %s\n", seed,
				m_boot_options ? m_boot_options : "");
		seed++;
		if (!tap && now - shown >= 2) {
			shown = now;
			fprintf(stderr, "\r%3.0f %%, %" PRIu64 " records, seed %" PRIu64 "  ",
				100.0 * (double)target_figures->records / (double)ops,
				target_figures->records, seed);
		}
	}
	if (!tap && shown > start)
		fputc('\n', stderr);
	/* What is not compared shows nothing. */
	unseen =
		m_watch_figures.not_watched + m_watch_figures.beyond + target_figures->inconclusive;
	watched = unseen * 5 <= target_figures->inputs &&
		  m_watch_figures.calls * 4 >= target_figures->records;
	if (tap) {
		printf("1..2\n%s 1 - model and allocator agree over %" PRIu64 " calls\n",
		       clean ? "ok" : "not ok", m_watch_figures.calls);
		printf("%s 2 - hardly a program is not watched or inconclusive\n",
		       watched ? "ok" : "not ok");
	}
	show_figures(stdout, now_s() - start);
	printf("# %s; go on with --seed %" PRIu64 "\n",
	       !clean	 ? "a finding"
	       : watched ? "no difference"
			 : "inconclusive: too little was compared",
	       seed);
	return !clean ? 1 : watched ? 0 : 3;
}

static int run_file(const char *path)
{
	struct drive_sim_result result;
	struct program_error error;
	struct program program = {.nr_records = 0};
	uint64_t calls = m_watch_figures.calls;
	enum sim_outcome outcome;

	if (program_read_any_file(path, &program, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	long_program_room(&program);
	outcome = target_run(&program, &result);
	printf("%s %s: %zu records, %" PRIu64 " calls compared%s\n",
	       outcome == SIM_CLEAN ? "ok" : "not ok", path, program.nr_records,
	       m_watch_figures.calls - calls, outcome == SIM_INCONCLUSIVE ? ", inconclusive" : "");
	if (outcome == SIM_INCONCLUSIVE)
		fprintf(stderr, "%s: %s\n", path, result.finding.text);
	program_free(&program);
	return outcome == SIM_CLEAN ? 0 : outcome == SIM_FINDING ? 1 : 3;
}

static int run_files(char **paths, int nr)
{
	double start = now_s();
	int status = 0;

	for (int i = 0; i < nr; i++) {
		int one = run_file(paths[i]);

		/* A finding outweighs all else. */
		if (status != 1 && one)
			status = one == 1 || !status ? one : status;
	}
	show_figures(stdout, now_s() - start);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"ops", required_argument, NULL, 'o'},	   {"seed", required_argument, NULL, 's'},
		{"options", required_argument, NULL, 'b'}, {"every", required_argument, NULL, 'e'},
		{"calls", no_argument, NULL, 'c'},	   {"tap", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},	   {NULL, 0, NULL, 0},
	};
	const struct exec_options exec = {
		.allocator = &exec_slub,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	uint64_t ops = 1000000, seed = 1, every;
	bool tap = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (read_number(optarg, OPS_MAX, &ops) && ops)
				break;
			fprintf(stderr, "--ops %s: whole numbers from 1 to 10^12 are allowed\n",
				optarg);
			return 2;
		case 's':
			if (read_number(optarg, UINT64_MAX, &seed))
				break;
			fprintf(stderr, "--seed %s: whole numbers from 0 on are allowed\n", optarg);
			return 2;
		case 'e':
			if (read_number(optarg, 1000000, &every) && every) {
				m_full_every = (unsigned int)every;
				break;
			}
			fprintf(stderr, "--every %s: whole numbers from 1 to 10^6 are allowed\n",
				optarg);
			return 2;
		case 'b':
			m_boot_options = optarg;
			break;
		case 'c':
			atexit(show_calls);
			break;
		case 't':
			tap = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	drive = drive_sim_create(&exec);
	if (!drive) {
		fprintf(stderr, "model_run: no memory\n");
		return 3;
	}
	model_attach();
	return optind < argc ? run_files(argv + optind, argc - optind)
			     : run_random(ops, seed, tap, m_boot_options);
}
