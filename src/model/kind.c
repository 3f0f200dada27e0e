/* SPDX-License-Identifier: Apache-2.0 */
/* kind: see kind.h. */
#include "model/kind.h"

#include "base/text.h"
#include "model/json_read.h"

const struct kind *kind_find(const struct kind *const *kinds, struct slice name)
{
	for (; *kinds; kinds++)
		if (slice_eq(slice_str((*kinds)->name), name))
			return *kinds;
	return NULL;
}

struct slice kind_key(char key[static KIND_KEY_BYTES], struct slice kind, struct slice name)
{
	struct text t = text_of(key, KIND_KEY_BYTES - 1);

	text_add(&t, slice_first(kind, KIND_NAME_BYTES));
	text_byte(&t, '/');
	text_add(&t, slice_first(name, KIND_KEY_BYTES - KIND_NAME_BYTES - 2));
	key[t.n] = '\0';
	return text_slice(&t);
}

static enum err kind__read(const struct kind *const *kinds, const json_t *root, const struct kind **ret, struct diag *d)
{
	const json_t *k = json_object_get(root, "kind");
	char known[100];
	struct text t = text_of(known, sizeof known);

	if (!json_is_object(root))
		return diag_set(d, ERR_PLAN, NULL, "must be an object");
	if (!json_is_string(k))
		return diag_set(d, ERR_PLAN, "kind", k ? "must be a string" : "is missing");
	*ret = kind_find(kinds, json_read_string(k));
	if (*ret)
		return OK;
	for (size_t i = 0; kinds[i]; i++) {
		text_add(&t, i ? SLICE(", \"") : SLICE("\""));
		text_add(&t, slice_str(kinds[i]->name));
		text_byte(&t, '"');
	}
	return diag_set(d, ERR_PLAN, "kind", "\"%.40s\" is not available in this version, which has %.*s",
			json_string_value(k), SLICE_ARG(text_slice(&t)));
}

enum err kind_of_json(const struct kind *const *kinds, struct slice json, const struct kind **ret, struct diag *d)
{
	const struct kind *found = NULL;
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = kind__read(kinds, root, &found, d);
	json_decref(root);
	if (e == OK)
		*ret = found;
	return e;
}
