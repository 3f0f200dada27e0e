/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep: forgets the dead values of a map that only grows (base/map.h has no removal), so that names which come and go
 * for years do not stay in memory. Amortised: a walk only when the map has doubled since the last one.
 */
#ifndef MODEL_SWEEP_H
#define MODEL_SWEEP_H

#include "base/map.h"

/*
 * When the map holds at least *at values (0: some thousands), drops those that are dead and sets *at for the next time.
 * drop frees a value and its key. True when the map was walked: positions of map_next are void then.
 */
bool sweep_map(struct map *m, size_t *at, bool (*dead)(const void *value), void (*drop)(void *value));

#endif
