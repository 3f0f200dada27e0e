/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_value: types and values of the rules language. A value borrows what it points to: from the request, from the
 * compiled expression, or from the request's arena.
 */
#ifndef EXPR_VALUE_H
#define EXPR_VALUE_H

#include "base/ip.h"

/* A type: one of the scalars, alone or with EXPR_LIST or EXPR_MAP. A map has text keys, each with a list of scalars. */
enum expr_type {
	EXPR_MISSING = 0, /* of a value: not there (a header that was not sent) */
	EXPR_BOOL = 1,
	EXPR_INT = 2,
	EXPR_IP = 3,
	EXPR_BYTES = 4,
	EXPR_SCALAR = 7, /* mask of the above */
	EXPR_LIST = 8,
	EXPR_MAP = 16
};

struct expr_value {
	uint8_t type; /* enum expr_type; a list carries EXPR_LIST and the scalar's type */
	uint32_t list_n;
	union {
		bool b;
		int64_t i;
		struct ip ip;
		struct slice s;
		const struct expr_value *list; /* list_n scalars */
	};
};

static inline struct expr_value expr_bytes(struct slice s)
{
	return (struct expr_value){ .type = EXPR_BYTES, .s = s };
}

static inline struct expr_value expr_int(int64_t i)
{
	return (struct expr_value){ .type = EXPR_INT, .i = i };
}

static inline struct expr_value expr_bool(bool b)
{
	return (struct expr_value){ .type = EXPR_BOOL, .b = b };
}

static inline struct expr_value expr_ip(struct ip ip)
{
	return (struct expr_value){ .type = EXPR_IP, .ip = ip };
}

static inline struct expr_value expr_list(uint8_t scalar, const struct expr_value *list, size_t n)
{
	return (struct expr_value){ .type = (uint8_t)(scalar | EXPR_LIST), .list_n = (uint32_t)n, .list = list };
}

/* A word for people: "text", "a number", "a list of texts" …. Process lifetime. */
const char *expr_value_type(unsigned type);

#endif
