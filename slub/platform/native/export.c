/* SPDX-License-Identifier: MIT */
/*
 * The attribute tree as a folder of files and symbolic links: native only, the other worlds have
 * no files. Nothing but the calls of slub.h is used.
 *
 * 1. What is written lies beside its place under another name until it is complete, then it is
 *    renamed. Whoever looks finds a whole tree or none.
 *
 * 2. The tree is not of one moment: each attribute is read by itself, and a cache that goes away
 *    between two of them is left out. Links are written after all directories, and only those
 *    that lead to one, so that none leads nowhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../slub.h"

#define FOLDER_MODE 0755

/* A folder that is being written. */
struct folder {
	int parent;	  /* where it will stand, */
	const char *name; /* and how it is called there */
	char temporary[NAME_MAX + 1];
	int fd; /* of the folder itself; -1: there is none yet */
};

struct export
{
	struct folder tree;
	struct folder debug; /* alloc_traces and free_traces, of the caches that have them */
	int debug_parent;    /* where the folder "debug" stands or will stand */
	bool made_debug;     /* that folder is new */
	char *text;	     /* of one attribute */
	size_t text_bytes;
};

/*
 * 1. Folders
 */

/* Removes the folder @name of @parent and all below it. */
static void remove_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !folder)
		close(fd);
	while (folder && (entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(fd, entry->d_name, 0) && (errno == EISDIR || errno == EPERM))
			remove_folder(fd, entry->d_name);
	}
	if (folder)
		closedir(folder);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Return: 0 when @name of @parent is not there or is an empty folder. */
static int check_free(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *folder;
	int err = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno == ELOOP ? -ENOTDIR : -errno;
	folder = fdopendir(fd);
	if (!folder) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = -ENOTEMPTY;
	closedir(folder);
	return err;
}

static int make_folder(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, FOLDER_MODE))
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Starts @folder under a temporary name; others may write beside us. */
static int begin_folder(struct folder *folder)
{
	for (unsigned int i = 0;; i++) {
		snprintf(folder->temporary, sizeof(folder->temporary), ".%.*s.%d.%u", NAME_MAX - 32,
			 folder->name, (int)getpid(), i);
		folder->fd = make_folder(folder->parent, folder->temporary);
		if (folder->fd >= 0)
			return 0;
		if (folder->fd != -EEXIST)
			return folder->fd;
	}
}

static int finish_folder(struct folder *folder)
{
	if (folder->fd < 0)
		return 0;
	if (renameat(folder->parent, folder->temporary, folder->parent, folder->name))
		return errno == EEXIST ? -ENOTEMPTY : -errno;
	folder->temporary[0] = '\0';
	return 0;
}

static void close_folder(const struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
}

/* Removes what was not finished, of a folder that is closed. */
static void end_folder(const struct folder *folder)
{
	if (folder->fd >= 0 && folder->temporary[0])
		remove_folder(folder->parent, folder->temporary);
}

/*
 * 2. Attributes
 */

/* Reads an attribute into x->text. Return: its length or a negative errno. */
static long read_attribute(struct export *x, const char *cache, const char *attribute)
{
	for (;;) {
		long length = slub_attribute_show(cache, attribute, x->text, x->text_bytes);
		size_t bytes = x->text_bytes;
		char *text;

		if (length < 0 || (size_t)length < bytes)
			return length;
		/* Not malloc(): where this allocator is behind it, that would show in the tree. */
		while (bytes <= (size_t)length)
			bytes *= 2;
		text = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
		if (text == MAP_FAILED)
			return -ENOMEM;
		munmap(x->text, x->text_bytes);
		x->text = text;
		x->text_bytes = bytes;
	}
}

static int write_file(int folder, const char *name, unsigned int mode, const char *text,
		      size_t bytes)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int err = 0;

	if (fd < 0)
		return -errno;
	while (bytes && !err) {
		ssize_t written = write(fd, text, bytes);

		if (written >= 0) {
			text += written;
			bytes -= (size_t)written;
		} else if (errno != EINTR) {
			err = -errno;
		}
	}
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* Return: 0; 1 when there is no such cache or attribute (any more); or a negative errno. */
static int write_attribute(struct export *x, int folder, const char *cache, const char *attribute,
			   unsigned int mode)
{
	long length = read_attribute(x, cache, attribute);

	if (length < 0)
		return length == -ENOENT ? 1 : (int)length;
	return write_file(folder, attribute, mode, x->text, (size_t)length);
}

