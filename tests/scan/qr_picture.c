/*
 * qr_picture png|jpeg|pdf OUT TEXT...: the codes of the texts on one sheet, or
 * a page each. For tests.
 */
#include <stdio.h>
#include <stdlib.h>

#include "edge/file.h"
#include "tests/qr/pictures.h"

#define MAX_TEXTS 32
#define SIDE      500 /* px a code: version 16 at 5 px a module fits */

int
main(int argc, char **argv)
{
	struct gray sheets[MAX_TEXTS] = {{0}};
	size_t n = (size_t)argc - 3, len = 0;
	struct why why;
	uint8_t *file;

	if (argc < 3 || n > MAX_TEXTS)
		return 2;
	if (strcmp(argv[1], "pdf") == 0) {
		for (size_t i = 0; i < n; i++) {
			sheets[i] = sheet_new(800, 1100);
			sheet_qr(&sheets[i], argv[3 + i], 200, 500, 5);
		}
		file = sheet_pdf(sheets, n, false, &len);
	} else {
		sheets[0] = sheet_new(SIDE * (uint32_t)(n > 0 ? n : 1), SIDE);
		for (size_t i = 0; i < n; i++)
			sheet_qr(
			    &sheets[0], argv[3 + i], SIDE * (uint32_t)i, 0, 5);
		file = strcmp(argv[1], "png") == 0
			   ? sheet_png(&sheets[0], &len)
			   : sheet_jpeg(&sheets[0], 75, &len);
		n = 1;
	}
	for (size_t i = 0; i < n; i++)
		sheet_free(&sheets[i]);
	if (file_write(argv[2], bytes_of(file, len), 0644, &why) != CRED_OK)
		return 2;
	free(file);
	return 0;
}
