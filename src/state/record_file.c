/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_file.h"

#include "base/check.h"
#include "base/mem.h"
#include "state/record_data.h"
#include "state/record_dot.h"
#include "state/record_list.h"
#include "wire/rfc3339.h"
#include "wire/zonefile.h"
#include "wire/zonefile_notes.h"

#include <stdio.h>

enum { CODE_FILE = 1004, TTL_MIN = 30, TTL_MAX = 86400, TAG_BYTES = 160, LINE_BYTES = 300000 };

/* ---- in ---- */

struct record_file_reader {
	struct state *st;
	const struct state_zone *z;
	const struct state_record_file_how *how;
	struct state_record_file_result *result;
	struct state_refusal *why;
	char (*added)[STATE_ID_BYTES];
	size_t added_n, added_cap;
};

/* Comment, tags and settings of the notes as members of a body, which judges them like any other. */
static json_t *record_file__body(const struct zonefile_record *in, const struct state_record_file_how *how,
				 const struct state_record *r)
{
	json_t *body = state_record_body(r), *tags = json_array(), *settings = json_object();
	struct zonefile_notes notes;
	char tag[TAG_BYTES];
	size_t n;

	zonefile_notes_read(in->comment, &notes);
	if (notes.text.n)
		json_object_set_new(body, "comment", json_stringn(notes.text.p, notes.text.n));
	while (zonefile_notes_tag(&notes.tags, tag, sizeof(tag), &n))
		json_array_append_new(tags, json_stringn(tag, n));
	json_object_set_new(body, "tags", tags);
	if (notes.has_flatten)
		json_object_set_new(settings, "flatten_cname", json_true());
	json_object_set_new(body, "settings", settings);
	json_object_set_new(body, "proxied",
			    json_boolean(state_record_data_proxiable(r->type) &&
					 (notes.has_proxied ? notes.proxied : how->proxied)));
	return body;
}

static uint32_t record_file__ttl(const struct zonefile_record *in)
{
	if (!in->has_ttl || in->ttl == STATE_RECORD_TTL_AUTO)
		return STATE_RECORD_TTL_AUTO;
	return in->ttl < TTL_MIN ? TTL_MIN : in->ttl > TTL_MAX ? TTL_MAX : in->ttl;
}

static enum err record_file__owner(struct record_file_reader *f, const struct zonefile_record *in,
				   struct state_record *r)
{
	char owner[DNS_NAME_TEXT_BYTES];
	struct text t = text_of(owner, sizeof(owner) - 1);
	struct dns_name zone;

	dns_name_print_bare(&in->owner, &t);
	owner[t.n] = '\0';
	if (dns_name_parse(slice_str(f->z->name), &dns_name_root, &zone) != OK || !dns_name_in(&in->owner, &zone))
		return state_refusal_set(
			f->why, CODE_FILE, "/file",
			"%s does not lie in the zone %s; is a final dot wrong, or the file another zone's?", owner,
			f->z->name);
	if (state_record_input_name(f->z, text_slice(&t), r->name) != OK)
		return state_refusal_set(f->why, 9000, "/file",
					 "DNS name is invalid: %s; labels of letters, digits, - and _", owner);
	return OK;
}

/* True for what a zone file has and the edge makes itself. */
static bool record_file__passed_over(struct record_file_reader *f, const struct zonefile_record *in,
				     const struct state_record *r)
{
	return in->type == DNS_TYPE_SOA || (in->type == DNS_TYPE_NS && strcmp(r->name, f->z->name) == 0) ||
	       in->type == DNS_TYPE_RRSIG || in->type == DNS_TYPE_NSEC || in->type == DNS_TYPE_NSEC3 ||
	       in->type == DNS_TYPE_NSEC3PARAM || in->type == DNS_TYPE_CDS || in->type == DNS_TYPE_CDNSKEY;
}

static void record_file__remember(struct record_file_reader *f, const char *id)
{
	if (f->added_n == f->added_cap) {
		f->added_cap = f->added_cap ? f->added_cap * 2 : 64;
		f->added = mem_resize(f->added, f->added_cap * sizeof(*f->added));
	}
	slice_cstr(slice_str(id), f->added[f->added_n++], STATE_ID_BYTES);
}

/* Judges the body that the record makes, and adds it. */
static enum err record_file__take(struct record_file_reader *f, json_t *body)
{
	struct state_refusal why = { 0 };
	struct state_record r;
	enum err e;

