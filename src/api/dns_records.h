/* SPDX-License-Identifier: Apache-2.0 */
/* dns_records: what the files about DNS records share (dns_records.c, dns_files.c). */
#ifndef API_DNS_RECORDS_H
#define API_DNS_RECORDS_H

#include "api/api_call.h"
#include "state/record_input.h"

/* What this node asks of records; borrowed from call->node. */
struct state_record_rules api_dns_records_rules(const struct api_call *call);
/* Answers a failure of the records of the state; false when e is OK. */
bool api_dns_records_failed(struct api_call *call, enum err e, const struct state_refusal *why);

/* GET and PATCH zones/:zone/dns_settings. */
void api_dns_settings_get(struct api_call *call);
void api_dns_settings_patch(struct api_call *call);
/* GET …/export: the zone as a master file. */
void api_dns_files_export(struct api_call *call);
/* POST …/import: multipart with `file` and perhaps `proxied`, or the file itself as text. */
void api_dns_files_import(struct api_call *call);

#endif
