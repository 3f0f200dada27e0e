/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_query: one query of GraphQL (the specification of October 2021, sections 2.2 to 2.10) as a tree of fields,
 * with variables put in their places. Without fragments and directives, which are refused by name; mutations and
 * subscriptions are none of a reader's business. Bounded in depth and number.
 */
#ifndef API_GRAPHQL_QUERY_H
#define API_GRAPHQL_QUERY_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/slice.h"

#include <jansson.h>

enum { GRAPHQL_QUERY_DEPTH_MAX = 12, GRAPHQL_QUERY_FIELDS_MAX = 1000 };

struct graphql_field {
	struct graphql_field *next;
	struct graphql_field *fields; /* what is selected of it; NULL: nothing, it is a leaf */
	struct slice alias, name;     /* alias: as it is called in the answer, else the name */
	json_t *args;                 /* object; never NULL */
};

/*
 * in: text; variables: an object, or NULL. out: *ret, the fields of the operation, in the arena; graphql_query_free
 * gives up their arguments, also after an error. errors: ERR_SYNTAX with line and column in d->where and the reason.
 * Linear in text.n. Any thread.
 */
enum err graphql_query_parse(struct slice text, const json_t *variables, struct arena *arena,
			     struct graphql_field **ret, struct diag *d) MUST_USE;
/* Gives up the arguments of these fields and all below. NULL is fine. */
void graphql_query_free(struct graphql_field *f);

#endif
