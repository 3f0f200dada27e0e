/* SPDX-License-Identifier: Apache-2.0 */
/* redirect_loop: see redirect_loop.h. */
#include "edge/redirect_loop.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/events.h"
#include "edge/request.h"
#include "edge/rules.h"
#include "model/zone_port.h"
#include "wire/uri.h"

enum {
	REDIRECT_LOOP__SEEN = 64,       /* a power of two */
	REDIRECT_LOOP__SEEN_MS = 10000, /* browsers follow at once */
	REDIRECT_LOOP__EVENT_MS = 1000,
	REDIRECT_LOOP__EVENT = 4096,
	REDIRECT_LOOP__CUT = 512 /* of a path in an event */
};

struct redirect_loops {
	struct hash_key hash;
	struct {
		uint64_t who, ms; /* visitor and URL; when */
	} seen[REDIRECT_LOOP__SEEN];
	uint64_t told_site, told_ms; /* the last event */
};

struct redirect_loops *redirect_loop_new(void)
{
	struct redirect_loops *all = mem_alloc(sizeof *all);

	hash_key_random(&all->hash);
	return all;
}

void redirect_loop_free(struct redirect_loops *all)
{
	mem_free(all);
}

/* ---- where it leads ---- */

/* A Location taken apart. */
struct redirect_loop__to {
	bool tls;
	struct slice path; /* with query */
};

static bool redirect_loop__is_default(uint16_t port)
{
	return port == 80 || port == 443 || zone_port_origin(port, true) != port;
}

/* Without a port a URL means 443 or 80; the visitor's port is that, or one that the node is reached at by other means.
 */
static bool redirect_loop__port(const struct request *r, const struct uri_host *to, bool tls)
{
	uint16_t here = r->q->local.port, standard = tls ? 443 : 80;

	if (!to->port || to->port == standard)
		return redirect_loop__is_default(here);
	return to->port == here && tls == r->q->tls;
}

/* Whether it names the visitor's own host; *ret: the rest. */
static bool redirect_loop__here(const struct request *r, struct slice location, struct redirect_loop__to *ret)
{
	struct slice rest = location;
	struct uri_host host;
	char canonical[256];

	ret->tls = r->q->tls;
	if (slice_starts_nocase(rest, SLICE("https:")) || slice_starts_nocase(rest, SLICE("http:"))) {
		ret->tls = slice_lower(rest.p[4]) == 's';
		rest = slice_from(rest, ret->tls ? 6 : 5);
	}
	if (!slice_starts(rest, SLICE("//"))) {
		ret->path = rest;
		return rest.p == location.p && slice_starts(rest, SLICE("/"));
	}
	rest = slice_from(rest, 2);
	size_t at = 0;
	while (at < rest.n && rest.p[at] != '/' && rest.p[at] != '?' && rest.p[at] != '#')
		at++;
	struct slice authority = slice_first(rest, at);
	ret->path = slice_from(rest, at);
	if (ret->path.n == 0)
		ret->path = SLICE("/");
	return uri_host_parse(authority, &host) == OK && host.name.n < sizeof canonical &&
	       slice_eq(uri_host_canonical(host.name, canonical), r->host) && redirect_loop__port(r, &host, ret->tls);
}

static bool redirect_loop__same_url(const struct request *r, struct slice path)
{
	struct slice rest = path, bare = slice_split(&rest, '#');

	return slice_eq(bare, rules_asked(r));
}

/* ---- whether it comes back ---- */

/* Whether a visitor with that scheme is let through, and how the origin is asked for him. */
static bool redirect_loop__asks(const struct request *r, bool tls, bool *ret_origin_tls)
{
	enum zone_ssl ssl = secure_mode(r);

	if (tls ? ssl == ZONE_SSL_OFF : r->site->zone->settings.tls.always_https && ssl != ZONE_SSL_OFF)
		return false; /* sent to the other scheme first */
	*ret_origin_tls = ssl == ZONE_SSL_ORIGIN_PULL || (tls && (ssl == ZONE_SSL_FULL || ssl == ZONE_SSL_STRICT));
	return true;
}