	state_record_init(&r);
	e = state_record_input_read(f->z, f->how->rules, body, &r, &why);
	if (e == OK)
		e = state_record_add(f->st, f->z, &r, &why);
	if (e == OK) {
		f->result->added++;
		record_file__remember(f, r.id);
	} else if (why.code == 81058) {
		e = OK;
	} else {
		*f->why = why;
	}
	state_record_fini(&r);
	return e;
}

static enum err record_file__record(struct record_file_reader *f, const struct zonefile_record *in)
{
	struct state_record r;
	json_t *body;
	enum err e;

	f->result->parsed++;
	state_record_init(&r);
	r.type = in->type;
	r.ttl = record_file__ttl(in);
	e = record_file__owner(f, in, &r);
	if (e == OK && record_file__passed_over(f, in, &r)) {
		state_record_fini(&r);
		return OK;
	}
	if (e == OK && !state_record_data_knows(in->type)) {
		char type[DNS_TYPE_TEXT_BYTES];
		struct text t = text_of(type, sizeof(type));

		dns_type_print(in->type, &t);
		e = state_refusal_set(f->why, CODE_FILE, "/file", "records of type %.*s are not taken",
				      SLICE_ARG(text_slice(&t)));
	}
	if (e == OK)
		e = state_record_data_from_wire(in->rdata, &r, f->why);
	if (e == OK) {
		body = record_file__body(in, f->how, &r);
		e = record_file__take(f, body);
		json_decref(body);
	}
	state_record_fini(&r);
	return e;
}

/* The slip of the dot is looked for when all names are known. */
static enum err record_file__warn(struct record_file_reader *f)
{
	struct state_record r;
	enum err e = OK;

	state_record_init(&r);
	for (size_t i = 0; i < f->added_n && e == OK; i++) {
		char warning[STATE_RECORD_WARNING_BYTES], text[STATE_RECORD_WARNING_BYTES + 300];

		e = state_record_get(f->st, f->z->id, slice_str(f->added[i]), &r);
		if (e == OK && state_record_dot_warn(f->st, f->z, &r, warning)) {
			snprintf(text, sizeof(text), "%s: %s", r.name, warning);
			json_array_append_new(f->result->warnings, json_string(text));
		}
	}
	state_record_fini(&r);
	return e;
}

static void record_file__line(struct state_refusal *why, uint32_t line)
{
	char text[STATE_REFUSAL_TEXT_BYTES];

	snprintf(text, sizeof(text), "line %u: %.480s", line, why->text);
	memcpy(why->text, text, sizeof(text));
	snprintf(why->pointer, sizeof(why->pointer), "/file");
}

static enum err record_file__all(struct record_file_reader *f, struct zonefile *file)
{
	struct zonefile_record in;
	struct diag d;

	for (;;) {
		enum err e;

		diag_init(&d);
		if (zonefile_next(file, &in, &d) != OK) {
			char text[DIAG_WHERE_BYTES + DIAG_TEXT_BYTES + 8];

			return state_refusal_set(f->why, CODE_FILE, "/file", "%s", diag_print(&d, text, sizeof(text)));
		}
		if (file->done) {
			TRY(state_record_quota(f->st, f->z->id, f->why));
			return record_file__warn(f);
		}
		e = record_file__record(f, &in);
		if (e == ERR_PLAN)
			record_file__line(f->why, in.line);
		TRY(e);
	}
}

enum err state_record_file_read(struct state *st, const struct state_zone *z, const struct state_record_file_how *how,
				struct slice text, struct state_record_file_result *ret, struct state_refusal *why)
{
	struct record_file_reader f = { .st = st, .z = z, .how = how, .result = ret, .why = why };
	struct zonefile *file = mem_alloc(sizeof(*file));
	struct dns_name origin;
	enum err e;

	*ret = (struct state_record_file_result){ 0, 0, json_array() };
	e = dns_name_parse(slice_str(z->name), &dns_name_root, &origin);
	if (e == OK) {
		zonefile_init(file, text, &origin);
		e = record_file__all(&f, file);
	}
	mem_free(f.added);
	mem_free(file);
	return e;
}

/* ---- out ---- */

struct record_file_writer {
	const struct state_zone *z;
	struct buf *out;
	uint16_t type;
	char *line;
	bool first;
};

