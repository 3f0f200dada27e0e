/* SPDX-License-Identifier: Apache-2.0 */
/* json_write: see json_write.h. */
#include "model/json_write.h"

static int json_write__bytes(const char *p, size_t n, void *arg)
{
	return buf_add(arg, slice_of(p, n)) ? 0 : -1;
}

enum err json_write(const json_t *v, struct buf *b)
{
	if (json_dump_callback(v, json_write__bytes, b, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		return OK;
	return b->full ? ERR_QUEUE_FULL : ERR_MEMORY;
}
