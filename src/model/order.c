/* SPDX-License-Identifier: Apache-2.0 */
/* order: see order.h. */
#include "model/order.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/host_names.h"

void order_unref(struct order *o)
{
	if (!o)
		return;
	OBJ(o, OBJ_ORDER);
	if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
		return;
	o->magic = OBJ_FREED;
	mem_free(o);
}

static enum err order__name(struct json_read *r, struct slice name)
{
	size_t mark = json_read_in(r, "name");

	if (name.n == 0 || name.n > ORDER_NAME_MAX)
		return json_read_fail(r, "must be 1 to %d bytes long", ORDER_NAME_MAX);
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !slice_is_digit(name.p[i]) && name.p[i] != '-')
			return json_read_fail(r, "must be of lower-case letters, digits and '-'");
	json_read_out(r, mark);
	return OK;
}

static enum err order__read(const json_t *root, struct order **ret, struct diag *d)
{
	static const struct json_read_member members[] = { { "kind", JSON_READ_STRING, true },
							   { "name", JSON_READ_STRING, true },
							   { "hosts", JSON_READ_ARRAY, true },
							   { NULL, JSON_READ_STRING, false } };
	struct json_read r = json_read_at_root(d);

	TRY(json_read_object(&r, root, members));
	struct slice name = json_read_string(json_object_get(root, "name"));
	size_t n, bytes = name.n + host_names_bytes(root, &n);
	TRY(order__name(&r, name));
	if (n > HOST_NAMES_MAX) /* as host_names_read says, before memory is asked for */
		return diag_set(d, ERR_PLAN, "hosts", "must hold 1 to %d names", HOST_NAMES_MAX);
	struct order *o = mem_alloc(sizeof *o + n * sizeof *o->hosts + bytes);
	o->magic = OBJ_ORDER;
	atomic_init(&o->refs, 1);
	o->hosts = (struct slice *)(void *)(o + 1);
	o->hosts_n = n;
	struct text memory = text_of(o->hosts + n, bytes);
	text_add(&memory, name);
	o->name = slice_of(memory.p, name.n);
	enum err e = host_names_read(&r, root, &memory, o->hosts);
	if (e == OK)
		*ret = o;
	else
		order_unref(o);
	return e;
}

enum err order_from_json(struct slice json, struct order **ret, struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = order__read(root, ret, d);
	json_decref(root);
	return e;
}

static enum err order__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
			     struct diag *d)
{
	struct order *o;

	TRY(order_from_json(json, &o, d));
	*ret = o;
	return OK;
}

static void order__drop(void *object)
{
	order_unref(object);
}

static struct slice order__object_name(const void *object)
{
	return ((const struct order *)object)->name;
}

const struct kind order_kind = {
	.name = "order",
	.build = order__build,
	.drop = order__drop,
	.object_name = order__object_name,
};
