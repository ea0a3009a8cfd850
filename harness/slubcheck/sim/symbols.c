/* SPDX-License-Identifier: MIT */
/* Reads the symbol table of the running program; see symbols.h. */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols.h"

struct symbol {
	uintptr_t from, to;
	const char *name;
};

static struct symbol *symbols_by_address;
static size_t nr_symbols;

/* Where the program itself was loaded: it comes first. */
static int find_base(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(uintptr_t *)data = info->dlpi_addr;
	return 1;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *one = a, *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return strcmp(one->name, other->name);
}

/* Sections of a file that is @bytes long. Return: false when they are not all in it. */
static bool section_fits(const Elf64_Shdr *section, size_t bytes)
{
	return section->sh_offset <= bytes && section->sh_size <= bytes - section->sh_offset;
}

static void take_symbols(const char *file, size_t bytes, const Elf64_Shdr *table,
			 const Elf64_Shdr *strings, uintptr_t base)
{
	const Elf64_Sym *symbols = (const Elf64_Sym *)(const void *)(file + table->sh_offset);
	size_t nr = table->sh_size / sizeof(*symbols);

	if (!section_fits(table, bytes) || !section_fits(strings, bytes))
		return;
	symbols_by_address = calloc(nr + 1, sizeof(*symbols_by_address));
	for (size_t i = 0; symbols_by_address && i < nr; i++) {
		if ((ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC &&
		     ELF64_ST_TYPE(symbols[i].st_info) != STT_OBJECT) ||
		    !symbols[i].st_value || symbols[i].st_name >= strings->sh_size)
			continue;
		symbols_by_address[nr_symbols++] = (struct symbol){
			.from = base + symbols[i].st_value,
			.to = base + symbols[i].st_value + symbols[i].st_size,
			.name = file + strings->sh_offset + symbols[i].st_name,
		};
	}
	if (symbols_by_address)
		qsort(symbols_by_address, nr_symbols, sizeof(*symbols_by_address), by_address);
}

static void read_symbols(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const Elf64_Shdr *sections;
	const Elf64_Ehdr *header;
	uintptr_t base = 0;
	struct stat info;
	size_t bytes;
	void *file;

	if (fd < 0)
		return;
	if (fstat(fd, &info)) {
		close(fd);
		return;
	}
	bytes = (size_t)info.st_size;
	file = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return;
	header = file;
	if (bytes < sizeof(*header) || header->e_shoff > bytes ||
	    (bytes - header->e_shoff) / sizeof(*sections) < header->e_shnum)
		return;
	dl_iterate_phdr(find_base, &base);
	sections = (const Elf64_Shdr *)(const void *)((const char *)file + header->e_shoff);
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < header->e_shnum) {
			take_symbols(file, bytes, &sections[i], &sections[sections[i].sh_link],
				     base);
			return;
		}
	}
}

const char *symbol_of(uintptr_t address)
{
	static bool tried;
	size_t low = 0, high;

	if (!tried) {
		tried = true;
		read_symbols();
	}
	high = nr_symbols;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols_by_address[middle].from <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= symbols_by_address[low - 1].to)
		return "";
	return symbols_by_address[low - 1].name;
}
