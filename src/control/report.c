/* SPDX-License-Identifier: Apache-2.0 */
/* report: see report.h. */
#include "control/report.h"

#include "base/text.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- writing ---- */

static void report__string(struct buf *out, struct slice s)
{
	size_t cap = s.n * 6 + 2;
	char *at = buf_room(out, cap);
	struct text t = text_of(at, at ? cap : 0);

	text_json(&t, s);
	if (at && !t.bad)
		buf_commit(out, t.n);
}

static void report__member(struct buf *out, const char *name, struct slice s)
{
	buf_printf(out, ",\"%s\":", name);
	report__string(out, s);
}

/* How an item stands with the edges. */
struct report__standing {
	size_t live, refused;
	uint64_t ack_us;
	const char *reason; /* of an edge that refuses it */
	uint32_t pid;
};

static struct report__standing report__standing(const struct report *r, const struct desired_item *item)
{
	struct report__standing s = { 0 };

	for (size_t i = 0; i < r->peers_n; i++) {
		const struct peer_item *it = peer_find(r->peers[i], slice_str(item->key));
		if (!it)
			continue;
		s.live += it->live && it->hash == item->hash;
		s.ack_us = it->ack_us > s.ack_us ? it->ack_us : s.ack_us;
		if (it->refused_hash == item->hash) {
			s.refused++;
			s.reason = it->reason;
			s.pid = r->peers[i]->pid;
		}
	}
	return s;
}

static void report__item(const struct report *r, const struct desired_file *f, struct buf *out)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct report__standing s = { 0 };
	const char *state = "refused";

	if (f->item)
		s = report__standing(r, f->item);
	if (!f->refused && s.refused == 0)
		state = s.live && s.live == r->peers_n ? "live" : "pending";
	buf_printf(out, "{\"file\":");
	report__string(out, slice_str(f->name));
	report__member(out, "state", slice_str(state));
	if (f->refused)
		report__member(out, "reason", slice_str(diag_print(f->refused, text, sizeof text)));
	else if (s.reason)
		report__member(out, "reason", slice_str(s.reason));
	if (f->item) {
		report__member(out, "kind", slice_str(f->item->kind->name));
		report__member(out, "name", slice_str(f->item->name));
		buf_printf(out, ",\"revision\":%llu,\"edges_live\":%zu,\"ack_ms\":%.3f",
			   (unsigned long long)f->item->revision, s.live, (double)s.ack_us / 1000);
	}
	buf_add_byte(out, '}');
}

static int report__by_name(const void *a, const void *b)
{
	return strcmp((*(const struct desired_file *const *)a)->name, (*(const struct desired_file *const *)b)->name);
}

/* Other sources than files have a slash in their names. There may be very many of them, and they have their own ways to
 * say how they are; only trouble is shown. */
static bool report__is_shown(const struct desired_file *f)
{
	return !strchr(f->name, '/') || f->refused;
}

void report_items(const struct report *r, struct buf *out)
{
	const struct desired_file *f;
	struct buf list;
	size_t n = 0;

	buf_init(&list, SIZE_MAX / 4);
	for (size_t at = 0; (f = desired_next_file(r->desired, &at));)
		if (report__is_shown(f) && buf_add(&list, slice_of(&f, sizeof f)))
			n++;
	const struct desired_file **files = (const struct desired_file **)(void *)list.p;
	if (n)
		qsort(files, n, sizeof(struct desired_file *), report__by_name);
	buf_printf(out, "\"folder\":");
	report__string(out, slice_str(r->node->plan_folder));
	if (r->folder_error)
		report__member(out, "folder_error", slice_str(r->folder_error));
	buf_printf(out, ",\"items_n\":%zu,\"items\":[", desired_count(r->desired));
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s\n", i ? "," : "");
		report__item(r, files[i], out);
	}
	buf_add_byte(out, ']');
	buf_fini(&list);
}

void report_edges(const struct report *r, struct buf *out)
{
	buf_printf(out, "\"edges\":[");
	for (size_t i = 0; i < r->peers_n; i++) {
		const struct peer *p = r->peers[i];
		buf_printf(out, "%s\n{\"pid\":%u,\"generation\":%u,\"synced\":%s,\"ack_ms\":%.3f", i ? "," : "", p->pid,
			   p->generation, p->synced ? "true" : "false", (double)p->ack_us_last / 1000);
		if (p->event[0])
			report__member(out, "event", slice_str(p->event));
		buf_printf(out, ",\"counters\":{");
		for (size_t k = 0; k < p->counters_n; k++) {
			if (k)
				buf_add_byte(out, ',');
			report__string(out, slice_str(p->counters[k].name));
			buf_printf(out, ":%llu", (unsigned long long)p->counters[k].value);
		}
		buf_printf(out, "}}");
	}
	buf_add_byte(out, ']');
}