static int begin_debug(struct export *x)
{
	int fd;

	if (mkdirat(x->debug_parent, "debug", FOLDER_MODE) == 0)
		x->made_debug = true;
	else if (errno != EEXIST)
		return -errno;
	fd = openat(x->debug_parent, "debug", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	x->debug.parent = fd;
	fd = check_free(fd, x->debug.name);
	return fd ? fd : begin_folder(&x->debug);
}

static int write_traces(struct export *x, const char *cache)
{
	int folder, err;

	/* Most caches have none. */
	if (slub_attribute_show(cache, "alloc_traces", NULL, 0) == -ENOENT)
		return 0;
	err = x->debug.fd < 0 ? begin_debug(x) : 0;
	if (err)
		return err;
	folder = make_folder(x->debug.fd, cache);
	if (folder < 0)
		return folder;
	err = write_attribute(x, folder, cache, "alloc_traces", 0400);
	if (!err)
		err = write_attribute(x, folder, cache, "free_traces", 0400);
	close(folder);
	if (err == 1) {
		remove_folder(x->debug.fd, cache);
		err = 0;
	}
	return err;
}

static int write_directory(void *data, const char *name, const char *target)
{
	struct export *x = data;
	const char *attribute;
	unsigned int mode;
	int folder, err = 0;

	if (target)
		return 0;
	folder = make_folder(x->tree.fd, name);
	if (folder < 0)
		return folder;
	for (unsigned int i = 0; !err && (attribute = slub_attribute_name(i, &mode)); i++)
		err = write_attribute(x, folder, name, attribute, mode);
	close(folder);
	if (err == 1) {
		remove_folder(x->tree.fd, name);
		return 0;
	}
	return err ? err : write_traces(x, name);
}

static int write_link(void *data, const char *name, const char *target)
{
	struct export *x = data;

	if (!target || faccessat(x->tree.fd, target, F_OK, 0))
		return 0;
	/* A name that was a directory's a moment ago stays one. */
	if (symlinkat(target, x->tree.fd, name) && errno != EEXIST)
		return -errno;
	return 0;
}

/*
 * 3. The export
 */

/* Cuts @path, which is changed, into @parent and the last part, which is returned. */
static const char *split_path(char *path, const char **parent)
{
	size_t length = strlen(path);
	char *slash;

	while (length && path[length - 1] == '/')
		path[--length] = '\0';
	slash = strrchr(path, '/');
	*parent = !slash ? "." : slash == path ? "/" : path;
	if (!slash)
		return path;
	*slash = '\0';
	return slash + 1;
}

static int export_to(struct export *x)
{
	int err = check_free(x->tree.parent, x->tree.name);

	if (!err)
		err = begin_folder(&x->tree);
	if (!err)
		err = slub_attribute_walk(write_directory, x);
	if (!err)
		err = slub_attribute_walk(write_link, x);
	if (!err)
		err = finish_folder(&x->tree);
	if (err)
		return err;
	err = finish_folder(&x->debug);
	if (err)
		remove_folder(x->tree.parent, x->tree.name);
	return err;
}

int slub_attribute_export(const char *directory)
{
	struct export x = {
		.tree = {.fd = -1, .parent = -1},
		.debug = {.fd = -1, .parent = -1, .name = "slab"},
		.text_bytes = 1 << 16,
	};
	char path[PATH_MAX];
	const char *parent;
	int err;

	if (strlen(directory) >= sizeof(path))
		return -ENAMETOOLONG;
	if (!*directory)
		return -ENOENT;
	strcpy(path, directory);
	x.tree.name = split_path(path, &parent);
	if (!*x.tree.name)
		return -ENOTEMPTY; /* the root */
	if (!strcmp(x.tree.name, ".") || !strcmp(x.tree.name, ".."))
		return -EINVAL;
	x.tree.parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x.tree.parent < 0)
		return -errno;
	x.debug_parent = x.tree.parent;
	x.text = mmap(NULL, x.text_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	err = x.text == MAP_FAILED ? -ENOMEM : export_to(&x);
	if (x.text != MAP_FAILED)
		munmap(x.text, x.text_bytes);
	/* Both, before any is removed: that needs descriptors, which may be what ran out. */
	close_folder(&x.tree);
	close_folder(&x.debug);
	end_folder(&x.tree);
	end_folder(&x.debug);
	if (x.debug.parent >= 0)
		close(x.debug.parent);
	if (err && x.made_debug)
		unlinkat(x.debug_parent, "debug", AT_REMOVEDIR);
	close(x.tree.parent);
	return err;
}
