/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_waf_item: plan items of kind waf. What is taken has a name and files for all that it loads, says the same when
 * it is written and read again, and is loaded or refused with a reason and a place; loading it twice ends the same way.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "model/waf_item.h"
#include "waf/waf_rules.h"

enum { TEXT_BYTES = 1 << 20 };

static void check_again(const struct waf_item *item)
{
	struct buf first, second;
	struct waf_item *back;
	struct diag d;

	diag_init(&d);
	buf_init(&first, TEXT_BYTES);
	buf_init(&second, TEXT_BYTES);
	FUZZ_CHECK(waf_item_write(item, &first) == OK);
	FUZZ_CHECK(waf_item_from_json(buf_slice(&first), &back, &d) == OK);
	FUZZ_CHECK(waf_item_write(back, &second) == OK);
	FUZZ_CHECK(slice_eq(buf_slice(&first), buf_slice(&second)));
	waf_item_free(back);
	buf_fini(&first);
	buf_fini(&second);
}

static bool loads(struct slice json, const struct limits *limits)
{
	void *object;
	struct diag d;

	diag_init(&d);
	enum err e = waf_rules_kind.build(json, 1, limits, &object, &d);
	if (e != OK) {
		FUZZ_CHECK(e == ERR_PLAN && d.code != OK && d.text[0]);
		return false;
	}
	FUZZ_CHECK(waf_rules_kind.object_name(object).n > 0);
	waf_rules_kind.drop(object);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice json = slice_of(data, n);
	struct waf_item *item;
	struct limits limits;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	bool taken = waf_item_from_json(json, &item, &d) == OK;
	if (!taken) {
		FUZZ_CHECK(d.code == ERR_PLAN && d.text[0]);
	} else {
		FUZZ_CHECK(item->name.n > 0);
		for (size_t i = 0; i < item->load_n; i++)
			FUZZ_CHECK(waf_item_file(item, item->load[i]) != NULL);
		check_again(item);
		waf_item_free(item);
	}
	bool first = loads(json, &limits);
	FUZZ_CHECK(first == loads(json, &limits) && (taken || !first));
	return 0;
}
