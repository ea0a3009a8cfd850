/* SPDX-License-Identifier: MIT */
/*
 * What a task carries from call to call: allowed nodes, a preferred node, an active group; and
 * failslab, which is everybody's.
 */
#include <errno.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"

static struct m_policy policies[SIM_TASKS_MAX + 2];

struct m_policy *m_policy(void)
{
	return &policies[model.task.idx < SIM_TASKS_MAX + 1 ? model.task.idx : SIM_TASKS_MAX + 1];
}

void m_policies_forget(void)
{
	memset(policies, 0, sizeof(policies));
}

/*
 * Nodes
 */
static unsigned long all_nodes(void)
{
	return (1ul << model.boot.nodes) - 1;
}

int m_node_with_memory(int node)
{
	return model.memory >> node & 1 ? node : m_nearest_node(node, 0);
}

int m_policy_node(void)
{
	int preferred = m_policy()->preferred;

	return m_node_with_memory(preferred ? preferred - 1 : model.task.node);
}

unsigned long m_allowed_nodes(void)
{
	unsigned long allowed = m_policy()->allowed & model.memory;

	return allowed ? allowed : model.memory;
}

unsigned long m_set_allowed_nodes(unsigned long nodes)
{
	unsigned long before = m_policy()->allowed;

	nodes &= all_nodes();
	m_policy()->allowed = nodes == all_nodes() ? 0 : nodes;
	return before;
}

int m_set_preferred_node(int node)
{
	if (node != NUMA_NO_NODE && (node < 0 || node >= (int)model.boot.nodes))
		return -EINVAL;
	m_policy()->preferred = node == NUMA_NO_NODE ? 0 : node + 1;
	return 0;
}

/*
 * failslab
 */
void m_failslab_set(const struct failslab_attr *attr)
{
	model.failslab = *attr;
	model.failslab_space = attr->space;
	model.failslab_count = 0;
	model.failslab_on = attr->probability != 0 && attr->times != 0;
}

int m_set_failslab(const struct failslab_attr *attr)
{
	if (attr->probability > 100 || attr->times < -1)
		return -EINVAL;
	m_failslab_set(attr);
	return 0;
}

bool m_failslab(const struct m_cache *s, gfp_t gfp, size_t size)
{
	struct failslab_attr *f = &model.failslab;

	if (!model.failslab_on || s == model.cache_of_caches || (gfp & __GFP_NOFAIL))
		return false;
	if (f->ignore_gfp_wait && (gfp & __GFP_DIRECT_RECLAIM))
		return false;
	if (f->cache_filter && !(s->flags & SLAB_FAILSLAB))
		return false;
	if (f->times == 0)
		return false;
	/* So many bytes succeed first. */
	if (model.failslab_space > size) {
		model.failslab_space -= size;
		return false;
	}
	if (f->interval > 1 && ++model.failslab_count % f->interval != 0)
		return false;
	if (f->probability <= m_draw() % 100)
		return false;
	if (f->times > 0)
		f->times--;
	return true;
}
