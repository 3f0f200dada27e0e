/* SPDX-License-Identifier: Apache-2.0 */
/* plan_item: what every plan item has in common, see zone_json.h. */
#include "model/json_read.h"
#include "model/zone_json.h"
#include "wire/uri.h"

static enum err plan_item__read(const json_t *root, char *kind, char *name, struct diag *d)
{
	const json_t *k = json_object_get(root, "kind"), *n = json_object_get(root, "name");
	char canonical[256];
	struct uri_host host;

	if (!json_is_object(root))
		return diag_set(d, ERR_PLAN, NULL, "must be an object");
	if (!json_is_string(k))
		return diag_set(d, ERR_PLAN, "kind", k ? "must be a string" : "is missing");
	if (!json_is_string(n))
		return diag_set(d, ERR_PLAN, "name", n ? "must be a string" : "is missing");
	if (!slice_eq(json_read_string(k), SLICE("zone")))
		return diag_set(d, ERR_PLAN, "kind", "\"%.40s\" is not available in this version; \"zone\" is",
				json_string_value(k));
	if (uri_host_parse(json_read_string(n), &host) != OK || host.is_ip || host.name.n != json_string_length(n))
		return diag_set(d, ERR_PLAN, "name", "\"%.80s\" is not a host name", json_string_value(n));
	slice_cstr(SLICE("zone"), kind, 16);
	slice_cstr(uri_host_canonical(host.name, canonical), name, 256);
	return OK;
}

enum err plan_item_identify(struct slice json, char kind[static 16], char name[static 256], struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = plan_item__read(root, kind, name, d);
	json_decref(root);
	return e;
}
