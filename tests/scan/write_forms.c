/*
 * write_forms DIR TEXT: a sheet with TEXT in every form of tests/qr/formats.c,
 * a file each, and what a stranger may send besides. The names say nothing
 * true. For tests.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/file.h"
#include "tests/qr/formats.h"

static void
put(const char *dir, const char *name, uint8_t *ptr, size_t len)
{
	char *path = file_join(dir, name);
	struct why why;

	assert(path != NULL);
	for (char *p = path + strlen(dir) + 1; *p != '\0'; p++)
		if (*p == ' ' || *p == '/')
			*p = '-';
	if (file_write(path, bytes_of(ptr, len), 0644, &why) != CRED_OK) {
		fprintf(stderr, "%s\n", why.text);
		exit(1);
	}
	free(path);
	free(ptr);
}

int
main(int argc, char **argv)
{
	struct gray g = sheet_new(600, 600), pages[3];
	size_t len;
	uint8_t *f;

	if (argc != 3)
		return 2;
	sheet_qr(&g, argv[2], 20, 20, 6);
	for (size_t i = 0; i < n_forms; i++) {
		f = forms[i].make(&g, forms[i].arg, &len);
		put(argv[1], forms[i].name, f, len);
	}
	pages[0] = pages[2] = g;
	pages[1] = sheet_new(300, 300);
	f = form_tiff_pages(pages, 3, &len);
	put(argv[1], "three pages tiff", f, len);
	f = sheet_pdf(&g, 1, true, &len);
	put(argv[1], "encrypted pdf", f, len);
	sheet_free(&pages[1]);
	sheet_free(&g);
	return 0;
}
