/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router_upstream: the request head as an instance gets it: the visitor's, without what is for one hop only, and with
 * the fields that say who asked how. What the peer says in X-Forwarded fields counts when it is one of our edges, and
 * is replaced otherwise: an app may believe what it reads there.
 */
#include "base/text.h"
#include "edge/router.h"

static void router__add(struct text *t, struct slice name, struct slice value)
{
	text_add(t, name);
	text_add(t, SLICE(": "));
	text_add(t, value);
	text_add(t, SLICE("\r\n"));
}

static bool router__passes(const struct http_request *q, const struct field *f, bool lists)
{
	if (field_flags((enum field_id)f->id) & F_HOP)
		return false;
	switch (f->id) {
	case FIELD_HOST:
	case FIELD_CONTENT_LENGTH:
	case FIELD_TRAILER:
	case FIELD_X_REAL_IP:
	case FIELD_X_FORWARDED_FOR:
	case FIELD_X_FORWARDED_PROTO:
	case FIELD_X_FORWARDED_PORT:
	case FIELD_X_REQUEST_ID:
	case FIELD_X_REQUEST_START:
	case FIELD_X_SCALINGO_ERROR:
		return false;
	default:
		return !lists || !upstream_nominated(q, f);
	}
}

/* "https" or "http": what our edge says that its visitor used, else what the peer uses. */
static struct slice router__scheme(const struct request *r)
{
	const struct http_request *q = r->q;
	const struct field *f = field_find(q->fields, q->fields_n, FIELD_X_FORWARDED_PROTO);

	if (r->call->trusted && f && (slice_eq(f->value, SLICE("https")) || slice_eq(f->value, SLICE("http"))))
		return f->value;
	return q->tls ? SLICE("https") : SLICE("http");
}

static void router__forwarded(struct request *r, struct text *t)
{
	const struct http_request *q = r->q;
	char address[IP_TEXT_BYTES];
	struct slice peer = slice_of(address, ip_print(&q->client.ip, address)), scheme = router__scheme(r);

	router__add(t, SLICE("X-Real-IP"), peer);
	text_add(t, SLICE("X-Forwarded-For: "));
	for (size_t i = 0; r->call->trusted && i < q->fields_n; i++) {
		if (q->fields[i].id != FIELD_X_FORWARDED_FOR || q->fields[i].value.n == 0)
			continue;
		text_add(t, q->fields[i].value);
		text_add(t, SLICE(", "));
	}
	text_add(t, peer);
	text_add(t, SLICE("\r\n"));
	router__add(t, SLICE("X-Forwarded-Proto"), scheme);
	router__add(t, SLICE("X-Forwarded-Port"), slice_eq(scheme, SLICE("https")) ? SLICE("443") : SLICE("80"));
	router__add(t, SLICE("X-Request-ID"), slice_of(r->call->id, r->call->id_n));
	text_add(t, SLICE("X-Request-Start: t="));
	text_ms(t, (uint64_t)r->call->begin_ms);
	text_add(t, SLICE("\r\n"));
}

struct slice router_upstream(struct request *r)
{
	const struct http_request *q = r->q;
	struct text t = text_of(r->w->head_buf, WORKER_HEAD_BYTES);
	bool lists = field_find(q->fields, q->fields_n, FIELD_CONNECTION) != NULL;

	text_add(&t, q->method);
	text_byte(&t, ' ');
	text_add(&t, q->path);
	text_add(&t, SLICE(" HTTP/1.1\r\n"));
	router__add(&t, SLICE("Host"), q->host);
	for (size_t i = 0; i < q->fields_n; i++)
		if (router__passes(q, &q->fields[i], lists))
			router__add(&t, q->fields[i].name, q->fields[i].value);
	router__forwarded(r, &t);
	upstream_framing(q, &t);
	text_add(&t, SLICE("\r\n"));
	return t.bad ? slice_of(NULL, 0) : text_slice(&t);
}
