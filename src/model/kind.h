/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kind: what kinds of plan items there are, as the few functions that whoever moves items needs: build the object from
 * JSON, give it up again, its name, and the names that only one item may have. Control judges items with them before
 * they travel, an edge builds what it publishes. Each kind is defined in its own room (zone_kind here); control/kinds.h
 * and edge/publish.h list those that this version knows.
 */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include "base/diag.h"
#include "base/limits.h"
#include "base/slice.h"

enum { KIND_NAME_BYTES = 16, KIND_WHERE_BYTES = 48, KIND_KEY_BYTES = 280 };

/* One kind. Process lifetime; every function may be called on any thread, off the data path. */
struct kind {
	const char *name; /* "zone": member `kind` of its items, at most KIND_NAME_BYTES - 1 */
	/*
	 * Builds the object. out: *ret_object with one reference, the caller's (drop). errors: ERR_PLAN with the
	 * member's path, or line:column of a syntax error; ERR_MEMORY.
	 */
	enum err (*build)(struct slice json, uint64_t revision, const struct limits *limits, void **ret_object,
			  struct diag *d);
	/* Gives up the caller's reference. */
	void (*drop)(void *object);
	/* The name under which the object is known, canonical; lives as long as the object. */
	struct slice (*object_name)(const void *object);
	/*
	 * The i-th name that no other item of this kind may have as well, besides the item's own; empty past the last.
	 * where: its member for people, "hosts[3].name". May be NULL: there are none.
	 */
	struct slice (*claim)(const void *object, size_t i, char where[static KIND_WHERE_BYTES]);
	const char *claim_noun; /* what such a name is: "host" */
};

/* The kind "zone": model/zone.h. */
extern const struct kind zone_kind;

/* The kind of that name in a list that ends with NULL; NULL when it is not there. */
const struct kind *kind_find(const struct kind *const *kinds, struct slice name);
/*
 * Kind and name as one text, "zone/example.test", by which tables of items of all kinds find them.
 * Returns the text in key; cut at KIND_KEY_BYTES - 1, which no kind with a name of at most 255 bytes reaches.
 */
struct slice kind_key(char key[static KIND_KEY_BYTES], struct slice kind, struct slice name);

/*
 * The `kind` member of any plan item. out: *ret, one of the list. errors: ERR_PLAN with line:column of a syntax error,
 * or "kind" when it is missing or not in the list. thread: any, off the data path.
 */
enum err kind_of_json(const struct kind *const *kinds, struct slice json, const struct kind **ret,
		      struct diag *d) MUST_USE;

#endif
