/* SPDX-License-Identifier: Apache-2.0 */
/* dns_files: a zone's records as a master file, out and in. */
#include "api/dns_records.h"
#include "base/mem.h"
#include "state/record_file.h"
#include "wire/multipart.h"

enum {
	DNS_FILES__EXPORT_BYTES_MAX = 256 << 20,
	DNS_FILES__BAD_BODY = 1004,
	DNS_FILES__WARNING = 81900,
	DNS_FILES__PARTS_MAX = 16,
};

/* The name servers of the zone: its own, or the node's. */
static json_t *dns_files__nameservers(const struct api_call *call)
{
	json_t *list = call->zone.vanity[0] ? json_loads(call->zone.vanity, 0, NULL) : NULL;

	if (list)
		return list;
	list = json_array();
	for (size_t i = 0; i < call->node->nameservers_n; i++)
		json_array_append_new(list, json_string(call->node->nameservers[i]));
	return list;
}

void api_dns_files_export(struct api_call *call)
{
	json_t *ns = dns_files__nameservers(call);
	struct slice text;
	struct buf out;
	enum err e;

	buf_init(&out, DNS_FILES__EXPORT_BYTES_MAX);
	e = state_record_file_write(call->state, &call->zone, ns, &out);
	json_decref(ns);
	text = e == OK ? arena_copy(&call->arena, buf_slice(&out)) : slice_of(NULL, 0);
	buf_fini(&out);
	if (e == OK && text.p)
		api_text(call, 200, SLICE("text/plain; charset=utf-8"), text);
	else if (e == OK || e == ERR_QUEUE_FULL)
		api_fail(call, 400, DNS_FILES__BAD_BODY, NULL, "The zone is too large for one file.");
	else
		api_fail_store(call, e);
}

/* The form's `file` and `proxied`. False after an answer. */
static bool dns_files__form(struct api_call *call, struct slice *ret_file, bool *ret_proxied)
{
	struct multipart_part part;
	struct multipart m;
	bool file = false;
	enum err e = multipart_init(&m, call->content_type, call->raw);

	for (size_t i = 0; e == OK && i < DNS_FILES__PARTS_MAX; i++) {
		e = multipart_next(&m, &part);
		if (e == OK && slice_eq(part.name, SLICE("file"))) {
			*ret_file = part.body;
			file = true;
		} else if (e == OK && slice_eq(part.name, SLICE("proxied"))) {
			*ret_proxied = slice_eq_nocase(slice_trim(part.body), SLICE("true"));
		}
	}
	if (e == ERR_CLOSED && file)
		return true;
	api_fail(call, 400, DNS_FILES__BAD_BODY, e == ERR_CLOSED ? "/file" : "",
		 e == ERR_CLOSED ? "The form has no part named file."
				 : "The body is not well-formed multipart/form-data, or has more than %d parts.",
		 DNS_FILES__PARTS_MAX);
	return false;
}

static bool dns_files__body(struct api_call *call, struct slice *ret_file, bool *ret_proxied)
{
	struct slice type = call->content_type;

	type = slice_trim(slice_split(&type, ';'));
	if (slice_eq_nocase(type, SLICE("multipart/form-data")))
		return dns_files__form(call, ret_file, ret_proxied);
	if (slice_eq_nocase(type, SLICE("text/plain")) || slice_eq_nocase(type, SLICE("text/dns"))) {
		*ret_file = call->raw;
		return true;
	}
	api_fail(call, 400, DNS_FILES__BAD_BODY, "",
		 "Send a zone file as multipart/form-data in the part named file, or as text/plain.");
	return false;
}

void api_dns_files_import(struct api_call *call)
{
	const struct state_record_rules rules = api_dns_records_rules(call);
	struct state_record_file_how how = { &rules, false };
	struct state_record_file_result r = { 0 };
	struct state_refusal why = { 0 };
	struct slice file = { "", 0 };
	json_t *warning, *after;
	size_t i;
	enum err e;

	if (!dns_files__body(call, &file, &how.proxied))
		return;
	e = state_record_file_read(call->state, &call->zone, &how, file, &r, &why);
	if (api_dns_records_failed(call, e, &why)) {
		json_decref(r.warnings);
		return;
	}
	json_array_foreach(r.warnings, i, warning)
	{
		if (i < API_MESSAGES_MAX)
			api_say(call, DNS_FILES__WARNING, "%s", json_string_value(warning));
	}
	after = json_pack("{s:I, s:I}", "recs_added", (json_int_t)r.added, "total_records_parsed",
			  (json_int_t)r.parsed);
	if (api_audit(call, "import", "dns_record", call->zone.id, NULL, after))
		api_ok(call, json_incref(after));
	json_decref(after);
	json_decref(r.warnings);
}
