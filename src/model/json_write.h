/* SPDX-License-Identifier: Apache-2.0 */
/* json_write: a JSON tree as compact text in a buffer. */
#ifndef MODEL_JSON_WRITE_H
#define MODEL_JSON_WRITE_H

#include "base/buf.h"

#include <jansson.h>

/* Appends v, members in the order in which they were set. errors: ERR_QUEUE_FULL (b's bound), ERR_MEMORY; b may hold a
 * part then. */
enum err json_write(const json_t *v, struct buf *b) MUST_USE;

#endif
