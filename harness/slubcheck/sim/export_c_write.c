/* SPDX-License-Identifier: MIT */
/* Writes a C test: what it shares with all, its steps, its tasks, its schedule; see export_c.h. */
#include <string.h>

#include "export_c.h"
#include "harness/exec/boot_options.h"

static const char simulated[] =
	"/* ---- the simulated machine: the same run to the bit */\n"
	"\n"
	"enum slice_end { STEPS, POINT, WAITS, ENDS };\n"
	"static const struct slice {\n"
	"\tunsigned int task; /* RCU: who runs callbacks */\n"
	"\tenum slice_end end;\n"
	"\tunsigned int steps; /* that the task has ended by then */\n"
	"\tunsigned long points; /* POINT: from the start of the step, or of the slice */\n"
	"\tint cpu; /* POINT: where the task goes on when its turn comes; -1: there */\n"
	"} schedule[] = {\n"
	"#define RCU 1024u\n"
	"#include SELF\n";

static const char simulated_rest[] =
	"static size_t now;\n"
	"static unsigned int ended[TASKS]; /* steps of each task */\n"
	"static bool inside[TASKS];\n"
	"static unsigned long from[TASKS + 1];\n"
	"static size_t nr_raised;\n"
	"\n"
	"static unsigned int who(void)\n"
	"{\n"
	"\tif (now == NR_SLICES)\n"
	"\t\treturn SIM_STAY;\n"
	"\treturn schedule[now].task == RCU ? sim_rcu_task() : schedule[now].task;\n"
	"}\n"
	"\n"
	"/* Wakes the policy where the slice ends, or an interrupt comes. */\n"
	"static void set_alarm(void)\n"
	"{\n"
	"\tuint64_t at = SIM_NEVER;\n"
	"\tunsigned int task = now != NR_SLICES ? schedule[now].task : RCU;\n"
	"\n"
	"\tif (now != NR_SLICES && schedule[now].end == POINT &&\n"
	"\t    (task == RCU || (inside[task] && ended[task] == schedule[now].steps)))\n"
	"\t\tat = from[task == RCU ? TASKS : task] + schedule[now].points;\n"
	"\tif (nr_raised != NR_RAISED && raised[nr_raised].at_point && raised[nr_raised].task == "
	"task &&\n"
	"\t    task != RCU && inside[task] && ended[task] == raised[nr_raised].steps &&\n"
	"\t    from[task] + raised[nr_raised].points < at)\n"
	"\t\tat = from[task] + raised[nr_raised].points;\n"
	"\tsim_alarm_at(at);\n"
	"}\n"
	"\n"
	"static void next_slice(void)\n"
	"{\n"
	"\tnow++;\n"
	"\tif (now != NR_SLICES)\n"
	"\t\tfrom[schedule[now].task == RCU ? TASKS : schedule[now].task] = sim.points;\n"
	"\tset_alarm();\n"
	"}\n"
	"\n"
	"static void handler(void *arg)\n"
	"{\n"
	"\t(*(void (*const *)(void))arg)();\n"
	"}\n"
	"\n"
	"static unsigned int policy(void *arg, enum sim_reason reason)\n"
	"{\n"
	"\tunsigned int task = sim_task();\n"
	"\n"
	"\t(void)arg;\n"
	"\tif (reason == SIM_AT_ALARM) {\n"
	"\t\tif (nr_raised != NR_RAISED && raised[nr_raised].at_point && task < TASKS &&\n"
	"\t\t    raised[nr_raised].task == task && ended[task] == raised[nr_raised].steps &&\n"
	"\t\t    sim.points >= from[task] + raised[nr_raised].points) {\n"
	"\t\t\tsim_interrupt(handler, (void *)&raised[nr_raised].step);\n"
	"\t\t\tnr_raised++;\n"
	"\t\t\tset_alarm();\n"
	"\t\t\treturn SIM_STAY;\n"
	"\t\t}\n"
	"\t\tif (now != NR_SLICES && schedule[now].cpu >= 0)\n"
	"\t\t\tsim_preempt_to((unsigned int)schedule[now].cpu);\n"
	"\t\tnext_slice();\n"
	"\t} else if (reason == SIM_AT_END && now != NR_SLICES && schedule[now].end == ENDS) {\n"
	"\t\tnext_slice();\n"
	"\t} else if (reason == SIM_AT_BLOCK && now != NR_SLICES && schedule[now].end == WAITS) {\n"
	"\t\tnext_slice();\n"
	"\t}\n"
	"\treturn who();\n"
	"}\n"
	"\n"
	"static void between_steps(unsigned int task)\n"
	"{\n"
	"\twhile (nr_raised != NR_RAISED && !raised[nr_raised].at_point &&\n"
	"\t       raised[nr_raised].task == task && raised[nr_raised].steps == ended[task]) {\n"
	"\t\tsim_interrupt(handler, (void *)&raised[nr_raised++].step);\n"
	"\t\tsim_irq_restore(sim_irq_save());\n"
	"\t}\n"
	"\twhile (now != NR_SLICES && schedule[now].task == task && schedule[now].end == STEPS &&\n"
	"\t       ended[task] >= schedule[now].steps) {\n"
	"\t\tnext_slice();\n"
	"\t\tsim_yield();\n"
	"\t}\n"
	"}\n"
	"\n"
	"static void life(void *arg)\n"
	"{\n"
	"\tconst struct task *of = arg;\n"
	"\tunsigned int task = (unsigned int)(of - tasks);\n"
	"\n"
	"\tbetween_steps(task);\n"
	"\tfor (unsigned int i = 0; i < of->nr; i++) {\n"
	"\t\tinside[task] = true;\n"
	"\t\tfrom[task] = sim.points;\n"
	"\t\tset_alarm();\n"
	"\t\tif (of->steps[i].cpu >= 0)\n"
	"\t\t\tsim_migrate(task, (unsigned int)of->steps[i].cpu);\n"
	"\t\tof->steps[i].call();\n"
	"\t\tinside[task] = false;\n"
	"\t\tended[task]++;\n"
	"\t\tset_alarm();\n"
	"\t\tbetween_steps(task);\n"
	"\t}\n"
	"}\n"
	"\n"
	"static unsigned long live_before __attribute__((section(\"slub_data\")));\n"
	"\n"
	"static unsigned long settle(void)\n"
	"{\n"
	"\tstruct slab_check_report report;\n"
	"\n"
	"\tslub_init();\n"
	"\tquiesce();\n"
	"\tif (!slab_check(NULL, CHECK_ALL, &report))\n"
	"\t\tFAIL(\"%s\", report.broken);\n"
	"\treturn report.objects - report.free;\n"
	"}\n"
	"\n"
	"static void boot(void *arg)\n"
	"{\n"
	"\t(void)arg;\n"
	"\tlive_before = settle();\n"
	"}\n"
	"\n"
	"static void at_end(void *arg)\n"
	"{\n"
	"\tunsigned long live;\n"
	"\n"
	"\t(void)arg;\n"
	"\tfinish();\n"
	"\tlive = settle();\n"
	"\tif (live != live_before)\n"
	"\t\tFAIL(\"everything is freed, and %lu objects are in use; before it were %lu\", live,\n"
	"\t\t     live_before);\n"
	"}\n"
	"\n"
	"int main(void)\n"
	"{\n"
	"\tconst struct sim_config config = {\n"
	"\t\t.cpus = CPUS, .nodes = NODES, .node_bytes = NODE_BYTES, .options = OPTIONS};\n"
	"\tconst struct sim_run_options options = {.policy = policy, .step_max = 10000000};\n"
	"\tenum sim_outcome outcome;\n"
	"\n"
	"\tif (!sim_boot(&config, boot, NULL)) {\n"
	"\t\tputs(\"INCONCLUSIVE: the machine does not boot\");\n"
	"\t\treturn 3;\n"
	"\t}\n"
	"\tsim_reset(SEED);\n"
	"\tfor (unsigned int task = 0; task < TASKS; task++)\n"
	"\t\tsim_task_add(life, (void *)&tasks[task], task % CPUS);\n"
	"\toutcome = sim_run(&options);\n"
	"\tif (outcome == SIM_CLEAN)\n"
	"\t\toutcome = sim_call(at_end, NULL);\n"
	"\tif (outcome == SIM_CLEAN) {\n"
	"\t\tputs(\"clean\");\n"
	"\t\treturn 0;\n"
	"\t}\n"
	"\tprintf(\"%s: %s: %s\\n\", outcome == SIM_FINDING ? \"FINDING\" : \"INCONCLUSIVE\",\n"
	"\t       sim_finding_name(sim_finding()->kind), sim_finding()->text);\n"
	"\treturn outcome == SIM_FINDING ? 1 : 3;\n"
	"}\n";

