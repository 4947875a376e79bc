#include "qr/shed.h"


#include <link.h>
#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <zbar.h>

#include <jpeglib.h>

#include "qr/jail.h"

#define MAX_OBJECTS 512

struct object {
	ElfW(Addr) base;
	const ElfW(Phdr) * head;
	size_t n_head;
	const ElfW(Dyn) * dynamic;
	const char *strings; /* of the dynamic section */
	const char *name;    /* DT_SONAME, or NULL */
	bool program;        /* the program needs it */
	bool kept;
};

struct objects {
	size_t n;
	struct object o[MAX_OBJECTS];
};

static ElfW(Addr)
dynamic_value(const struct object *o, ElfW(Sxword) tag)
{
	for (const ElfW(Dyn) *d = o->dynamic; d->d_tag != DT_NULL; d++)
		if (d->d_tag == tag)
			return d->d_un.d_val;
	return 0;
}

static int
object_add(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct objects *all = ctx;
	struct object *o = &all->o[all->n];

	(void)size;
	if (all->n == MAX_OBJECTS)
		return 1;
	*o = (struct object){.base = info->dlpi_addr,
	    .head = info->dlpi_phdr,
	    .n_head = info->dlpi_phnum};
	for (size_t i = 0; i < o->n_head; i++)
		if (o->head[i].p_type == PT_DYNAMIC)
			o->dynamic =
			    (const void *)(o->base + o->head[i].p_vaddr);
	if (o->dynamic != NULL) {
		ElfW(Addr) at = dynamic_value(o, DT_STRTAB);
		ElfW(Addr) name = dynamic_value(o, DT_SONAME);
		/* the linker has made it an address, but in the vdso */
		o->strings = (const void *)(at < o->base ? o->base + at : at);
		o->name = name != 0 ? o->strings + name : NULL;
	}
	all->n++;
	return 0;
}

static struct object *
object_named(struct objects *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->o[i].name != NULL &&
		    strcmp(all->o[i].name, name) == 0)
			return &all->o[i];
	return NULL;
}

static struct object *
object_at(struct objects *all, uintptr_t at)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct object *o = &all->o[i];
		for (size_t k = 0; k < o->n_head; k++)
			if (o->head[k].p_type == PT_LOAD &&
			    at - o->base - o->head[k].p_vaddr <
				o->head[k].p_memsz)
				return &all->o[i];
	}
	return NULL;
}

/* Marks o and, through it, what it needs. */
static void
object_mark(struct objects *all, struct object *o, bool kept)
{
	bool *mark = kept ? &o->kept : &o->program;

	if (*mark)
		return;
	*mark = true;
	if (o->dynamic == NULL)
		return;
	for (const ElfW(Dyn) *d = o->dynamic; d->d_tag != DT_NULL; d++) {
		struct object *next = NULL;
		if (d->d_tag == DT_NEEDED)
			next = object_named(all, o->strings + d->d_un.d_val);
		if (next != NULL)
			object_mark(all, next, kept);
	}
}

static bool
holds(const ElfW(Phdr) * p, ElfW(Addr) at)
{
	return p->p_vaddr <= at && at - p->p_vaddr < p->p_memsz;
}

/* The first segment has what symbols are looked up by, a part of another the
 * dynamic section. */
static void
object_copy(const struct object *o, int advice)
{
	ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
	const ElfW(Phdr) *relro = NULL;

	for (size_t i = 0; i < o->n_head; i++)
		if (o->head[i].p_type == PT_GNU_RELRO)
			relro = &o->head[i];
	for (size_t i = 0; i < o->n_head; i++) {
		const ElfW(Phdr) *p = &o->head[i];
		ElfW(Addr) from = p->p_vaddr, end = p->p_vaddr + p->p_memsz;
		if (p->p_type != PT_LOAD || p->p_offset == 0)
			continue;
		if (holds(p, (ElfW(Addr))o->dynamic - o->base)) {
			if (relro == NULL || !holds(p, relro->p_vaddr))
				continue;
			from = relro->p_vaddr + relro->p_memsz;
		}
		from = (o->base + from) & ~(page - 1);
		end = (o->base + end + page - 1) & ~(page - 1);
		if (from < end)
			(void)madvise((void *)from, end - from, advice);
	}
}

void
shed_unneeded(void)
{
	/* one function of each library that a decoder calls */
	const uintptr_t called[] = {(uintptr_t)png_create_read_struct,
	    (uintptr_t)jpeg_std_error, (uintptr_t)WebPDecode,
	    (uintptr_t)WebPDemuxInternal, (uintptr_t)(double (*)(double))sqrt,
	    (uintptr_t)memcpy};
	/* and those that it has for a format, where the program has them too */
	static const char *const later[] = {
	    HEIF_SONAME, TIFF_SONAME, QPDF_SONAME};
	static struct objects all;
	struct object *zbar;

	all.n = 0;
	if (JAIL_SANITIZED || dl_iterate_phdr(object_add, &all) != 0)
		return;
	object_mark(&all, &all.o[0], false);
	all.o[0].kept = true;
	for (size_t i = 0; i < sizeof called / sizeof *called; i++) {
		struct object *o = object_at(&all, called[i]);
		if (o == NULL)
			return;
		object_mark(&all, o, true);
	}
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		struct object *o = object_named(&all, later[i]);
		if (o != NULL)
			object_mark(&all, o, true);
	}
	/* of what libzbar needs, its reader of grey pixels needs nothing */
	zbar = object_at(&all, (uintptr_t)zbar_scan_image);
	if (zbar == NULL)
		return;
	zbar->kept = true;
	for (size_t i = 0; i < all.n; i++)
		if (!all.o[i].program)
			object_mark(&all, &all.o[i], true);
	for (size_t i = 0; i < all.n; i++)
		object_copy(
		    &all.o[i], all.o[i].kept ? MADV_DOFORK : MADV_DONTFORK);
}
