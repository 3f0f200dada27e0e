/* SPDX-License-Identifier: Apache-2.0 */
/* schema: the tables of the state, as numbered steps. A step that has been released is never changed; a new one is
 * added at the end. */
#ifndef STATE_SCHEMA_H
#define STATE_SCHEMA_H

#include "store/store.h"

/* The steps, *ret_n of them. Process lifetime. */
const struct store_migration *state_schema_steps(size_t *ret_n);

#endif
