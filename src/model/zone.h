/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone: one plan item of kind "zone" as the data path reads it: its host names, where each is fetched from and
 * how it is cached. Built off-path from JSON (model/zone_json.h), immutable afterwards, published by snapshot.
 * Lifetime: snapshot; whoever keeps one across a loop turn takes a reference.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include "base/ip.h"
#include "base/map.h"

#include <stdatomic.h>

enum { SITE_ORIGINS_MAX = 64, SITE_STATUS_TTLS_MAX = 64 };

/* edge_ttl.mode of a cache rule (Cloudflare cache rules, "edge_ttl"). */
enum edge_ttl_mode {
	EDGE_TTL_RESPECT_ORIGIN,   /* headers, else the default table by status */
	EDGE_TTL_OVERRIDE_ORIGIN,  /* always edge_ttl_s */
	EDGE_TTL_BYPASS_BY_DEFAULT /* headers, else not cached */
};

enum browser_ttl_mode {
	BROWSER_TTL_RESPECT_ORIGIN,
	BROWSER_TTL_OVERRIDE_ORIGIN,
	BROWSER_TTL_BYPASS /* Cache-Control: no-store towards the browser */
};

enum cache_eligibility {
	CACHE_BY_EXTENSION, /* the default list of static extensions, and /robots.txt */
	CACHE_EVERYTHING,   /* a rule says cache: true */
	CACHE_NOTHING       /* a rule says cache: false, or cache level bypass */
};

enum cache_level { CACHE_LEVEL_AGGRESSIVE, CACHE_LEVEL_BASIC, CACHE_LEVEL_SIMPLIFIED };

/* What an IPv4-only app is shown of an IPv6 visitor (zone setting pseudo_ipv4). */
enum pseudo_ipv4 { PSEUDO_IPV4_OFF, PSEUDO_IPV4_ADD_HEADER, PSEUDO_IPV4_OVERWRITE_HEADER };

/* How origins are asked (zone setting ssl): over TLS always, when the visitor came so, or never; verified or not. */
enum zone_ssl { ZONE_SSL_FLEXIBLE, ZONE_SSL_OFF, ZONE_SSL_FULL, ZONE_SSL_STRICT, ZONE_SSL_ORIGIN_PULL };

enum { ZONE_PATHS_MAX = 8 };

/* Prefixes of paths that a certificate's validation asks for: to the origin over plain HTTP, before redirects. */
struct zone_paths {
	size_t n;
	struct slice at[ZONE_PATHS_MAX];
};

/* How the zone wants TLS with its visitors and its origins. */
struct zone_tls {
	enum zone_ssl ssl;
	bool always_https;  /* plain HTTP is redirected */
	bool min_1_3;       /* TLS 1.2 is refused */
	bool no_1_3;        /* TLS 1.3 is not offered */
	bool early;         /* early data of TLS 1.3 is taken (0-RTT) */
	bool rewrites;      /* browsers are told to ask for what pages name by http over https */
	bool opportunistic; /* visitors over plain HTTP are told of HTTPS (Alt-Svc) */
	bool no_h2;
	bool origin_h2;             /* origins may be asked over HTTP/2 */
	uint16_t origin_h2_streams; /* at most so many requests at a time on one connection; 0: the limit */
	bool hsts, hsts_subdomains, hsts_preload, nosniff;
	uint32_t hsts_max_age_s;
};

/* What the admin set for the whole zone, as far as it is not part of a cache policy or a timeout of its sites. */
/* Whether what goes to the origins is watched, and acted upon (edge/admit.h). */
enum zone_autopilot { ZONE_AUTOPILOT_OFF, ZONE_AUTOPILOT_WATCH, ZONE_AUTOPILOT_ACT };

/* Who has to show something before he is let in. */
struct zone_shield {
	enum zone_autopilot autopilot;
	bool under_attack;      /* every visitor has to pass a challenge */
	bool browser_check;     /* requests without a user agent are refused */
	uint32_t passage_ttl_s; /* how long a passed challenge is good for */
};

struct zone_settings {
	int64_t development_until_s; /* wall clock: nothing is cached before; 0: off; INT64_MAX: until switched off */
	enum pseudo_ipv4 pseudo_ipv4;
	bool true_client_ip_header;
	bool origin_error_page_pass_thru; /* 502 and 504 of an origin reach the visitor as they are */
	bool websockets;
	struct zone_tls tls;
	struct zone_shield shield;
};

struct status_ttl {
	uint16_t from, to; /* inclusive */
	int64_t ttl_s;     /* 0: store and revalidate; -1: do not store */
};

enum { CACHE_KEY_NAMES_MAX = 64 };

