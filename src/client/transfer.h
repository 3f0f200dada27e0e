/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer: a zone as one JSON document, read from an API of Cloudflare's form and made again in another:
 *	{"format": "seawall zone 1", "name": "example.com", "records": […], "settings": {id: value},
 *	 "rulesets": {phase: [rules]}, "access_rules": […], "left": [{"what", "why"}]}
 * with members as the API takes them when they are created. `left` lists what was seen and cannot be taken along.
 */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include "client/cli.h"

/*
 * Reads a zone by its name. Settings are those that somebody changed. Returns CLIENT_OK with *ret a new reference, or
 * what to exit with after a complaint. Parts that the API refuses to show are listed in `left`.
 */
int transfer_read(struct cli *c, struct call *from, const char *zone, json_t **ret);
/*
 * Makes the document's zone (unless it is there) and all that is in it. What is there already in the same form is fine.
 * Returns CLIENT_OK, or what to exit with when the zone itself could not be made. out: *ret is {"made": {"records": N,
 * …}, "there": {…}, "left": [{"what", "why"}]}, new reference.
 */
int transfer_apply(struct cli *c, struct call *to, const json_t *document, json_t **ret);

#endif
