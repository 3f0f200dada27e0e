/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_fields: the request as expressions see it, one function for each kind of field. Paths are in normal form (raw
 * ones as sent), names of header fields in lower case. Lists lie in the worker's rules arena, which is emptied after
 * each expression.
 */
#include "edge/rules.h"

#include "base/text.h"
#include "wire/uri_normal.h"

/* ---- lists */

/* A list that grows while it is counted; n stays 0 when there is no memory. */
struct rules_fields__list {
	struct expr_value *at;
	size_t n;
};

static struct rules_fields__list rules_fields__room(struct request *r, size_t most)
{
	return (struct rules_fields__list){ arena_alloc(&r->w->rules_arena, (most + 1) * sizeof(struct expr_value)),
					    0 };
}

static void rules_fields__add(struct rules_fields__list *l, struct slice s)
{
	if (l->at)
		l->at[l->n++] = expr_bytes(s.p ? s : SLICE(""));
}

/* Nothing found is missing, not an empty list. */
static void rules_fields__give(const struct rules_fields__list *l, struct expr_value *ret)
{
	if (l->n)
		*ret = expr_list(EXPR_BYTES, l->at, l->n);
}

static struct slice rules_fields__lower(struct arena *arena, struct slice s)
{
	char *out = arena_alloc(arena, s.n + 1);

	for (size_t i = 0; out && i < s.n; i++)
		out[i] = slice_lower(s.p[i]);
	return slice_of(out, out ? s.n : 0);
}

/* ---- URI */

struct slice rules_fields_uri(struct request *r)
{
	struct slice sent = r->q->path;

	if (r->rules->normal.p)
		return r->rules->normal;
	r->rules->normal = sent;
	if (uri_normal_needed(sent)) {
		char *out = arena_alloc(r->arena, sent.n);
		if (out)
			r->rules->normal = uri_normal_path(sent, out);
	}
	return r->rules->normal;
}

static void rules_fields__text(struct slice s, struct expr_value *ret)
{
	*ret = expr_bytes(s.p ? s : SLICE(""));
}

static void rules_fields__full_uri(struct request *r, struct slice uri, struct expr_value *ret)
{
	size_t n = sizeof "https://" + r->host.n + uri.n;
	struct text t = text_of(arena_alloc(&r->w->rules_arena, n), n);

	text_add(&t, r->q->tls ? SLICE("https://") : SLICE("http://"));
	text_add(&t, r->host);
	text_add(&t, uri);
	if (t.p)
		*ret = expr_bytes(text_slice(&t));
}

/* Parameters of a query: names, values, or the values of one name. */
enum rules_fields__part { PART_VALUES, PART_NAMES };

static void rules_fields__args(struct request *r, struct slice uri, const struct slice *key,
			       enum rules_fields__part part, struct expr_value *ret)
{
	struct slice rest = uri_query(uri), count = rest;
	size_t n = 1;

	for (size_t i = 0; i < count.n; i++)
		n += count.p[i] == '&';
	struct rules_fields__list l = rules_fields__room(r, n);
	while (rest.p) {
		struct slice value = slice_split(&rest, '&'), name;
		if (!value.n)
			continue;
		name = slice_split(&value, '=');
		if (!key || slice_eq(*key, name))
			rules_fields__add(&l, part == PART_NAMES ? name : value);
	}
	rules_fields__give(&l, ret);
}

/* ---- header fields */

static void rules_fields__headers(struct request *r, const struct field *fields, size_t n, const struct slice *key,
				  struct expr_value *ret)
{
	size_t found = 0;

	/* Most keys stand there once or not at all. */
	for (size_t i = 0; i < n; i++)
		found += !key || slice_eq_nocase(fields[i].name, *key);
	if (!found)
		return;
	struct rules_fields__list l = rules_fields__room(r, found);
	for (size_t i = 0; i < n; i++)
		if (!key || slice_eq_nocase(fields[i].name, *key))
			rules_fields__add(&l, fields[i].value);
	rules_fields__give(&l, ret);
}

