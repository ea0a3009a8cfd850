/* SPDX-License-Identifier: MIT */
/*
 * The words of op programs: ops with their fields, flags, and every other list of names.
 *
 *	1. Ops		2. Flags	3. Attributes	4. Names of values
 *
 * Numbers in files are places in these lists. A list grows at its end only, so that what was
 * written before reads as before.
 */
#ifndef HARNESS_PROGRAM_OPS_H
#define HARNESS_PROGRAM_OPS_H

/*
 * 1. The ops: OP(ID, "name", slot use, fields), fields being a list of FIELD(ID, name, first bit,
 *    bits, kind). kind says how text spells the value and how lenient reading reduces it; a cache
 *    stands in the lowest byte. Families of ops follow each other.
 */
#define PROGRAM_OPS(OP, FIELD)                                                                     \
	PROGRAM_OPS_FIRST(OP, FIELD)                                                               \
	PROGRAM_OPS_OBJECT(OP, FIELD)                                                              \
	PROGRAM_OPS_KMALLOC(OP, FIELD)                                                             \
	PROGRAM_OPS_KVMALLOC(OP, FIELD)                                                            \
	PROGRAM_OPS_RCU(OP, FIELD)                                                                 \
	PROGRAM_OPS_GROUP(OP, FIELD)                                                               \
	PROGRAM_OPS_MACHINE(OP, FIELD)                                                             \
	PROGRAM_OPS_ATTRIBUTE(OP, FIELD)                                                           \
	PROGRAM_OPS_MISUSE(OP, FIELD)

/* What there was from the start. */
#define PROGRAM_OPS_FIRST(OP, FIELD)                                                               \
	OP(NOP, "nop", SLOT_NONE, )                                                                \
	OP(CREATE, "create", SLOT_NONE,                                                            \
	   FIELD(CREATE, cache, 0, 8, CACHE) FIELD(CREATE, align_log2, 8, 8, NUMBER)               \
		   FIELD(CREATE, flags, 16, 16, CACHE_FLAGS) FIELD(CREATE, size, 32, 32, NUMBER))  \
	OP(DESTROY, "destroy", SLOT_NONE, FIELD(DESTROY, cache, 0, 8, CACHE))                      \
	OP(ALLOC, "alloc", SLOT_FILLS,                                                             \
	   FIELD(ALLOC, cache, 0, 8, CACHE) FIELD(ALLOC, gfp, 16, 16, GFP)                         \
		   FIELD(ALLOC, node, 32, 8, NODE))                                                \
	OP(FREE, "free", SLOT_EMPTIES, )                                                           \
	OP(ALLOC_BULK, "alloc_bulk", SLOT_FILLS,                                                   \
	   FIELD(ALLOC_BULK, cache, 0, 8, CACHE) FIELD(ALLOC_BULK, gfp, 16, 16, GFP)               \
		   FIELD(ALLOC_BULK, count, 32, 16, NUMBER))                                       \
	OP(FREE_BULK, "free_bulk", SLOT_EMPTIES, )                                                 \
	OP(KMALLOC, "kmalloc", SLOT_FILLS,                                                         \
	   FIELD(KMALLOC, size, 0, 40, NUMBER) FIELD(KMALLOC, gfp, 40, 16, GFP)                    \
		   FIELD(KMALLOC, node, 56, 8, NODE))                                              \
	OP(KMALLOC_ALIGN, "kmalloc_align", SLOT_FILLS,                                             \
	   FIELD(KMALLOC_ALIGN, size, 0, 40, NUMBER) FIELD(KMALLOC_ALIGN, gfp, 40, 16, GFP)        \
		   FIELD(KMALLOC_ALIGN, align_log2, 56, 8, NUMBER))                                \
	OP(KREALLOC, "krealloc", SLOT_CHANGES,                                                     \
	   FIELD(KREALLOC, size, 0, 40, NUMBER) FIELD(KREALLOC, gfp, 40, 16, GFP))                 \
	OP(KFREE, "kfree", SLOT_EMPTIES, )                                                         \
	OP(SHRINK, "shrink", SLOT_NONE, FIELD(SHRINK, cache, 0, 8, CACHE))                         \
	OP(FLUSH, "flush", SLOT_NONE, FIELD(FLUSH, cache, 0, 8, CACHE))                            \
	OP(CPU_DOWN, "cpu_down", SLOT_NONE, FIELD(CPU_DOWN, target, 0, 8, CPU))                    \
	OP(CPU_UP, "cpu_up", SLOT_NONE, FIELD(CPU_UP, target, 0, 8, CPU))                          \
	OP(READ_LOCK, "rcu_read_lock", SLOT_NONE, )                                                \
	OP(READ_UNLOCK, "rcu_read_unlock", SLOT_NONE, )                                            \
	OP(CHECK, "check", SLOT_NONE, FIELD(CHECK, tier, 0, 8, NUMBER))                            \
	OP(QUIESCE, "quiesce", SLOT_NONE, )                                                        \
	OP(SWITCH, "switch", SLOT_NONE,                                                            \
	   FIELD(SWITCH, delta, 0, 16, NUMBER) FIELD(SWITCH, to, 16, 16, TASK)                     \
		   FIELD(SWITCH, ops, 32, 8, NUMBER))                                              \
	OP(IRQ, "irq", SLOT_NONE, FIELD(IRQ, delta, 0, 16, NUMBER))                                \
	OP(FAULT, "fault", SLOT_NONE,                                                              \
	   FIELD(FAULT, site, 0, 8, SITE) FIELD(FAULT, nth, 16, 16, NUMBER)                        \
		   FIELD(FAULT, count, 32, 16, NUMBER))                                            \
	OP(GRACE, "grace", SLOT_NONE, )

