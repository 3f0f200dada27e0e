/* SPDX-License-Identifier: Apache-2.0 */
/* sweep: see sweep.h. */
#include "model/sweep.h"

enum { SWEEP__FIRST = 4096 };

bool sweep_map(struct map *m, size_t *at, bool (*dead)(const void *value), void (*drop)(void *value))
{
	struct map kept;
	struct slice key;
	void *value;

	if (m->count < (*at ? *at : SWEEP__FIRST))
		return false;
	map_init(&kept);
	for (size_t i = 0; map_next(m, &i, &key, &value);) {
		if (dead(value))
			drop(value);
		else
			map_put(&kept, key, value);
	}
	map_fini(m);
	*m = kept;
	*at = kept.count * 2 + SWEEP__FIRST;
	return true;
}
