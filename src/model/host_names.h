/* SPDX-License-Identifier: Apache-2.0 */
/* host_names: the member `hosts` of plan items that are for some host names: names, or "*." and one. */
#ifndef MODEL_HOST_NAMES_H
#define MODEL_HOST_NAMES_H

#include "base/text.h"
#include "model/json_read.h"

enum { HOST_NAMES_MAX = 256 };

/* Bytes that host_names_read writes at most; how many names there are goes to *ret_n. root: not judged yet. */
size_t host_names_bytes(const json_t *root, size_t *ret_n);
/*
 * Reads the array: 1 to HOST_NAMES_MAX names, canonical, at the end of memory; ret has room for all. errors: ERR_PLAN
 * at the member or its element.
 */
enum err host_names_read(struct json_read *r, const json_t *root, struct text *memory, struct slice *ret) MUST_USE;

#endif