/*
 * Caches and their objects. What cache_args says holds for the next create of that cache; an
 * object that is gathered goes back with the task's next kfree_bulk.
 */
#define PROGRAM_OPS_OBJECT(OP, FIELD)                                                              \
	OP(CACHE_ARGS, "cache_args", SLOT_NONE,                                                    \
	   FIELD(CACHE_ARGS, cache, 0, 8, CACHE) FIELD(CACHE_ARGS, more, 8, 8, MORE_FLAGS)         \
		   FIELD(CACHE_ARGS, useroffset, 16, 16, NUMBER)                                   \
			   FIELD(CACHE_ARGS, usersize, 32, 16, NUMBER)                             \
				   FIELD(CACHE_ARGS, freeptr_offset, 48, 16, NUMBER))              \
	OP(ZALLOC, "zalloc", SLOT_FILLS,                                                           \
	   FIELD(ZALLOC, cache, 0, 8, CACHE) FIELD(ZALLOC, gfp, 16, 16, GFP))                      \
	OP(GATHER, "gather", SLOT_EMPTIES, )                                                       \
	OP(KFREE_BULK, "kfree_bulk", SLOT_NONE, )                                                  \
	OP(VALIDATE, "validate", SLOT_NONE, FIELD(VALIDATE, cache, 0, 8, CACHE))                   \
	OP(DUMP_OBJ, "dump_obj", SLOT_LOOKS, )                                                     \
	OP(KSIZE, "ksize", SLOT_LOOKS, )

/* n and size of an array: 65535 and 16777215 stand for SIZE_MAX, so that a product overflows. */
#define PROGRAM_OPS_KMALLOC(OP, FIELD)                                                             \
	OP(KZALLOC, "kzalloc", SLOT_FILLS,                                                         \
	   FIELD(KZALLOC, size, 0, 40, NUMBER) FIELD(KZALLOC, gfp, 40, 16, GFP)                    \
		   FIELD(KZALLOC, node, 56, 8, NODE))                                              \
	OP(KMALLOC_ARRAY, "kmalloc_array", SLOT_FILLS,                                             \
	   FIELD(KMALLOC_ARRAY, n, 0, 16, NUMBER) FIELD(KMALLOC_ARRAY, size, 16, 24, NUMBER)       \
		   FIELD(KMALLOC_ARRAY, gfp, 40, 16, GFP) FIELD(KMALLOC_ARRAY, node, 56, 8, NODE)) \
	OP(KCALLOC, "kcalloc", SLOT_FILLS,                                                         \
	   FIELD(KCALLOC, n, 0, 16, NUMBER) FIELD(KCALLOC, size, 16, 24, NUMBER)                   \
		   FIELD(KCALLOC, gfp, 40, 16, GFP) FIELD(KCALLOC, node, 56, 8, NODE))             \
	OP(KMALLOC_TRACK, "kmalloc_track_caller", SLOT_FILLS,                                      \
	   FIELD(KMALLOC_TRACK, size, 0, 40, NUMBER) FIELD(KMALLOC_TRACK, gfp, 40, 16, GFP)        \
		   FIELD(KMALLOC_TRACK, node, 56, 8, NODE))                                        \
	OP(KREALLOC_ARRAY, "krealloc_array", SLOT_CHANGES,                                         \
	   FIELD(KREALLOC_ARRAY, n, 0, 16, NUMBER) FIELD(KREALLOC_ARRAY, size, 16, 24, NUMBER)     \
		   FIELD(KREALLOC_ARRAY, gfp, 40, 16, GFP))                                        \
	OP(KFREE_SENSITIVE, "kfree_sensitive", SLOT_EMPTIES, )                                     \
	OP(ROUNDUP, "kmalloc_size_roundup", SLOT_NONE, FIELD(ROUNDUP, size, 0, 40, NUMBER))        \
	OP(USERCOPY, "check_object_size", SLOT_LOOKS,                                              \
	   FIELD(USERCOPY, offset, 0, 24, NUMBER) FIELD(USERCOPY, bytes, 24, 24, NUMBER)           \
		   FIELD(USERCOPY, to_user, 48, 1, NUMBER))

