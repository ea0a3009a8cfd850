/* SPDX-License-Identifier: MIT */
/*
 * The native world: nodes, real or faked; see nodes.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nodes.h"

#define NODE_ROOT      "/sys/devices/system/node"
#define LOCAL_DISTANCE 10
#define OTHER_DISTANCE 20

static unsigned char real_cpu_node[WORLD_CPUS_MAX];
static struct native_nodes real = {.cpu_node = real_cpu_node};
static pthread_once_t real_once = PTHREAD_ONCE_INIT;
static unsigned int nodes_faked;

/*
 * 1. Reading
 *
 * No stdio and no malloc(): this may run inside of a program's first allocation.
 */

/* The text of @root/@name, "" when there is none. */
static const char *read_text(const char *root, const char *name, char *text, size_t bytes)
{
	size_t length = 0;
	ssize_t n = 0;
	int fd;

	if ((size_t)snprintf(text, bytes, "%s/%s", root, name) >= bytes)
		return "";
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "";
	while (length < bytes - 1 && (n = read(fd, text + length, bytes - 1 - length)) > 0)
		length += (size_t)n;
	close(fd);
	text[n < 0 ? 0 : length] = '\0';
	return text;
}

/* A decimal number; false, with *at where it was, when there is none or it is too large. */
static bool read_number(const char **at, unsigned long *value)
{
	const char *p = *at;

	*value = 0;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		*value = *value * 10 + (unsigned long)(*p - '0');
		if (*value > 1ul << 20)
			return false;
	}
	*at = p;
	return true;
}

/* One range of a list such as "0-3,7,9-11". Return: false at its end, or where it makes no sense. */
static bool read_range(const char **at, unsigned long *from, unsigned long *to)
{
	if (!read_number(at, from))
		return false;
	*to = *from;
	if (**at == '-') {
		++*at;
		if (!read_number(at, to))
			return false;
	}
	if (**at == ',')
		++*at;
	return *from <= *to;
}

static unsigned int read_mask(const char *text)
{
	unsigned long from, to;
	unsigned int mask = 0;

	while (read_range(&text, &from, &to))
		for (unsigned long node = from; node <= to && node < WORLD_NODES_MAX; node++)
			mask |= 1u << node;
	return mask;
}

static void read_cpus(struct native_nodes *nodes, const char *text, unsigned int node)
{
	unsigned long from, to;

	while (read_range(&text, &from, &to))
		for (unsigned long cpu = from; cpu <= to && cpu < WORLD_CPUS_MAX; cpu++)
			nodes->cpu_node[cpu] = (unsigned char)node;
}

/* One distance for each node that is @online, in their order. */
static void read_distances(struct native_nodes *nodes, const char *text, unsigned int online,
			   unsigned int node)
{
	unsigned long distance;

	for (unsigned int to = 0; to < WORLD_NODES_MAX; to++) {
		if (!(online >> to & 1))
			continue;
		text += strspn(text, " ");
		if (!read_number(&text, &distance))
			return;
		nodes->distance[node][to] = (unsigned char)(distance > 255 ? 255 : distance);
	}
}

static void read_nodes(struct native_nodes *nodes, const char *root)
{
	char text[8192], name[32];
	unsigned int online = read_mask(read_text(root, "online", text, sizeof(text)));

	nodes->memory = read_mask(read_text(root, "has_memory", text, sizeof(text))) & online;
	nodes->nr = nodes->memory ? 32 - (unsigned int)__builtin_clz(online) : 1;
	memset(nodes->cpu_node, 0, WORLD_CPUS_MAX);
	for (unsigned int from = 0; from < WORLD_NODES_MAX; from++)
		for (unsigned int to = 0; to < WORLD_NODES_MAX; to++)
			nodes->distance[from][to] = from == to ? LOCAL_DISTANCE : OTHER_DISTANCE;
	if (!nodes->memory) {
		nodes->memory = 1;
		return;
	}
	for (unsigned int node = 0; node < nodes->nr; node++) {
		if (!(online >> node & 1))
			continue;
		snprintf(name, sizeof(name), "node%u/cpulist", node);
		read_cpus(nodes, read_text(root, name, text, sizeof(text)), node);
		snprintf(name, sizeof(name), "node%u/distance", node);
		read_distances(nodes, read_text(root, name, text, sizeof(text)), online, node);
	}
}

void native_nodes_read(struct native_nodes *nodes, const char *root)
{
	int saved = errno;

	read_nodes(nodes, root);
	errno = saved;
}

/*
 * 2. The seam
 */
static void read_real(void)
{
	native_nodes_read(&real, NODE_ROOT);
}

static const struct native_nodes *real_nodes(void)
{
	pthread_once(&real_once, read_real);
	return &real;
}

void world_fake_nodes(unsigned int nodes)
{
	nodes_faked = nodes;
}

unsigned int world_nr_nodes(void)
{
	return nodes_faked ? nodes_faked : real_nodes()->nr;
}

bool world_node_has_memory(int node)
{
	return nodes_faked || (real_nodes()->memory >> node & 1);
}

int world_cpu_to_node(unsigned int cpu)
{
	return nodes_faked ? (int)(cpu % nodes_faked) : real_nodes()->cpu_node[cpu];
}

int world_node_distance(int from, int to)
{
	if (nodes_faked)
		return from == to ? LOCAL_DISTANCE : OTHER_DISTANCE;
	return real_nodes()->distance[from][to];
}

void native_place(void *addr, size_t bytes, int node)
{
	unsigned long mask = 1ul << node;
	int saved = errno;

	/*
	 * A preference, so that a full node does not kill the program: better elsewhere than
	 * nowhere. Where the call is forbidden, as in some containers, the first touch decides.
	 */
	if (!nodes_faked && real_nodes()->nr > 1)
		syscall(SYS_mbind, addr, bytes, MPOL_PREFERRED, &mask, WORLD_NODES_MAX + 1, 0);
	errno = saved;
}