static const char native[] =
	"/* ---- real threads: the same calls, at moments that nobody decides; so, many rounds */\n"
	"\n"
	"static pthread_barrier_t barrier;\n"
	"static unsigned long rounds = 1000;\n"
	"\n"
	"static void *life(void *arg)\n"
	"{\n"
	"\tconst struct task *of = arg;\n"
	"\n"
	"\tfor (unsigned long round = 0; round < rounds; round++) {\n"
	"\t\tpthread_barrier_wait(&barrier);\n"
	"\t\tfor (unsigned int i = 0; i < of->nr; i++) {\n"
	"\t\t\tof->steps[i].call();\n"
	"\t\t\tatomic_store(&done[of->steps[i].record], true);\n"
	"\t\t}\n"
	"\t\tpthread_barrier_wait(&barrier);\n"
	"\t\tif (of == tasks) {\n"
	"\t\t\tfinish();\n"
	"\t\t\tmemset(done, 0, sizeof(done));\n"
	"\t\t}\n"
	"\t\tpthread_barrier_wait(&barrier);\n"
	"\t}\n"
	"\treturn NULL;\n"
	"}\n"
	"\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"\tpthread_t threads[TASKS];\n"
	"\n"
	"\tif (argc > 1)\n"
	"\t\trounds = strtoul(argv[1], NULL, 10);\n"
	"\tif (*OPTIONS)\n"
	"\t\tslub_boot_options(OPTIONS);\n"
	"\tpthread_barrier_init(&barrier, NULL, TASKS);\n"
	"\tfor (unsigned int task = 0; task < TASKS; task++)\n"
	"\t\tif (pthread_create(&threads[task], NULL, life, (void *)&tasks[task]))\n"
	"\t\t\treturn 3;\n"
	"\tfor (unsigned int task = 0; task < TASKS; task++)\n"
	"\t\tpthread_join(threads[task], NULL);\n"
	"\tprintf(\"clean: %lu rounds\\n\", rounds);\n"
	"\treturn 0;\n"
	"}\n";

