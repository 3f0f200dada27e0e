/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sf: reader of structured-field dictionaries (RFC 8941 3.2 and 4.2), strict as the RFC asks: one wrong byte and the
 * whole field is invalid. Values are not unescaped. Pure.
 */
#ifndef WIRE_SF_H
#define WIRE_SF_H

#include "base/slice.h"

enum sf_type { SF_INTEGER, SF_DECIMAL, SF_STRING, SF_TOKEN, SF_BYTES, SF_BOOLEAN, SF_INNER_LIST };

struct sf_item {
	enum sf_type type;
	int64_t integer;   /* SF_INTEGER; SF_BOOLEAN as 0 or 1; SF_DECIMAL in thousandths */
	struct slice text; /* SF_STRING without its quotes, escapes as sent; SF_TOKEN; SF_BYTES without its colons;
			      SF_INNER_LIST with its parentheses */
};

/* A dictionary on its way through one field value. */
struct sf_dict {
	struct slice rest;
	bool first, bad;
};

/* A reader at the start of a field value. */
struct sf_dict sf_dict_of(struct slice value);

/*
 * The next member; parameters are checked and dropped. Keys may repeat: the last one wins (the caller's business).
 * Returns false at the end and when the dictionary is malformed: then d->bad is set, and what came before is void.
 */
bool sf_dict_next(struct sf_dict *d, struct slice *ret_key, struct sf_item *ret_item);

#endif
