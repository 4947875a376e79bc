/* QR encoding of a typical certificate: codes a second. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "qr/encode.h"

int
main(void)
{
	char text[600] = "https://verify.tamga.example/#";
	size_t n = strlen(text);
	struct qr_code code;
	struct why why;
	double start, end;
	long count = 0;
	int version = 0;

	for (size_t i = 0; i < 530; i++)
		text[n + i] = (char)('0' + (i * 7 + i / 3) % 10);
	start = bench_cpu();
	do {
		if (qr_encode(bytes_of(text, n + 530), &code, &why) != CRED_OK)
			return 2;
		version = code.version;
		qr_code_release(&code);
		count++;
		end = bench_cpu();
	} while (end - start < 2);
	bench_line("qr-encode", (double)count / (end - start), "/s/core", 0, "");
	bench_line("qr-version", version, "-", 0, "");
	return 0;
}