/* ---- this test's own part */

static void print_head(FILE *to, const char *file, const struct program *program,
		       const struct drive_sim_result *result)
{
	char line[PROGRAM_LINE_MAX];

	fprintf(to,
		"/*\n"
		" * A test made by slubcheck export-c of %s.\n"
		" *\n",
		strstr(file, "*/") ? "a program" : file);
	if (result->outcome == SIM_FINDING)
		fprintf(to, " * There it was found%s%.*s: %s\n",
			result->finding.oracle ? " by oracle " : "", result->finding.oracle ? 1 : 0,
			&"0123456789"[result->finding.oracle % 10], result -> finding.text);
	else
		fprintf(to, " * There nothing was found.\n");
	fprintf(to,
		" *\n"
		" * On the simulated machine, where it repeats to the bit, in the root of "
		"libslub:\n"
		" *\tmake build/sim/libslub-sim.a\n"
		" *\tcc -std=gnu11 -mcx16 -DSIM -D_GNU_SOURCE -I. -Islub -Iharness/sim TEST.c \\\n"
		" *\t\tbuild/sim/libslub-sim.a -o test && ./test\n"
		" * With real threads, at moments that nobody decides (rounds as argument):\n"
		" *\tcc -std=gnu11 -mcx16 -pthread TEST.c $(pkg-config --cflags --libs libslub) "
		"-o test && ./test\n"
		" * Exit status: 0 clean, 1 a finding, 3 inconclusive.\n"
		" *\n"
		" * The program:\n");
	for (size_t idx = 0; idx < program->nr_records; idx++) {
		program_record_line(line, &program->records[idx]);
		fprintf(to, " *\t%s\n", line);
	}
	fprintf(to, " */\n");
}

