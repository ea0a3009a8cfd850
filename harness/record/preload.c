/* SPDX-License-Identifier: MIT */
/*
 * libslubrecord.so: a preload shim that logs every malloc and free of a program (log.h), and
 * otherwise leaves each call to the function that it would have reached without the shim.
 *
 *	1. What is interposed	2. States	3. Real functions	4. Log	5. Entry points
 *
 * 1. The malloc family as C programs know it. malloc_usable_size is not interposed: it changes
 *    nothing. operator new ends in malloc. reallocarray is built on our realloc, because the C
 *    library's own calls realloc through the symbol table and would be logged twice.
 *
 * 2. Recording belongs to an image: one program in one address space. Its state lives in a page
 *    that the kernel wipes on fork, so a child finds itself FRESH whichever way it was made:
 *
 *	FRESH --(first call)--> BUSY --> ON	the command, or any process with --follow
 *				     \-> OFF	a process that is not to be recorded
 *
 *    A child of vfork shares the address space of its parent until it calls exec, and is
 *    rightly taken for the same image. exec starts anew: the shim is loaded again.
 *
 * 3. Real functions are looked up with dlsym(RTLD_NEXT), so a program linked with another
 *    allocator keeps it. dlsym may allocate; such calls are served from a small static buffer,
 *    whose memory is never given back. No thread but the one that looks up can see that buffer
 *    before the lookup ends.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define EXPORT	  __attribute__((visibility("default")))
#define likely(x) __builtin_expect(!!(x), 1)
/* Static TLS: a preloaded library has room there, and reading it never allocates. */
#define PER_THREAD static __thread __attribute__((tls_model("initial-exec")))

/* ---- Real functions ---- */

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	void *(*memalign)(size_t, size_t);
	void *(*valloc)(size_t);
	void *(*pvalloc)(size_t);
} real;

static _Atomic bool resolved;
PER_THREAD bool resolving;

#define BOOTSTRAP_BYTES 16384u
static _Alignas(64) unsigned char bootstrap[BOOTSTRAP_BYTES];
static _Atomic size_t bootstrap_used;

static bool in_bootstrap(const void *p)
{
	uintptr_t address = (uintptr_t)p;

	return address >= (uintptr_t)bootstrap && address < (uintptr_t)bootstrap + BOOTSTRAP_BYTES;
}

/* Memory for dlsym itself: zeroed, aligned to @align (a power of two, at most 64). */
static void *bootstrap_alloc(size_t size, size_t align)
{
	size_t from;

	if (size > BOOTSTRAP_BYTES || align > 64)
		return NULL;
	/* Alignment comes from rounding every size up to the largest alignment served. */
	size = (size + 63) & ~(size_t)63;
	from = atomic_fetch_add(&bootstrap_used, size);
	return from + size <= BOOTSTRAP_BYTES ? bootstrap + from : NULL;
}

static void resolve(void)
{
	resolving = true;
#define RESOLVE(name) *(void **)&real.name = dlsym(RTLD_NEXT, #name)
	RESOLVE(malloc);
	RESOLVE(calloc);
	RESOLVE(realloc);
	RESOLVE(free);
	RESOLVE(posix_memalign);
	RESOLVE(aligned_alloc);
	RESOLVE(memalign);
	RESOLVE(valloc);
	RESOLVE(pvalloc);
#undef RESOLVE
	resolving = false;
	/* Threads that look up at the same time store the same pointers. */
	atomic_store_explicit(&resolved, true, memory_order_release);
}

/* True if the real functions can be called; false inside dlsym. */
static bool ready(void)
{
	if (likely(atomic_load_explicit(&resolved, memory_order_acquire)))
		return true;
	if (resolving)
		return false;
	resolve();
	return true;
}

/* ---- States ---- */

enum { FRESH, BUSY, ON, OFF };

struct image {
	_Atomic uint32_t state; /* FRESH after fork, by the kernel */
	uint32_t number;	/* valid in state ON */
};

static struct record_log *record_log;
static struct image *image;		    /* in a page that fork wipes */
static _Atomic uint32_t boot_state = FRESH; /* ON: the two pointers above are valid */

PER_THREAD uint32_t thread_image; /* the image in which thread_number is valid */
PER_THREAD uint32_t thread_number;

/*
 * The variable of the environment called @name. The first allocation can come before the C
 * library has set environ (from .preinit_array); then the environment is read where the kernel
 * put it, above argc and argv on the first stack.
 */
static const char *environment(const char *name)
{
	extern void *__libc_stack_end; /* exported by glibc's dynamic loader */
	size_t length = strlen(name);
	char **entry;

	if (environ)
		return getenv(name);
	entry = (char **)__libc_stack_end + 1 + *(long *)__libc_stack_end + 1;
	for (; *entry; entry++)
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	return NULL;
}

/* Map the log and the page that fork wipes. */
static bool map_log(void)
{
	const char *path = environment(RECORD_LOG_ENV);
	struct record_log *log;
	struct image *page;
	struct stat st;
	int fd;

	if (!path)
		return false;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || (size_t)st.st_size < sizeof(*log)) {
		close(fd);
		return false;
	}
	log = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (log == MAP_FAILED)
		return false;
	if (log->magic != RECORD_LOG_MAGIC || record_log_bytes(log->capacity) != (size_t)st.st_size)
		goto unmap;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		goto unmap;
	if (madvise(page, 4096, MADV_WIPEONFORK)) {
		atomic_store(&log->trouble, RECORD_NO_WIPE_ON_FORK);
		munmap(page, 4096);
		goto unmap;
	}
	record_log = log;
	image = page;
	return true;
