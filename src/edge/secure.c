/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secure: the step between plain HTTP and HTTPS. What a certification authority asks an origin for over plain HTTP
 * (RFC 8555 8.3; pki-validation of others) goes there over plain HTTP, uncached, whatever the zone says about
 * redirects: an origin that renews its own certificates behind us must not lose them. Everything else in plain text is
 * redirected when the zone wants that.
 */
#include "base/text.h"
#include "edge/request.h"
#include "edge/rules.h"
#include "wire/uri.h"

static const struct zone_paths secure__paths = {
	.n = 2, .at = { SLICE_INIT("/.well-known/acme-challenge/"), SLICE_INIT("/.well-known/pki-validation/") }
};

bool secure_is_validation(const struct http_request *q, const struct site *site)
{
	const struct zone_paths *paths =
		site && site->zone->validation_paths ? site->zone->validation_paths : &secure__paths;

	if (q->path.n < 2 || q->path.p[1] != '.' || q->tls)
		return false;
	if (q->method_id != METHOD_GET && q->method_id != METHOD_HEAD)
		return false;
	for (size_t i = 0; i < paths->n; i++)
		if (slice_starts(q->path, paths->at[i]) && q->path.n > paths->at[i].n)
			return true;
	return false;
}

/* The zone's mode, or what a configuration rule made of it for this request. */
enum zone_ssl secure_mode(const struct request *r)
{
	if (r->rules && (r->rules->config.members & RULE_CONFIG_SSL))
		return (enum zone_ssl)r->rules->config.ssl;
	return r->site->zone->settings.tls.ssl;
}

/* The ports of HTTPS that flexible does not mean (edge of this kind: fundamentals/reference/network-ports). */
static bool secure__other_port(uint16_t port)
{
	return port == 2053 || port == 2083 || port == 2087 || port == 2096 || port == 8443;
}

bool secure_origin(const struct request *r)
{
	const struct http_request *q = r->q;

	switch (secure_mode(r)) {
	case ZONE_SSL_OFF:
		return false;
	case ZONE_SSL_FLEXIBLE:
		return q->tls && secure__other_port(q->local.port);
	case ZONE_SSL_FULL:
	case ZONE_SSL_STRICT:
		return q->tls;
	case ZONE_SSL_ORIGIN_PULL:
		break;
	}
	return !secure_is_validation(q, r->site);
}

bool secure_verifies(const struct request *r)
{
	enum zone_ssl ssl = secure_mode(r);

	return ssl == ZONE_SSL_STRICT || ssl == ZONE_SSL_ORIGIN_PULL;
}

bool secure_redirects(const struct request *r)
{
	enum zone_ssl ssl = secure_mode(r);

	/* Without TLS nobody is sent to it: the redirects would chase each other. */
	return r->q->tls ? ssl == ZONE_SSL_OFF : r->site->zone->settings.tls.always_https && ssl != ZONE_SSL_OFF;
}

bool secure_wanted(const struct request *r, const struct site *site)
{
	const struct zone_tls *z = &site->zone->settings.tls;

	if (site->zone->book && site->zone->book->sets_ssl)
		return secure_is_validation(r->q, site); /* the rest when its rules have spoken */
	if (r->q->tls)
		return z->ssl == ZONE_SSL_OFF;
	return (z->always_https && z->ssl != ZONE_SSL_OFF) || secure_is_validation(r->q, site);
}

/* 301 to the same URL with the other scheme, without the port, which is the other one's. */
enum flow secure_redirect(struct request *r)
{
	struct slice to = arena_printf(r->arena, "%s://%.*s%.*s", r->q->tls ? "http" : "https", SLICE_ARG(r->host),
				       SLICE_ARG(r->q->path));
	struct field fields[] = {
		{ .name = SLICE("Date"), .value = worker_date(r->w) },
		{ .name = SLICE("Server"), .value = SLICE("seawall") },
		{ .name = SLICE("CF-Ray"), .value = slice_of(r->ray_text, r->ray_n) },
		{ .name = SLICE("Location"), .value = to },
	};
	struct http_response h = { .status = 301, .body = HTTP_BODY_LENGTH, .fields = fields, .fields_n = 4 };

	if (arena_full(r->arena))
		return request_fail(r, ERR_ARENA_FULL, 0);
	r->page = slice_of(NULL, 0);
	r->source = SOURCE_PAGE;
	r->status = CACHE_STATUS_NONE;
	r->answered = h.status;
	r->x->ops->head(r->x, &h);
	return request_go(r, STEP_SEND);
}

enum flow secure_step(struct request *r)
{
	if (!secure_is_validation(r->q, r->site))
		return secure_redirect(r);
	r->detail = "validation of a certificate";
	r->status = CACHE_STATUS_DYNAMIC;
	return request_go(r, STEP_PICK);
}
