#ifndef TABLE_VALUE_H
#define TABLE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What an XLSX file stores, as people read it. Pure.
 */
#define VALUE_MAX 400 /* bytes; 1e308 has 309 digits */

/* A number as stored ("44012", "1.5E+17", "0.1") in full, without exponent and
 * without what binary adds: digits alone stay as they are, all else has 15
 * significant digits, as spreadsheets show it. False when it is no number. */
bool value_number(const char *v, char out[static VALUE_MAX]);

/* A serial date of the 1900 or 1904 system: 2020-06-30, with time if there is
 * one, 08:30:00 below one day. False when it is none that exists; the 29
 * February 1900 of the 1900 system does not. */
bool value_date(const char *v, bool date1904, char out[static VALUE_MAX]);

/* Does a number format show a date or time? By its id (ECMA-376 18.8.30 and
 * those of Chinese versions), or by its code ("yyyy\"年\"m\"月\""). */
bool value_format_id_is_date(uint32_t id);
bool value_format_code_is_date(const char *code);

/* "_x000D_" to the character it stands for, in place; the new length. Those
 * that cannot be in text stay as they are. */
size_t value_unescape(char *s, size_t n);

/* "BC12": column from 0, row from 1; false for anything else, beyond XFD or
 * 1048576. row 0: the reference has none ("BC"). */
bool value_reference(const char *s, uint32_t *column, uint32_t *row);

#endif