void report_head(const struct report *r, struct buf *out)
{
	buf_printf(out, "\"version\":\"" SEAWALL_VERSION "\",\"time_ms\":%lld,\"control_pid\":%d",
		   (long long)clock_wall_ms(), (int)getpid());
	report__member(out, "node", slice_str(r->node->name));
}

/* ---- reading ---- */

enum err report_raw(const char *path, struct buf *out, struct diag *d)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0;

	if (fd < 0)
		return diag_set(d, ERR_NOT_FOUND, path, "%s; does this node run?", strerrordesc_np(errno));
	for (char *at; (at = buf_room(out, 65536)) && (n = read(fd, at, 65536)) > 0;)
		buf_commit(out, (size_t)n);
	close(fd);
	return n < 0 || out->full ? diag_set(d, ERR_NOT_FOUND, path, "cannot be read") : OK;
}

static const char *report__text(const json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s ? s : "";
}

static long long report__number(const json_t *obj, const char *name)
{
	return json_integer_value(json_object_get(obj, name));
}

static void report__page_items(const json_t *root, struct buf *out)
{
	const json_t *items = json_object_get(root, "items");

	buf_printf(out, "\nplan folder %s", report__text(root, "folder"));
	if (json_object_get(root, "folder_error"))
		buf_printf(out, ": %s", report__text(root, "folder_error"));
	buf_printf(out, "\n%-24s %-8s %-28s %-18s %s\n", "file", "state", "name", "revision", "acknowledged");
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *it = json_array_get(items, i);
		buf_printf(out, "%-24s %-8s %-28s %-18lld %.1f ms\n", report__text(it, "file"),
			   report__text(it, "state"), report__text(it, "name"), report__number(it, "revision"),
			   json_number_value(json_object_get(it, "ack_ms")));
		if (json_object_get(it, "reason"))
			buf_printf(out, "    %s%s\n", report__text(it, "reason"),
				   json_object_get(it, "name") ? " (the last good version stays)" : "");
	}
}

static void report__page_edges(const json_t *root, struct buf *out)
{
	const json_t *edges = json_object_get(root, "edges"), *value;
	const char *name;

	for (size_t i = 0; i < json_array_size(edges); i++) {
		const json_t *e = json_array_get(edges, i);
		json_t *counters = json_object_get(e, "counters");
		buf_printf(out, "\nedge %lld, generation %lld, %s\n", report__number(e, "pid"),
			   report__number(e, "generation"),
			   json_is_true(json_object_get(e, "synced")) ? "has the whole plan" : "is getting the plan");
		if (json_object_get(e, "event"))
			buf_printf(out, "    %s\n", report__text(e, "event"));
		for (void *it = json_object_iter(counters); it; it = json_object_iter_next(counters, it)) {
			name = json_object_iter_key(it);
			value = json_object_iter_value(it);
			if (json_integer_value(value))
				buf_printf(out, "    %-24s %lld\n", name, (long long)json_integer_value(value));
		}
	}
	if (json_array_size(edges) == 0)
		buf_printf(out, "\nno edge is connected\n");
}

enum err report_page(const char *path, int supervisor_pid, struct buf *out, struct diag *d)
{
	struct buf raw;
	json_error_t bad;

	buf_init(&raw, out->max_bytes);
	enum err e = report_raw(path, &raw, d);
	json_t *root = e == OK ? json_loadb(buf_slice(&raw).p, buf_len(&raw), 0, &bad) : NULL;
	buf_fini(&raw);
	if (e != OK)
		return e;
	if (!root)
		return diag_set(d, ERR_CORRUPT, path, "line %d: %s", bad.line, bad.text);
	if (supervisor_pid)
		buf_printf(out, "node %s runs, supervisor %d, version %s, seen %.1f s ago\n",
			   report__text(root, "node"), supervisor_pid, report__text(root, "version"),
			   (double)(clock_wall_ms() - report__number(root, "time_ms")) / 1000);
	else
		buf_printf(out, "node %s does NOT run; this is what was left\n", report__text(root, "node"));
	report__page_items(root, out);
	report__page_edges(root, out);
	json_decref(root);
	return OK;
}