static void rules_fields__header_names(struct request *r, const struct field *fields, size_t n, struct expr_value *ret)
{
	struct rules_fields__list l = rules_fields__room(r, n);

	for (size_t i = 0; i < n; i++)
		rules_fields__add(&l, fields[i].id ? field_name((enum field_id)fields[i].id)
						   : rules_fields__lower(&r->w->rules_arena, fields[i].name));
	rules_fields__give(&l, ret);
}

static void rules_fields__one(const struct request *r, enum field_id id, struct expr_value *ret)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, id);

	if (f)
		*ret = expr_bytes(f->value.p ? f->value : SLICE(""));
}

static void rules_fields__cookies(struct request *r, const struct slice *key, struct expr_value *ret)
{
	const struct http_request *q = r->q;
	size_t n = 0;

	for (size_t i = 0; i < q->fields_n; i++)
		for (size_t k = 0; q->fields[i].id == FIELD_COOKIE && k <= q->fields[i].value.n; k++)
			n += k == q->fields[i].value.n || q->fields[i].value.p[k] == ';';
	struct rules_fields__list l = rules_fields__room(r, n);
	for (size_t i = 0; i < q->fields_n; i++) {
		struct slice rest = q->fields[i].value;
		while (q->fields[i].id == FIELD_COOKIE && rest.p) {
			struct slice value = slice_trim(slice_split(&rest, ';')), name = slice_split(&value, '=');
			if (name.n && (!key || slice_eq(*key, name)))
				rules_fields__add(&l, value);
		}
	}
	rules_fields__give(&l, ret);
}

/* The media type of a Content-Type value, in lower case. */
static void rules_fields__media(struct request *r, const struct field *f, struct expr_value *ret)
{
	struct slice rest = f ? f->value : slice_of(NULL, 0);

	if (f)
		rules_fields__text(rules_fields__lower(&r->w->rules_arena, slice_trim(slice_split(&rest, ';'))), ret);
}

static void rules_fields__languages(struct request *r, struct expr_value *ret)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_ACCEPT_LANGUAGE);
	struct slice rest = f ? f->value : slice_of(NULL, 0), member;
	struct rules_fields__list l = rules_fields__room(r, rest.n / 2 + 1);

	while (field_list_next(&rest, &member))
		rules_fields__add(&l, slice_trim(slice_split(&member, ';')));
	rules_fields__give(&l, ret);
}

static void rules_fields__seed(struct request *r, struct expr_value *ret)
{
	struct rules_state *s = r->rules;

	for (size_t i = 0; !s->seeded && i < RULES_SEED_BYTES; i += 8) {
		uint64_t v = rng_next(&r->w->rng);
		memcpy(s->seed + i, &v, 8);
	}
	s->seeded = true;
	*ret = expr_bytes(slice_of(s->seed, RULES_SEED_BYTES));
}

/* ---- which is which */

static void rules_fields__of_uri(struct request *r, enum expr_field f, const struct slice *key, struct expr_value *ret)
{
	bool raw = f >= EXPR_F_RAW_URI && f <= EXPR_F_RAW_FULL_URI;
	struct slice uri = raw ? rules_asked(r) : rules_fields_uri(r);

	switch ((int)f) {
	case EXPR_F_URI:
	case EXPR_F_RAW_URI:
		return rules_fields__text(uri, ret);
	case EXPR_F_URI_PATH:
	case EXPR_F_RAW_URI_PATH:
		return rules_fields__text(uri_path(uri), ret);
	case EXPR_F_URI_EXTENSION:
	case EXPR_F_RAW_URI_EXTENSION:
		return rules_fields__text(rules_fields__lower(&r->w->rules_arena, uri_extension(uri_path(uri))), ret);
	case EXPR_F_URI_QUERY:
	case EXPR_F_RAW_URI_QUERY:
		return rules_fields__text(uri_query(uri), ret);
	case EXPR_F_FULL_URI:
	case EXPR_F_RAW_FULL_URI:
		return rules_fields__full_uri(r, uri, ret);
	default:
		return rules_fields__args(r, uri, key, f == EXPR_F_URI_ARG_NAMES ? PART_NAMES : PART_VALUES, ret);
	}
}

