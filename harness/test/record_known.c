/* SPDX-License-Identifier: MIT */
/*
 * A program whose allocations are known, for record.t: its first argument says which. Sizes that
 * matter are between two marks, or such as nobody else in the process asks for.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MARK_FROM 777001
#define MARK_TO	  777002

/* The compiler must not drop a pair of malloc and free, nor see that a size is absurd. */
static void *volatile keep;
static volatile size_t zero, huge = SIZE_MAX / 2;

static void mark(size_t size)
{
	keep = malloc(size);
}

static void *resize(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (!p)
		abort();
	return p;
}

/* ---- Before main: each earlier than the one after it ---- */

static void preinit(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	(void)env;
	keep = malloc(60001);
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit_entry)(int, char **, char **) = preinit;

__attribute__((constructor(101))) static void construct(void)
{
	keep = malloc(60002);
}

/* ---- One thread ---- */

static void calls(void)
{
	void *a, *b, *c, *d, *e, *f, *g, *h;

	mark(MARK_FROM);
	a = malloc(1001);
	b = calloc(7, 143);
	a = resize(a, 2003);
	a = reallocarray(a, 3, 1001);
	c = memalign(256, 1005);
	if (posix_memalign(&d, 64, 1006))
		abort();
	e = aligned_alloc(4096, 8192);
	f = valloc(1007);
	g = pvalloc(5000);
	h = malloc(zero);
	free(NULL);
	/* These fail, and leave everything as it was. */
	if (malloc(huge) || realloc(b, huge) || reallocarray(b, huge, 3) || calloc(huge, 3) ||
	    !posix_memalign(&keep, 3, 8))
		abort();
	free(c);
	/* realloc of nothing is malloc; realloc to nothing is free. */
	c = realloc(NULL, 1008);
	if (realloc(c, zero))
		abort();
	if (malloc_usable_size(b) < 1001)
		abort();
	free(b);
	free(a);
	free(h);
	free(g);
	free(f);
	free(e);
	free(d);
	mark(MARK_TO);
}

/* ---- Threads ---- */

#define RING	     4
#define RING_OBJECTS 500

static pthread_barrier_t barrier;
static void *ring[RING][RING_OBJECTS];

/* Each thread allocates, and frees what its neighbour allocated. */
static void *ring_thread(void *arg)
{
	size_t self = (size_t)arg, i;

	for (i = 0; i < RING_OBJECTS; i++)
		ring[self][i] = malloc(50000 + i);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < RING_OBJECTS; i++)
		free(ring[(self + 1) % RING][i]);
	return NULL;
}

static void run_threads(size_t count, void *(*body)(void *))
{
	pthread_t threads[RING];
	size_t i;

	for (i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, body, (void *)i))
			abort();
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/*
 * Objects so large that each is a mapping of its own: an address given back by one thread is at
 * once handed out to another, so a wrong order of events shows.
 */
#define HOT_ROUNDS 6000

static void *hot_thread(void *arg)
{
	size_t i;
	char *p;

	(void)arg;
	for (i = 0; i < HOT_ROUNDS; i++) {
		p = malloc(200001);
		if (!p)
			abort();
		if (i % 3 == 0)
			p = resize(p, 300001);
		else if (i % 3 == 1)
			p = resize(p, 150001);
		free(p);
	}
	return NULL;
}

static void at_thread_end(void *p)
{
	free(p);
}

static pthread_key_t key;

static void *short_thread(void *arg)
{
	(void)arg;
	pthread_setspecific(key, malloc(70001));
	return NULL;
}

static void many_threads(size_t count)
{
	pthread_t thread;
	size_t i;

	if (pthread_key_create(&key, at_thread_end))
		abort();
	for (i = 0; i < count; i++) {
		if (pthread_create(&thread, NULL, short_thread, NULL))
			abort();
		pthread_join(thread, NULL);
	}
}

/* ---- Processes ---- */

static void forks(void)
{
	void *before = malloc(80001);
	int i;
	pid_t pid = fork();

	if (pid == 0) {
		for (i = 0; i < 10; i++)
			keep = malloc(80002);
		free(before);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (i = 0; i < 5; i++)
		free(malloc(80003));
	free(before);
}

static void spawns(char *self)
{
	char *const argv[] = {self, "calls", NULL};
	pid_t pid;

	keep = malloc(80004);
	if (posix_spawn(&pid, self, NULL, NULL, argv, environ))
		abort();
	waitpid(pid, NULL, 0);
}

static void dies(int signal_number)
{
	int i;

	for (i = 0; i < 5; i++)
		keep = malloc(90001);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Until somebody ends it; says on standard output when it is ready. */
static void waits(void)
{
	keep = malloc(90002);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static void many(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		free(malloc(100 + (size_t)i));
	puts("the end");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	mallopt(M_MMAP_THRESHOLD, 100000);
	if (pthread_barrier_init(&barrier, NULL, RING))
		abort();
	if (!strcmp(what, "calls"))
		calls();
	else if (!strcmp(what, "ring"))
		run_threads(RING, ring_thread);
	else if (!strcmp(what, "hot"))
		run_threads(RING, hot_thread);
	else if (!strcmp(what, "threads"))
		many_threads(1100);
	else if (!strcmp(what, "forks"))
		forks();
	else if (!strcmp(what, "spawns"))
		spawns(argv[0]);
	else if (!strcmp(what, "segv"))
		dies(SIGSEGV);
	else if (!strcmp(what, "kill"))
		dies(SIGKILL);
	else if (!strcmp(what, "waits"))
		waits();
	else if (!strcmp(what, "many"))
		many();
	else
		return 64;
	return 0;
}
