/* SPDX-License-Identifier: Apache-2.0 */
/* verbs: the nouns, each in the file of its name. A new noun: a file, a line here, a line in verb.c. */
#ifndef CLIENT_VERBS_H
#define CLIENT_VERBS_H

#include "client/verb.h"

extern const struct verb_noun zones_cmd, records_cmd, settings_cmd, rules_cmd, access_cmd, purge_cmd, tokens_cmd;
extern const struct verb_noun dnssec_cmd, explain_cmd, audit_cmd;
extern const struct verb_noun ips_cmd, import_cmd, export_cmd, doctor_cmd, complete_cmd, man_cmd;

#endif