/* As the driver of programs sizes the machine. */
static unsigned long node_bytes(const struct program_header *header)
{
	unsigned long wanted = header->node_pages ? header->node_pages : 1024, pages = 256;

	if (wanted < 16ul * header->cpus)
		wanted = 16ul * header->cpus;
	while (pages < wanted && pages < SIM_ARENA_BYTES_MAX >> 12)
		pages *= 2;
	return pages << 12;
}

static void print_constants(FILE *to, const struct program *program,
			    const struct export_trace *trace)
{
	char options[BOOT_OPTIONS_BYTES];
	unsigned int slots = 1;

	boot_options(&program->header, false, options, sizeof(options));
	for (size_t idx = 0; idx < program->nr_records; idx++)
		if (program_ops[program->records[idx].op].use != SLOT_NONE &&
		    program->records[idx].slot >= slots)
			slots = program->records[idx].slot + 1;
	fprintf(to,
		"#define TASKS %uu\n#define CPUS %uu\n#define NODES %uu\n"
		"#define NODE_BYTES %luul\n#define SEED 0x%llxul\n#define OPTIONS \"%s\"\n"
		"#define SLOTS %uu\n#define PARTS %uu\n#define CACHES %uu\n#define NR_RECORDS "
		"%zuu\n"
		"#define NR_SLICES %zuu\n#define NR_RAISED %zuu\n\n",
		program->header.tasks, program->header.cpus, program->header.nodes,
		node_bytes(&program->header), (unsigned long long)program->header.seed, options,
		slots, export_c_parts(program, program->nr_records), PROGRAM_CACHES_MAX,
		program->nr_records ? program->nr_records : 1, trace->nr_slices, trace->nr_raised);
}

/* With threads, a step waits for the one before it on its slot, and for its cache to be there. */
static void print_waits(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	bool slot = program_ops[record->op].use != SLOT_NONE, cache = false;
	unsigned int number = (unsigned int)(record->arg & 0xff);

	for (unsigned int i = 0; i < PROGRAM_FIELDS_MAX; i++)
		if (program_ops[record->op].fields[i].name)
			cache |= program_ops[record->op].fields[i].kind == PROGRAM_KIND_CACHE;
	for (size_t before = idx; before-- > 0 && slot;) {
		if (program_ops[program->records[before].op].use == SLOT_NONE ||
		    program->records[before].slot != record->slot)
			continue;
		fprintf(to, "\tAFTER(%zu);\n", before);
		slot = false;
	}
	for (size_t before = idx; before-- > 0 && cache;) {
		if ((program->records[before].op != PROGRAM_CREATE &&
		     program->records[before].op != PROGRAM_DESTROY) ||
		    (program->records[before].arg & 0xff) != number)
			continue;
		fprintf(to, "\tAFTER(%zu);\n", before);
		cache = false;
	}
}

static size_t print_steps(FILE *to, const struct program *program, const struct export_trace *trace)
{
	char line[PROGRAM_LINE_MAX];
	size_t left_out = 0;

	fprintf(to, "/* ---- the steps, named by record */\n\n"
		    "#ifdef SIM\n#define AFTER(record) (void)0\n#else\n"
		    "static _Atomic bool done[NR_RECORDS];\n"
		    "#define AFTER(record)                \\\n"
		    "\twhile (!atomic_load(&done[record])) \\\n"
		    "\tsched_yield()\n#endif\n\n");
	for (size_t i = 0; i < trace->nr_steps + trace->nr_raised; i++) {
		size_t idx = i < trace->nr_steps ? trace->steps[i].record
						 : trace->raised[i - trace->nr_steps].record;

		program_record_line(line, &program->records[idx]);
		fprintf(to, "static void step_%zu(void)\n{\n\t/* %s */\n", idx, line);
		print_waits(to, program, idx);
		if (!export_c_step(to, program, idx)) {
			fprintf(to, "\t/* has no call here */\n");
			left_out++;
		}
		fprintf(to, "}\n\n");
	}
	return left_out;
}