#define PROGRAM_OPS_KVMALLOC(OP, FIELD)                                                            \
	OP(KVMALLOC, "kvmalloc", SLOT_FILLS,                                                       \
	   FIELD(KVMALLOC, size, 0, 40, NUMBER) FIELD(KVMALLOC, gfp, 40, 16, GFP)                  \
		   FIELD(KVMALLOC, node, 56, 8, NODE))                                             \
	OP(KVZALLOC, "kvzalloc", SLOT_FILLS,                                                       \
	   FIELD(KVZALLOC, size, 0, 40, NUMBER) FIELD(KVZALLOC, gfp, 40, 16, GFP)                  \
		   FIELD(KVZALLOC, node, 56, 8, NODE))                                             \
	OP(KVMALLOC_ARRAY, "kvmalloc_array", SLOT_FILLS,                                           \
	   FIELD(KVMALLOC_ARRAY, n, 0, 16, NUMBER) FIELD(KVMALLOC_ARRAY, size, 16, 24, NUMBER)     \
		   FIELD(KVMALLOC_ARRAY, gfp, 40, 16, GFP))                                        \
	OP(KVCALLOC, "kvcalloc", SLOT_FILLS,                                                       \
	   FIELD(KVCALLOC, n, 0, 16, NUMBER) FIELD(KVCALLOC, size, 16, 24, NUMBER)                 \
		   FIELD(KVCALLOC, gfp, 40, 16, GFP))                                              \
	OP(KVREALLOC, "kvrealloc", SLOT_CHANGES,                                                   \
	   FIELD(KVREALLOC, size, 0, 40, NUMBER) FIELD(KVREALLOC, gfp, 40, 16, GFP))               \
	OP(KVFREE, "kvfree", SLOT_EMPTIES, )                                                       \
	OP(KVFREE_SENSITIVE, "kvfree_sensitive", SLOT_EMPTIES, )                                   \
	OP(BUCKETS_CREATE, "kmem_buckets_create", SLOT_NONE,                                       \
	   FIELD(BUCKETS_CREATE, buckets, 0, 8, BUCKETS)                                           \
		   FIELD(BUCKETS_CREATE, flags, 16, 16, CACHE_FLAGS)                               \
			   FIELD(BUCKETS_CREATE, useroffset, 32, 16, NUMBER)                       \
				   FIELD(BUCKETS_CREATE, usersize, 48, 16, NUMBER))                \
	OP(BUCKETS_ALLOC, "kmem_buckets_alloc", SLOT_FILLS,                                        \
	   FIELD(BUCKETS_ALLOC, buckets, 0, 8, BUCKETS) FIELD(BUCKETS_ALLOC, gfp, 8, 16, GFP)      \
		   FIELD(BUCKETS_ALLOC, size, 24, 40, NUMBER))                                     \
	OP(BUCKETS_TRACK, "kmem_buckets_alloc_track_caller", SLOT_FILLS,                           \
	   FIELD(BUCKETS_TRACK, buckets, 0, 8, BUCKETS) FIELD(BUCKETS_TRACK, gfp, 8, 16, GFP)      \
		   FIELD(BUCKETS_TRACK, size, 24, 40, NUMBER))                                     \
	OP(BUCKETS_VALLOC, "kmem_buckets_valloc", SLOT_FILLS,                                      \
	   FIELD(BUCKETS_VALLOC, buckets, 0, 8, BUCKETS) FIELD(BUCKETS_VALLOC, gfp, 8, 16, GFP)    \
		   FIELD(BUCKETS_VALLOC, size, 24, 40, NUMBER))

