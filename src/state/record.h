/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: DNS records as Cloudflare's API has them (spec of its fields: docs/API.md), one row each. A record is judged
 * first (record_input.h: body to struct, everything checked but its neighbours), then stored here, where the rules
 * between records of one zone hold: no record twice, a CNAME alone with its addresses, a delegation alone.
 */
#ifndef STATE_RECORD_H
#define STATE_RECORD_H

#include "state/refusal.h"
#include "state/state.h"
#include "state/zone.h"
#include "wire/dns_rdata.h"

enum {
	STATE_RECORD_CONTENT_BYTES = 65536, /* of a record's text; rdata itself is bounded by DNS_RDATA_BYTES */
	STATE_RECORD_TTL_AUTO = 1,          /* as stored; answers carry STATE_RECORD_TTL_AUTO_S */
	STATE_RECORD_TTL_AUTO_S = 300,
	STATE_RECORD_WARNING_BYTES = 1024,
	STATE_RECORDS_MAX = 1000000, /* of one zone */
};

/* Bytes on the heap. */
struct state_record_bytes {
	char *p;
	size_t n;
};

/* One record. Heap members are the struct's; state_record_fini gives them up. Lifetime: the caller's. */
struct state_record {
	char id[STATE_ID_BYTES], zone_id[STATE_ID_BYTES];
	char name[STATE_NAME_BYTES]; /* whole, ASCII, lower case, no final dot */
	uint16_t type;               /* enum dns_type */
	bool proxied, has_priority, flatten;
	uint16_t priority;
	uint32_t ttl;
	char *content;                            /* as clients see it */
	struct state_record_bytes plain;          /* what filters compare: a TXT without quotes and escapes */
	struct state_record_bytes rdata;          /* wire form, absolute names */
	json_t *data, *settings, *comment, *tags; /* data and comment may be NULL, settings and tags are not */
	int64_t created_ms, modified_ms, comment_ms, tags_ms;
	char warning[STATE_RECORD_WARNING_BYTES]; /* of this call: what is accepted but probably a slip; "" */
};

/* The wire form, borrowed from the record. */
static inline struct slice state_record_rdata(const struct state_record *r)
{
	return slice_of(r->rdata.p, r->rdata.n);
}

/* An empty record. */
void state_record_init(struct state_record *r);
/* Frees what the record holds; it is as after init. */
void state_record_fini(struct state_record *r);

/* The record of that id in the zone. r must be initialised; the caller's to fini. errors: ERR_NOT_FOUND, as store_done.
 */
enum err state_record_get(struct state *st, const char *zone_id, struct slice id, struct state_record *r) MUST_USE;
/*
 * Stores a judged record as a new one (id and dates are filled in) after holding it against its zone.
 * errors: ERR_PLAN with the reason in `why` (81053, 81054, 81056, 81058 …), as store_done.
 */
enum err state_record_add(struct state *st, const struct state_zone *z, struct state_record *r,
			  struct state_refusal *why) MUST_USE;
/* Stores a judged record in the place of `old`, whose id and creation it keeps. errors: as state_record_add. */
enum err state_record_save(struct state *st, const struct state_zone *z, struct state_record *r,
			   const struct state_record *old, struct state_refusal *why) MUST_USE;
/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_record_remove(struct state *st, const struct state_zone *z, const char *id) MUST_USE;
/* How many records the zone has; -1 when the database fails. */
int64_t state_record_count(struct state *st, const char *zone_id);
/*
 * Whether the zone holds no more than STATE_RECORDS_MAX; once at the end of a call that added some, since counting
 * costs a pass over the zone. errors: ERR_PLAN (81045), ERR_SYSTEM.
 */
enum err state_record_quota(struct state *st, const char *zone_id, struct state_refusal *why) MUST_USE;
/* Whether any record of the zone has this name; wildcards do not count. */
bool state_record_exists(struct state *st, const char *zone_id, const char *name);

/* The record as clients see it, the caller's reference. `id` comes first: shell clients look for it there. */
json_t *state_record_json(const struct state_zone *z, const struct state_record *r);
/* The same as the body that would make it, the base of a PATCH. */
json_t *state_record_body(const struct state_record *r);

/* Reads the row of a statement that selects state_record_columns. */
void state_record_row(const struct store_use *u, struct state_record *r);
/* The columns that state_record_row reads, for statements of this room. */
#define STATE_RECORD_COLUMNS                                                                                           \
	"id, zone_id, name, type, content, plain, rdata, ttl, proxied, flatten, priority, data_json, settings_json,"   \
	"comment, tags_json, created_ms, modified_ms, comment_ms, tags_ms"

#endif
