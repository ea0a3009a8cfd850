/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folder /sys/kernel/slab and the file /proc/slabinfo, as far as they are the allocator's
 * part: names and links in a table, attributes by the functions that the allocator registers.
 */
#include "glue.h"
#include "mm/slab.h"

#define ENTRIES_MAX 1024

struct entry {
	char name[48];
	struct kobject *kobj;
	bool link;
};
static struct entry entries[ENTRIES_MAX];
static unsigned int nr_entries;
static const struct attribute_group *group;

struct kobject *kernel_kobj;
static struct kset slab_folder;

static struct entry *find(const char *name)
{
	static unsigned int last; /* who is asked for is asked for again */

	if (last < nr_entries && !strcmp(entries[last].name, name))
		return &entries[last];
	for (unsigned int n = 0; n < nr_entries; n++)
		if (!strcmp(entries[n].name, name)) {
			last = n;
			return &entries[n];
		}
	return NULL;
}

static int add(const char *name, struct kobject *kobj, bool link)
{
	if (find(name))
		return -EEXIST;
	if (nr_entries == ENTRIES_MAX)
		return -ENOMEM;
	strscpy(entries[nr_entries].name, name, sizeof(entries[0].name));
	entries[nr_entries].kobj = kobj;
	entries[nr_entries++].link = link;
	return 0;
}

static void drop(struct entry *entry)
{
	nr_entries--;
	for (; entry < entries + nr_entries; entry++)
		*entry = entry[1];
}

struct kset *kset_create_and_add(const char *name, const struct kset_uevent_ops *ops,
				 struct kobject *parent)
{
	return &slab_folder;
}

int kobject_init_and_add(struct kobject *kobj, const struct kobj_type *type, struct kobject *parent,
			 const char *format, ...)
{
	char name[sizeof(entries[0].name)];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	lx_touch(kobj, sizeof(*kobj));
	kobj->ktype = type;
	kobj->state_initialized = 1;
	return add(name, kobj, false);
}

/* The folder goes, and links to it with it. */
void kobject_del(struct kobject *kobj)
{
	for (unsigned int n = nr_entries; n--;)
		if (entries[n].kobj == kobj)
			drop(&entries[n]);
}

void kobject_put(struct kobject *kobj)
{
	kobject_del(kobj);
	kobj->ktype->release(kobj);
}

int sysfs_create_group(struct kobject *kobj, const struct attribute_group *attributes)
{
	group = attributes;
	return 0;
}

int sysfs_create_link(struct kobject *folder, struct kobject *target, const char *name)
{
	return add(name, target, true);
}

void sysfs_remove_link(struct kobject *folder, const char *name)
{
	struct entry *entry = find(name);

	if (entry && entry->link)
		drop(entry);
}

int sysfs_emit_at(char *text, int at, const char *format, ...)
{
	va_list args;
	int length;

	if (at < 0 || at >= PAGE_SIZE)
		return 0;
	va_start(args, format);
	length = vscnprintf(text + at, PAGE_SIZE - at, format, args);
	va_end(args);
	return length;
}

int sysfs_emit(char *text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vscnprintf(text, PAGE_SIZE, format, args);
	va_end(args);
	return length;
}

/* ---- what the harness asks for */

static struct attribute *find_attribute(const char *name)
{
	static unsigned int last; /* attributes are mostly read in their order */

	if (group->attrs[last] && group->attrs[last + 1] &&
	    !strcmp(group->attrs[last + 1]->name, name))
		return group->attrs[++last];
	for (unsigned int n = 0; group->attrs[n]; n++)
		if (!strcmp(group->attrs[n]->name, name))
			return group->attrs[last = n];
	return NULL;
}

const char *lx_attr_name(unsigned int index)
{
	for (unsigned int n = 0; group->attrs[n]; n++)
		if (n == index)
			return group->attrs[n]->name;
	return NULL;
}

const char *lx_attr_directory(unsigned int index, const char **target)
{
	if (index >= nr_entries)
		return NULL;
	*target = NULL;
	for (unsigned int n = 0; entries[index].link && n < nr_entries; n++)
		if (!entries[n].link && entries[n].kobj == entries[index].kobj)
			*target = entries[n].name;
	return entries[index].name;
}

void *lx_directory_cache(const char *name)
{
	struct entry *entry = find(name);

	return entry ? container_of(entry->kobj, struct kmem_cache, kobj) : NULL;
}

long lx_attr_show(void *cache, const char *name, char *text)
{
	struct kobject *kobj = cache ? &((struct kmem_cache *)cache)->kobj : NULL;
	struct attribute *attr = find_attribute(name);

	if (!attr || !kobj)
		return -ENOENT;
	if (!(attr->mode & 0444))
		return -EACCES;
	return kobj->ktype->sysfs_ops->show(kobj, attr, text);
}

long lx_attr_store(void *cache, const char *name, const char *text, unsigned long bytes)
{
	struct kobject *kobj = cache ? &((struct kmem_cache *)cache)->kobj : NULL;
	struct attribute *attr = find_attribute(name);

	if (!attr || !kobj)
		return -ENOENT;
	if (!(attr->mode & 0222))
		return -EACCES;
	/* A write of nothing does not come as far as the allocator. */
	if (!bytes)
		return 0;
	return kobj->ktype->sysfs_ops->store(kobj, attr, text, bytes);
}

/* ---- /proc/slabinfo */

static const struct proc_ops *slabinfo_ops;
static const struct seq_operations *seq_ops;

struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops)
{
	slabinfo_ops = ops;
	return (struct proc_dir_entry *)1;
}

int seq_open(struct file *file, const struct seq_operations *ops)
{
	seq_ops = ops;
	return 0;
}

void seq_printf(struct seq_file *m, const char *format, ...)
{
	va_list args;

	if (m->count >= m->size)
		return;
	va_start(args, format);
	m->count += vscnprintf(m->buf + m->count, m->size - m->count, format, args);
	va_end(args);
}

void seq_putc(struct seq_file *m, char c)
{
	seq_printf(m, "%c", c);
}

int seq_write(struct seq_file *m, const void *data, size_t bytes)
{
	seq_printf(m, "%.*s", (int)bytes, (const char *)data);
	return 0;
}

struct list_head *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *at;

	list_for_each(at, head) if (!pos--) return at;
	return NULL;
}

struct list_head *seq_list_next(void *v, struct list_head *head, loff_t *pos)
{
	struct list_head *next = ((struct list_head *)v)->next;

	++*pos;
	return next == head ? NULL : next;
}

ssize_t seq_read(struct file *file, char __user *text, size_t bytes, loff_t *at)
{
	return 0;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	return 0;
}

int seq_release(struct inode *inode, struct file *file)
{
	return 0;
}

long lx_slabinfo(char *text, unsigned long bytes)
{
	struct seq_file m = {.buf = text, .size = bytes};
	loff_t pos = 0;
	void *v;

	slabinfo_ops->proc_open(NULL, NULL);
	for (v = seq_ops->start(&m, &pos); v; v = seq_ops->next(&m, v, &pos))
		seq_ops->show(&m, v);
	seq_ops->stop(&m, v);
	if (m.count < bytes)
		text[m.count] = '\0';
	return (long)m.count;
}
