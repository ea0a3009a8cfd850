/* SPDX-License-Identifier: MIT */
/* Memory of nodes that comes and goes, and slots that nobody has used for a while. */
#include <errno.h>
#include <stdlib.h>

#include "model.h"

/*
 * Each cache that has none gets a structure for @node. They are taken for the youngest cache first,
 * and handed out the other way round. @committed: whether the node's pages could be had, if it
 * came to that; the model is told.
 */
int m_node_online(unsigned int node, bool committed)
{
	struct m_cache *without[512];
	void *objects[512];
	unsigned int nr = 0, got = 0;

	if (node >= model.boot.nodes)
		return -EINVAL;
	if (model.memory >> node & 1)
		return 0;
	for (struct m_cache *s = model.newest; s && nr < 512; s = s->prev)
		if (!s->node[node].exists)
			without[nr++] = s;
	while (got < nr) {
		objects[got] = m_alloc(model.cache_of_nodes, GFP_KERNEL, model.home);
		if (!objects[got])
			break;
		got++;
	}
	if (got < nr || !committed) {
		while (got-- > 0)
			m_free(m_slab_find(objects[got]), objects[got]);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < nr; i++) {
		struct m_node *n = &without[i]->node[node];

		*n = (struct m_node){.exists = true, .object = objects[nr - 1 - i]};
		without[i]->changed = true;
	}
	model.memory |= 1ul << node;
	return 0;
}

static bool in_use(unsigned int node)
{
	for (const struct m_block *block = model.blocks; block; block = block->next)
		if (block->node == (int)node)
			return true;
	return false;
}

/* Empty slabs of every cache go, so often as it is tried, which the model is told. */
int m_node_offline(unsigned int node, unsigned int tries, bool gone)
{
	if (node >= model.boot.nodes)
		return -EINVAL;
	if ((int)node == model.home)
		return -EBUSY;
	if (!(model.memory >> node & 1))
		return 0;
	model.memory &= ~(1ul << node);
	for (unsigned int i = 0; i < tries; i++) {
		for (struct m_cache *s = model.newest; s; s = s->prev)
			m_shrink(s);
		m_callbacks_of_try(i);
	}
	/* The slots of cpus may lie there as well; of those the model knows nothing. */
	if (gone && in_use(node))
		m_differ("refused", "taken away", "memory of N%u, where blocks are", node);
	if (!gone)
		model.memory |= 1ul << node;
	return gone ? 0 : -EBUSY;
}

/* A slot that holds something and was not used since the last call gives it back. */
unsigned long m_reap(void)
{
	unsigned long reaped = 0;

	m_callbacks(); /* what no reader keeps has its grace period first */
	for (struct m_cache *s = model.newest; s; s = s->prev) {
		for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++) {
			struct m_cpu *c = &s->cpu[cpu];
			bool idle = !c->used && (c->slab || c->chain.first);

			c->used = false;
			if (!idle || !m_cpu_up(cpu))
				continue;
			m_flush_cpu(s, cpu);
			c->used = false;
			reaped++;
		}
	}
	return reaped;
}
