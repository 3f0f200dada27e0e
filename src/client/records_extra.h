/* SPDX-License-Identifier: Apache-2.0 */
/* records_extra: the verbs of `seawall records` that talk to name servers besides the API; private to records_cmd.c. */
#ifndef CLIENT_RECORDS_EXTRA_H
#define CLIENT_RECORDS_EXTRA_H

#include "client/cli.h"
#include "wire/dns_name.h"

/* `records compare`: asks this node's name server and another one the same questions and shows where they differ. */
int records_compare_run(struct cli *c);
/*
 * The zone of the first word from the server of --from, signed with the key of --tsig-file if given, as a master file.
 * Returns CLIENT_OK or complains. out: *ret lives as long as the run.
 */
int records_transfer_read(struct cli *c, struct slice *ret);

/* The name of the zone that the first word (a name or an id) means, in ASCII. Returns CLIENT_OK or complains. */
int records_extra_zone_name(struct cli *c, struct dns_name *ret);

#endif
