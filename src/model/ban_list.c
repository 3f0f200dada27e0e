/* SPDX-License-Identifier: Apache-2.0 */
/* ban_list: see ban_list.h. */
#include "model/ban_list.h"

#include "base/mem.h"
#include "model/json_read.h"

void ban_list_free(struct ban_list *l)
{
	if (!l)
		return;
	mem_free(l->bans);
	mem_free(l->allow);
	mem_free(l);
}

static enum err ban_list__network(struct json_read *r, const json_t *v, struct ip_prefix *ret)
{
	if (!json_is_string(v))
		return json_read_fail(r, "must be a string");
	struct slice s = json_read_string(v);
	if (ip_prefix_parse(s, ret) != OK)
		return json_read_fail(r, "\"%.*s\" is no address and no network like 192.0.2.0/24",
				      SLICE_ARG(slice_first(s, 80)));
	return OK;
}

static enum err ban_list__ban(struct json_read *r, const json_t *v, struct ban_list_ban *ret)
{
	static const struct json_read_member members[] = { { "network", JSON_READ_STRING, true },
							   { "until", JSON_READ_INT, true },
							   { NULL, JSON_READ_STRING, false } };
	static const int64_t range[2] = { 0, INT64_C(1) << 40 };

	TRY(json_read_object(r, v, members));
	TRY(json_read_int(r, v, "until", range, &ret->until_s));
	size_t mark = json_read_in(r, "network");
	TRY(ban_list__network(r, json_object_get(v, "network"), &ret->net));
	json_read_out(r, mark);
	return OK;
}

static enum err ban_list__bans(struct json_read *r, const json_t *list, size_t most, struct ban_list *l)
{
	size_t mark = json_read_in(r, "bans"), n = json_array_size(list);

	if (n > most)
		return json_read_fail(r, "holds %zu networks, at most %zu (limit bans_max)", n, most);
	l->bans = mem_alloc_array(n + 1, sizeof *l->bans);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(r, i);
		TRY(ban_list__ban(r, json_array_get(list, i), &l->bans[i]));
		json_read_out(r, inner);
		l->bans_n++;
	}
	json_read_out(r, mark);
	return OK;
}

static enum err ban_list__allow(struct json_read *r, const json_t *list, size_t most, struct ban_list *l)
{
	size_t mark = json_read_in(r, "allow"), n = json_array_size(list);

	if (n > most)
		return json_read_fail(r, "holds %zu networks, at most %zu (limit ban_allows_max)", n, most);
	l->allow = mem_alloc_array(n + 1, sizeof *l->allow);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(r, i);
		TRY(ban_list__network(r, json_array_get(list, i), &l->allow[i]));
		json_read_out(r, inner);
		l->allow_n++;
	}
	json_read_out(r, mark);
	return OK;
}

static enum err ban_list__read(const json_t *root, const struct limits *limits, struct ban_list *l, struct diag *d)
{
	static const struct json_read_member members[] = { { "kind", JSON_READ_STRING, true },
							   { "name", JSON_READ_STRING, true },
							   { "bans", JSON_READ_ARRAY, false },
							   { "allow", JSON_READ_ARRAY, false },
							   { NULL, JSON_READ_STRING, false } };
	struct json_read r = json_read_at_root(d);

	TRY(json_read_object(&r, root, members));
	if (!slice_eq(json_read_string(json_object_get(root, "name")), SLICE(BAN_LIST_NAME))) {
		json_read_in(&r, "name");
		return json_read_fail(&r, "must be \"" BAN_LIST_NAME "\": there is one list");
	}
	TRY(ban_list__bans(&r, json_object_get(root, "bans"), limits->bans_max, l));
	return ban_list__allow(&r, json_object_get(root, "allow"), limits->ban_allows_max + BAN_LIST_CONFIGURED_MAX, l);
}

enum err ban_list_from_json(struct slice json, const struct limits *limits, struct ban_list **ret, struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	struct ban_list *l = mem_alloc(sizeof *l);
	enum err e = ban_list__read(root, limits, l, d);
	json_decref(root);
	if (e == OK)
		*ret = l;
	else
		ban_list_free(l);
	return e;
}

static enum err ban_list__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
				struct diag *d)
{
	struct ban_list *l;

	TRY(ban_list_from_json(json, limits, &l, d));
	*ret = l;
	return OK;
}

static void ban_list__drop(void *object)
{
	ban_list_free(object);
}

static struct slice ban_list__name(const void *object)
{
	return SLICE(BAN_LIST_NAME);
}

const struct kind ban_list_kind = {
	.name = "bans",
	.build = ban_list__build,
	.drop = ban_list__drop,
	.object_name = ban_list__name,
};
