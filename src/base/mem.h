/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem: the only door to the heap. mem_alloc panics when memory is gone (workers are supervised, and a
 * half-built object is worse than a restart); mem_try is for sizes that somebody outside chose.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/slice.h"

#include <stddef.h>

/* n bytes, zeroed; n >= 1. Caller frees with mem_free. Panics when memory is gone. Any thread. */
void *mem_alloc(size_t n) __attribute__((returns_nonnull, malloc, alloc_size(1)));
/* As mem_alloc for count objects of size bytes; panics on overflow. */
void *mem_alloc_array(size_t count, size_t size) __attribute__((returns_nonnull, malloc, alloc_size(1, 2)));
/* n bytes, not zeroed, or NULL. Caller frees. */
void *mem_try(size_t n) __attribute__((malloc, alloc_size(1)));
/* Grows or shrinks; contents kept up to the smaller size. Panics when memory is gone. p may be NULL. */
void *mem_resize(void *p, size_t n) __attribute__((returns_nonnull, alloc_size(2)));
/* A NUL-terminated copy. Caller frees. */
char *mem_dup(struct slice s) __attribute__((returns_nonnull, malloc));
/* Frees; NULL is fine. */
void mem_free(void *p);

#endif
