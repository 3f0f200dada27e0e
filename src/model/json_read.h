/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_read: strict reading of a parsed JSON tree: every step knows its path ("hosts[2].origins[0]"), unknown
 * members are refused, and the first problem fills the reader's diag and stays. Used by the plan items of this room.
 */
#ifndef MODEL_JSON_READ_H
#define MODEL_JSON_READ_H

#include "base/diag.h"
#include "base/slice.h"

#include <jansson.h>

/* One reader for one document. The path is a stack of text; each step in is undone by json_read_out. */
struct json_read {
	struct diag *d;
	char path[DIAG_WHERE_BYTES];
	size_t path_n;
};

/*
 * Parses the whole text; duplicate members are refused.
 * out: *ret_root with one reference, the caller's (json_decref). errors: ERR_PLAN with d->where = "line:column",
 * ERR_MEMORY.
 */
enum err json_read_parse(struct slice text, struct diag *d, json_t **ret_root) MUST_USE;

/* An empty path that reports into d. */
struct json_read json_read_at_root(struct diag *d);
/* Step into a member or an element; returns the mark for json_read_out. */
size_t json_read_in(struct json_read *r, const char *member);
size_t json_read_in_index(struct json_read *r, size_t index);
/* Back to where the mark was taken. */
void json_read_out(struct json_read *r, size_t mark);

/* Fills the diag with the current path. Returns ERR_PLAN. */
enum err json_read_fail(const struct json_read *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What a member must be. */
enum json_read_type { JSON_READ_STRING, JSON_READ_INT, JSON_READ_BOOL, JSON_READ_OBJECT, JSON_READ_ARRAY };

/* One member that an object may have; a table of them ends with name NULL. */
struct json_read_member {
	const char *name;
	enum json_read_type type;
	bool required;
};

/* Checks that v is an object with only the table's members, each of its type, the required ones present.
 * errors: ERR_PLAN with the member's path. */
enum err json_read_object(struct json_read *r, const json_t *v, const struct json_read_member *table) MUST_USE;

/* The text of a string value; borrowed from the tree. */
struct slice json_read_string(const json_t *v);
/* The member's number; *ret untouched when it is absent. errors: ERR_PLAN when outside range[0] to range[1]. */
enum err json_read_int(struct json_read *r, const json_t *obj, const char *member, const int64_t range[static 2],
		       int64_t *ret) MUST_USE;
/* The member's truth, or `absent`. */
bool json_read_bool(const json_t *obj, const char *member, bool absent);
/* The index of the member's text in names (ends with NULL); *ret untouched when absent. errors: ERR_PLAN. */
enum err json_read_choice(struct json_read *r, const json_t *obj, const char *member, const char *const *names,
			  int *ret) MUST_USE;

#endif
