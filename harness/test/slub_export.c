/* SPDX-License-Identifier: MIT */
/*
 * The attribute tree as a folder: where it may be written, what it holds, and that a failure at
 * any step leaves nothing behind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>

#include "slub_unit.h"
#include "unmarked.h"
#include "slub/debug/track.h"

static char scratch[64]; /* a folder of this test's own */

/* @name in it. Return: a buffer of this function, the older of two is used again. */
static const char *in_scratch(const char *name)
{
	static char paths[2][200];
	static unsigned int turn;

	snprintf(paths[++turn % 2], sizeof(paths[0]), "%s/%s", scratch, name);
	return paths[turn % 2];
}

/* By a command, as <sys/stat.h> and the allocator's statistics do not go together. */
static void make_folder(const char *name)
{
	char command[300];

	snprintf(command, sizeof(command), "mkdir '%s'", in_scratch(name));
	assert_int_equal(system(command), 0);
}

static void clear(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	assert_int_equal(system(command), 0);
	make_folder("");
}

/* How many names stand in the folder of this test, hidden ones too. */
static unsigned int entries(void)
{
	DIR *folder = opendir(scratch);
	struct dirent *entry;
	unsigned int found = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		found += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(folder);
	return found;
}

static bool is_there(const char *name)
{
	return !faccessat(AT_FDCWD, in_scratch(name), F_OK, AT_SYMLINK_NOFOLLOW);
}

static long file_bytes(const char *name)
{
	int fd = open(in_scratch(name), O_RDONLY);
	long bytes = lseek(fd, 0, SEEK_END);

	close(fd);
	return bytes;
}

