/* SPDX-License-Identifier: Apache-2.0 */
/* zone_ciphers: the member `ciphers` of a zone plan item: which cipher suites of TLS 1.2 its visitors may choose from.
 */
#ifndef MODEL_ZONE_CIPHERS_H
#define MODEL_ZONE_CIPHERS_H

#include "base/text.h"
#include "model/json_read.h"

/*
 * Whether a zone may name this suite, in OpenSSL's words: those of the seed edge's list but 3DES (CVE-2016-2183). Some
 * are old (no forward secrecy, CBC) and are offered only to whom names them.
 */
bool zone_ciphers_is_known(struct slice name);
/* Bytes that zone_ciphers_read writes at most. root: the zone's item, not judged yet. */
size_t zone_ciphers_bytes(const json_t *root);
/*
 * The list with colons and a NUL behind it, at the end of memory; p NULL when there is none or it is empty.
 * errors: ERR_PLAN at the member.
 */
enum err zone_ciphers_read(struct json_read *r, const json_t *root, struct text *memory, struct slice *ret) MUST_USE;

#endif