static void rules_fields__of_headers(struct request *r, enum expr_field f, const struct slice *key,
				     struct expr_value *ret)
{
	const struct http_request *q = r->q;

	switch ((int)f) {
	case EXPR_F_HEADERS:
	case EXPR_F_HEADER_VALUES:
		return rules_fields__headers(r, q->fields, q->fields_n, key, ret);
	case EXPR_F_HEADER_NAMES:
		return rules_fields__header_names(r, q->fields, q->fields_n, ret);
	case EXPR_F_COOKIES:
		return rules_fields__cookies(r, key, ret);
	case EXPR_F_COOKIE:
		return rules_fields__one(r, FIELD_COOKIE, ret);
	case EXPR_F_REFERER:
		return rules_fields__one(r, FIELD_REFERER, ret);
	case EXPR_F_USER_AGENT:
		return rules_fields__one(r, FIELD_USER_AGENT, ret);
	case EXPR_F_X_FORWARDED_FOR:
		return rules_fields__one(r, FIELD_X_FORWARDED_FOR, ret);
	case EXPR_F_LANGUAGES:
		return rules_fields__languages(r, ret);
	case EXPR_F_BODY_MIME:
		return rules_fields__media(r, field_find(q->fields, q->fields_n, FIELD_CONTENT_TYPE), ret);
	default: /* a head that is too large is refused as a whole */
		*ret = expr_bool(false);
	}
}

static void rules_fields__of_request(struct request *r, enum expr_field f, struct expr_value *ret)
{
	const struct http_request *q = r->q;

	switch ((int)f) {
	case EXPR_F_HOST:
		return rules_fields__text(r->host, ret);
	case EXPR_F_METHOD:
		return rules_fields__text(q->method, ret);
	case EXPR_F_VERSION:
		return rules_fields__text(q->version >= 30   ? SLICE("HTTP/3")
					  : q->version >= 20 ? SLICE("HTTP/2")
					  : q->version == 10 ? SLICE("HTTP/1.0")
							     : SLICE("HTTP/1.1"),
					  ret);
	case EXPR_F_BODY_SIZE:
		if (!q->has_body || q->has_length)
			*ret = expr_int(q->has_body ? (int64_t)q->length : 0);
		return;
	case EXPR_F_TIMESTAMP_SEC:
		*ret = expr_int(r->begin_s);
		return;
	case EXPR_F_TIMESTAMP_MSEC:
		*ret = expr_int((int64_t)((uint64_t)loop_wall_ms(r->w->loop) % 1000));
		return;
	case EXPR_F_ZONE_NAME:
		return rules_fields__text(r->site->zone->name, ret);
	case EXPR_F_RAY_ID:
		return rules_fields__text(slice_of(r->ray_text, 16), ret);
	case EXPR_F_COLO_NAME:
		return rules_fields__text(slice_of(r->w->site_code, 3), ret);
	default:
		return rules_fields__seed(r, ret);
	}
}

static void rules_fields__of_connection(const struct request *r, enum expr_field f, struct expr_value *ret)
{
	const struct http_request *q = r->q;

	switch ((int)f) {
	case EXPR_F_IP_SRC:
		*ret = expr_ip(q->client.ip);
		break;
	case EXPR_F_SERVER_IP:
		*ret = expr_ip(q->local.ip);
		break;
	case EXPR_F_CLIENT_PORT:
	case EXPR_F_SRC_PORT:
		*ret = expr_int(q->client.port);
		break;
	case EXPR_F_SSL:
		*ret = expr_bool(q->tls);
		break;
	default:
		*ret = expr_int(q->local.port);
	}
}

