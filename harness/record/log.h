/* SPDX-License-Identifier: MIT */
/*
 * The log of allocation events: shared memory between the preload shim, which runs inside the
 * recorded program, and `slubcheck record`, which reads it when the program has ended.
 *
 * Order. An event takes its place in the log by one fetch-and-add on `next`; the place is its
 * sequence number. Two rules make the order usable:
 *   R1 what gives memory back (free, and the old address of a realloc) is numbered BEFORE the
 *      real call, what hands memory out (malloc, and the new address of a realloc) AFTER it.
 *   R2 an access to `next` that happens before another one takes the smaller number: that is
 *      coherence of a single atomic word, and holds for relaxed operations too.
 * Suppose thread B gets the address that thread A freed. A's number precedes A's real free,
 * which happens before B's real malloc (the allocator passed the memory on), which precedes B's
 * number. So an address is never handed out in the log while it is still live there. Likewise
 * an object is numbered before any thread can learn its address, so no free precedes its malloc.
 *
 * realloc obeys both rules only as a pair: BEGIN takes the old address out of use before the
 * real call, END brings the new one into use after it. One event could not do it: numbered
 * before, the new address might still be live; numbered after, another thread might have been
 * given the old address already. A failed realloc ends with address 0 and a size that is not 0:
 * the object is back at its old address, where nobody else can have been given memory.
 */
#ifndef HARNESS_RECORD_LOG_H
#define HARNESS_RECORD_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_LOG_MAGIC UINT64_C(0x31474f4c42554c53) /* "SLUBLOG1" in memory */
#define RECORD_LOG_ENV	 "SLUBRECORD_LOG"	      /* path of the log, for the shim */

enum record_kind {
	RECORD_NONE, /* the place was taken, the event was never finished */
	RECORD_ALLOC,
	RECORD_CALLOC,
	RECORD_ALIGNED,
	RECORD_FREE,
	RECORD_REALLOC_BEGIN,
	RECORD_REALLOC_END,
	RECORD_NR_KINDS
};

struct record_event {
	uint64_t address;     /* what was handed out, or is given back */
	uint64_t size;	      /* bytes asked for; 0 in events that give back */
	uint32_t thread;      /* from 0, in order of first event, over all processes */
	uint32_t image;	      /* from 1: one program image in one address space */
	uint16_t cpu;	      /* where the event was logged */
	uint8_t align_log2;   /* RECORD_ALIGNED: log2 of the alignment in bytes */
	_Atomic uint8_t kind; /* enum record_kind; stored last, with release */
	uint8_t unused[4];
};

_Static_assert(sizeof(struct record_event) == 32, "two events in a cache line");

/* Why the shim could not record, as far as it could say so. */
enum record_trouble { RECORD_FINE, RECORD_NO_WIPE_ON_FORK };

struct record_log {
	uint64_t magic;
	uint64_t capacity;		    /* events that fit; written before the command starts */
	_Atomic int32_t root_pid;	    /* the command; written between fork and exec */
	uint32_t follow;		    /* 1: record processes that the command starts, too */
	_Atomic uint32_t stop;		    /* 1: the recorder has begun to read */
	_Atomic uint32_t trouble;	    /* enum record_trouble */
	_Atomic uint32_t nr_images;	    /* images that record; shim: fetch-and-add */
	_Atomic uint32_t nr_threads;	    /* threads that record; shim: fetch-and-add */
	_Alignas(64) _Atomic uint64_t next; /* runs on beyond capacity, so it counts what is lost */
	_Alignas(64) struct record_event events[];
};

/* Bytes of a log with room for @capacity events. */
static inline size_t record_log_bytes(uint64_t capacity)
{
	return sizeof(struct record_log) + capacity * sizeof(struct record_event);
}

#endif /* HARNESS_RECORD_LOG_H */
