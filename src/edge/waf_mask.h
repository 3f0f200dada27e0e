/* SPDX-License-Identifier: Apache-2.0 */
/* waf_mask: which matched values are secrets of a visitor, and what is written in their place. Pure. */
#ifndef EDGE_WAF_MASK_H
#define EDGE_WAF_MASK_H

#include "base/slice.h"

/* True when a variable ("ARGS:password", "REQUEST_HEADERS:Authorization") holds what nobody but its owner may read. */
bool waf_mask_is_secret(struct slice variable);
/* The text, or "***" when the variable is a secret one. Process lifetime or text's. */
struct slice waf_mask_text(struct slice variable, struct slice text);

#endif
