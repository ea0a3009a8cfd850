/* SPDX-License-Identifier: MIT */
/*
 * What an object must look like when it is handed out, while it lives, and when it comes back.
 *
 *	1. Patterns	2. Findings	3. Begin, intact, end	4. Readers
 *
 * 1. Patterns. The content of an object is a sequence of words start + n * STEP, where start
 *    comes from the record that allocated it: a word that belongs to another object, to another
 *    place in this one, or to the allocator, is told apart. A last word that does not fit is cut.
 *    Of larger objects only the head, the tail and a word now and then in between are written
 *    and read, as the run's enum exec_content says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define WORD_BYTES   sizeof(uint64_t)
#define PAGE_BYTES   4096u
#define HUGE_BYTES   (1u << 20)
#define PATTERN_STEP 0x9e3779b97f4a7c15u

/* Which part of an object is looked at. */
struct sampling {
	uint64_t from;	/* bytes of an object up to which it is looked at as a whole */
	uint64_t edge;	/* bytes at each end */
	uint64_t every; /* bytes from one word to the next in between */
	uint64_t most;	/* words in between; beyond, they lie wider apart; 0: any number */
};
static const struct sampling samplings[] = {
	[EXEC_CONTENT_SAMPLED] = {8192, 1024, PAGE_BYTES, 0},
	[EXEC_CONTENT_FULL] = {UINT64_MAX, 0, 0, 0},
	[EXEC_CONTENT_LIGHT] = {512, 128, 512, 16},
};

static uint64_t content_start(const struct exec *x, const struct held *held)
{
	uint64_t slot = x->program->records[held->idx].slot;
	uint64_t start = (slot << 40) + ((uint64_t)held->part << 32) + held->idx + 1;

	start ^= start >> 31;
	start *= 0xbf58476d1ce4e5b9u;
	return start ^ start >> 29;
}

/* The state a constructor leaves: the same in all objects of the cache, so readers know it. */
static uint64_t constructed_start(unsigned int cache)
{
	return 0xc0de000000000000u | (uint64_t)cache << 32;
}

static uint64_t pattern_word(uint64_t start, uint64_t offset)
{
	return start + offset / WORD_BYTES * PATTERN_STEP;
}

static void span_fill(char *object, uint64_t start, uint64_t from, uint64_t end)
{
	uint64_t word = pattern_word(start, from);

	for (; from + WORD_BYTES <= end; from += WORD_BYTES, word += PATTERN_STEP)
		*(uint64_t *)(object + from) = word;
	if (from < end)
		memcpy(object + from, &word, end - from);
}

/* Return: the offset of the first byte that differs, or @end. */
static uint64_t span_compare(const char *object, uint64_t start, uint64_t from, uint64_t end)
{
	uint64_t word = pattern_word(start, from);
	const char *expected = (const char *)&word;

	/* Four words at a time while all is well, which it nearly always is. */
	for (; from + 4 * WORD_BYTES <= end; from += 4 * WORD_BYTES, word += 4 * PATTERN_STEP) {
		const uint64_t *at = (const uint64_t *)(object + from);

		if ((at[0] ^ word) | (at[1] ^ (word + PATTERN_STEP)) |
		    (at[2] ^ (word + 2 * PATTERN_STEP)) | (at[3] ^ (word + 3 * PATTERN_STEP)))
			break;
	}
	for (; from + WORD_BYTES <= end; from += WORD_BYTES, word += PATTERN_STEP)
		if (*(const uint64_t *)(object + from) != word)
			break;
	for (; from < end; from++)
		if (object[from] != expected[from % WORD_BYTES])
			break;
	return from;
}

/* @from is any byte: what krealloc() adds begins where the old size ended. */
static uint64_t span_nonzero(const char *object, uint64_t from, uint64_t end)
{
	for (; from + WORD_BYTES <= end; from += WORD_BYTES) {
		uint64_t word;

		memcpy(&word, object + from, sizeof(word));
		if (word != 0)
			break;
	}
	while (from < end && object[from] == 0)
		from++;
	return from;
}

/*
 * The parts of an object of @bytes bytes that are looked at, by number @n: [*from, *end), cut
 * at @limit. Return: false when there is no such part.
 */