/* head: where in the object the head of the callback lies, in words. */
#define PROGRAM_OPS_RCU(OP, FIELD)                                                                 \
	OP(CALL_RCU, "call_rcu", SLOT_EMPTIES, FIELD(CALL_RCU, head, 0, 16, NUMBER))               \
	OP(SYNCHRONIZE_RCU, "synchronize_rcu", SLOT_NONE, )                                        \
	OP(RCU_BARRIER, "rcu_barrier", SLOT_NONE, )                                                \
	OP(KFREE_RCU, "kfree_rcu", SLOT_EMPTIES, FIELD(KFREE_RCU, head, 0, 16, NUMBER))            \
	OP(KFREE_RCU_MIGHTSLEEP, "kfree_rcu_mightsleep", SLOT_EMPTIES, )                           \
	OP(KVFREE_RCU_BARRIER, "kvfree_rcu_barrier", SLOT_NONE, )

/* A limit of all ones is none. A group that is active is so in the task from there on. */
#define PROGRAM_OPS_GROUP(OP, FIELD)                                                               \
	OP(GROUP_CREATE, "group_create", SLOT_NONE,                                                \
	   FIELD(GROUP_CREATE, group, 0, 8, GROUP)                                                 \
		   FIELD(GROUP_CREATE, parent, 8, 8, GROUP_OR_NONE)                                \
			   FIELD(GROUP_CREATE, limit, 24, 40, NUMBER))                             \
	OP(GROUP_DESTROY, "group_destroy", SLOT_NONE, FIELD(GROUP_DESTROY, group, 0, 8, GROUP))    \
	OP(GROUP_ACTIVATE, "group_activate", SLOT_NONE,                                            \
	   FIELD(GROUP_ACTIVATE, group, 0, 8, GROUP_OR_NONE))                                      \
	OP(GROUP_LIMIT, "group_limit", SLOT_NONE,                                                  \
	   FIELD(GROUP_LIMIT, group, 0, 8, GROUP) FIELD(GROUP_LIMIT, limit, 24, 40, NUMBER))       \
	OP(CHARGE, "charge", SLOT_LOOKS, FIELD(CHARGE, gfp, 16, 16, GFP))

/* times 255 is -1. */
#define PROGRAM_OPS_MACHINE(OP, FIELD)                                                             \
	OP(FLUSH_ALL, "flush_all", SLOT_NONE, )                                                    \
	OP(REAP, "reap", SLOT_NONE, )                                                              \
	OP(FAILSLAB, "failslab", SLOT_NONE,                                                        \
	   FIELD(FAILSLAB, probability, 0, 8, NUMBER) FIELD(FAILSLAB, interval, 8, 8, NUMBER)      \
		   FIELD(FAILSLAB, times, 16, 8, NUMBER) FIELD(FAILSLAB, flags, 24, 8, FAIL_FLAGS) \
			   FIELD(FAILSLAB, space, 32, 32, NUMBER))                                 \
	OP(NODE_OFFLINE, "node_offline", SLOT_NONE, FIELD(NODE_OFFLINE, target, 0, 8, NODE))       \
	OP(NODE_ONLINE, "node_online", SLOT_NONE, FIELD(NODE_ONLINE, target, 0, 8, NODE))          \
	OP(ALLOWED_NODES, "allowed_nodes", SLOT_NONE, FIELD(ALLOWED_NODES, mask, 0, 8, NUMBER))    \
	OP(PREFERRED_NODE, "preferred_node", SLOT_NONE, FIELD(PREFERRED_NODE, node, 0, 8, NODE))

/*
 * of 0: the attribute of the cache; N: of the N-th directory of the whole tree, counted around.
 * form: how the value is written.
 */
