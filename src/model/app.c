/* SPDX-License-Identifier: Apache-2.0 */
/* app: see app.h. */
#include "model/app.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>

void app_ref(struct app *a)
{
	OBJ(a, OBJ_APP);
	atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
}

void app_unref(struct app *a)
{
	if (!a)
		return;
	OBJ(a, OBJ_APP);
	if (atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (a->live)
		a->live_drop(a->live);
	a->magic = OBJ_FREED;
	mem_free(a);
}

static enum err app__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret_object,
			   struct diag *d)
{
	struct app *a;

	TRY(app_from_json(json, revision, limits, &a, d));
	*ret_object = a;
	return OK;
}

static void app__drop(void *object)
{
	app_unref(object);
}

static struct slice app__name(const void *object)
{
	return ((const struct app *)object)->name;
}

static struct slice app__claim(const void *object, size_t i, char where[static KIND_WHERE_BYTES])
{
	const struct app *a = object;

	if (i >= a->hosts_n)
		return slice_of(NULL, 0);
	snprintf(where, KIND_WHERE_BYTES, "hosts[%zu]", i);
	return a->hosts[i];
}

const struct kind app_kind = {
	.name = "app",
	.build = app__build,
	.drop = app__drop,
	.object_name = app__name,
	.claim = app__claim,
	.claim_noun = "host",
};
