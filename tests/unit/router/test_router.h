/* SPDX-License-Identifier: Apache-2.0 */
/* test_router: what the files of this folder share: cmocka's includes, and apps out of a few words. */
#ifndef TEST_ROUTER_H
#define TEST_ROUTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include "base/buf.h"
#include "model/app.h"

/* An app with that name, one host APP.test or the hosts given (a JSON array), and instances web-1 to web-n whose ids
 * begin with `ids`. more: further members, with a comma in front. */
static inline struct app *an_app(const char *name, const char *hosts, unsigned instances, const char *ids,
				 const char *more)
{
	struct limits limits;
	struct diag d;
	struct buf b;
	struct app *app;

	limits_init(&limits);
	diag_init(&d);
	buf_init(&b, 65536);
	buf_printf(
		&b,
		"{\"kind\":\"app\",\"name\":\"%s\",\"id\":\"%s-id\",\"status\":\"running\",\"default_host\":\"a.test\","
		"\"hosts\":%s,\"generation\":1%s,\"instances\":[",
		name, name, hosts, more);
	for (unsigned i = 1; i <= instances; i++)
		buf_printf(&b, "%s{\"name\":\"web-%u\",\"id\":\"%s%u\",\"address\":\"127.0.0.1:%u\"}", i > 1 ? "," : "",
			   i, ids, i, 4000 + i);
	buf_printf(&b, "]}");
	enum err e = app_from_json(buf_slice(&b), 1, &limits, &app, &d);
	buf_fini(&b);
	assert_string_equal(d.text, "");
	assert_int_equal(e, OK);
	return app;
}

/* Each runs one file's tests and returns how many failed. */
int test_apps(void);
int test_balance(void);
int test_probe(void);
int test_request_id(void);
int test_squeeze(void);
int test_sticky(void);

#endif
