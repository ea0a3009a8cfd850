/* SPDX-License-Identifier: MIT */
/*
 * Random programs, performed one record after the other on several cpus and nodes, each call
 * compared with the reference model; and programs from files.
 *
 *	model_run [--ops N] [--seed S] [--tap] [FILE...]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "long_program.h"
#include "model.h"
#include "runner.h"

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

const struct target target = {
	.name = "model",
	.style = FUZZ_CONCURRENT,
	.perform = runner_perform,
};

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
	double start = runner_now(), shown = start;
	bool clean = true, watched;
	uint64_t unseen;

	while (clean && target_figures->records < ops) {
		struct program program;
		double now = runner_now();

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
	show_figures(stdout, runner_now() - start);
	printf("# %s; go on with --seed %" PRIu64 "\n",
	       !clean	 ? "a finding"
	       : watched ? "no difference"
			 : "inconclusive: too little was compared",
	       seed);
	return !clean ? 1 : watched ? 0 : 3;
}

static int run_file(const char *path, struct program *program)
{
	uint64_t calls = m_watch_figures.calls;
	int status = runner_file(path, program);

	printf("# %" PRIu64 " calls compared\n", m_watch_figures.calls - calls);
	return status;
}

static int run_files(char **paths, int nr)
{
	double start = runner_now();
	int status = runner_files(paths, nr, run_file);

	show_figures(stdout, runner_now() - start);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		RUNNER_OPTIONS_RANDOM,
		{"options", required_argument, NULL, 'b'},
		{"every", required_argument, NULL, 'e'},
		{"calls", no_argument, NULL, 'c'},
		{"tap", no_argument, NULL, 't'},
		RUNNER_OPTIONS_END,
	};
	const struct exec_options exec = {
		.allocator = &exec_slub,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	struct runner_options common = {.help = help, .ops = 1000000, .seed = 1};
	int option, status;
	uint64_t every;
	bool tap = false;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'e':
			if (!runner_take("--every", optarg, 1, 1000000, &every))
				return 2;
			m_full_every = (unsigned int)every;
			break;
		case 'b':
			m_boot_options = optarg;
			break;
		case 'c':
			atexit(show_calls);
			break;
		case 't':
			tap = true;
			break;
		default:
			status = runner_option(option, optarg, &common);
			if (status != RUNNER_GO_ON)
				return status;
		}
	}
	if (!runner_begin("model_run", &exec))
		return 3;
	model_attach();
	return optind < argc ? run_files(argv + optind, argc - optind)
			     : run_random(common.ops, common.seed, tap, m_boot_options);
}