/* The same visitor was given the same redirect a moment ago. */
static bool redirect_loop__again(struct request *r)
{
	struct redirect_loops *all = r->w->redirect_loops;
	uint64_t now = loop_now_ms(r->w->loop), who;

	who = hash_bytes(&all->hash, rules_asked(r)) ^ hash_bytes(&all->hash, r->host) * 3 ^
	      hash_bytes(&all->hash, slice_of((const char *)r->q->client.ip.b, sizeof r->q->client.ip.b)) * 5;
	size_t at = who % REDIRECT_LOOP__SEEN;
	bool again = all->seen[at].who == who && now - all->seen[at].ms < REDIRECT_LOOP__SEEN_MS;
	all->seen[at].who = who;
	all->seen[at].ms = now;
	return again;
}

static const char *redirect_loop__cause(struct request *r, const struct redirect_loop__to *to)
{
	enum zone_ssl ssl = secure_mode(r);
	bool origin_tls = secure_origin(r), again_tls;

	if (to->tls && !origin_tls && r->q->tls)
		return "The site's server sends everybody to https, but its SSL mode here is flexible, so it is always "
		       "asked over plain http. The owner should choose the mode full or strict, or let the server "
		       "believe X-Forwarded-Proto.";
	if (to->tls && ssl == ZONE_SSL_OFF)
		return "The site's server sends everybody to https, but its SSL mode here is off, which sends "
		       "everybody "
		       "back to http. The owner should choose the mode full or strict.";
	if (!to->tls && r->q->tls && !redirect_loop__asks(r, false, &again_tls))
		return "The site's server sends everybody to http, but Always Use HTTPS is on here, which sends "
		       "everybody "
		       "back to https. The owner should switch one of the two off.";
	if (to->tls == r->q->tls && redirect_loop__asks(r, to->tls, &again_tls) && again_tls == origin_tls &&
	    redirect_loop__again(r))
		return "The site's server keeps sending the visitor to the page that was asked for. Often the app does "
		       "not "
		       "see that it was asked over https: the owner should let it believe X-Forwarded-Proto.";
	return NULL;
}

/* ---- telling ---- */

static void redirect_loop__tell(struct request *r, struct slice location, const char *cause)
{
	struct redirect_loops *all = r->w->redirect_loops;
	uint64_t now = loop_now_ms(r->w->loop);
	char mem[REDIRECT_LOOP__EVENT];
	struct text t = text_of(mem, sizeof mem);

	counter_add(&r->w->counters, redirect_loops, 1);
	if (all->told_site == r->site->id && all->told_ms && now - all->told_ms < REDIRECT_LOOP__EVENT_MS)
		return;
	all->told_site = r->site->id;
	all->told_ms = now;
	text_printf(&t, "{\"ray\":\"%.*s\",\"time\":%lld,\"zone\":", (int)r->ray_n, r->ray_text,
		    (long long)loop_wall_ms(r->w->loop));
	text_json(&t, r->site->zone->name);
	text_add(&t, SLICE(",\"host\":"));
	text_json(&t, r->host);
	text_add(&t, SLICE(",\"path\":"));
	text_json(&t, slice_first(rules_asked(r), REDIRECT_LOOP__CUT));
	text_add(&t, SLICE(",\"location\":"));
	text_json(&t, slice_first(location, REDIRECT_LOOP__CUT));
	text_printf(&t, ",\"status\":%u,\"cause\":\"%s\"}", r->resp->status, cause);
	if (!t.bad)
		events_send(r->w, "loop", text_slice(&t));
}

/* A redirect that the visitor would follow with the same request. */
static bool redirect_loop__repeats(const struct request *r)
{
	bool get = r->q->method_id == METHOD_GET || r->q->method_id == METHOD_HEAD;

	switch (r->resp->status) {
	case 301:
	case 302:
	case 303:
		return get;
	case 307:
	case 308:
		return true;
	default:
		return false;
	}
}

const char *redirect_loop_found(struct request *r)
{
	const struct h1_response *o = r->resp;
	const struct field *f;
	struct redirect_loop__to to;

	if (o->status < 301 || o->status > 308 || !r->x || !redirect_loop__repeats(r))
		return NULL;
	f = field_find(o->fields, o->fields_n, FIELD_LOCATION);
	if (!f || field_find(o->fields, o->fields_n, FIELD_SET_COOKIE) || !redirect_loop__here(r, f->value, &to) ||
	    !redirect_loop__same_url(r, to.path))
		return NULL;
	const char *cause = redirect_loop__cause(r, &to);
	if (cause)
		redirect_loop__tell(r, f->value, cause);
	return cause;
}