/* A tag as it stands in the notes: its value as a JSON string when it holds what separates tags. */
static void record_file__tag(struct buf *out, struct slice tag)
{
	struct slice value = tag, name = slice_split(&value, ':');

	buf_add(out, name);
	if (!value.p)
		return;
	buf_add_byte(out, ':');
	if (!memchr(value.p, ',', value.n) && !memchr(value.p, '"', value.n) && !memchr(value.p, '=', value.n) &&
	    !memchr(value.p, '\\', value.n)) {
		buf_add(out, value);
		return;
	}
	buf_add_byte(out, '"');
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, value.p[i]);
	}
	buf_add_byte(out, '"');
}

static void record_file__notes(struct record_file_writer *w, const struct state_record *r)
{
	const char *comment = json_string_value(r->comment), *between = "";
	bool proxiable = state_record_data_proxiable(r->type);
	json_t *tag;
	size_t i;

	if (!comment && !json_array_size(r->tags) && !proxiable)
		return;
	buf_printf(w->out, " ; ");
	if (comment && *comment)
		buf_printf(w->out, "%s ", comment);
	if (!proxiable && !json_array_size(r->tags) && !strstr(comment ? comment : "", "cf_tags="))
		return;
	buf_printf(w->out, "cf_tags=");
	json_array_foreach(r->tags, i, tag)
	{
		buf_printf(w->out, "%s", between);
		record_file__tag(w->out, slice_str(json_string_value(tag)));
		between = ",";
	}
	if (proxiable)
		buf_printf(w->out, "%scf-proxied:%s%s", between, r->proxied ? "true" : "false",
			   r->flatten ? ",cf-flatten-cname" : "");
}

static void record_file__row(void *arg, const struct state_record *r)
{
	struct record_file_writer *w = arg;
	struct text t = text_of(w->line, LINE_BYTES);
	char type[DNS_TYPE_TEXT_BYTES];
	struct text name = text_of(type, sizeof(type));

	dns_type_print(r->type, &name);
	if (w->first || w->type != r->type)
		buf_printf(w->out, "\n;; %.*s Records\n", SLICE_ARG(text_slice(&name)));
	w->first = false;
	w->type = r->type;
	CHECK(dns_rdata_print(r->type, state_record_rdata(r), &t) == OK);
	buf_printf(w->out, "%s.\t%u\tIN\t%.*s\t", r->name, r->ttl, SLICE_ARG(text_slice(&name)));
	buf_add(w->out, text_slice(&t));
	record_file__notes(w, r);
	buf_add_byte(w->out, '\n');
}

static void record_file__head(struct record_file_writer *w, int64_t now_ms, const json_t *nameservers)
{
	const char *first = json_string_value(json_array_get(nameservers, 0));
	char date[RFC3339_BYTES];
	json_t *ns;
	size_t i;

	buf_printf(w->out,
		   ";;\n;; Domain:     %s.\n;; Exported:   %.19s\n;;\n;; TTL 1 is \"automatic\". Lines can be imported "
		   "again; "
		   "SOA and the zone's NS are passed over then.\n;;\n\n",
		   w->z->name, rfc3339_print(now_ms, date));
	if (!first)
		return;
	buf_printf(
		w->out,
		";; SOA Record\n%s.\t3600\tIN\tSOA\t%s. hostmaster.%s. %lld 10000 2400 604800 1800\n\n;; NS Records\n",
		w->z->name, first, w->z->name, (long long)(w->z->modified_ms / 1000));
	json_array_foreach(nameservers, i, ns)
	{
		buf_printf(w->out, "%s.\t86400\tIN\tNS\t%s.\n", w->z->name, json_string_value(ns));
	}
}

enum err state_record_file_write(struct state *st, const struct state_zone *z, const json_t *nameservers,
				 struct buf *out)
{
	struct record_file_writer w = { .z = z, .out = out, .first = true };
	struct state_record_filter all = { .order = STATE_RECORD_BY_TYPE, .limit = -1 };
	int64_t total;
	enum err e;

	w.line = mem_alloc(LINE_BYTES);
	record_file__head(&w, st->now_ms, nameservers);
	e = state_record_list(st, z->id, &all, record_file__row, &w, &total);
	mem_free(w.line);
	return e == OK && out->full ? ERR_QUEUE_FULL : e;
}
