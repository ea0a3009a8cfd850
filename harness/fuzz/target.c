/* SPDX-License-Identifier: MIT */
/* What all fuzz targets share: reading, counting, and telling of findings; see target.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mutator.h"
#include "target.h"

/* A path of a finding; a longer folder name is refused. */
#define FINDING_PATH_MAX 4096

static struct target_figures own_figures;
struct target_figures *target_figures = &own_figures;

/* The engines link the mutator, others need not. */
__attribute__((weak)) void mutator_set_style(enum fuzz_style style)
{
	(void)style;
}

/* Figures that others can see; without the file, or if it is too short, they stay here. */
static void share_figures(void)
{
	const char *path = getenv("SLUB_FUZZ_FIGURES");
	struct stat info;
	void *shared;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &info) && info.st_size >= (off_t)sizeof(*target_figures)) {
		shared = mmap(NULL, sizeof(*target_figures), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      0);
		if (shared != MAP_FAILED)
			target_figures = shared;
	}
	close(fd);
}

/*
 * For measurements: every program gets exactly so many operations, and so many cpus with a task on
 * each; 0: it stays as it is.
 */
static struct {
	unsigned int ops, cpus;
} shape;

static unsigned int read_shape(const char *name, unsigned int max)
{
	const char *text = getenv(name);
	unsigned long number = text ? strtoul(text, NULL, 10) : 0;

	return number <= max ? (unsigned int)number : max;
}

/*
 * Interleavings as coverage: counters that libFuzzer takes for its own, and clears before each
 * input. AFL++ has none. The empty target has no machine.
 */
static uint8_t interleavings[1 << SIM_INTERLEAVINGS_LOG2]
	__attribute__((section("__libfuzzer_extra_counters"), used));
extern uint8_t *machine_interleavings __asm__("sim_interleavings") __attribute__((weak));

static void count_interleavings(void)
{
	const char *wanted = getenv("SLUB_FUZZ_INTERLEAVINGS");

	if (wanted && *wanted == '1' && &machine_interleavings)
		machine_interleavings = interleavings;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	mutator_set_style(target.style);
	share_figures();
	count_interleavings();
	shape.ops = read_shape("SLUB_FUZZ_OPS", FUZZ_RECORDS_MAX / 2);
	shape.cpus = read_shape("SLUB_FUZZ_CPUS", FUZZ_CPUS_MAX);
	return 0;
}

/* Cuts @program behind the last operation that is wanted, or repeats its records up to there. */
static void give_shape(struct program *program)
{
	static const struct program_record filler = {
		.op = PROGRAM_KMALLOC,
		.cpu = PROGRAM_ANY,
		.arg = PROGRAM_ARG(KMALLOC, size, 64) | PROGRAM_ARG(KMALLOC, node, PROGRAM_ANY),
	};
	size_t nr = program->nr_records, ops = 0, at = 0;

	if (shape.cpus && target.style == FUZZ_CONCURRENT) {
		program->header.cpus = (uint8_t)shape.cpus;
		program->header.tasks = (uint16_t)shape.cpus;
	}
	for (; shape.ops && ops < shape.ops && at < FUZZ_RECORDS_MAX; at++) {
		/* One that has nothing but a schedule is filled up. */
		if (at >= nr)
			program->records[at] = at >= 2 * nr ? filler : program->records[at - nr];
		ops += !generate_is_schedule(program->records[at].op);
	}
	if (shape.ops)
		program->nr_records = at;
	if (shape.ops || shape.cpus)
		generate_narrow(program);
}

