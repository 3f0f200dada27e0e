/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upstream: the request head as the origin gets it (RFC 9110 7.6, the edge's header rules). Hop-by-hop fields go,
 * fields that only the edge may set are replaced, so that what an origin reads in them is true. A candidate for the
 * cache is asked for whole and unconditionally, or with the validators of the stored copy.
 */
#include "base/text.h"
#include "edge/request.h"
#include "edge/rules.h"
#include "edge/waf.h"

static void upstream__field(struct text *t, struct slice name, struct slice value)
{
	text_add(t, name);
	text_add(t, SLICE(": "));
	text_add(t, value);
	text_add(t, SLICE("\r\n"));
}

static bool upstream__condition(uint16_t id)
{
	return id == FIELD_IF_NONE_MATCH || id == FIELD_IF_MODIFIED_SINCE || id == FIELD_IF_MATCH ||
	       id == FIELD_IF_UNMODIFIED_SINCE || id == FIELD_IF_RANGE || id == FIELD_RANGE;
}

bool upstream_nominated(const struct http_request *q, const struct field *f)
{
	for (size_t i = 0; i < q->fields_n; i++)
		if (q->fields[i].id == FIELD_CONNECTION && field_list_has(q->fields[i].value, f->name))
			return true;
	return false;
}

static bool upstream__passes(const struct request *r, const struct field *f, bool connection_lists)
{
	unsigned flags = field_flags((enum field_id)f->id);

	if (flags & (F_HOP | F_SPOOF))
		return false;
	if (f->id == FIELD_HOST || f->id == FIELD_CONTENT_LENGTH || f->id == FIELD_X_FORWARDED_FOR ||
	    f->id == FIELD_CDN_LOOP || f->id == FIELD_TRAILER)
		return false;
	if (r->candidate && upstream__condition(f->id))
		return false;
	if (f->id == FIELD_ACCEPT_ENCODING && waf_answer_wanted(r))
		return false; /* what is compressed cannot be read */
	if (f->id == FIELD_EXPECT && waf_body_left(r))
		return false; /* the body is here */
	return !connection_lists || !upstream_nominated(r->q, f);
}

static void upstream__list(struct text *t, const struct http_request *q, enum field_id id, struct slice name,
			   struct slice last)
{
	text_add(t, name);
	text_add(t, SLICE(": "));
	for (size_t i = 0; i < q->fields_n; i++) {
		if (q->fields[i].id != id || q->fields[i].value.n == 0)
			continue;
		text_add(t, q->fields[i].value);
		text_add(t, SLICE(", "));
	}
	text_add(t, last);
	text_add(t, SLICE("\r\n"));
}

/*
 * An address of the reserved class E that stands for the visitor's IPv6 network (its first 64 bits), for apps that only
 * know IPv4; the same on every edge. Source: Cloudflare, network/pseudo-ipv4.
 */
static struct ip upstream__pseudo(const struct ip *ip)
{
	struct ip out = { .family = 4 };
	uint64_t h = 0;

	for (size_t i = 0; i < 8; i++)
		h = h << 8 | ip->b[i];
	/* The finisher of splitmix64 (Steele et al., 2014) spreads it over the 28 bits that are left. */
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	h ^= h >> 31;
	out.b[0] = (uint8_t)(240 | (h >> 24 & 15));
	out.b[1] = (uint8_t)(h >> 16);
	out.b[2] = (uint8_t)(h >> 8);
	out.b[3] = (uint8_t)h;
	return out;
}

static void upstream__visitor(struct request *r, struct text *t)
{
	const struct http_request *q = r->q;
	const struct zone_settings *z = &r->site->zone->settings;
	char own[IP_TEXT_BYTES], pseudo[IP_TEXT_BYTES];
	struct slice client = slice_of(own, ip_print(&q->client.ip, own)), shown = client;

	if (q->client.ip.family == 6 && z->pseudo_ipv4 != PSEUDO_IPV4_OFF) {
		struct ip ip = upstream__pseudo(&q->client.ip);
		struct slice four = slice_of(pseudo, ip_print(&ip, pseudo));
		if (z->pseudo_ipv4 == PSEUDO_IPV4_ADD_HEADER) {
			upstream__field(t, SLICE("Cf-Pseudo-IPv4"), four);
		} else {
			upstream__field(t, SLICE("CF-Connecting-IPv6"), client);
			shown = four;
		}
	}
	upstream__list(t, q, FIELD_X_FORWARDED_FOR, SLICE("X-Forwarded-For"), shown);
	upstream__field(t, SLICE("CF-Connecting-IP"), shown);
	if (z->true_client_ip_header)
		upstream__field(t, SLICE("True-Client-IP"), client);
}

static void upstream__edge_fields(struct request *r, struct text *t)
{
	const struct http_request *q = r->q;

	upstream__visitor(r, t);
	if (r->policy && r->policy->key && r->policy->key->device)
		upstream__field(t, SLICE("CF-Device-Type"), cache_key_device(q->fields, q->fields_n));
	upstream__list(t, q, FIELD_CDN_LOOP, SLICE("CDN-Loop"), SLICE("seawall"));
	upstream__field(t, SLICE("X-Forwarded-Proto"), q->tls ? SLICE("https") : SLICE("http"));
	upstream__field(t, SLICE("CF-Visitor"),
			q->tls ? SLICE("{\"scheme\":\"https\"}") : SLICE("{\"scheme\":\"http\"}"));
	if (q->early)
		upstream__field(t, SLICE("Early-Data"), SLICE("1"));
	upstream__field(t, SLICE("CF-Ray"), slice_of(r->ray_text, r->ray_n));
}

static void upstream__validators(struct request *r, struct text *t)
{
	const struct cache_view *v;
	const struct field *lm;

	if (!r->stale || !r->flight)
		return;
	v = cache_view(r->stale);
	if (!v->meta->has_validator)
		return;
	if (v->etag.n)
		upstream__field(t, SLICE("If-None-Match"), v->etag);
	lm = field_find(v->fields, v->fields_n, FIELD_LAST_MODIFIED);
	if (lm)
		upstream__field(t, SLICE("If-Modified-Since"), lm->value);
}

void upstream_framing(const struct http_request *q, struct text *t)
{
	if (q->upgrade) {
		const struct field *up = field_find(q->fields, q->fields_n, FIELD_UPGRADE);
		text_add(t, SLICE("Connection: Upgrade\r\n"));
		if (up)
			upstream__field(t, SLICE("Upgrade"), up->value);
	}
	if (q->has_body && !q->has_length) {
		text_add(t, SLICE("Transfer-Encoding: chunked\r\n"));
	} else if (q->has_length) {
		text_add(t, SLICE("Content-Length: "));
		text_u64(t, q->length);
		text_add(t, SLICE("\r\n"));
	}
}

/* What the origin reads in Host: a rule's, the site's, the visitor's. */
static struct slice upstream__host(const struct request *r)
{
	if (r->rules && r->rules->host_header.n)
		return r->rules->host_header;
	return r->site->origin_host.n ? r->site->origin_host : r->q->host;
}

struct slice upstream_head(struct request *r)
{
	const struct http_request *q = r->q;
	struct text t = text_of(r->w->head_buf, WORKER_HEAD_BYTES);
	bool lists = field_find(q->fields, q->fields_n, FIELD_CONNECTION) != NULL;

	text_add(&t, r->candidate ? SLICE("GET") : q->method);
	text_byte(&t, ' ');
	text_add(&t, q->path);
	text_add(&t, SLICE(" HTTP/1.1\r\n"));
	upstream__field(&t, SLICE("Host"), upstream__host(r));
	for (size_t i = 0; i < q->fields_n; i++)
		if (upstream__passes(r, &q->fields[i], lists))
			upstream__field(&t, q->fields[i].name, q->fields[i].value);
	upstream__edge_fields(r, &t);
	upstream__validators(r, &t);
	upstream_framing(q, &t);
	text_add(&t, SLICE("\r\n"));
	return t.bad ? slice_of(NULL, 0) : text_slice(&t);
}
