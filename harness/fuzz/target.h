/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target: bytes in, an op program performed, a verdict out. The same objects serve
 * libFuzzer, AFL++ (afl_main.c), the regression runner (regress.c) and the generator's own
 * loop (harness/test/fuzz_generate.c).
 *
 * A finding is printed, and its program is stored in the form in which it was performed: as
 * $SLUB_FINDINGS_DIR/TARGET-HASH.slubops (or in ./findings), with its text twin beside it in
 * TARGET-HASH.txt, where comments tell the finding. What the engine stores as well is the input
 * as it was, which may say the same in other bytes.
 */
#ifndef HARNESS_FUZZ_TARGET_H
#define HARNESS_FUZZ_TARGET_H

#include "../exec/drive_sim.h"
#include "generate.h"

/* Scheduling points after which an input is inconclusive: a hundred times what most need. */
#define TARGET_POINTS_MAX 200000u

/*
 * Inputs with more are performed, but an engine does not keep them to make others of: what they
 * reach, lighter ones reach too, and a corpus of heavy ones grows heavier and slower for ever.
 */
#define TARGET_POINTS_KEPT  2000u
#define TARGET_RECORDS_KEPT 64u

/* What a program's file of its own (fuzz_sequential.c and so on) says. */
struct target {
	const char *name;
	enum fuzz_style style;
	enum sim_outcome (*perform)(const struct program *program, struct drive_sim_result *result);
	/* Makes the program of the input; NULL: program_from_bytes() and the style's limits. */
	void (*make)(const uint8_t *data, size_t size, struct program *program);
	const char
		*repeat; /* a command that repeats a finding, without its file; NULL: slubcheck */
};
extern const struct target target;

struct target_figures {
	uint64_t inputs;
	uint64_t inconclusive;
	uint64_t findings;
	uint64_t records; /* performed */
	uint64_t points;
	uint64_t switches;
	uint64_t interrupts;
};
/*
 * Since the start; $SLUB_FUZZ_FIGURES names a file of this size in which they stand then, so
 * that others see them live and a crash does not lose them.
 */
extern struct target_figures *target_figures;

/*
 * Makes of any bytes the program that @target performs: lenient reading, then the limits of the
 * target's style.
 * @program: its records lie in a buffer of this function until the next call.
 */
void target_read(const uint8_t *data, size_t size, struct program *program);

/*
 * Performs @program, which target_read() or the generator has made, and counts it. A finding is
 * printed and stored.
 * @result: filled; may be NULL.
 * Return: SIM_CLEAN, SIM_FINDING or SIM_INCONCLUSIVE.
 */
enum sim_outcome target_run(const struct program *program, struct drive_sim_result *result);

/* Writes @program to PATH.slubops and PATH.txt. Return: false after a message. */
bool target_store(const struct program *program, const char *path, const char *comment);

/* Runs an empty program on each machine that the generator asks for often. */
void target_prime(void);

/* What is covered from the first call on, until the second, does not count for the engine. */
void target_keep_coverage(void);
void target_put_back_coverage(void);

/* target_sim.c: by the simulated machine and its oracles, on libslub. */
enum sim_outcome target_perform_sim(const struct program *program, struct drive_sim_result *result);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* HARNESS_FUZZ_TARGET_H */
