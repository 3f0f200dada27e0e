/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_purge: orders to purge. One that is taken names what lies in its zone, within the bounds; a refused one has a
 * reason. */
#include "fuzz.h"
#include "model/json_read.h"
#include "model/purge_order.h"

static bool is_inside(struct slice host, struct slice zone)
{
	return slice_eq(host, zone) ||
	       (host.n > zone.n && slice_ends(host, zone) && host.p[host.n - zone.n - 1] == '.');
}

static void check(const struct purge_order *o)
{
	FUZZ_CHECK((o->by == PURGE_ORDER_EVERYTHING) == (o->items_n == 0));
	FUZZ_CHECK(o->items_n <= PURGE_ORDER_ITEMS_MAX);
	for (size_t i = 0; i < o->items_n; i++) {
		const struct purge_order_item *item = &o->items[i];
		FUZZ_CHECK(o->by == PURGE_ORDER_TAGS ? item->tag.n > 0 : is_inside(item->host, o->zone));
		FUZZ_CHECK(o->by != PURGE_ORDER_FILES || (item->path.n > 0 && item->path.p[0] == '/'));
		for (size_t k = 0; k < item->path.n; k++)
			FUZZ_CHECK((unsigned char)item->path.p[k] > ' ' && (unsigned char)item->path.p[k] < 0x7f);
		FUZZ_CHECK(item->fields_n <= PURGE_ORDER_HEADERS_MAX);
		for (size_t k = 0; k < item->fields_n; k++)
			FUZZ_CHECK(field_is_token(item->fields[k].name) && field_is_value(item->fields[k].value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct purge_order *o = NULL;
	json_t *body = NULL;
	struct diag d;

	diag_init(&d);
	if (purge_order_of_command(slice_of(data, n), &o, &d) == OK)
		check(o);
	else
		FUZZ_CHECK(d.code != OK && d.text[0] && !o);
	purge_order_free(o);
	o = NULL;
	diag_init(&d);
	if (json_read_parse(slice_of(data, n), &d, &body) != OK)
		return 0;
	diag_init(&d);
	if (purge_order_of_body(body, SLICE("a.test"), &o, &d) == OK)
		check(o);
	else
		FUZZ_CHECK(d.code != OK && d.text[0] && !o);
	purge_order_free(o);
	json_decref(body);
	return 0;
}