static int begin(void **state)
{
	(void)state;
	/* Thousands of small files: in memory, where there is such a place. */
	snprintf(scratch, sizeof(scratch), "%s/slub-export-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	return mkdtemp(scratch) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	clear();
	return rmdir(scratch);
}

static void places_that_are_refused(void **state)
{
	static char long_path[PATH_MAX + 10];

	(void)state;
	memset(long_path, 'x', sizeof(long_path) - 1);
	assert_int_equal(slub_attribute_export(long_path), -ENAMETOOLONG);
	assert_int_equal(slub_attribute_export(""), -ENOENT);
	assert_int_equal(slub_attribute_export("/"), -ENOTEMPTY);
	assert_int_equal(slub_attribute_export("///"), -ENOTEMPTY);
	assert_int_equal(slub_attribute_export("/proc"), -ENOTEMPTY);
	assert_int_equal(slub_attribute_export("."), -EINVAL);
	assert_int_equal(slub_attribute_export(in_scratch("..")), -EINVAL);
	assert_int_equal(slub_attribute_export(in_scratch("none/tree")), -ENOENT);
	assert_int_equal(slub_attribute_export("/proc/self/tree"), -ENOENT);
	assert_int_equal(close(creat(in_scratch("file"), 0600)), 0);
	assert_int_equal(slub_attribute_export(in_scratch("file")), -ENOTDIR);
	assert_int_equal(slub_attribute_export(in_scratch("file/tree")), -ENOTDIR);
	assert_int_equal(symlink("nowhere", in_scratch("link")), 0);
	assert_int_equal(slub_attribute_export(in_scratch("link")), -ENOTDIR);
	make_folder("full");
	make_folder("full/of");
	assert_int_equal(slub_attribute_export(in_scratch("full")), -ENOTEMPTY);
	assert_int_equal(entries(), 3);
	clear();
}

static void places_that_are_taken(void **state)
{
	struct kmem_cache *s = kmem_cache_create("exported", 600, 0, SLAB_NO_MERGE, NULL);
	char name[100];

	(void)state;
	assert_int_equal(slub_attribute_export(in_scratch("tree")), 0);
	assert_true(is_there("tree/exported/slab_size") && is_there("tree/kmalloc-64"));
	assert_false(is_there("tree/exported/alloc_traces"));
	/*
	 * An empty folder is as good as none, slashes at the end say nothing, and somebody else's
	 * temporary name is left alone.
	 */
	make_folder("empty");
	snprintf(name, sizeof(name), ".empty.%d.0", (int)getpid());
	make_folder(name);
	assert_int_equal(chdir(scratch), 0);
	assert_int_equal(slub_attribute_export("empty//"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_true(is_there(name) && is_there("empty/exported"));
	assert_int_equal(entries(), 3);
	kmem_cache_destroy(s);
	clear();
}

#define CALLERS 2000u /* lines of 40 bytes and more, as numbers of tasks and times are long */

static struct kmem_cache *tracked;
static void *objects[CALLERS];

/* A cache whose traces are longer than what an attribute is first read into. */
static void make_tracked(void)
{
	tracked = kmem_cache_create("tracked", 64, 0, SLAB_NO_MERGE | SLAB_STORE_USER, NULL);
	assert_non_null(tracked);
	for (unsigned int i = 0; i < CALLERS; i++) {
		struct track *track;

		objects[i] = kmem_cache_alloc(tracked, GFP_KERNEL);
		assert_non_null(objects[i]);
		track = get_track(tracked, objects[i], TRACK_ALLOC);
		track->addr = 0x1000 + i;
		track->handle = 0;
	}
}

static void destroy_tracked(void)
{
	for (unsigned int i = 0; i < CALLERS; i++)
		kmem_cache_free(tracked, objects[i]);
	kmem_cache_destroy(tracked);
}

/* Traces stand in a folder of their own beside the tree. */
static void traces(void **state)
{
	(void)state;
	make_tracked();
	assert_int_equal(slub_attribute_export(in_scratch("tree")), 0);
	assert_true(file_bytes("debug/slab/tracked/alloc_traces") > 1 << 16);
	assert_true(is_there("debug/slab/tracked/free_traces"));
	/* That folder may be there; what we would write may not. */
	assert_int_equal(slub_attribute_export(in_scratch("second")), -ENOTEMPTY);
	assert_false(is_there("second"));
	assert_int_equal(entries(), 2);
	clear();
	assert_int_equal(close(creat(in_scratch("debug"), 0600)), 0);
	assert_int_equal(slub_attribute_export(in_scratch("tree")), -ENOTDIR);
	assert_int_equal(entries(), 1);
	destroy_tracked();
	clear();
}

static rlim_t limit(int resource, rlim_t soft)
{
	struct rlimit limit;
	rlim_t before;

	assert_int_equal(getrlimit((__rlimit_resource_t)resource, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = soft;
	assert_int_equal(setrlimit((__rlimit_resource_t)resource, &limit), 0);
	return before;
}

static void nothing_is_left_of_a_failure(void **state)
{
	unsigned int failures = 0;
	rlim_t before, files;
	int err, lowest;

	(void)state;
	make_tracked();
	/* One file more may be open each time, until that is enough. */
	lowest = open("/", O_RDONLY);
	close(lowest);
	for (files = (rlim_t)lowest;; files++) {
		before = limit(RLIMIT_NOFILE, files);
		err = slub_attribute_export(in_scratch("tree"));
		limit(RLIMIT_NOFILE, before);
		if (!err)
			break;
		assert_int_equal(err, -EMFILE);
		assert_int_equal(entries(), 0);
		failures++;
	}
	assert_in_range(failures, 4, 10);
	clear();
	/* No byte can be written. */
	signal(SIGXFSZ, SIG_IGN);
	before = limit(RLIMIT_FSIZE, 0);
	err = slub_attribute_export(in_scratch("tree"));
	limit(RLIMIT_FSIZE, before);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(entries(), 0);
	/* The small files can, the traces cannot. */
	before = limit(RLIMIT_FSIZE, 5000);
	err = slub_attribute_export(in_scratch("tree"));
	limit(RLIMIT_FSIZE, before);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(entries(), 0);
#if !defined(NATIVE_ASAN)
	/* No room to read an attribute into. */
	before = limit(RLIMIT_AS, 1 << 20);
	err = slub_attribute_export(in_scratch("tree"));
	limit(RLIMIT_AS, before);
	assert_int_equal(err, -ENOMEM);
	assert_int_equal(entries(), 0);
#endif
	destroy_tracked();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_that_are_refused),
		cmocka_unit_test(places_that_are_taken),
		cmocka_unit_test(traces),
		cmocka_unit_test(nothing_is_left_of_a_failure),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
