/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel prints, and where it ends: warnings, BUG(), panics. */
#include <stdio.h>

#include "harness/sim/sim.h"
#include "linux.h"
#include "seam.h"

unsigned long linux_warnings __slub_data;
unsigned long linux_reports __slub_data;
static char warning[200], report[120];
/* By number of the task: what it asks for now may be warned of. */
static __slub_data unsigned char forgiven[LX_TASKS_MAX];

void linux_forgive(bool on)
{
	forgiven[lx_task()] = on;
}

/* Lines are put together here: the kernel prints them in parts. */
static char line[600];
static size_t line_length;
void (*linux_log_hook)(const char *line);

void lx_log(const char *text)
{
	for (; *text; text++) {
		if (*text != '\n') {
			if (line_length + 1 < sizeof(line))
				line[line_length++] = *text;
			continue;
		}
		line[line_length] = '\0';
		line_length = 0;
		if (!strncmp(line, "BUG ", 4))
			memcpy(report, line, sizeof(report));
		if (linux_log_hook)
			linux_log_hook(line);
		world_log(LOG_INFO, "%s", line);
	}
}

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

_Noreturn void lx_bug(const char *file, int at)
{
	sim_fail(SIM_ASSERTION, "BUG at %s:%d", base_name(file), at);
}

_Noreturn void lx_panic(const char *text)
{
	world_panic("%s", text);
}

void lx_warn(const char *file, int at, const char *text)
{
	char told[sizeof(warning)];

	snprintf(told, sizeof(told), "WARNING at %s:%d: %s", base_name(file), at, text);
	if (!forgiven[lx_task()]) {
		linux_warnings++;
		memcpy(warning, told, sizeof(told));
	}
	lx_log(told);
	lx_log("\n");
}

void lx_report(void)
{
	linux_reports++;
}

const char *linux_report(void)
{
	return report;
}

const char *linux_warning(void)
{
	return warning;
}

/* Where calls end that no path of the slab allocator makes: linux-slub points their names here. */
_Noreturn void lx_missing(const char *name);
_Noreturn void lx_missing(const char *name)
{
	sim_fail(SIM_ASSERTION, "the kernel calls %s(), which is not here", name);
}
