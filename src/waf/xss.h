/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xss: tells whether a value, put into a page by a careless program, would run a script there. The value is read as
 * HTML 5, with the liberties that old browsers took, as text, as part of a tag, and as an attribute in each kind of
 * quote; then tags, attributes and addresses are looked at. The verdict is that of libinjection 3.9.2, with which the
 * tests compare. No state, no allocation.
 */
#ifndef WAF_XSS_H
#define WAF_XSS_H

#include "base/slice.h"

/* True when s would run a script. Cost: up to five passes over s. */
bool xss_detect(struct slice s);

#endif
