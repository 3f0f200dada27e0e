/* SPDX-License-Identifier: Apache-2.0 */
/* zone_settings: the settings among the members of a zone plan item (docs/PLAN.md). Private to this room. */
#ifndef MODEL_ZONE_SETTINGS_H
#define MODEL_ZONE_SETTINGS_H

#include "model/json_read.h"
#include "model/zone.h"

/* What the settings are for each host of the zone, which may say otherwise. */
struct zone_settings_base {
	struct cache_policy cache;
	uint64_t proxy_read_ms; /* 0: not set */
};

/* The members that zone_settings_read reads, ready to stand in a table of known members. */
#define ZONE_SETTINGS_MEMBERS                                                                                          \
	{ "cache_level", JSON_READ_STRING, false }, { "development_mode", JSON_READ_BOOL, false },                     \
		{ "development_until", JSON_READ_INT, false }, { "browser_cache_ttl", JSON_READ_INT, false },          \
		{ "always_online", JSON_READ_BOOL, false }, { "sort_query_string_for_cache", JSON_READ_BOOL, false },  \
		{ "true_client_ip_header", JSON_READ_BOOL, false }, { "pseudo_ipv4", JSON_READ_STRING, false },        \
		{ "origin_error_page_pass_thru", JSON_READ_BOOL, false }, { "websockets", JSON_READ_BOOL, false },     \
		{ "always_use_https", JSON_READ_BOOL, false }, { "min_tls_version", JSON_READ_STRING, false },         \
		{ "ssl", JSON_READ_STRING, false }, { "http2", JSON_READ_BOOL, false },                                \
		{ "security_header", JSON_READ_OBJECT, false }, { "security_level", JSON_READ_STRING, false },         \
		{ "challenge_ttl", JSON_READ_INT, false }, { "browser_check", JSON_READ_BOOL, false },                 \
		{ "origin_max_http_version", JSON_READ_STRING, false },                                                \
		{ "origin_h2_max_streams", JSON_READ_INT, false }, { "tls_1_3", JSON_READ_STRING, false },             \
		{ "0rtt", JSON_READ_BOOL, false }, { "ciphers", JSON_READ_ARRAY, false },                              \
		{ "autopilot", JSON_READ_STRING, false }, { "validation_paths", JSON_READ_ARRAY, false },              \
		{ "automatic_https_rewrites", JSON_READ_BOOL, false },                                                 \
		{ "opportunistic_encryption", JSON_READ_BOOL, false },                                                 \
	{                                                                                                              \
		"proxy_read_timeout", JSON_READ_INT, false                                                             \
	}

/* Reads the settings of the item; absent ones take their defaults. errors: ERR_PLAN with the member's path. */
enum err zone_settings_read(struct json_read *r, const json_t *root, struct zone_settings *ret,
			    struct zone_settings_base *ret_base) MUST_USE;

/* The member "ssl" of an object, a word, as enum zone_ssl; absent: *ret stays. errors: ERR_PLAN. */
enum err zone_settings_ssl(struct json_read *r, const json_t *object, int *ret) MUST_USE;
/*
 * The member "validation_paths": absent: NULL. out: *ret, the caller's, one allocation (mem_free). errors: ERR_PLAN.
 */
enum err zone_settings_paths(struct json_read *r, const json_t *root, struct zone_paths **ret) MUST_USE;

#endif
