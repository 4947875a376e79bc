/*
 * What a verification by EVP costs with so many threads at it: half of the
 * bound of a verifying service. bench-raw-verify SECONDS THREADS: prints
 * microseconds of CPU.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"

#define TBS 300 /* the usual certificate's to-be-signed bytes */

struct job {
	EVP_MD_CTX *proto;
	uint8_t tbs[TBS], sig[80];
	size_t sig_len;
	double until, cpu;
	long n;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *
verify(void *arg)
{
	struct job *j = arg;
	EVP_MD_CTX *use = EVP_MD_CTX_new();

	for (j->n = 0; j->n % 16 != 0 || now() < j->until; j->n++)
		if (use == NULL || EVP_MD_CTX_copy_ex(use, j->proto) != 1 ||
		    EVP_DigestVerify(use, j->sig, j->sig_len, j->tbs, TBS) != 1)
			exit(2);
	EVP_MD_CTX_free(use);
	j->cpu = bench_cpu();
	return NULL;
}

int
main(int argc, char **argv)
{
	double seconds = argc == 3 ? atof(argv[1]) : 0;
	int n = argc == 3 ? atoi(argv[2]) : 0;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *sign = EVP_MD_CTX_new();
	struct job first = {
	    .proto = EVP_MD_CTX_new(), .sig_len = sizeof first.sig};
	struct job *jobs = calloc(n > 0 ? (size_t)n : 1, sizeof *jobs);
	pthread_t *threads = calloc(n > 0 ? (size_t)n : 1, sizeof *threads);
	double cpu = 0;
	long sum = 0;

	if (seconds <= 0 || n <= 0 || n > 256) {
		fprintf(stderr, "usage: bench-raw-verify SECONDS THREADS\n");
		return 2;
	}
	if (jobs == NULL || threads == NULL || first.proto == NULL ||
	    EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(sign, first.sig, &first.sig_len, first.tbs, TBS) !=
		1 ||
	    EVP_DigestVerifyInit(first.proto, NULL, EVP_sha256(), NULL, key) !=
		1)
		return 2;
	first.until = now() + seconds;
	for (int i = 0; i < n; i++) {
		jobs[i] = first;
		if (pthread_create(&threads[i], NULL, verify, &jobs[i]) != 0)
			return 2;
	}
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		sum += jobs[i].n;
		cpu += jobs[i].cpu;
	}
	printf("%.2f\n", cpu * 1e6 / (double)sum);
	return 0;
}
