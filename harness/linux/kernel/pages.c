/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages, nodes and mappings. Where pages are comes from the machine; what the allocator reads of
 * them (struct page in an array of the kernel's own form) is kept here.
 */
#include "glue.h"
#include "mm/internal.h"
#include "mm/slab.h"

static unsigned long nr_pages;

struct pglist_data *node_data[MAX_NUMNODES];
static struct pglist_data nodes[LX_NODES_MAX];
nodemask_t node_states[NR_NODE_STATES];
unsigned int nr_node_ids, nr_online_nodes;
notifier_fn_t glue_memory_notifier;

static const gfp_t gfp_flags[LX_NR_GFP] = {LX_GFP_EACH(LX_GFP_OWN)};

unsigned int glue_gfp(gfp_t gfp)
{
	unsigned int of = 0;

	for (int bit = 0; bit < LX_NR_GFP; bit++)
		if (gfp & gfp_flags[bit])
			of |= 1u << bit;
	return of;
}

gfp_t glue_gfp_of(unsigned int gfp)
{
	gfp_t of = 0;

	for (int bit = 0; bit < LX_NR_GFP; bit++)
		if (gfp & 1u << bit)
			of |= gfp_flags[bit];
	return of;
}

/* Nearest first, which is the next one; of each node the zones from above. */
static void make_zonelist(int nid)
{
	struct zonelist *list = &nodes[nid].node_zonelists[ZONELIST_FALLBACK];
	int at = 0;

	for (unsigned int n = 0; n < lx_nr_nodes(); n++) {
		int other = (nid + n) % lx_nr_nodes();

		if (!lx_node_has_memory(other))
			continue;
		for (int zone = ZONE_NORMAL; zone >= 0; zone--) {
			list->_zonerefs[at].zone = &nodes[other].node_zones[zone];
			list->_zonerefs[at++].zone_idx = zone;
		}
	}
	list->_zonerefs[at].zone = NULL;
	list->_zonerefs[at].zone_idx = 0;
}

void glue_pages_init(const struct lx_boot *boot)
{
	page_offset_base = boot->arena;
	vmemmap_base = boot->descriptors;
	nr_pages = boot->arena_bytes >> PAGE_SHIFT;
	nr_node_ids = nr_online_nodes = lx_nr_nodes();
	for (unsigned int nid = 0; nid < lx_nr_nodes(); nid++) {
		node_data[nid] = &nodes[nid];
		nodes[nid].node_id = nid;
		for (int zone = 0; zone < MAX_NR_ZONES; zone++) {
			nodes[nid].node_zones[zone].zone_pgdat = &nodes[nid];
			nodes[nid].node_zones[zone].node = nid;
		}
		node_set_state(nid, N_POSSIBLE);
		node_set_state(nid, N_ONLINE);
		node_set_state(nid, N_CPU);
		if (lx_node_has_memory(nid)) {
			node_set_state(nid, N_NORMAL_MEMORY);
			node_set_state(nid, N_MEMORY);
		}
	}
	for (unsigned int nid = 0; nid < lx_nr_nodes(); nid++)
		make_zonelist(nid);
}

struct zoneref *__next_zones_zonelist(struct zoneref *z, enum zone_type highest,
				      nodemask_t *allowed)
{
	while (zonelist_zone_idx(z) > highest ||
	       (zonelist_zone(z) && allowed && !node_isset(zonelist_node_idx(z), *allowed)))
		z++;
	return z;
}

bool __virt_addr_valid(unsigned long address)
{
	return address - page_offset_base < nr_pages << PAGE_SHIFT;
}

bool glue_in_arena(const void *address)
{
	return __virt_addr_valid((unsigned long)address);
}

struct page *glue_descriptor_at(unsigned long addr)
{
	unsigned long number = (addr - vmemmap_base) / sizeof(struct page);
	unsigned long first = page_to_pfn(virt_to_page((void *)page_offset_base));

	return addr >= vmemmap_base + first * sizeof(struct page) && number - first < nr_pages
		       ? (struct page *)vmemmap_base + number
		       : NULL;
}

/* ---- blocks of pages */

static struct page *make_block(const struct lx_pages *got, unsigned int order)
{
	struct page *page = virt_to_page((void *)got->address);
	unsigned long pfn = page_to_pfn(page), count = 1ul << order;

	lx_touch(page, count * sizeof(*page));
	memset(page, 0, count * sizeof(*page));
	for (unsigned long n = 0; n < count; n++) {
		set_page_links(page + n, got->zone, got->node, pfn + n);
		atomic_set(&page[n]._mapcount, -1);
		if (n)
			prep_compound_tail(page, (int)n);
	}
	atomic_set(&page->_refcount, 1);
	if (order) {
		__SetPageHead(page);
		prep_compound_head(page, order);
	}
	if (got->reserve)
		set_page_pfmemalloc(page);
	return page;
}

static struct page *get_block(gfp_t gfp, unsigned int order, int node)
{
	struct lx_pages got;
	struct page *page;

	if (!lx_pages_alloc(glue_gfp(gfp), order, node, &got)) {
		if (gfp & __GFP_NOFAIL)
			lx_panic("no pages for a request that may not fail");
		return NULL;
	}
	if (want_init_on_alloc(gfp)) {
		lx_touch((void *)got.address, PAGE_SIZE << order);
		memset((void *)got.address, 0, PAGE_SIZE << order);
	}
	page = make_block(&got, order);
	if (gfp & __GFP_ACCOUNT && __memcg_kmem_charge_page(page, gfp, (int)order)) {
		__free_pages(page, order);
		return NULL;
	}
	return page;
}

struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order)
{
	return get_block(gfp, order, NUMA_NO_NODE);
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int node, nodemask_t *allowed)
{
	return get_block(gfp, order, node);
}