/* What the visitor's TLS handshake tells. */
static void rules_fields__of_tls(const struct request *r, enum expr_field f, struct expr_value *ret)
{
	const struct http_tls *v = r->q->visitor;
	const char *text = !v ? "" : f == EXPR_F_JA3 ? v->ja3 : v->ja4;

	if (text[0])
		*ret = expr_bytes(slice_str(text));
}

static const char *rules_fields__client_text(const struct http_tls_client *c, enum expr_field f)
{
	switch ((int)f) {
	case EXPR_F_CERT_SUBJECT_DN:
		return c->subject_dn;
	case EXPR_F_CERT_ISSUER_DN:
		return c->issuer_dn;
	case EXPR_F_CERT_SERIAL:
		return c->serial;
	case EXPR_F_CERT_SHA1:
		return c->fingerprint_sha1;
	case EXPR_F_CERT_SHA256:
		return c->fingerprint_sha256;
	case EXPR_F_CERT_NOT_BEFORE:
		return c->not_before;
	default:
		return c->not_after;
	}
}

/*
 * The visitor's certificate. It counts for the host that asked for it only: over one connection requests for other
 * hosts may come (RFC 9113 section 9.1.1), whose authorities are others.
 */
static void rules_fields__of_client(const struct request *r, enum expr_field f, struct expr_value *ret)
{
	const struct http_tls *v = r->q->visitor;
	const struct http_tls_client *c = v && slice_eq(v->host, r->host) ? v->client : NULL;

	if (f == EXPR_F_CERT_PRESENTED)
		*ret = expr_bool(c != NULL);
	else if (f == EXPR_F_CERT_VERIFIED)
		*ret = expr_bool(c && c->verified);
	else if (f == EXPR_F_CERT_REVOKED)
		*ret = expr_bool(c && c->verified && c->revoked);
	else if (c)
		*ret = expr_bytes(slice_str(rules_fields__client_text(c, f)));
}

static void rules_fields__of_response(struct request *r, enum expr_field f, const struct slice *key,
				      struct expr_value *ret)
{
	const struct rules_response *a = r->rules->response;

	CHECK(a); /* only expressions of response phases may ask */
	switch ((int)f) {
	case EXPR_F_RESPONSE_CODE:
		*ret = expr_int(a->status);
		break;
	case EXPR_F_RESPONSE_HEADER_NAMES:
		rules_fields__header_names(r, a->fields, a->fields_n, ret);
		break;
	case EXPR_F_RESPONSE_TYPE:
		rules_fields__media(r, field_find(a->fields, a->fields_n, FIELD_CONTENT_TYPE), ret);
		break;
	default:
		rules_fields__headers(r, a->fields, a->fields_n, key, ret);
	}
}

void rules_fields_get(void *of, enum expr_field f, const struct slice *key, struct expr_value *ret)
{
	struct request *r = of;

	switch ((int)f) {
	case EXPR_F_URI ... EXPR_F_FULL_URI:
	case EXPR_F_RAW_URI ... EXPR_F_RAW_FULL_URI:
		return rules_fields__of_uri(r, f, key, ret);
	case EXPR_F_HEADERS ... EXPR_F_LANGUAGES:
	case EXPR_F_BODY_MIME:
		return rules_fields__of_headers(r, f, key, ret);
	case EXPR_F_IP_SRC ... EXPR_F_SSL:
		return rules_fields__of_connection(r, f, ret);
	case EXPR_F_JA3 ... EXPR_F_JA4:
		return rules_fields__of_tls(r, f, ret);
	case EXPR_F_CERT_PRESENTED ... EXPR_F_CERT_NOT_AFTER:
		return rules_fields__of_client(r, f, ret);
	case EXPR_F_RESPONSE_CODE ... EXPR_F_RESPONSE_TYPE:
		return rules_fields__of_response(r, f, key, ret);
	default:
		return rules_fields__of_request(r, f, ret);
	}
}