#define PROGRAM_OPS_ATTRIBUTE(OP, FIELD)                                                           \
	OP(ATTR_READ, "attr_read", SLOT_NONE,                                                      \
	   FIELD(ATTR_READ, cache, 0, 8, CACHE) FIELD(ATTR_READ, attr, 8, 8, ATTRIBUTE)            \
		   FIELD(ATTR_READ, of, 16, 8, NUMBER))                                            \
	OP(ATTR_WRITE, "attr_write", SLOT_NONE,                                                    \
	   FIELD(ATTR_WRITE, cache, 0, 8, CACHE) FIELD(ATTR_WRITE, attr, 8, 8, ATTRIBUTE)          \
		   FIELD(ATTR_WRITE, of, 16, 8, NUMBER) FIELD(ATTR_WRITE, form, 24, 8, FORM)       \
			   FIELD(ATTR_WRITE, value, 32, 32, NUMBER))                               \
	OP(ATTR_WALK, "attr_walk", SLOT_NONE, )                                                    \
	OP(SLABINFO, "slabinfo", SLOT_NONE, )

/* On an object of the cache or, if size is not 0, of kmalloc(size). */
#define PROGRAM_OPS_MISUSE(OP, FIELD)                                                              \
	OP(MISUSE, "misuse", SLOT_NONE,                                                            \
	   FIELD(MISUSE, cache, 0, 8, CACHE) FIELD(MISUSE, kind, 8, 8, MISUSE)                     \
		   FIELD(MISUSE, at, 16, 8, NUMBER) FIELD(MISUSE, bytes, 24, 8, NUMBER)            \
			   FIELD(MISUSE, size, 32, 16, NUMBER))

/*
 * 2. Flags: BIT(place, name); text joins the names by a plus sign.
 */

/* A request that names none of them is GFP_KERNEL | __GFP_NOWARN. */
#define PROGRAM_GFP_BITS(BIT)                                                                      \
	BIT(0, zero)                                                                               \
	BIT(1, atomic)                                                                             \
	BIT(2, thisnode)                                                                           \
	BIT(3, nofail)                                                                             \
	BIT(4, account)                                                                            \
	BIT(5, dma)                                                                                \
	BIT(6, dma32)                                                                              \
	BIT(7, reclaimable)                                                                        \
	BIT(8, memalloc)                                                                           \
	BIT(9, nomemalloc)                                                                         \
	BIT(10, hardwall)                                                                          \
	BIT(11, noretry)                                                                           \
	BIT(12, mayfail)                                                                           \
	BIT(13, noio)                                                                              \
	BIT(14, warn)                                                                              \
	BIT(15, highmem)

#define PROGRAM_CACHE_FLAG_BITS(BIT)                                                               \
	BIT(0, hwcache)                                                                            \
	BIT(1, ctor)                                                                               \
	BIT(2, rcu)                                                                                \
	BIT(3, nomerge)                                                                            \
	BIT(4, reclaim)                                                                            \
	BIT(5, dma)                                                                                \
	BIT(6, dma32)                                                                              \
	BIT(7, account)                                                                            \
	BIT(8, panic)                                                                              \
	BIT(9, noleaktrace)                                                                        \
	BIT(10, failslab)                                                                          \
	BIT(11, consistency)                                                                       \
	BIT(12, redzone)                                                                           \
	BIT(13, poison)                                                                            \
	BIT(14, user)                                                                              \
	BIT(15, trace)

/* Of cache_args; usercopy: by kmem_cache_create_usercopy(). */
#define PROGRAM_MORE_FLAG_BITS(BIT)                                                                \
	BIT(0, freeptr) BIT(1, usercopy) BIT(2, no_user_flags) BIT(3, debug_objects) BIT(4, illegal)

#define PROGRAM_FAIL_FLAG_BITS(BIT) BIT(0, cache_filter) BIT(1, ignore_gfp_wait)

/*
 * 3. Attributes of a cache by name: the numbers, the writable ones, those by node, the traces, the
 *    statistics. The last is none.
 */
