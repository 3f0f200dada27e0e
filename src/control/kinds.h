/* SPDX-License-Identifier: Apache-2.0 */
/* kinds: the kinds of plan items that control accepts and sends. */
#ifndef CONTROL_KINDS_H
#define CONTROL_KINDS_H

#include "model/kind.h"

/* A list that ends with NULL. Process lifetime. */
const struct kind *const *kinds_all(void);

#endif
