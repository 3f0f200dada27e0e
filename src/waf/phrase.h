/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phrase: many phrases looked for at once, without regard to ASCII case (@pm, @pmFromFile). An automaton after Aho and
 * Corasick (CACM 18(6), 1975) over the classes of bytes that the phrases use. Read-only once finished.
 */
#ifndef WAF_PHRASE_H
#define WAF_PHRASE_H

#include "base/slice.h"

struct phrase_set;

/* Empty. Caller frees with phrase_set_free. */
struct phrase_set *phrase_set_new(void);
/* Frees; NULL is fine. */
void phrase_set_free(struct phrase_set *set);
/* Adds a copy of the phrase; empty ones are left out. Only before phrase_set_finish. */
void phrase_set_add(struct phrase_set *set, struct slice phrase);
/* Builds the automaton. Memory: states times classes times 4 bytes. */
void phrase_set_finish(struct phrase_set *set);
/*
 * The phrase that ends first in s, the longest of those that end there, in its own spelling; an empty slice when none
 * stands in s. Borrowed from the set. Cost: one step a byte of s.
 */
struct slice phrase_set_find(const struct phrase_set *set, struct slice s);
/* How many phrases, and the i-th. */
size_t phrase_set_count(const struct phrase_set *set);
struct slice phrase_set_at(const struct phrase_set *set, size_t i);

#endif