void target_read(const uint8_t *data, size_t size, struct program *program)
{
	static struct program_record records[FUZZ_RECORDS_MAX];

	program->records = records;
	if (target.make) {
		target.make(data, size, program);
		return;
	}
	program->nr_records =
		program_from_bytes(data, size, &program->header, records, FUZZ_RECORDS_MAX);
	generate_limit(target.style, program);
	if (shape.ops || shape.cpus)
		give_shape(program);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static bool store_text(const struct program *program, const char *path, const char *comment)
{
	struct program_output output;
	struct program_error error;

	if (program_output_open(&output, path, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	fputs(comment, output.stream);
	program_print_text(output.stream, program);
	if (program_output_commit(&output, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	return true;
}

bool target_store(const struct program *program, const char *path, const char *comment)
{
	char full[FINDING_PATH_MAX];
	struct program_error error;

	if (strlen(path) + sizeof(".slubops") > sizeof(full)) {
		fprintf(stderr, "%s: a shorter path is allowed\n", path);
		return false;
	}
	snprintf(full, sizeof(full), "%s.slubops", path);
	if (program_write_file(full, program, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	snprintf(full, sizeof(full), "%s.txt", path);
	return store_text(program, full, comment);
}

/* Where a finding of @program is stored, without its ending; "" when that cannot be. */
static void finding_path(const struct program *program, char path[FINDING_PATH_MAX])
{
	const char *dir = getenv("SLUB_FINDINGS_DIR");
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	int length;

	dir = dir && *dir ? dir : "findings";
	hash = hash_bytes(hash, &program->header, sizeof(program->header));
	hash = hash_bytes(hash, program->records,
			  program->nr_records * sizeof(program->records[0]));
	length = snprintf(path, FINDING_PATH_MAX, "%s/%s-%016" PRIx64, dir, target.name, hash);
	if (length < 0 || length >= FINDING_PATH_MAX) {
		fprintf(stderr, "SLUB_FINDINGS_DIR: a shorter path is allowed\n");
		path[0] = '\0';
	} else if (mkdir(dir, 0777) && errno != EEXIST) {
		fprintf(stderr, "%s: %s\n", dir, strerror(errno));
		path[0] = '\0';
	}
}

static void tell(const struct program *program, const struct drive_sim_result *result)
{
	const struct exec_finding *finding = &result->finding;
	char path[FINDING_PATH_MAX], line[PROGRAM_LINE_MAX], comment[2 * PROGRAM_LINE_MAX];
	size_t used;

	used = (size_t)snprintf(comment, sizeof(comment), "# finding: oracle %u%s%s: %s\n",
				finding->oracle, finding->invariant[0] ? " " : "",
				finding->invariant, finding->text);
	if (finding->record < program->nr_records && used < PROGRAM_LINE_MAX) {
		program_record_line(line, &program->records[finding->record]);
		snprintf(comment + used, sizeof(comment) - used, "# record: %zu: %s\n",
			 finding->record, line);
	}
	fputs(comment, stderr);
	finding_path(program, path);
	if (path[0] && target_store(program, path, comment)) {
		fprintf(stderr, "# program: %s.slubops\n", path);
		/* What needs a second run the target alone repeats. */
		if (finding->oracle == 6 || finding->oracle == 9)
			fprintf(stderr, "# repeat: regress_%s %s.slubops\n", target.name, path);
		else
			fprintf(stderr, "# repeat: %s %s.slubops\n",
				target.repeat ? target.repeat : "slubcheck replay --world sim",
				path);
	} else {
		/* The program must not be lost with its file. */
		program_print_text(stderr, program);
	}
}

enum sim_outcome target_run(const struct program *program, struct drive_sim_result *result)
{
	struct target_figures *figures = target_figures;
	struct drive_sim_result own;
	enum sim_outcome outcome;

	result = result ? result : &own;
	memset(result, 0, sizeof(*result));
	outcome = target.perform(program, result);
	figures->inputs++;
	figures->records += result->stats.records;
	figures->points += result->points;
	figures->switches += result->switches;
	figures->interrupts += result->interrupts;
	if (outcome == SIM_INCONCLUSIVE)
		figures->inconclusive++;
	if (outcome == SIM_FINDING) {
		figures->findings++;
		tell(program, result);
	}
	return outcome;
}

void target_prime(void)
{
	struct program program = {.nr_records = 0};
	struct program_record none;
	struct draw draw = {.state = 1};

	program.records = &none;
	for (unsigned int i = 0; i < 64; i++) {
		program.header = generate_header(&draw, target.style);
		target_run(&program, NULL);
	}
	memset(target_figures, 0, sizeof(*target_figures));
}

/*
 * Coverage so far does not count: libFuzzer's counters of this program, AFL++'s map. Neither is
 * there without its engine.
 */
extern unsigned char start_counters[] __asm__("__start___sancov_cntrs") __attribute__((weak));
extern unsigned char stop_counters[] __asm__("__stop___sancov_cntrs") __attribute__((weak));
extern unsigned char *afl_map __asm__("__afl_area_ptr") __attribute__((weak));
extern unsigned int afl_map_bytes __asm__("__afl_map_size") __attribute__((weak));

static void forget_coverage(void)
{
	if (start_counters)
		memset(start_counters, 0, (size_t)(stop_counters - start_counters));
	memset(interleavings, 0, sizeof(interleavings));
	if (&afl_map && &afl_map_bytes && afl_map) {
		memset(afl_map, 0, afl_map_bytes);
		afl_map[0] = 1; /* it wants to see that something has run */
	}
}

/* Copies between @kept and the engine's counters. */
static void copy_coverage(uint8_t **kept, size_t *bytes, uint8_t *counters, size_t nr, bool back)
{
	if (!back && *bytes < nr) {
		free(*kept);
		*kept = malloc(nr);
		*bytes = *kept ? nr : 0;
	}
	if (*bytes >= nr && nr)
		memcpy(back ? counters : *kept, back ? *kept : counters, nr);
}

static void copy_all_coverage(bool back)
{
	static uint8_t *kept[3];
	static size_t bytes[3];

	if (start_counters)
		copy_coverage(&kept[0], &bytes[0], start_counters,
			      (size_t)(stop_counters - start_counters), back);
	copy_coverage(&kept[1], &bytes[1], interleavings, sizeof(interleavings), back);
	if (&afl_map && &afl_map_bytes && afl_map)
		copy_coverage(&kept[2], &bytes[2], afl_map, afl_map_bytes, back);
}

void target_keep_coverage(void)
{
	copy_all_coverage(false);
}

void target_put_back_coverage(void)
{
	copy_all_coverage(true);
}

/*
 * Boots the machine of @header, unless one of the last inputs had the same: what the boot covers
 * is none of the input's doing, and would come or not by the inputs before.
 */
static void boot_apart(const struct program_header *header)
{
	/* Fewer than sim_boot() keeps, so that what is known here is known there. */
	enum { KNOWN = 64 };
	static struct program_header known[KNOWN];
	struct program program = {.header = *header};
	struct program_record none;
	struct drive_sim_result result;
	size_t at;

	program.header.tasks = 1;
	program.header.seed = 0;
	program.records = &none;
	for (at = 0; at < KNOWN - 1; at++) {
		if (!memcmp(&known[at], &program.header, sizeof(program.header)))
			break;
	}
	if (memcmp(&known[at], &program.header, sizeof(program.header))) {
		memset(&result, 0, sizeof(result));
		target.perform(&program, &result);
		forget_coverage();
	}
	memmove(&known[1], &known[0], at * sizeof(known[0]));
	known[0] = program.header;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { KEEP = 0, DROP = -1 }; /* what libFuzzer takes the value for */
	struct drive_sim_result result;
	struct program program;

	target_read(data, size, &program);
	boot_apart(&program.header);
	if (target_run(&program, &result) == SIM_FINDING)
		abort();
	if (result.points <= TARGET_POINTS_KEPT && program.nr_records <= TARGET_RECORDS_KEPT)
		return KEEP;
	forget_coverage();
	return DROP;
}