static bool sample(const struct sampling *how, uint64_t bytes, uint64_t limit, uint64_t n,
		   uint64_t *from, uint64_t *end)
{
	struct sampling huge = {HUGE_BYTES, 1024, 0, 0};
	uint64_t tail, every = how->every;

	if (how->most && bytes / how->most > every)
		every = bytes / how->most / WORD_BYTES * WORD_BYTES;
	/* Of a mapping a few hundred words, however large it is. */
	if (bytes > HUGE_BYTES && !how->most) {
		every = bytes / 256 / PAGE_BYTES * PAGE_BYTES;
		how = &huge;
	}
	tail = (bytes - how->edge) / WORD_BYTES * WORD_BYTES;
	if (bytes <= how->from) {
		*from = 0;
		*end = bytes;
		if (n)
			return false;
	} else if (n == 0) {
		*from = 0;
		*end = how->edge;
	} else if (n * every < tail) {
		*from = n * every;
		*end = *from + WORD_BYTES;
	} else if ((n - 1) * every < tail) {
		*from = tail;
		*end = bytes;
	} else {
		return false;
	}
	if (*from >= limit)
		return false;
	if (*end > limit)
		*end = limit;
	return true;
}

static void touch(const struct exec *x, void *object, uint64_t bytes)
{
	if (x->allocator->touch)
		x->allocator->touch(object, bytes);
}

static void content_fill(const struct exec *x, char *object, uint64_t start, uint64_t bytes,
			 uint64_t skip)
{
	uint64_t n, from, end;

	for (n = 0; sample(&samplings[x->content], bytes, bytes, n, &from, &end); n++) {
		touch(x, object + from, end - from);
		span_fill(object, start, from < skip ? skip : from, end);
	}
}

/* Return: the offset of the first byte that differs within @limit, or @limit. */
static uint64_t content_compare(const struct exec *x, const char *object, uint64_t start,
				uint64_t bytes, uint64_t limit, uint64_t skip)
{
	uint64_t n, from, end, at;

	for (n = 0; sample(&samplings[x->content], bytes, limit, n, &from, &end); n++) {
		at = span_compare(object, start, from < skip ? skip : from, end);
		if (at < end)
			return at;
	}
	return limit;
}

/* From byte @start on. */
static uint64_t content_nonzero(const struct exec *x, const char *object, uint64_t bytes,
				uint64_t start)
{
	/* It is seldom that zeros are asked for, so they are looked at well. */
	enum exec_content content =
		x->content == EXEC_CONTENT_LIGHT ? EXEC_CONTENT_SAMPLED : x->content;
	uint64_t n, from, end, at;

	for (n = 0; sample(&samplings[content], bytes, bytes, n, &from, &end); n++) {
		at = span_nonzero(object, from < start ? start : from, end);
		if (at < end)
			return at;
	}
	return bytes;
}

/*
 * Constructors take no argument but the object, so there is one for each number of a cache.
 */
static _Atomic uint32_t constructed_bytes[PROGRAM_CACHES_MAX];
static void (*_Atomic constructed_touch)(void *object, size_t bytes);

static void construct(unsigned int number, void *object)
{
	uint32_t bytes = atomic_load_explicit(&constructed_bytes[number], memory_order_relaxed);
	void (*say)(void *, size_t) =
		atomic_load_explicit(&constructed_touch, memory_order_relaxed);

	if (say)
		say(object, bytes);
	span_fill(object, constructed_start(number), 0, bytes);
}

/* The formatter never comes to rest on this list. */
/* clang-format off */
#define NUMBERS(N) \
	N(0) N(1) N(2) N(3) N(4) N(5) N(6) N(7) N(8) N(9) N(10) N(11) N(12) \
	N(13) N(14) N(15) N(16) N(17) N(18) N(19) N(20) N(21) N(22) N(23) N(24) N(25) \
	N(26) N(27) N(28) N(29) N(30) N(31) N(32) N(33) N(34) N(35) N(36) N(37) N(38) \
	N(39) N(40) N(41) N(42) N(43) N(44) N(45) N(46) N(47) N(48) N(49) N(50) N(51) \
	N(52) N(53) N(54) N(55) N(56) N(57) N(58) N(59) N(60) N(61) N(62) N(63)
/* clang-format on */
#define DEFINE(n)                                                                                  \
	static void construct_##n(void *object)                                                    \
	{                                                                                          \
		construct(n, object);                                                              \
	}
NUMBERS(DEFINE)
#define ENTRY(n) construct_##n,
static void (*const constructors[])(void *) = {NUMBERS(ENTRY)};
_Static_assert(sizeof(constructors) / sizeof(constructors[0]) == PROGRAM_CACHES_MAX,
	       "one constructor for each cache number");

void (*constructor(const struct exec *x, unsigned int number, uint32_t bytes))(void *)
{
	atomic_store_explicit(&constructed_touch, x->allocator->touch, memory_order_relaxed);
	atomic_store_explicit(&constructed_bytes[number], bytes, memory_order_relaxed);
	return constructors[number];
}

/*
 * 2. Findings
 */
void exec_report(struct exec *x, unsigned int oracle, const char *invariant, size_t record,
		 unsigned int task, const char *format, ...)
{
	struct exec_finding *finding = &x->finding;
	va_list args;

	if (atomic_exchange_explicit(&x->finding_taken, 1, memory_order_relaxed))
		return;
	finding->oracle = oracle;
	snprintf(finding->invariant, sizeof(finding->invariant), "%s", invariant);
	finding->record = record;
	finding->task = task;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	atomic_store_explicit(&x->stop, true, memory_order_release);
}

