/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_request: request heads. */
#include "heads.h"
#include "wire/uri.h"

struct parsed {
	struct field fields[HEADS_FIELDS_MAX];
	struct h1_request req;
	size_t used;
};

static enum err parse(struct slice in, struct parsed *ret)
{
	return h1_request_parse(in, &heads_bounds, ret->fields, &ret->req, &ret->used);
}

static void check_accepted(struct slice in, const struct parsed *p)
{
	const struct h1_request *r = &p->req;
	struct uri_host host;
	uint64_t length;

	FUZZ_CHECK(p->used <= in.n && p->used <= HEADS_BYTES_MAX);
	FUZZ_CHECK(slice_ends(slice_first(in, p->used), SLICE("\r\n\r\n")));
	FUZZ_CHECK(r->fields == p->fields && r->minor <= 1);
	FUZZ_CHECK(fuzz_inside(in, r->method) && field_is_token(r->method));
	FUZZ_CHECK(fuzz_inside(in, r->target) && r->target.n > 0 && r->target.n <= HEADS_TARGET_MAX);
	FUZZ_CHECK(fuzz_inside(in, r->path) || slice_eq(r->path, SLICE("/")) || slice_eq(r->path, SLICE("*")));
	FUZZ_CHECK(r->path.n == 0 ? r->method_id == METHOD_CONNECT : r->path.p[0] == '/' || r->path.p[0] == '*');
	FUZZ_CHECK(fuzz_inside(in, r->host));
	FUZZ_CHECK(r->host.n ? uri_host_parse(r->host, &host) == OK : r->minor == 0);
	for (size_t i = 0; i < r->target.n; i++)
		FUZZ_CHECK((uint8_t)r->target.p[i] > 0x20 && r->target.p[i] != 0x7f && r->target.p[i] != '#');
	heads_check_fields(in, r->fields, r->fields_n);
	heads_check_lengths(r->fields, r->fields_n);
	const struct field *f = field_find(r->fields, r->fields_n, FIELD_CONTENT_LENGTH);
	FUZZ_CHECK((r->framing == H1_LENGTH) == (f != NULL));
	FUZZ_CHECK(!f || (slice_u64(f->value, &length) && length == r->content_length && length <= INT64_MAX));
	f = field_find(r->fields, r->fields_n, FIELD_TRANSFER_ENCODING);
	FUZZ_CHECK((r->framing == H1_CHUNKED) == (f != NULL));
	FUZZ_CHECK(!f || (r->minor == 1 && slice_eq_nocase(f->value, SLICE("chunked"))));
	FUZZ_CHECK(r->framing != H1_UNTIL_CLOSE);
	FUZZ_CHECK(field_count(r->fields, r->fields_n, FIELD_HOST) <= 1);
	FUZZ_CHECK(!r->expect_continue || r->framing == H1_CHUNKED || r->content_length > 0);
}

static void check_equal(const struct parsed *a, const struct parsed *b)
{
	FUZZ_CHECK(slice_eq(a->req.method, b->req.method) && slice_eq(a->req.target, b->req.target));
	FUZZ_CHECK(slice_eq(a->req.host, b->req.host) && slice_eq(a->req.path, b->req.path));
	FUZZ_CHECK(a->req.method_id == b->req.method_id && a->req.minor == b->req.minor);
	FUZZ_CHECK(a->req.framing == b->req.framing && a->req.content_length == b->req.content_length);
	FUZZ_CHECK(a->req.keep_alive == b->req.keep_alive && a->req.upgrade == b->req.upgrade);
	FUZZ_CHECK(a->req.expect_continue == b->req.expect_continue && a->req.fields_n == b->req.fields_n);
	heads_check_same(a->fields, b->fields, a->req.fields_n);
}

/* Written as we would send it, it is read as the same request. */
static void check_round_trip(const struct parsed *p)
{
	static char out[HEADS_BYTES_MAX * 2];
	struct text t = text_of(out, sizeof out);
	struct parsed again;

	text_add(&t, p->req.method);
	text_byte(&t, ' ');
	text_add(&t, p->req.target);
	text_add(&t, p->req.minor ? SLICE(" HTTP/1.1\r\n") : SLICE(" HTTP/1.0\r\n"));
	heads_write_fields(&t, p->fields, p->req.fields_n);
	FUZZ_CHECK(!t.bad);
	/* A space behind each colon may make it longer than the bound; nothing else may go wrong. */
	enum err e = parse(text_slice(&t), &again);
	FUZZ_CHECK(e == OK || (e == ERR_HEAD_LARGE && t.n > HEADS_BYTES_MAX));
	if (e == OK)
		check_equal(p, &again);
}

/* A beginning is "not yet", or ends as the whole does. */
static void check_prefix(struct slice in, size_t n, enum err whole, const struct parsed *p)
{
	struct parsed part;
	char *copy = malloc(n ? n : 1);

	memcpy(copy, in.p, n);
	enum err e = parse(slice_of(copy, n), &part);
	FUZZ_CHECK(e == ERR_AGAIN || e == whole);
	FUZZ_CHECK(whole != OK || (e == OK) == (n >= p->used));
	if (e == OK) {
		FUZZ_CHECK(part.used == p->used);
		check_equal(p, &part);
	}
	free(copy);
}

/* The cheap look for the end never misses the end of a head that is accepted. */
static void check_may_be_complete(struct slice in, size_t used, struct fuzz_rng *r)
{
	size_t scanned = 0, n = 0;

	while (n < used) {
		if (h1_head_may_be_complete(slice_first(in, n), &scanned))
			return;
		FUZZ_CHECK(scanned <= n);
		n += 1 + fuzz_below(r, 16);
	}
	FUZZ_CHECK(h1_head_may_be_complete(in, &scanned));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);
	struct fuzz_rng r = fuzz_rng_of(data, n);
	struct parsed p;
	enum err e = parse(in, &p);

	FUZZ_CHECK(n < HEADS_BYTES_MAX || e != ERR_AGAIN);
	if (e == OK) {
		check_accepted(in, &p);
		check_round_trip(&p);
		check_may_be_complete(in, p.used, &r);
		check_prefix(in, p.used, e, &p);
		check_prefix(in, p.used - 1, e, &p);
	}
	for (size_t i = 0; i < HEADS_PREFIXES; i++)
		check_prefix(in, n <= HEADS_PREFIXES ? i * n / HEADS_PREFIXES : fuzz_below(&r, n), e, &p);
	return 0;
}
