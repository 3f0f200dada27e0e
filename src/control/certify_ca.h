/* SPDX-License-Identifier: Apache-2.0 */
/* certify_ca: where the internal authority is kept: DATA/state/ca (its key sealed) and, for people, DATA/run/ca.pem. */
#ifndef CONTROL_CERTIFY_CA_H
#define CONTROL_CERTIFY_CA_H

#include "base/diag.h"
#include "base/seal.h"
#include "supervisor/node.h"

struct tls_ca;

/* Where an authority lies: below DATA/state, and its root below DATA/run. */
struct certify_ca_files {
	const char *state, *run; /* "ca", "ca.pem" */
};

/*
 * Reads the file, or makes a new authority and writes it there (complete or not at all, on disk before this
 * returns); then writes the root to the other one. out: *ret, the caller's. errors: ERR_CONFIG (the file cannot be
 * used, with what to do), ERR_SYSTEM.
 */
enum err certify_ca_open(const struct node_config *node, const struct seal *seal, const struct certify_ca_files *files,
			 struct tls_ca **ret, struct diag *d) MUST_USE;

#endif
