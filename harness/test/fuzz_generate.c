/* SPDX-License-Identifier: MIT */
/*
 * The generator's own loop, without an engine: seed N makes program N, which is performed under
 * all oracles. Prints TAP; the first finding is printed in full and ends it.
 *
 *	fuzz_generate [COUNT [FIRST]]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/fuzz/second_run.h"
#include "harness/fuzz/target.h"
#include "harness/option.h"

#define COUNT_DEFAULT 20000u
#define VERIFY_EVERY  256u /* programs between resets that compare all memory */

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Return: seeds performed before the first finding, @count when there is none. */
static uint64_t loop(uint64_t first, uint64_t count, uint64_t ops[PROGRAM_NR_OPS])
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program program = {.records = records};

	for (uint64_t i = 0; i < count; i++) {
		program.nr_records = generate_program(first + i, target.style, &program.header,
						      records, FUZZ_RECORDS_MAX);
		for (size_t at = 0; at < program.nr_records; at++)
			ops[records[at].op]++;
		/* The way back to the boot: a write past the seam would meet a later program. */
		sim_verify_resets(i % VERIFY_EVERY == 0);
		if (target_run(&program, NULL) == SIM_FINDING) {
			fprintf(stderr, "seed: %" PRIu64 "\n", first + i);
			return i;
		}
	}
	return count;
}

int main(int argc, char **argv)
{
	uint64_t count = COUNT_DEFAULT, first = 1, done, ops[PROGRAM_NR_OPS] = {0};
	bool all_ops = true;
	double start, seconds;

	if (argc > 3 || (argc > 1 && !option_number(argv[1], 0, 0, UINT64_MAX, &count)) ||
	    (argc > 2 && !option_number(argv[2], 0, 0, UINT64_MAX, &first))) {
		fprintf(stderr, "usage: %s [COUNT [FIRST]]: whole numbers\n", argv[0]);
		return 2;
	}
	target_prime();
	start = now_s();
	done = loop(first, count, ops);
	seconds = now_s() - start;
	printf("1..4\n");
	printf("%s 1 - %" PRIu64 " %s programs without a finding\n",
	       done == count ? "ok" : "not ok", count, target.name);
	for (unsigned int op = 0; done == count && count >= 1000 && op < PROGRAM_NR_OPS; op++) {
		bool wanted = target.style == FUZZ_CONCURRENT || !generate_is_schedule(op);

		if (wanted && !ops[op]) {
			printf("# no program has %s\n", program_ops[op].name);
			all_ops = false;
		}
	}
	printf("%s 2 - every op occurs\n", all_ops ? "ok" : "not ok");
	/* An inconclusive run shows nothing: too many of them would make the first line empty. */
	printf("%s 3 - at most 1 of 100 inconclusive\n",
	       target_figures->inconclusive * 100 <= target_figures->inputs ? "ok" : "not ok");
	/* One of 128 each, those left out that may not be compared. */
	printf("%s 4 - some are performed again, some in another configuration\n",
	       done < 5000 || (second_runs[SECOND_RUN_AGAIN] && second_runs[SECOND_RUN_OTHERWISE])
		       ? "ok"
		       : "not ok");
	printf("# %" PRIu64 " again, %" PRIu64 " otherwise\n", second_runs[SECOND_RUN_AGAIN],
	       second_runs[SECOND_RUN_OTHERWISE]);
	printf("# %" PRIu64 " programs in %.2f s: %.0f/s; %" PRIu64 " records, %" PRIu64
	       " points, %" PRIu64 " switches, %" PRIu64 " interrupts, %" PRIu64 " inconclusive\n",
	       target_figures->inputs, seconds, (double)target_figures->inputs / seconds,
	       target_figures->records, target_figures->points, target_figures->switches,
	       target_figures->interrupts, target_figures->inconclusive);
	return done == count && all_ops ? 0 : 1;
}
