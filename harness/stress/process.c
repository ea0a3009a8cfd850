/* SPDX-License-Identifier: MIT */
/*
 * What happens to a process while its threads allocate: signals, forks, threads that die.
 *
 * A signal handler may not allocate, but it comes between any two instructions of who does, on
 * another stack and cpu time, and makes system calls end early. The child of a fork is one thread
 * with all that the others were inside of.
 */
#include "workload.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slub/check.h"

#define SIGNAL_INTERVAL_US 200u /* of each thread, up to so many of them: */
#define SIGNALLED_MOST	   16u
#define CHILD_SECONDS	   60u
#define CHILD_OBJECTS	   50u
#define MORTAL_OBJECTS	   20u

/*
 * 1. Signals
 */
static void on_signal(int number)
{
	(void)number;
	stress_count(EVENT_SIGNALS);
}

void signals_prepare(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &action, NULL);
}

/* A timer of its own: signals to the process would all go to the thread that waits for the rest. */
bool signals_begin(timer_t *timer)
{
	unsigned int shares = (stress_options.threads + SIGNALLED_MOST - 1) / SIGNALLED_MOST;
	struct timespec interval = {0, SIGNAL_INTERVAL_US * 1000L * shares};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	struct itimerspec often = {interval, interval};

	event._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, timer))
		return false;
	timer_settime(*timer, 0, &often, NULL);
	return true;
}

static void signals_block(bool block)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void signals_end(timer_t timer)
{
	timer_delete(timer);
}

/*
 * 2. Forks
 */

/* Return: an exit status. What is wrong with objects of before the fork is a finding as ever. */
static int child(struct worker *w)
{
	struct slab_check_report report;
	char *objects[CHILD_OBJECTS];
	struct kmem_cache *s;

	/* Timers are not inherited; what is blocked is. */
	signal(SIGALRM, SIG_DFL);
	signals_block(false);
	alarm(CHILD_SECONDS);
	faults_arm(0);
	for (unsigned int i = 0; i < HELD_PER_THREAD; i += 7)
		if (w->held[i]->object)
			holding_check(w->held[i], w->held[i]->bytes);
	s = kmem_cache_create("of a child", 72, 0, SLAB_NO_MERGE, NULL);
	if (!s)
		return 3;
	for (unsigned int i = 0; i < CHILD_OBJECTS; i++) {
		objects[i] = i % 2 ? kmem_cache_alloc(s, GFP_KERNEL) : kmalloc(64, GFP_KERNEL);
		if (!objects[i])
			return 3;
		memset(objects[i], (int)i, 64);
	}
	for (unsigned int i = 0; i < CHILD_OBJECTS; i++) {
		if (objects[i][0] != (char)i || objects[i][63] != (char)i)
			return 4;
		kfree(objects[i]);
	}
	if (!slab_check(s, CHECK_FREELISTS, &report))
		return 5;
	kmem_cache_destroy(s);
	return 0;
}

void process_fork(struct worker *w)
{
	int status = 0;
	pid_t pid;

	/* Now and then: a child costs as much as thousands of operations. */
	if (draw_below(&w->draws, 16))
		return;
	/* A signal that is there when a fork ends begins it anew: a slow one would never end. */
	signals_block(true);
	pid = fork();
	if (pid == 0)
		_exit(child(w));
	signals_block(false);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && !status)
		stress_count(EVENT_FORKS);
	/* 3: memory was short there. */
	if (pid > 0 && status && !(WIFEXITED(status) && WEXITSTATUS(status) == 3))
		stress_found("fork: the child of a thread ended with status %#x", status);
}

/*
 * 3. Threads that die, and leave what they have allocated to others
 */
struct mortal {
	const struct standing_cache *cache;
	char *objects[MORTAL_OBJECTS];
};

static void *mortal_main(void *arg)
{
	struct mortal *mortal = arg;

	for (unsigned int i = 0; i < MORTAL_OBJECTS; i++)
		mortal->objects[i] = kmem_cache_alloc(mortal->cache->s, GFP_NOWAIT);
	rcu_read_lock();
	rcu_read_unlock();
	for (unsigned int i = 0; i < MORTAL_OBJECTS; i += 3) {
		kmem_cache_free(mortal->cache->s, mortal->objects[i]);
		mortal->objects[i] = NULL;
	}
	pthread_exit(NULL);
}

void process_mortal(struct worker *w)
{
	struct mortal mortal = {.cache = &w->load->caches[draw_below(&w->draws, NR_CACHES)]};
	pthread_t thread;

	if (draw_below(&w->draws, 8) || !mortal.cache->s ||
	    pthread_create(&thread, NULL, mortal_main, &mortal))
		return;
	pthread_join(thread, NULL);
	stress_count(EVENT_DEATHS);
	for (unsigned int i = 0; i < MORTAL_OBJECTS; i++) {
		if (!mortal.objects[i])
			continue;
		if (!owner_takes(mortal.objects[i], mortal.cache->bytes) ||
		    !owner_gives(mortal.objects[i], mortal.cache->bytes))
			stress_found("L1: object %p of a thread that died overlaps a live one",
				     (void *)mortal.objects[i]);
		kmem_cache_free(mortal.cache->s, mortal.objects[i]);
	}
}