/* "slot 3 part 2 (record 17): object 0x…, 64 bytes" */
static const char *name_object(const struct exec *x, const struct held *held, char *text,
			       size_t bytes)
{
	const struct program_record *record = &x->program->records[held->idx];
	char part[24] = "";

	if (record->op == PROGRAM_ALLOC_BULK)
		snprintf(part, sizeof(part), " part %u", (unsigned int)held->part);
	snprintf(text, bytes, "slot %u%s (record %zu): object %p, %llu bytes",
		 (unsigned int)record->slot, part, held->idx, held->object,
		 (unsigned long long)held->bytes);
	return text;
}

static bool find_byte(struct exec *x, const struct held *held, size_t idx, unsigned int task,
		      uint64_t offset, const char *what, const char *invariant)
{
	char text[120];
	unsigned int byte = ((const unsigned char *)held->object)[offset];

	exec_report(x, 2, invariant, idx, task, "%s: byte %llu is 0x%02x, %s",
		    name_object(x, held, text, sizeof(text)), (unsigned long long)offset, byte,
		    what);
	return false;
}

/*
 * 3. Begin, intact, end
 */
static bool has_constructor(const struct held *held)
{
	return held->cache && held->cache->flags & PROGRAM_CACHE_ctor;
}

bool is_shown(const struct cache *cache)
{
	return (cache->flags & PROGRAM_CACHE_ctor) && (cache->flags & PROGRAM_CACHE_rcu) &&
	       cache->bytes >= WORD_BYTES;
}

/* Bytes at the start that keep their constructed state while readers may look. */
static uint64_t kept_bytes(const struct held *held)
{
	return held->cache && is_shown(held->cache) ? WORD_BYTES : 0;
}

static bool object_own(struct exec *x, const struct held *held, size_t align, size_t idx,
		       unsigned int task)
{
	const struct owner_map *map = &x->owner;
	uintptr_t at = (uintptr_t)held->object;
	uintptr_t base = (uintptr_t)map->base;
	char text[120];

	if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP))
		return true;
	if (at % align) {
		exec_report(x, 1, "L1", idx, task, "%s: not aligned to %zu",
			    name_object(x, held, text, sizeof(text)), align);
		return false;
	}
	if (!map->granules || held->mapped)
		return true;
	if (at < base || at - base >= map->bytes || map->bytes - (at - base) < held->bytes) {
		exec_report(x, 1, "L1", idx, task, "%s: not inside the arena %p, %zu bytes",
			    name_object(x, held, text, sizeof(text)), (void *)map->base,
			    map->bytes);
		return false;
	}
	if (!owner_claim(&x->owner, held->object, held->bytes)) {
		exec_report(x, 1, "L1", idx, task, "%s: overlaps a live object",
			    name_object(x, held, text, sizeof(text)));
		return false;
	}
	return true;
}

bool object_disown(struct exec *x, const struct held *held, size_t idx, unsigned int task)
{
	char text[120];

	if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP) || !x->owner.granules || !held->bytes ||
	    held->mapped)
		return true;
	if (owner_release(&x->owner, held->object, held->bytes))
		return true;
	exec_report(x, 1, "L1", idx, task, "%s: another record owned part of it",
		    name_object(x, held, text, sizeof(text)));
	return false;
}

bool object_zero(struct exec *x, const struct held *held, uint64_t from, size_t idx,
		 unsigned int task)
{
	uint64_t at;

	if (!has_oracle(x, EXEC_ORACLE_CONTENT))
		return true;
	at = content_nonzero(x, held->object, held->bytes, from);
	return at >= held->bytes || find_byte(x, held, idx, task, at, "and zero was asked for", "");
}

bool object_begins(struct exec *x, const struct held *held, size_t align, bool zeroed, size_t idx,
		   unsigned int task)
{
	uint64_t at, start;
	char text[120];

	if (held->bytes == 0) {
		if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP) || held->object == EXEC_ZERO_OBJECT)
			return true;
		exec_report(x, 1, "L1", idx, task, "%s: an object of no bytes is %p",
			    name_object(x, held, text, sizeof(text)), EXEC_ZERO_OBJECT);
		return false;
	}
	if (!object_own(x, held, align, idx, task))
		return false;
	for (at = 0; x->write_objects && at < held->bytes; at += PAGE_BYTES)
		((char *)held->object)[at] = 1;
	if (!has_oracle(x, EXEC_ORACLE_CONTENT))
		return true;
	if (has_constructor(held)) {
		start = constructed_start(held->cache->number);
		at = span_compare(held->object, start, 0, held->bytes);
		if (at < held->bytes)
			return find_byte(x, held, idx, task, at, "not as its constructor left it",
					 "I7");
	} else if (zeroed || (x->allocator->init_on_alloc && !held->mapped && !held->moved &&
			      x->allocator->init_on_alloc(held->object))) {
		if (!object_zero(x, held, 0, idx, task))
			return false;
	}
	content_fill(x, held->object, content_start(x, held), held->bytes, kept_bytes(held));
	return true;
}

