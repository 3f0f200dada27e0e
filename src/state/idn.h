/* SPDX-License-Identifier: Apache-2.0 */
/* idn: host names in ASCII (Punycode) and in Unicode (IDNA 2008, RFC 5891). The only user of libidn2. */
#ifndef STATE_IDN_H
#define STATE_IDN_H

#include "state/state.h"

enum { STATE_UNICODE_BYTES = 1024 }; /* a name in UTF-8, and a NUL */

/*
 * The name in ASCII, lower case, one final dot dropped: labels of 1 to 63 bytes, 253 in all. Labels that are ASCII
 * already may hold letters, digits, '-', '_' and, as a whole label, '*'; others must be valid IDNA.
 * errors: ERR_SYNTAX.
 */
enum err state_idn_ascii(struct slice name, char ret[static STATE_NAME_BYTES]) MUST_USE;
/* A name in ASCII as people read it; itself when a label has no valid Unicode form. Returns ret. */
const char *state_idn_unicode(const char *ascii, char ret[static STATE_UNICODE_BYTES]);

#endif