static void print_tasks(FILE *to, const struct program *program, const struct export_trace *trace)
{
	fprintf(to, "struct step {\n\tvoid (*call)(void);\n\tunsigned int record;\n"
		    "\tint cpu; /* the task goes there first; -1: stays */\n};\n\n");
	for (unsigned int task = 0; task < program->header.tasks; task++) {
		fprintf(to, "static const struct step steps_%u[] = {\n", task);
		for (size_t i = 0; i < trace->nr_steps; i++) {
			size_t idx = trace->steps[i].record;
			unsigned int cpu = program->records[idx].cpu;

			if (trace->steps[i].task == task)
				fprintf(to, "\t{step_%zu, %zu, %d},\n", idx, idx,
					cpu == PROGRAM_ANY ? -1 : (int)cpu);
		}
		/* An array cannot be empty. */
		fprintf(to, "\t{NULL, 0, -1},\n};\n\n");
	}
	fprintf(to, "static const struct task {\n\tconst struct step *steps;\n"
		    "\tunsigned int nr;\n} tasks[TASKS] = {\n");
	for (unsigned int task = 0; task < program->header.tasks; task++)
		fprintf(to, "\t{steps_%u, sizeof(steps_%u) / sizeof(steps_%u[0]) - 1},\n", task,
			task, task);
	fprintf(to, "};\n\n");
}

static void print_schedule(FILE *to, const struct export_trace *trace)
{
	static const char *const ends[] = {"STEPS", "POINT", "WAITS", "ENDS"};
	const char *include = strstr(simulated, "#include SELF\n");

	fwrite(simulated, 1, (size_t)(include - simulated), to);
	for (size_t i = 0; i < trace->nr_slices; i++) {
		const struct slice *slice = &trace->slices[i];

		if (slice->task == PROGRAM_TASKS_MAX)
			fprintf(to, "\t{RCU, ");
		else
			fprintf(to, "\t{%u, ", slice->task);
		fprintf(to, "%s, %u, %llu, %d},\n", ends[slice->end], slice->steps,
			(unsigned long long)slice->points, slice->cpu);
	}
	fprintf(to, "\t{0, ENDS, 0, 0, -1}, /* and no more */\n};\n\n"
		    "static const struct raised {\n\tvoid (*step)(void);\n\tunsigned int task;\n"
		    "\tbool at_point;\n\tunsigned int steps;\n\tunsigned long points;\n"
		    "} raised[] = {\n");
	for (size_t i = 0; i < trace->nr_raised; i++) {
		const struct raised *raised = &trace->raised[i];

		fprintf(to, "\t{step_%zu, %u, %s, %u, %llu},\n", raised->record, raised->task,
			raised->at_point ? "true" : "false", raised->steps,
			(unsigned long long)raised->points);
	}
	fprintf(to, "\t{NULL, 0, false, 0, 0},\n};\n\n%s", simulated_rest);
}

size_t export_c_write(FILE *to, const char *file, const struct program *program,
		      const struct export_trace *trace, const struct drive_sim_result *result)
{
	size_t left_out;

	print_head(to, file, program, result);
	fputs(export_c_includes, to);
	print_constants(to, program, trace);
	fputs(export_c_checks, to);
	left_out = print_steps(to, program, trace);
	print_tasks(to, program, trace);
	fprintf(to, "#ifdef SIM\n");
	print_schedule(to, trace);
	fprintf(to, "#else\n%s#endif\n", native);
	return left_out;
}
