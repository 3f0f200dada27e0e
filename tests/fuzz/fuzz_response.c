/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_response: response heads, as answers to GET, HEAD and CONNECT. */
#include "heads.h"

struct parsed {
	struct field fields[HEADS_FIELDS_MAX];
	struct h1_response resp;
	size_t used;
	enum err why;
};

static enum err parse(struct slice in, enum method m, struct parsed *ret)
{
	ret->why = h1_response_parse(in, &heads_bounds, m, ret->fields, &ret->resp, &ret->used);
	enum err e = h1_response_error(ret->why);

	FUZZ_CHECK(e == OK || e == ERR_AGAIN || e == ERR_ORIGIN_SYNTAX || e == ERR_ORIGIN_HEAD_LARGE);
	FUZZ_CHECK((e == OK || e == ERR_AGAIN) ? ret->why == e : ret->why != OK && ret->why != ERR_AGAIN);
	return ret->why;
}

static void check_accepted(struct slice in, enum method m, const struct parsed *p)
{
	const struct h1_response *r = &p->resp;

	FUZZ_CHECK(p->used <= in.n && slice_ends(slice_first(in, p->used), SLICE("\r\n\r\n")));
	FUZZ_CHECK(r->minor <= 1 && r->status >= 100 && r->status <= 999);
	FUZZ_CHECK(fuzz_inside(in, r->reason) && field_is_value(r->reason));
	heads_check_fields(in, r->fields, r->fields_n);
	heads_check_lengths(r->fields, r->fields_n);
	FUZZ_CHECK(r->has_length == (field_find(r->fields, r->fields_n, FIELD_CONTENT_LENGTH) != NULL));
	FUZZ_CHECK(r->framing != H1_LENGTH || r->has_length);
	FUZZ_CHECK(r->content_length <= INT64_MAX && (r->has_length || r->content_length == 0));
	bool bodiless = m == METHOD_HEAD || r->status < 200 || r->status == 204 || r->status == 304 ||
			(m == METHOD_CONNECT && r->status < 300);
	FUZZ_CHECK(bodiless == (r->framing == H1_NO_BODY));
	FUZZ_CHECK(!r->keep_alive || r->framing != H1_UNTIL_CLOSE);
	FUZZ_CHECK(r->upgrade == (r->status == 101) && !(r->upgrade && r->keep_alive));
}

static void check_equal(const struct parsed *a, const struct parsed *b)
{
	FUZZ_CHECK(a->resp.status == b->resp.status && a->resp.minor == b->resp.minor);
	FUZZ_CHECK(slice_eq(a->resp.reason, b->resp.reason) && a->resp.fields_n == b->resp.fields_n);
	FUZZ_CHECK(a->resp.framing == b->resp.framing && a->resp.content_length == b->resp.content_length);
	FUZZ_CHECK(a->resp.has_length == b->resp.has_length && a->resp.keep_alive == b->resp.keep_alive);
	heads_check_same(a->fields, b->fields, a->resp.fields_n);
}

static void check_round_trip(enum method m, const struct parsed *p)
{
	static char out[HEADS_BYTES_MAX * 2];
	struct text t = text_of(out, sizeof out);
	struct parsed again;

	text_add(&t, p->resp.minor ? SLICE("HTTP/1.1 ") : SLICE("HTTP/1.0 "));
	text_u64(&t, p->resp.status);
	text_byte(&t, ' ');
	text_add(&t, p->resp.reason);
	text_add(&t, SLICE("\r\n"));
	heads_write_fields(&t, p->fields, p->resp.fields_n);
	FUZZ_CHECK(!t.bad);
	enum err e = parse(text_slice(&t), m, &again);
	FUZZ_CHECK(e == OK || (e == ERR_HEAD_LARGE && t.n > HEADS_BYTES_MAX));
	if (e == OK)
		check_equal(p, &again);
}

static void check_prefix(struct slice in, size_t n, enum method m, enum err whole, const struct parsed *p)
{
	struct parsed part;
	char *copy = malloc(n ? n : 1);

	memcpy(copy, in.p, n);
	enum err e = parse(slice_of(copy, n), m, &part);
	FUZZ_CHECK(e == ERR_AGAIN || e == whole);
	FUZZ_CHECK(whole != OK || (e == OK) == (n >= p->used));
	if (e == OK)
		check_equal(p, &part);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum method methods[] = { METHOD_GET, METHOD_HEAD, METHOD_CONNECT };
	struct slice in = slice_of(data, n);
	struct fuzz_rng r = fuzz_rng_of(data, n);

	for (size_t k = 0; k < 3; k++) {
		struct parsed p;
		enum err e = parse(in, methods[k], &p);
		FUZZ_CHECK(n < HEADS_BYTES_MAX || e != ERR_AGAIN);
		if (e == OK) {
			check_accepted(in, methods[k], &p);
			check_round_trip(methods[k], &p);
			check_prefix(in, p.used - 1, methods[k], e, &p);
		}
		for (size_t i = 0; i < HEADS_PREFIXES / 3; i++)
			check_prefix(in, fuzz_below(&r, n), methods[k], e, &p);
	}
	return 0;
}
