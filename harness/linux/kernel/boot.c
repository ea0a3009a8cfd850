/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Boot: the variables of the kernel that its slab allocator looks at, boot options, and the order
 * of the steps that start_kernel() would take.
 */
#include <linux/init.h>
#include <linux/nodemask.h>
#include <linux/static_key.h>
#include <asm/processor.h>

#include "glue.h"
#include "mm/slab.h"

unsigned long page_offset_base, vmemmap_base, vmalloc_base;
unsigned long phys_base;
unsigned int cpu_khz, tsc_khz;
struct cpuinfo_x86 boot_cpu_data;
bool static_key_initialized = true;
unsigned long volatile jiffies;
DEFINE_STATIC_KEY_FALSE(init_on_alloc);
DEFINE_STATIC_KEY_FALSE(init_on_free);
gfp_t gfp_allowed_mask = __GFP_BITS_MASK;
enum system_states system_state = SYSTEM_RUNNING;
int oops_in_progress;
int panic_on_warn;

static struct task_struct *tasks;

/* Tasks have no life of their own: the machine's number is all that there is to know. */
struct task_struct *lx_current(void)
{
	struct task_struct *task = tasks + lx_task();

	task->pid = (pid_t)lx_task();
	return task;
}

extern const struct obs_kernel_param __start_lx_setup[], __stop_lx_setup[];
extern initcall_entry_t __start_lx_initcalls[], __stop_lx_initcalls[];

static char options[1024];

static bool option_is(const char *option, const char *name, const char **value)
{
	size_t length = strlen(name);

	if (strncmp(option, name, length))
		return false;
	*value = option + length;
	return true;
}

/* The kernel does not come up if slabs are to have more pages than a block can have. */
static bool is_fatal(const char *option)
{
	const char *value;
	unsigned int order;

	if (!option_is(option, "slab_min_order=", &value) &&
	    !option_is(option, "slub_min_order=", &value))
		return false;
	return kstrtouint(value, 10, &order) || order > MAX_PAGE_ORDER;
}

static void take_option(char *option)
{
	const struct obs_kernel_param *param;
	const char *value;
	bool on;

	if (is_fatal(option))
		return;
	if (option_is(option, "init_on_alloc=", &value) && !kstrtobool(value, &on) && on)
		static_branch_enable(&init_on_alloc);
	if (option_is(option, "init_on_free=", &value) && !kstrtobool(value, &on) && on)
		static_branch_enable(&init_on_free);
	for (param = __start_lx_setup; param < __stop_lx_setup; param++) {
		size_t length = strlen(param->str);

		if (!strncmp(option, param->str, length) &&
		    (option[length] == '=' || !option[length] || option[length - 1] == '='))
			param->setup_func(option + length);
	}
}

/* The allocator keeps pointers into its options: they are cut up where they stay. */
static void take_options(const char *text)
{
	char *at = options;

	strscpy(options, text, sizeof(options));
	while (*at) {
		char *end = strchrnul(at, ' ');
		bool last = !*end;

		*end = '\0';
		if (*at)
			take_option(at);
		if (last)
			break;
		at = end + 1;
	}
}

const char *lx_boot(const struct lx_boot *boot)
{
	initcall_entry_t *call;

	if (sizeof(struct page) > LX_PAGE_STRUCT_BYTES)
		return "struct page is larger than 64 bytes";
	if (!tasks)
		tasks = lx_task_memory(LX_TASKS_MAX * sizeof(struct task_struct));
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_CX16);
	boot_cpu_data.x86_cache_alignment = boot_cpu_data.x86_clflush_size = 64;
	glue_pages_init(boot);
	glue_cpus_init(boot);
	take_options(boot->options);
	kmem_cache_init();
	kmem_cache_init_late();
	for (call = __start_lx_initcalls; call < __stop_lx_initcalls; call++)
		initcall_from_entry(call)();
	return NULL;
}
