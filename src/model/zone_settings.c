/* SPDX-License-Identifier: Apache-2.0 */
/* zone_settings: see zone_settings.h. Names and values follow Cloudflare's zone settings; on and off are booleans. */
#include "model/zone_settings.h"

#include "base/mem.h"

enum {
	ZONE_SETTINGS__READ_S_MAX = 6000,
	ZONE_SETTINGS__MS = 1000,
	ZONE_SETTINGS__PASSAGE_S = 1800,
	ZONE_SETTINGS__STREAMS_MAX = 1000,
	ZONE_SETTINGS__PATH_MAX = 128,
};

static const int64_t zone_settings__ttl_range[2] = { 0, INT32_MAX };
static const int64_t zone_settings__time_range[2] = { 0, INT64_MAX };
static const int64_t zone_settings__read_range[2] = { 1, ZONE_SETTINGS__READ_S_MAX };
static const int64_t zone_settings__passage_range[2] = { 300, 31536000 };

enum {
	ZONE_SETTINGS__LEVEL_BYPASS = CACHE_LEVEL_SIMPLIFIED + 1,
	ZONE_SETTINGS__LEVEL_EVERYTHING,
};

/* The level is part of the key; the two that are about eligibility use whole URLs as keys. */
static enum err zone_settings__level(struct json_read *r, const json_t *root, struct cache_policy *p)
{
	static const char *const levels[] = {
		[CACHE_LEVEL_AGGRESSIVE] = "aggressive",
		[CACHE_LEVEL_BASIC] = "basic",
		[CACHE_LEVEL_SIMPLIFIED] = "simplified",
		[ZONE_SETTINGS__LEVEL_BYPASS] = "bypass",
		[ZONE_SETTINGS__LEVEL_EVERYTHING] = "cache_everything",
		NULL,
	};
	int level = CACHE_LEVEL_AGGRESSIVE;

	TRY(json_read_choice(r, root, "cache_level", levels, &level));
	if (level == ZONE_SETTINGS__LEVEL_BYPASS)
		p->eligibility = CACHE_NOTHING;
	else if (level == ZONE_SETTINGS__LEVEL_EVERYTHING)
		p->eligibility = CACHE_EVERYTHING;
	else
		p->level = (enum cache_level)level;
	return OK;
}

static enum err zone_settings__browser(struct json_read *r, const json_t *root, struct cache_policy *p)
{
	int64_t ttl_s = 0;

	TRY(json_read_int(r, root, "browser_cache_ttl", zone_settings__ttl_range, &ttl_s));
	p->browser_ttl_mode = ttl_s ? BROWSER_TTL_OVERRIDE_ORIGIN : BROWSER_TTL_RESPECT_ORIGIN;
	p->browser_ttl_s = ttl_s;
	return OK;
}

/* Strict-Transport-Security (RFC 6797) and its companion. */
static enum err zone_settings__security(struct json_read *r, const json_t *root, struct zone_tls *ret)
{
	static const struct json_read_member members[] = {
		{ "enabled", JSON_READ_BOOL, false },
		{ "max_age", JSON_READ_INT, false },
		{ "include_subdomains", JSON_READ_BOOL, false },
		{ "preload", JSON_READ_BOOL, false },
		{ "nosniff", JSON_READ_BOOL, false },
		{ NULL, JSON_READ_BOOL, false },
	};
	const json_t *v = json_object_get(root, "security_header");
	int64_t max_age_s = 0;

	if (!v)
		return OK;
	size_t mark = json_read_in(r, "security_header");
	TRY(json_read_object(r, v, members));
	TRY(json_read_int(r, v, "max_age", zone_settings__ttl_range, &max_age_s));
	json_read_out(r, mark);
	ret->hsts = json_read_bool(v, "enabled", false);
	ret->hsts_max_age_s = (uint32_t)max_age_s;
	ret->hsts_subdomains = json_read_bool(v, "include_subdomains", false);
	ret->hsts_preload = json_read_bool(v, "preload", false);
	ret->nosniff = json_read_bool(v, "nosniff", false);
	return OK;
}

enum err zone_settings_ssl(struct json_read *r, const json_t *object, int *ret)
{
	static const char *const modes[] = {
		[ZONE_SSL_FLEXIBLE] = "flexible",
		[ZONE_SSL_OFF] = "off",
		[ZONE_SSL_FULL] = "full",
		[ZONE_SSL_STRICT] = "strict",
		[ZONE_SSL_ORIGIN_PULL] = "origin_pull",
		NULL,
	};

	return json_read_choice(r, object, "ssl", modes, ret);
}

enum err zone_settings_paths(struct json_read *r, const json_t *root, struct zone_paths **ret)
{
	const json_t *list = json_object_get(root, "validation_paths");
	size_t n = json_array_size(list), bytes = 0, mark = json_read_in(r, "validation_paths");

