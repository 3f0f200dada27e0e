/* SPDX-License-Identifier: Apache-2.0 */
/* sticky: see sticky.h. */
#include "router/sticky.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "wire/date.h"

#include <stdio.h>

#define STICKY__NAME "sc-sticky-session"

enum err sticky_value(struct slice key, const struct app *app, const struct app_instance *instance,
		      char ret[static STICKY_VALUE_BYTES])
{
	uint8_t mac[CRYPTO_SHA256_BYTES];
	char generation[24];
	struct buf b;

	int n = snprintf(generation, sizeof generation, "%llu", (unsigned long long)app->generation);
	/* Names and ids hold no byte 0: two different triples never make one text. */
	const struct slice parts[] = { app->id,
				       slice_of("", 1),
				       instance->name,
				       slice_of("", 1),
				       instance->id,
				       slice_of("", 1),
				       slice_of(generation, (size_t)n) };
	TRY(crypto_hmac_sha256_parts(key, parts, sizeof parts / sizeof parts[0], mac));
	buf_init(&b, 2 * STICKY_VALUE_BYTES);
	enum err e = base64_write(slice_of(mac, sizeof mac), &b);
	if (e == OK && buf_len(&b) == STICKY_VALUE_BYTES)
		memcpy(ret, buf_slice(&b).p, STICKY_VALUE_BYTES);
	else
		e = ERR_SYSTEM;
	buf_fini(&b);
	return e;
}

struct slice sticky_of(const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value;
		if (fields[i].id != FIELD_COOKIE)
			continue;
		while (rest.p) {
			struct slice value = slice_trim(slice_split(&rest, ';'));
			struct slice name = slice_split(&value, '=');
			if (value.p && slice_eq(name, SLICE(STICKY__NAME)))
				return value;
		}
	}
	return slice_of(NULL, 0);
}

/* "Thu, 22-Mar-18 17:51:09 GMT": the form that the seed's router sends, not the one of HTTP dates. */
static void sticky__expires(struct text *t, int64_t at_s)
{
	char date[DATE_BYTES]; /* "Thu, 22 Mar 2018 17:51:09 GMT" */

	date_print(at_s, date);
	text_add(t, slice_of(date, 7));
	text_byte(t, '-');
	text_add(t, slice_of(date + 8, 3));
	text_byte(t, '-');
	text_add(t, slice_of(date + 14, DATE_BYTES - 14));
}

void sticky_cookie(struct text *t, struct slice value, struct slice host, int64_t now_s)
{
	text_add(t, SLICE(STICKY__NAME "="));
	text_add(t, value);
	text_printf(t, "; Max-Age=%d; Expires=", STICKY_MAX_AGE_S);
	sticky__expires(t, now_s + STICKY_MAX_AGE_S);
	text_add(t, SLICE("; Domain="));
	text_add(t, host);
	text_add(t, SLICE("; Path=/; HttpOnly"));
}
