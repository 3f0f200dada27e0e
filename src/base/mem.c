/* SPDX-License-Identifier: Apache-2.0 */
/* mem: see mem.h. The one place that calls malloc. */
#include "base/mem.h"

#include "base/check.h"

#include <stdlib.h>

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n);
	CHECK(p != NULL);
	return p;
}

void *mem_alloc_array(size_t count, size_t size)
{
	void *p = calloc(count, size);
	CHECK(p != NULL);
	return p;
}

void *mem_try(size_t n)
{
	return malloc(n);
}

void *mem_resize(void *p, size_t n)
{
	void *q = realloc(p, n);
	CHECK(q != NULL);
	return q;
}

char *mem_dup(struct slice s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

void mem_free(void *p)
{
	free(p);
}