bool object_intact(struct exec *x, const struct held *held, uint64_t limit, size_t idx,
		   unsigned int task)
{
	uint64_t kept = kept_bytes(held), at, start;

	if (!has_oracle(x, EXEC_ORACLE_CONTENT) || held->bytes == 0)
		return true;
	if (kept) {
		start = constructed_start(held->cache->number);
		at = span_compare(held->object, start, 0, kept);
		if (at < kept)
			return find_byte(x, held, idx, task, at,
					 "and the constructed word that readers see was kept",
					 "I7");
	}
	at = content_compare(x, held->object, content_start(x, held), held->bytes, limit, kept);
	if (at < limit)
		return find_byte(x, held, idx, task, at, "not what its owner wrote", "L1");
	return true;
}

bool object_ends(struct exec *x, const struct held *held, size_t idx, unsigned int task)
{
	uint64_t kept = kept_bytes(held);

	if (!object_intact(x, held, held->bytes, idx, task))
		return false;
	/* Without this oracle nobody has written there. */
	if (has_constructor(held) && has_oracle(x, EXEC_ORACLE_CONTENT)) {
		touch(x, held->object, held->bytes);
		span_fill(held->object, constructed_start(held->cache->number), kept, held->bytes);
	}
	return object_disown(x, held, idx, task);
}

/*
 * 4. Readers. In a read section a task keeps the addresses of objects it met while they were
 *    live. They may be freed and handed out again, but their memory may not change its type
 *    before the section ends: the word that the constructor wrote first must still be there, and
 *    the pages of a type-stable cache must still be a slab.
 */
static void meet(struct exec *x, unsigned int task, const void *word, uint64_t expected,
		 bool in_slab)
{
	struct task *t = &x->tasks[task];

	if (t->depth == 0 || t->nr_seen == TASK_SEEN_MAX)
		return;
	t->seen[t->nr_seen].word = word;
	t->seen[t->nr_seen].expected = expected;
	t->seen[t->nr_seen].in_slab = in_slab;
	t->nr_seen++;
}

void reader_meets(struct exec *x, unsigned int task, const void *object, unsigned int cache)
{
	meet(x, task, object, constructed_start(cache), true);
}

/* Words that the head of a callback takes, with the object's address behind it. */
#define HEAD_WORDS 3u

/* One word of it that no head is written to; it was filled before it was shown. */
void reader_meets_lasting(struct exec *x, unsigned int task, const struct cell *cell)
{
	const struct program_record *freed = &x->program->records[cell->next - 1];
	struct held held = {.idx = (size_t)(cell - x->cells), .object = cell->object};
	uint64_t head = PROGRAM_GET(freed, KFREE_RCU, head);
	uint64_t word = UINT64_C(2) * HEAD_WORDS;

	/* A head that has no room where it is wanted is in front. */
	if (freed->op == PROGRAM_KFREE_RCU_MIGHTSLEEP ||
	    (head >= HEAD_WORDS && (head + HEAD_WORDS) * WORD_BYTES <= cell->bytes))
		word = 0;
	meet(x, task, (const char *)cell->object + word * WORD_BYTES,
	     pattern_word(content_start(x, &held), word * WORD_BYTES), false);
}

bool reader_looks(struct exec *x, size_t idx, unsigned int task)
{
	struct task *t = &x->tasks[task];
	unsigned int n;

	if (!has_oracle(x, EXEC_ORACLE_CONTENT))
		return true;
	for (n = 0; n < t->nr_seen; n++) {
		const volatile uint64_t *word = t->seen[n].word;
		uint64_t value;

		if (t->seen[n].in_slab && x->allocator->in_slab &&
		    !x->allocator->in_slab(t->seen[n].word)) {
			exec_report(x, 2, "I7", idx, task,
				    "word %p: its pages were given back before the read section of "
				    "who has met the object ended",
				    t->seen[n].word);
			return false;
		}
		value = *word;
		if (value == t->seen[n].expected)
			continue;
		exec_report(x, 2, "I7", idx, task,
			    "word %p: a reader finds 0x%016llx where 0x%016llx was written, "
			    "before its read section ended",
			    t->seen[n].word, (unsigned long long)value,
			    (unsigned long long)t->seen[n].expected);
		return false;
	}
	return true;
}
