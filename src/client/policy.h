/* SPDX-License-Identifier: Apache-2.0 */
/* policy: what tokens and people may do, from the options --permission, --zone and --from of a command. */
#ifndef CLIENT_POLICY_H
#define CLIENT_POLICY_H

#include "client/cli.h"

/* The policies: one that allows what --permission names in the zones of --zone, or all. out: *ret, a new reference.
 * Returns CLIENT_OK or complains. */
int policy_of_options(struct cli *c, json_t **ret);
/* Adds the condition of --from to a body, when it was given. */
void policy_from_options(struct cli *c, json_t *body);

#endif
