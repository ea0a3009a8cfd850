/* SPDX-License-Identifier: MIT */
/* The nodes of a machine, as read from a folder that looks like /sys/devices/system/node. */
#include <errno.h>
#include <sys/syscall.h>

#include "slub/platform/native/nodes.h"
#include "slub_unit.h"

static char root[64];
static unsigned char cpu_node[WORLD_CPUS_MAX];

static void write_text(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_node(unsigned int node, const char *cpus, const char *distances)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/node%u", root, node);
	/* Not mkdir(): its header has a stat() of its own. */
	assert_int_equal(syscall(SYS_mkdir, path, 0755), 0);
	snprintf(path, sizeof(path), "node%u/cpulist", node);
	write_text(path, cpus);
	snprintf(path, sizeof(path), "node%u/distance", node);
	write_text(path, distances);
}

static int begin(void **unused)
{
	(void)unused;
	strcpy(root, "/tmp/nodes.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int end(void **unused)
{
	static const char *const names[] = {"node%u/cpulist", "node%u/distance", "node%u"};
	char path[128], name[32];

	(void)unused;
	for (unsigned int node = 0; node < WORLD_NODES_MAX; node++) {
		for (unsigned int i = 0; i < 3; i++) {
			snprintf(name, sizeof(name), names[i], node);
			snprintf(path, sizeof(path), "%s/%s", root, name);
			remove(path);
		}
	}
	snprintf(path, sizeof(path), "%s/online", root);
	remove(path);
	snprintf(path, sizeof(path), "%s/has_memory", root);
	remove(path);
	return remove(root);
}

static struct native_nodes read_nodes(void)
{
	struct native_nodes nodes = {.cpu_node = cpu_node};

	memset(cpu_node, 0xff, sizeof(cpu_node));
	errno = 77;
	native_nodes_read(&nodes, root);
	assert_int_equal(errno, 77); /* the caller's own */
	return nodes;
}

static void two_nodes_as_the_kernel_writes_them(void **unused)
{
	struct native_nodes nodes;

	(void)unused;
	write_text("online", "0-1\n");
	write_text("has_memory", "0-1\n");
	make_node(0, "0-3,8-11\n", "10 21\n");
	make_node(1, "4-7,12-15\n", "21 10\n");
	nodes = read_nodes();
	assert_int_equal(nodes.nr, 2);
	assert_int_equal(nodes.memory, 0x3);
	for (int cpu = 0; cpu < 16; cpu++)
		assert_int_equal(nodes.cpu_node[cpu], cpu / 4 % 2);
	assert_int_equal(nodes.distance[0][0], 10);
	assert_int_equal(nodes.distance[0][1], 21);
	assert_int_equal(nodes.distance[1][0], 21);
}

/* Node 1 is missing, node 2 has cpus only: the distances name those online, in their order. */
static void holes_and_nodes_without_memory(void **unused)
{
	struct native_nodes nodes;

	(void)unused;
	write_text("online", "0,2,5\n");
	write_text("has_memory", "0,5\n");
	make_node(0, "0\n", "10 20 32\n");
	make_node(2, "1\n", "20 10 40\n");
	make_node(5, "\n", "32 40 10\n");
	nodes = read_nodes();
	assert_int_equal(nodes.nr, 6);
	assert_int_equal(nodes.memory, 0x21);
	assert_int_equal(nodes.cpu_node[0], 0);
	assert_int_equal(nodes.cpu_node[1], 2);
	assert_int_equal(nodes.distance[2][5], 40);
	assert_int_equal(nodes.distance[5][0], 32);
	assert_int_equal(nodes.distance[0][1], 20); /* nothing is known of it */
}

static void what_cannot_be_read_is_one_node(void **unused)
{
	static const char *const nonsense[] = {
		"", "\n", "x", "-1", "3-1", "99999999999", "200\n", "0x0\x01-", " 0-1"};
	struct native_nodes nodes = read_nodes();

	(void)unused;
	assert_int_equal(nodes.nr, 1);
	assert_int_equal(nodes.memory, 1);
	assert_int_equal(nodes.cpu_node[WORLD_CPUS_MAX - 1], 0);
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		write_text("online", nonsense[i]);
		write_text("has_memory", nonsense[i]);
		nodes = read_nodes();
		assert_in_range(nodes.nr, 1, WORLD_NODES_MAX);
		assert_true(nodes.memory != 0);
		assert_true(nodes.memory >> nodes.nr == 0);
	}
}

static void what_lies_beyond_the_tables_is_left_out(void **unused)
{
	struct native_nodes nodes;

	(void)unused;
	write_text("online", "0-40\n");
	write_text("has_memory", "0-40\n");
	make_node(0, "0-100000\n", "10 20 300 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20\n");
	make_node(15, "1023-1024,5\n", "20\n");
	nodes = read_nodes();
	assert_int_equal(nodes.nr, WORLD_NODES_MAX);
	assert_int_equal(nodes.memory, 0xffff);
	assert_int_equal(nodes.cpu_node[WORLD_CPUS_MAX - 1], 15);
	assert_int_equal(nodes.cpu_node[5], 15);
	assert_int_equal(nodes.cpu_node[6], 0);
	assert_int_equal(nodes.distance[0][2], 255);
	assert_int_equal(nodes.distance[15][1], 20);
}

/* The machine that this runs on, with its true nodes. */
static void this_machine_is_read_and_used(void **unused)
{
	void *object;

	(void)unused;
	slub_init();
	assert_in_range(world_nr_nodes(), 1, WORLD_NODES_MAX);
	assert_true(world_node_has_memory(page_alloc_home()));
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		assert_true(world_cpu_to_node(cpu) < (int)world_nr_nodes());
	for (int node = 0; node < (int)world_nr_nodes(); node++) {
		object = kmalloc_node(100000, GFP_KERNEL, node);
		assert_non_null(object);
		memset(object, 1, 100000);
		if (world_node_has_memory(node))
			assert_int_equal(page_to_nid(virt_to_head_page(object)), node);
		kfree(object);
	}
	assert_checks();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_nodes_as_the_kernel_writes_them, begin, end),
		cmocka_unit_test_setup_teardown(holes_and_nodes_without_memory, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_one_node, begin, end),
		cmocka_unit_test_setup_teardown(what_lies_beyond_the_tables_is_left_out, begin,
						end),
		cmocka_unit_test(this_machine_is_read_and_used),
	};

	unsetenv("LIBSLUB_OPTIONS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