/* Which parameters of the query are part of a key. */
enum cache_key_query { CACHE_KEY_QUERY_ALL, CACHE_KEY_QUERY_NONE, CACHE_KEY_QUERY_ONLY, CACHE_KEY_QUERY_WITHOUT };

/* What a rule makes of the cache key ("cache_key"). One allocation, immutable. */
struct cache_key_rule {
	uint8_t query; /* enum cache_key_query; of names[0 .. params_n) */
	bool sort, lang,
		device; /* parameters in order; the language, the kind of device that the visitor prefers, has */
	/* How many of the names are, in this order: parameters; header fields (lower case) whose values count; header
	 * fields of which only counts that they are there; the same of cookies. */
	uint16_t params_n, headers_n, present_n, cookies_n, cookies_present_n, names_n;
	struct slice names[CACHE_KEY_NAMES_MAX];
};

struct cache_policy {
	enum cache_eligibility eligibility;
	enum cache_level level;
	enum edge_ttl_mode edge_ttl_mode;
	int64_t edge_ttl_s;
	enum browser_ttl_mode browser_ttl_mode;
	int64_t browser_ttl_s;
	struct cache_key_rule *key;     /* NULL: the whole URL by level. Owned by the site or rule that said it */
	bool sort_query;                /* parameters are put in order for the key */
	uint16_t more_ports;            /* of those that do not cache by default, the ones that do (zone_port_caches) */
	bool stale_while_updating;      /* honour stale-while-revalidate */
	bool serve_stale_on_error;      /* "always online": any stale copy when the origin cannot be reached */
	struct status_ttl *status_ttls; /* NULL: none. Owned as the key is */
	size_t status_ttls_n;
};

struct cache_realm;
struct shield_handle;

/* A client certificate that origins are shown (authenticated origin pulls), as the plan has it. */
struct zone_identity {
	struct slice chain, key; /* PEM, sealed text; behind this */
	_Atomic(void *) loaded;  /* what an edge made of it, and how it is given back */
	void (*_Atomic drop)(void *loaded);
};

/* One host name and everything that a request for it needs. Owned by its zone. */
struct site {
	struct zone *zone;
	struct slice host; /* canonical, lower case; "*.example.test" for a wildcard */
	uint64_t id;       /* unique in this process for each build; keys per-worker state */
	/* Part of zone->origins; port 0: the visitor's (zone_port_origin). None when there is an origin_error. */
	const struct ip_port *origins;
	size_t origins_n;
	unsigned origin_error;          /* 1000, 1002 or 1016: why there is no origin to ask; 0: there is */
	struct slice origin_host;       /* Host sent to the origin; empty: the visitor's */
	struct zone_identity *identity; /* its own; NULL: the zone's */
	struct slice origin_name;       /* another name for which its certificate may be; empty: none */
	struct cache_policy cache;
	/* Milliseconds; 0: the limit's default. */
	uint64_t connect_ms, first_byte_ms, read_ms;
};

struct rule_book;
struct zone_waf;

struct zone {
	uint32_t magic; /* OBJ_ZONE */
	atomic_uint refs;
	struct slice name; /* canonical */
	uint64_t revision; /* of the plan item */
	struct zone_settings settings;
	struct slice ciphers; /* of TLS 1.2, with colons and a NUL behind; p NULL: the node's */
	struct site *sites;
	size_t sites_n;
	struct ip_port *origins;             /* of all sites */
	struct map by_host;                  /* exact names -> struct site *; wildcards under their "*.…" text */
	struct rule_book *book;              /* rules (rule.h); NULL: none */
	struct zone_waf *waf;                /* how the firewall engine runs (zone_waf.h); NULL: not at all */
	struct zone_identity *identity;      /* NULL: origins are shown none */
	struct zone_paths *validation_paths; /* NULL: acme-challenge and pki-validation */
	/* What the cache keeps for this zone (cache/purge.h), with one reference, and who takes it back. The
	 * publisher's. */
	struct cache_realm *realm;
	void (*realm_drop)(struct cache_realm *realm);
	/* What the shield keeps for this zone (edge/shield.h), likewise; NULL: it is not watched. */
	struct shield_handle *shield;
	void (*shield_drop)(struct shield_handle *shield);
	unsigned slot; /* where workers count its requests (edge/metrics.h); the publisher's */
};

/*
 * The site for a canonical host name inside the zone: exact, else the nearest wildcard that covers it
 * (one level or more, as DNS wildcards do), else NULL. No allocation.
 */
const struct site *zone_site(const struct zone *z, struct slice host);
/* Takes one more reference; z must be readable now (snapshot or own reference). */
void zone_ref(struct zone *z);
/* Frees what zone_from made. NULL is fine. */
void zone_identity_free(struct zone_identity *i);
/* Drops one; the last frees zone and sites. NULL is fine. */
void zone_unref(struct zone *z);

#endif