void __free_pages(struct page *page, unsigned int order)
{
	void *address = page_address(page);

	VM_BUG_ON_PAGE(page_count(page) != 1, page);
	if (compound_order(page) != order)
		lx_bug(__FILE__, __LINE__);
	if (page->mapping || page->page_type != -1u)
		lx_bug(__FILE__, __LINE__);
	glue_uncharge_page(page, order);
	if (want_init_on_free()) {
		lx_touch(address, PAGE_SIZE << order);
		memset(address, 0, PAGE_SIZE << order);
	}
	lx_touch(page, sizeof(*page));
	atomic_set(&page->_refcount, 0);
	lx_pages_free((unsigned long)address);
}

void __folio_put(struct folio *folio)
{
	atomic_set(&folio->_refcount, 1);
	__free_pages(&folio->page, folio_order(folio));
}

struct page *glue_next_block(unsigned long *pfn)
{
	while (*pfn < nr_pages) {
		struct page *page = pfn_to_page(*pfn);

		/* A frame that never was allocated reads as zero; a tail has no count. */
		++*pfn;
		if (!PageTail(page) && atomic_read(&page->_refcount) > 0)
			return page;
	}
	return NULL;
}

bool gfp_pfmemalloc_allowed(gfp_t gfp)
{
	return gfp & __GFP_MEMALLOC && !(gfp & __GFP_NOMEMALLOC);
}

unsigned int mempolicy_slab_node(void)
{
	return (unsigned int)lx_preferred_node();
}

void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta)
{
}

void dump_page(const struct page *page, const char *reason)
{
	pr_info("page %px: %s\n", page, reason);
}

/* ---- mappings */

#define MAPS_MAX 64
static struct {
	void *address;
	unsigned long bytes;
	void *charged; /* the group that pays, or NULL */
} maps[MAPS_MAX];

void *__vmalloc_node_range_noprof(unsigned long size, unsigned long align, unsigned long start,
				  unsigned long end, gfp_t gfp, pgprot_t prot, unsigned long flags,
				  int node, const void *caller)
{
	unsigned long bytes = PAGE_ALIGN(size);

	/* Near the end of the address space the next page is page 0. */
	for (int n = 0; size && bytes >= size && n < MAPS_MAX; n++) {
		if (maps[n].address)
			continue;
		if (!glue_charge_mapping(bytes, gfp, &maps[n].charged))
			return NULL;
		maps[n].address = lx_map(bytes, node);
		maps[n].bytes = bytes;
		if (!maps[n].address)
			glue_uncharge_mapping(bytes, maps[n].charged);
		return maps[n].address;
	}
	return NULL;
}

unsigned long glue_mapping_charged(const void *address)
{
	for (int n = 0; n < MAPS_MAX; n++)
		if (maps[n].address && maps[n].address == address)
			return maps[n].charged ? maps[n].bytes : 0;
	return 0;
}

bool is_vmalloc_addr(const void *address)
{
	for (int n = 0; n < MAPS_MAX; n++)
		if (maps[n].address && address >= maps[n].address &&
		    address < maps[n].address + maps[n].bytes)
			return true;
	return false;
}

void vfree(const void *address)
{
	for (int n = 0; n < MAPS_MAX; n++) {
		if (!address || maps[n].address != address)
			continue;
		maps[n].address = NULL;
		glue_uncharge_mapping(maps[n].bytes, maps[n].charged);
		lx_unmap((void *)address, maps[n].bytes);
		return;
	}
	if (address)
		lx_bug(__FILE__, __LINE__);
}

/* A mapping that is large enough stays; what is behind the new end is zero again. */
static void *shrink_map(void *p, unsigned long before, size_t size, gfp_t flags)
{
	if (want_init_on_alloc(flags))
		memset(p + size, 0, before - size);
	return p;
}

void *vrealloc_noprof(const void *p, size_t size, gfp_t flags)
{
	void *fresh;

	if (!size) {
		vfree(p);
		return NULL;
	}
	for (int n = 0; p && n < MAPS_MAX; n++)
		if (maps[n].address == p && size <= maps[n].bytes)
			return shrink_map((void *)p, maps[n].bytes, size, flags);
	fresh = __vmalloc_node_range_noprof(size, 1, 0, 0, flags, PAGE_KERNEL, 0, NUMA_NO_NODE,
					    NULL);
	for (int n = 0; p && fresh && n < MAPS_MAX; n++) {
		if (maps[n].address != p)
			continue;
		memcpy(fresh, p, maps[n].bytes);
		vfree(p);
	}
	return fresh;
}

/* For copies to and from user space: the area that @address lies in. */
struct vmap_area *find_vmap_area(unsigned long address)
{
	static struct vmap_area area;

	for (int n = 0; n < MAPS_MAX; n++) {
		if (!maps[n].address || address < (unsigned long)maps[n].address ||
		    address >= (unsigned long)maps[n].address + maps[n].bytes)
			continue;
		area.va_start = (unsigned long)maps[n].address;
		area.va_end = area.va_start + maps[n].bytes;
		return &area;
	}
	return NULL;
}

bool vmalloc_dump_obj(void *object)
{
	return false;
}

/* ---- memory that comes and goes */

int register_memory_notifier(struct notifier_block *nb)
{
	glue_memory_notifier = nb->notifier_call;
	return 0;
}

void unregister_memory_notifier(struct notifier_block *nb)
{
}
