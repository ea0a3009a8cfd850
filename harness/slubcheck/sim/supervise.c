/* SPDX-License-Identifier: MIT */
/* A worker in a process of its own, and who looks after it; see supervise.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../slubcheck.h"
#include "supervise.h"
#include "trial.h"

#define LOOK_EVERY_NS 200000000L
/* A program that crashes as often does so each time: there is nothing more to learn. */
#define CRASHES_MAX 10000u

void *supervise_share(size_t bytes)
{
	void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

void supervise_unshare(void *shared, size_t bytes)
{
	if (shared)
		munmap(shared, bytes);
}

static pid_t start(const struct supervise *how, const sigset_t *before)
{
	pid_t child;

	atomic_store(&how->shared->running, false);
	child = slubcheck_fork();
	if (child)
		return child;
	/* Ctrl-C reaches the whole group: the supervisor decides what it means. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigprocmask(SIG_SETMASK, before, NULL);
	_exit(how->work(how->shared));
}

/* A copy as the worker leaves it between two runs. Return: false when it changed all the time. */
static bool copy_shared(const struct supervise *how, void *copy)
{
	for (unsigned int tries = 0; tries < 1000; tries++) {
		uint32_t before = atomic_load(&how->shared->changing);

		if (before & 1)
			continue;
		memcpy(copy, how->shared, how->shared_bytes);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&how->shared->changing) == before)
			return true;
	}
	return false;
}

struct watchdog {
	uint64_t runs;
	time_t since;
};

static bool hangs(const struct supervise *how, struct watchdog *dog)
{
	uint64_t runs = atomic_load(&how->shared->runs);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (runs != dog->runs || !atomic_load(&how->shared->running)) {
		dog->runs = runs;
		dog->since = now.tv_sec;
	}
	return now.tv_sec - dog->since > (time_t)how->timeout;
}

/* Looks after the worker until it has ended. Return: its status; @hung: it had to be ended. */
static int look_after(const struct supervise *how, pid_t child, const sigset_t *signals, void *copy,
		      bool *hung)
{
	const struct timespec every = {.tv_nsec = LOOK_EVERY_NS};
	struct watchdog dog = {.runs = UINT64_MAX};
	int status;

	*hung = false;
	for (;;) {
		int got = sigtimedwait(signals, NULL, &every);
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			return status;
		if (got == SIGINT || got == SIGTERM) {
			if (atomic_load(&how->shared->stop))
				kill(child, SIGKILL);
			atomic_store(&how->shared->stop, true);
		}
		if (!*hung && hangs(how, &dog)) {
			*hung = true;
			kill(child, SIGKILL);
		}
		if (got < 0 && how->progress && copy && copy_shared(how, copy))
			how->progress(copy);
	}
}

int supervise(const struct supervise *how)
{
	void *copy = how->progress ? malloc(how->shared_bytes) : NULL;
	int status = 0, exit_code = SLUBCHECK_INCONCLUSIVE;
	sigset_t signals, before;
	bool hung;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	for (unsigned int crashes = 0;; crashes++) {
		char bucket[BUCKET_BYTES];
		pid_t child = start(how, &before);

		if (child < 0) {
			slubcheck_complain("%s: cannot start a process: %s", how->command,
					   strerror(errno));
			break;
		}
		status = look_after(how, child, &signals, copy, &hung);
		if (WIFEXITED(status) && !atomic_load(&how->shared->running)) {
			exit_code = WEXITSTATUS(status);
			break;
		}
		if (WIFEXITED(status) && WEXITSTATUS(status) == SIM_EXIT_NO_MEMORY) {
			slubcheck_complain("%s: out of memory", how->command);
			break;
		}
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) {
			/* Nobody reads on; so it goes for us. */
			sigprocmask(SIG_SETMASK, &before, NULL);
			signal(SIGPIPE, SIG_DFL);
			raise(SIGPIPE);
		}
		if (!atomic_load(&how->shared->running) || crashes == CRASHES_MAX) {
			bucket_of_status(status, hung, bucket);
			slubcheck_complain("%s: the worker has ended: %s", how->command, bucket);
			break;
		}
		if (atomic_load(&how->shared->stop) && !hung)
			break; /* the second Ctrl-C */
		bucket_of_status(status, hung, bucket);
		how->crashed(how->shared, bucket);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(copy);
	return exit_code;
}