#define PROGRAM_ATTRIBUTES(ATTR)                                                                   \
	ATTR(slab_size)                                                                            \
	ATTR(object_size)                                                                          \
	ATTR(align)                                                                                \
	ATTR(objs_per_slab)                                                                        \
	ATTR(order)                                                                                \
	ATTR(usersize)                                                                             \
	ATTR(hwcache_align)                                                                        \
	ATTR(reclaim_account)                                                                      \
	ATTR(cache_dma)                                                                            \
	ATTR(destroy_by_rcu)                                                                       \
	ATTR(sanity_checks)                                                                        \
	ATTR(trace)                                                                                \
	ATTR(red_zone)                                                                             \
	ATTR(poison)                                                                               \
	ATTR(store_user)                                                                           \
	ATTR(aliases)                                                                              \
	ATTR(ctor)                                                                                 \
	ATTR(min_partial)                                                                          \
	ATTR(cpu_partial)                                                                          \
	ATTR(remote_node_defrag_ratio)                                                             \
	ATTR(shrink)                                                                               \
	ATTR(validate)                                                                             \
	ATTR(failslab)                                                                             \
	ATTR(skip_kfence)                                                                          \
	ATTR(slabs)                                                                                \
	ATTR(objects)                                                                              \
	ATTR(total_objects)                                                                        \
	ATTR(partial)                                                                              \
	ATTR(objects_partial)                                                                      \
	ATTR(cpu_slabs)                                                                            \
	ATTR(slabs_cpu_partial)                                                                    \
	ATTR(alloc_traces)                                                                         \
	ATTR(free_traces)                                                                          \
	ATTR(alloc_fastpath)                                                                       \
	ATTR(alloc_slowpath)                                                                       \
	ATTR(free_fastpath)                                                                        \
	ATTR(free_slowpath)                                                                        \
	ATTR(free_frozen)                                                                          \
	ATTR(free_add_partial)                                                                     \
	ATTR(free_remove_partial)                                                                  \
	ATTR(alloc_from_partial)                                                                   \
	ATTR(alloc_slab)                                                                           \
	ATTR(alloc_refill)                                                                         \
	ATTR(alloc_node_mismatch)                                                                  \
	ATTR(free_slab)                                                                            \
	ATTR(cpuslab_flush)                                                                        \
	ATTR(deactivate_full)                                                                      \
	ATTR(deactivate_empty)                                                                     \
	ATTR(deactivate_to_head)                                                                   \
	ATTR(deactivate_to_tail)                                                                   \
	ATTR(deactivate_remote_frees)                                                              \
	ATTR(deactivate_bypass)                                                                    \
	ATTR(order_fallback)                                                                       \
	ATTR(cmpxchg_double_cpu_fail)                                                              \
	ATTR(cmpxchg_double_fail)                                                                  \
	ATTR(cpu_partial_alloc)                                                                    \
	ATTR(cpu_partial_free)                                                                     \
	ATTR(cpu_partial_node)                                                                     \
	ATTR(cpu_partial_drain)                                                                    \
	ATTR(no_such_attribute)

/*
 * 4. Names of values.
 */

/* Fault sites, in the order of enum world_fault (slub/platform/platform.h). */
#define PROGRAM_SITES(NAME) NAME(page) NAME(commit) NAME(percpu) NAME(slab)

/* How a written value looks: with a newline, without, nothing at all, and what is no number. */
#define PROGRAM_FORMS(NAME)                                                                        \
	NAME(line) NAME(bare) NAME(empty) NAME(junk) NAME(negative) NAME(huge) NAME(hex)

/* What is done wrong; which debug flags see it stands in harness/exec/allocator_slub_look.c. */
#define PROGRAM_MISUSES(NAME)                                                                      \
	NAME(double_free)                                                                          \
	NAME(foreign)                                                                              \
	NAME(misaligned)                                                                           \
	NAME(interior)                                                                             \
	NAME(wrong_cache)                                                                          \
	NAME(overflow_right)                                                                       \
	NAME(overflow_left)                                                                        \
	NAME(write_after_free)                                                                     \
	NAME(free_pointer)                                                                         \
	NAME(counters)

/* For which caches the debug letters of the boot options are. */
#define PROGRAM_DEBUG_FOR(NAME) NAME(all) NAME(named) NAME(kmalloc) NAME(list) NAME(blocks)

/* How the boot option failslab stands. */
#define PROGRAM_BOOT_FAILS(NAME) NAME(off) NAME(often) NAME(few)

#endif /* HARNESS_PROGRAM_OPS_H */