unmap:
	munmap(log, (size_t)st.st_size);
	return false;
}

/* The rare way of recording(): this image has not been recording so far. */
static __attribute__((noinline)) bool attach(void)
{
	int saved_errno = errno;
	uint32_t state = FRESH;

	/* Nothing below allocates, so nobody waits here for itself. */
	if (atomic_compare_exchange_strong(&boot_state, &state, BUSY)) {
		state = map_log() ? ON : OFF;
		atomic_store(&boot_state, state);
	}
	while ((state = atomic_load(&boot_state)) == BUSY)
		sched_yield();
	if (state == OFF)
		goto out;

	state = FRESH;
	if (atomic_compare_exchange_strong(&image->state, &state, BUSY)) {
		state = OFF;
		if (record_log->follow || getpid() == atomic_load(&record_log->root_pid)) {
			image->number = atomic_fetch_add(&record_log->nr_images, 1) + 1;
			state = ON;
		}
		atomic_store(&image->state, state);
	}
	while ((state = atomic_load(&image->state)) == BUSY)
		sched_yield();
out:
	errno = saved_errno;
	return state == ON;
}

static inline bool recording(void)
{
	if (likely(atomic_load_explicit(&boot_state, memory_order_acquire) == ON &&
		   atomic_load_explicit(&image->state, memory_order_acquire) == ON))
		return !atomic_load_explicit(&record_log->stop, memory_order_relaxed);
	return attach();
}

/* ---- Log ---- */

/* Log one event; its place in the log is its number (R1 is the duty of the caller). */
static void log_event(enum record_kind kind, const void *p, size_t size, unsigned int align_log2)
{
	struct record_event *event;
	int saved_errno;
	uint64_t place;
	int cpu;

	if (!recording())
		return;
	if (thread_image != image->number) {
		thread_number = atomic_fetch_add(&record_log->nr_threads, 1);
		thread_image = image->number;
	}
	place = atomic_fetch_add_explicit(&record_log->next, 1, memory_order_relaxed);
	if (place >= record_log->capacity)
		return;
	saved_errno = errno;
	cpu = sched_getcpu();
	errno = saved_errno;

	event = &record_log->events[place];
	event->address = (uintptr_t)p;
	event->size = size;
	event->thread = thread_number;
	event->image = thread_image;
	event->cpu = cpu < 0 ? 0 : (uint16_t)cpu;
	event->align_log2 = (uint8_t)align_log2;
	/* Release: the recorder reads kind with acquire, and then sees the other fields. */
	atomic_store_explicit(&event->kind, kind, memory_order_release);
}

static void *log_alloc(enum record_kind kind, void *p, size_t size)
{
	if (p)
		log_event(kind, p, size, 0);
	return p;
}

static void *log_aligned(void *p, size_t size, size_t align)
{
	unsigned int align_log2 = 0;

	/* memalign() rounds an alignment that is no power of two up to the next. */
	while (align_log2 < 63 && ((size_t)1 << align_log2) < align)
		align_log2++;
	if (p)
		log_event(RECORD_ALIGNED, p, size, align_log2);
	return p;
}

/* Attach before the program's own constructors have ended, even if nobody has allocated. */
static __attribute__((constructor)) void shim_start(void)
{
	if (ready())
		recording();
}

/* ---- Entry points ---- */

EXPORT void *malloc(size_t size)
{
	if (!ready())
		return bootstrap_alloc(size, 16);
	return log_alloc(RECORD_ALLOC, real.malloc(size), size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (!ready())
		return __builtin_mul_overflow(count, size, &bytes) ? NULL
								   : bootstrap_alloc(bytes, 16);
	/* The product is used only if the real calloc found that it does not overflow. */
	return log_alloc(RECORD_CALLOC, real.calloc(count, size), count * size);
}

EXPORT void free(void *p)
{
	if (!p || in_bootstrap(p) || !ready())
		return;
	log_event(RECORD_FREE, p, 0, 0);
	real.free(p);
}

EXPORT void *realloc(void *old, size_t size)
{
	void *p;

	if (!ready() || in_bootstrap(old)) {
		p = malloc(size);
		if (p && old) {
			size_t tail = (size_t)(bootstrap + BOOTSTRAP_BYTES - (unsigned char *)old);

			/* The old size is not kept; what lies behind the object is ours too. */
			memcpy(p, old, size < tail ? size : tail);
		}
		return p;
	}
	if (!old)
		return log_alloc(RECORD_ALLOC, real.realloc(NULL, size), size);
	log_event(RECORD_REALLOC_BEGIN, old, 0, 0);
	p = real.realloc(old, size);
	log_event(RECORD_REALLOC_END, p, size, 0);
	return p;
}

EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	int err;

	if (!ready()) {
		*out = bootstrap_alloc(size, align);
		return *out ? 0 : ENOMEM;
	}
	err = real.posix_memalign(out, align, size);
	if (!err)
		log_aligned(*out, size, align);
	return err;
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	if (!ready())
		return bootstrap_alloc(size, align);
	return log_aligned(real.aligned_alloc(align, size), size, align);
}

EXPORT void *memalign(size_t align, size_t size)
{
	if (!ready())
		return bootstrap_alloc(size, align);
	return log_aligned(real.memalign(align, size), size, align);
}

EXPORT void *valloc(size_t size)
{
	if (!ready())
		return NULL;
	return log_aligned(real.valloc(size), size, (size_t)sysconf(_SC_PAGESIZE));
}

EXPORT void *pvalloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!ready())
		return NULL;
	/* pvalloc rounds the size up to whole pages: that is what the program may use. */
	return log_aligned(real.pvalloc(size), (size + page - 1) & ~(page - 1), page);
}