	*ret = NULL;
	if (n > ZONE_PATHS_MAX)
		return json_read_fail(r, "holds %zu paths, at most %d", n, ZONE_PATHS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct slice s = json_read_string(json_array_get(list, i));
		size_t element = json_read_in_index(r, i);
		if (!slice_starts(s, SLICE("/.well-known/")) || !slice_ends(s, SLICE("/")) ||
		    s.n > ZONE_SETTINGS__PATH_MAX)
			return json_read_fail(r, "must begin with /.well-known/, end with / and have at most %d bytes",
					      ZONE_SETTINGS__PATH_MAX);
		bytes += s.n;
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	if (!list)
		return OK;
	struct zone_paths *paths = mem_alloc(sizeof *paths + bytes);
	char *at = (char *)(paths + 1);
	paths->n = n;
	for (size_t i = 0; i < n; i++) {
		struct slice s = json_read_string(json_array_get(list, i));
		memcpy(at, s.p, s.n);
		paths->at[i] = slice_of(at, s.n);
		at += s.n;
	}
	*ret = paths;
	return OK;
}

static enum err zone_settings__tls(struct json_read *r, const json_t *root, struct zone_tls *ret)
{
	static const char *const versions[] = { "1.2", "1.3", NULL };
	static const char *const newest[] = { "on", "off", "zrt", NULL };
	static const char *const origin_versions[] = { "1", "2", NULL };
	static const int64_t streams_range[2] = { 0, ZONE_SETTINGS__STREAMS_MAX };
	int version = 0, newer = 0, mode = ZONE_SSL_FLEXIBLE, origin_version = 1;
	int64_t streams = 0;

	TRY(zone_settings_ssl(r, root, &mode));
	ret->ssl = (enum zone_ssl)mode;
	TRY(json_read_choice(r, root, "min_tls_version", versions, &version));
	ret->min_1_3 = version == 1;
	TRY(json_read_choice(r, root, "origin_max_http_version", origin_versions, &origin_version));
	ret->origin_h2 = origin_version == 1;
	TRY(json_read_int(r, root, "origin_h2_max_streams", streams_range, &streams));
	ret->origin_h2_streams = (uint16_t)streams;
	TRY(json_read_choice(r, root, "tls_1_3", newest, &newer));
	ret->no_1_3 = newer == 1;
	ret->early = newer == 2 || json_read_bool(root, "0rtt", false);
	if (ret->no_1_3 && (ret->min_1_3 || ret->early))
		return diag_set(r->d, ERR_PLAN, "tls_1_3", "\"off\" leaves %s nothing to speak",
				ret->min_1_3 ? "min_tls_version \"1.3\"" : "0rtt");
	ret->rewrites = json_read_bool(root, "automatic_https_rewrites", false);
	ret->opportunistic = json_read_bool(root, "opportunistic_encryption", false);
	ret->always_https = json_read_bool(root, "always_use_https", false);
	ret->no_h2 = !json_read_bool(root, "http2", true);
	return zone_settings__security(r, root, ret);
}

static enum err zone_settings__shield(struct json_read *r, const json_t *root, struct zone_shield *ret)
{
	static const char *const levels[] = { "off", "under_attack", NULL };
	static const char *const modes[] = {
		[ZONE_AUTOPILOT_OFF] = "off", [ZONE_AUTOPILOT_WATCH] = "watch", [ZONE_AUTOPILOT_ACT] = "act", NULL
	};
	int level = 0, mode = ZONE_AUTOPILOT_OFF;
	int64_t ttl_s = ZONE_SETTINGS__PASSAGE_S;

	TRY(json_read_choice(r, root, "security_level", levels, &level));
	TRY(json_read_int(r, root, "challenge_ttl", zone_settings__passage_range, &ttl_s));
	TRY(json_read_choice(r, root, "autopilot", modes, &mode));
	ret->autopilot = (enum zone_autopilot)mode;
	ret->under_attack = level == 1;
	ret->browser_check = json_read_bool(root, "browser_check", false);
	ret->passage_ttl_s = (uint32_t)ttl_s;
	return OK;
}

enum err zone_settings_read(struct json_read *r, const json_t *root, struct zone_settings *ret,
			    struct zone_settings_base *ret_base)
{
	static const char *const pseudo[] = {
		[PSEUDO_IPV4_OFF] = "off",
		[PSEUDO_IPV4_ADD_HEADER] = "add_header",
		[PSEUDO_IPV4_OVERWRITE_HEADER] = "overwrite_header",
		NULL,
	};
	int pseudo_ipv4 = PSEUDO_IPV4_OFF;
	int64_t read_s = 0;

	*ret = (struct zone_settings){ 0 };
	*ret_base = (struct zone_settings_base){ .cache.stale_while_updating = true };
	TRY(zone_settings__level(r, root, &ret_base->cache));
	TRY(zone_settings__browser(r, root, &ret_base->cache));
	ret_base->cache.serve_stale_on_error = json_read_bool(root, "always_online", false);
	ret_base->cache.sort_query = json_read_bool(root, "sort_query_string_for_cache", false);
	TRY(json_read_int(r, root, "development_until", zone_settings__time_range, &ret->development_until_s));
	if (json_read_bool(root, "development_mode", false))
		ret->development_until_s = INT64_MAX;
	TRY(json_read_choice(r, root, "pseudo_ipv4", pseudo, &pseudo_ipv4));
	ret->pseudo_ipv4 = (enum pseudo_ipv4)pseudo_ipv4;
	ret->true_client_ip_header = json_read_bool(root, "true_client_ip_header", false);
	ret->origin_error_page_pass_thru = json_read_bool(root, "origin_error_page_pass_thru", true);
	ret->websockets = json_read_bool(root, "websockets", true);
	TRY(zone_settings__tls(r, root, &ret->tls));
	TRY(zone_settings__shield(r, root, &ret->shield));
	TRY(json_read_int(r, root, "proxy_read_timeout", zone_settings__read_range, &read_s));
	ret_base->proxy_read_ms = (uint64_t)read_s * ZONE_SETTINGS__MS;
	return OK;
}
