/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: a plan item of kind "order": names whose first certificate is being ordered at an authority right now. While
 * it is live, handshakes for them wait a moment rather than show a certificate that nobody trusts. Lifetime: counted;
 * immutable after it was built.
 */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include "model/kind.h"

#include <stdatomic.h>

enum { ORDER_NAME_MAX = 64 };

struct order {
	uint32_t magic; /* OBJ_ORDER */
	atomic_uint refs;
	struct slice name;   /* lower-case letters, digits and '-' */
	struct slice *hosts; /* 1 to HOST_NAMES_MAX, canonical; "*.example.test" covers one level */
	size_t hosts_n;
};

/*
 * Reads {"kind":"order","name":ID,"hosts":[…]} strictly. out: *ret with one reference. errors: ERR_PLAN with the
 * member's path, or line:column. Any thread, allocates.
 */
enum err order_from_json(struct slice json, struct order **ret, struct diag *d) MUST_USE;
/* Drops one reference; the last frees. NULL is fine. */
void order_unref(struct order *o);

/* The kind for control and edge. */
extern const struct kind order_kind;

#endif
