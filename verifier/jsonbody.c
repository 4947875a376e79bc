#include "verifier/jsonbody.h"

#include <string.h>

#define DEPTH 2

/* jansson recurses. */
static bool
is_shallow(struct bytes body)
{
	int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < body.len; i++) {
		uint8_t c = body.ptr[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > DEPTH)
				return false;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return true;
}

json_t *
jsonbody_parse(struct bytes body, const char *const *keys, size_t n)
{
	json_error_t err;
	json_t *root;
	bool good;

	if (!is_shallow(body))
		return NULL;
	root = json_loadb(
	    (const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, &err);
	good = json_is_object(root) && json_object_size(root) == n;
	for (size_t i = 0; good && i < n; i++)
		good = json_is_string(json_object_get(root, keys[i]));
	if (good)
		return root;
	jsonbody_free(root);
	return NULL;
}

struct bytes
jsonbody_text(const json_t *root, const char *key)
{
	const json_t *s = json_object_get(root, key);

	return bytes_of(json_string_value(s), json_string_length(s));
}

void
jsonbody_free(json_t *root)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value) if (json_is_string(value))
	    explicit_bzero((char *)(uintptr_t)json_string_value(value),
		json_string_length(value));
	json_decref(root);
}
