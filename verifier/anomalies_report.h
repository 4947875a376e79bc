#ifndef VERIFIER_ANOMALIES_REPORT_H
#define VERIFIER_ANOMALIES_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "verifier/anomalies.h"

/* The same list as a spreadsheet, CSV, JSON and text. JSON objects are the
 * caller's; NULL when out of memory. */
enum cred_err anomalies_xlsx(const struct anomalies *a, const char *path,
    bool force, int64_t now, struct why *why);
enum cred_err anomalies_csv(const struct anomalies *a, const char *path,
    bool force, struct why *why);
json_t *anomalies_body_json(const struct anomalies *a, size_t i);
json_t *anomalies_found_json(const struct anomalies *a, size_t i);
void anomalies_print(const struct anomalies *a, FILE *out);

#endif
