#include "render/style_int.h"

#include <ctype.h>
#include <math.h>
#include <pango/pango.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SVG 1.1 4.2: the units of a length, in px of 1/96 inch. */
static const struct unit {
	const char *name;
	double px;
} UNITS[] = {
    {"", 1},
    {"px", 1},
    {"mm", 96 / 25.4},
    {"cm", 96 / 2.54},
    {"in", 96},
    {"pt", 96 / 72.0},
    {"pc", 16},
};

static const char *
skip_space(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

/*
 * A number as SVG writes it: whatever the locale, so not strtod(), and no
 * "inf" or hexadecimal.
 */
static bool
number(const char **s, double *out)
{
	const char *p = skip_space(*s);
	char *end;
	double v;

	if (!isdigit((unsigned char)*p) && strchr("+-.", *p) == NULL)
		return false;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return false;
	v = g_ascii_strtod(p, &end);
	if (end == p || !isfinite(v) || fabs(v) > 1e6)
		return false;
	*s = end;
	*out = v;
	return true;
}

bool
style_length(const char *s, double *out)
{
	double v;
	size_t n;

	if (!number(&s, &v))
		return false;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
		if (strlen(UNITS[i].name) == n &&
		    strncmp(UNITS[i].name, s, n) == 0) {
			*out = v * UNITS[i].px;
			return true;
		}
	}
	return false;
}

bool
style_numbers(const char *s, double *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s = skip_space(s);
		if (i > 0 && *s == ',')
			s++;
		if (!number(&s, &out[i]))
			return false;
	}
	return *skip_space(s) == '\0';
}

#define MAX_ARGS 6

/* "(1, 2 3)" after a function's name. */
static bool
arguments(const char **s, double v[MAX_ARGS], size_t *n)
{
	const char *p = skip_space(*s);

	*n = 0;
	if (*p++ != '(')
		return false;
	for (;;) {
		p = skip_space(p);
		if (*p == ')')
			break;
		if (*n > 0 && *p == ',')
			p++;
		if (*n == MAX_ARGS || !number(&p, &v[*n]))
			return false;
		(*n)++;
	}
	*s = p + 1;
	return true;
}

/* SVG 1.1 7.6 */
static bool
function_matrix(
    const char *name, size_t len, const double *v, size_t n, cairo_matrix_t *m)
{
#define IS(x) (len == sizeof x - 1 && memcmp(name, x, len) == 0)
	if (IS("matrix") && n == 6) {
		cairo_matrix_init(m, v[0], v[1], v[2], v[3], v[4], v[5]);
	} else if (IS("translate") && (n == 1 || n == 2)) {
		cairo_matrix_init_translate(m, v[0], n == 2 ? v[1] : 0);
	} else if (IS("scale") && (n == 1 || n == 2)) {
		cairo_matrix_init_scale(m, v[0], n == 2 ? v[1] : v[0]);
	} else if (IS("rotate") && (n == 1 || n == 3)) {
		double x = n == 3 ? v[1] : 0, y = n == 3 ? v[2] : 0;
		cairo_matrix_init_translate(m, x, y);
		cairo_matrix_rotate(m, v[0] * M_PI / 180);
		cairo_matrix_translate(m, -x, -y);
	} else if (IS("skewX") && n == 1) {
		cairo_matrix_init(m, 1, 0, tan(v[0] * M_PI / 180), 1, 0, 0);
	} else if (IS("skewY") && n == 1) {
		cairo_matrix_init(m, 1, tan(v[0] * M_PI / 180), 0, 1, 0, 0);
	} else {
		return false;
	}
	return true;
#undef IS
}

bool
style_transform(const char *s, cairo_matrix_t *out)
{
	cairo_matrix_t all;

	cairo_matrix_init_identity(&all);
	for (;;) {
		const char *name;
		double v[MAX_ARGS];
		size_t len, n;
		cairo_matrix_t one;

		s = skip_space(s);
		if (*s == ',')
			s = skip_space(s + 1);
		if (*s == '\0')
			break;
		name = s;
		while (isalpha((unsigned char)*s))
			s++;
		len = (size_t)(s - name);
		if (!arguments(&s, v, &n) ||
		    !function_matrix(name, len, v, n, &one))
			return false;
		/* the rightmost is applied first */
		cairo_matrix_multiply(&all, &one, &all);
	}
	*out = all;
	return true;
}

static bool
rgb_function(const char *s, struct rgba *out)
{
	double v[3];

	for (int i = 0; i < 3; i++) {
		if (i > 0) {
			s = skip_space(s);
			if (*s == ',')
				s++;
		}
		if (!number(&s, &v[i]))
			return false;
		v[i] /= 255;
		if (*s == '%') {
			v[i] *= 2.55;
			s++;
		}
	}
	*out = (struct rgba){v[0], v[1], v[2], 1};
	return *skip_space(s) == ')';
}

bool
style_colour(const char *s, struct rgba *out)
{
	PangoColor c;
	char name[32];
	size_t n;

	s = skip_space(s);
	n = strcspn(s, " \t\r\n");
	if (strncmp(s, "rgb(", 4) == 0)
		return rgb_function(s + 4, out);
	if (n == 0 || n >= sizeof name)
		return false;
	memcpy(name, s, n);
	name[n] = '\0';
	if (strcmp(name, "none") == 0 || strcmp(name, "transparent") == 0) {
		*out = (struct rgba){0};
		return true;
	}
	if (!pango_color_parse(&c, name))
		return false;
	*out = (struct rgba){
	    c.red / 65535.0, c.green / 65535.0, c.blue / 65535.0, 1};
	return true;
}

char *
style_attr(const xmlNode *node, const char *name)
{
	xmlChar *v = xmlGetNoNsProp(node, (const xmlChar *)name);
	char *out = NULL;

	if (v != NULL)
		out = strdup((const char *)v);
	xmlFree(v);
	return out;
}

/* "a: b; name: value" -> value. The last one counts. */
static char *
declared(const char *css, const char *name)
{
	size_t len = strlen(name);
	char *out = NULL;

	while (*css != '\0') {
		const char *end, *colon;
		char quote = '\0';

		css = skip_space(css);
		for (end = css; *end != '\0'; end++) {
			if (quote != '\0')
				quote = *end == quote ? '\0' : quote;
			else if (*end == '"' || *end == '\'')
				quote = *end;
			else if (*end == ';')
				break;
		}
		colon = memchr(css, ':', (size_t)(end - css));
		if (colon != NULL && strncmp(css, name, len) == 0 &&
		    skip_space(css + len) == colon) {
			const char *v = skip_space(colon + 1);
			free(out);
			out = strndup(v, v < end ? (size_t)(end - v) : 0);
		}
		css = *end == ';' ? end + 1 : end;
	}
	return out;
}

char *
style_property(const xmlNode *node, const char *name, bool inherit)
{
	for (; node != NULL && node->type == XML_ELEMENT_NODE;
	     node = node->parent) {
		char *css = style_attr(node, "style"), *v = NULL;

		if (css != NULL)
			v = declared(css, name);
		free(css);
		if (v == NULL)
			v = style_attr(node, name);
		if (v != NULL && strcmp(v, "inherit") != 0)
			return v;
		free(v);
		if (!inherit)
			break;
	}
	return NULL;
}
