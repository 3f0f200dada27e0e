/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_pages: the pages for people (from the templates in web/) and the small answers that show one header each.
 */
#include "base/check.h"
#include "base/mem.h"
#include "http/status.h"
#include "sample/sample_reply.h"
#include "sample/sample_route.h"
#include "sample/web_files.h"

enum { PAGES_BYTES = 16384, PAGES_FORM_BYTES_MAX = 16384, PAGES_ROW_FACTOR = 24 };

/* What `{{key}}` in a template becomes; html: as it is, otherwise escaped. */
struct sample_pages_var {
	struct slice key, value;
	bool html;
};

static void sample_pages__fill(struct text *t, struct slice page, const struct sample_pages_var *vars, size_t n)
{
	while (page.n) {
		size_t open = slice_find(page, '{');
		text_add(t, slice_first(page, open));
		page = slice_from(page, open);
		if (!slice_starts(page, SLICE("{{"))) {
			text_add(t, slice_first(page, 1));
			page = slice_from(page, 1);
			continue;
		}
		page = slice_from(page, 2);
		struct slice key = slice_split(&page, '}');
		page = slice_from(page, 1);
		for (size_t i = 0; i < n; i++) {
			if (!slice_eq(vars[i].key, key))
				continue;
			if (vars[i].html)
				text_add(t, vars[i].value);
			else
				text_html(t, vars[i].value);
		}
	}
}

static void sample_pages__html(struct sample_request *rq, uint16_t status, struct slice page, struct slice rows)
{
	char date[DATE_BYTES], count[20];
	struct text n = text_of(count, sizeof count), t;

	date_print(loop_wall_s(sample_site_loop(rq)), date);
	text_u64(&n, rq->count->answers);
	const struct sample_pages_var vars[] = {
		{ SLICE("name"), rq->site->name, false },
		{ SLICE("count"), text_slice(&n), false },
		{ SLICE("date"), slice_of(date, sizeof date), false },
		{ SLICE("rows"), rows, true },
	};
	t = sample_reply_room(rq, PAGES_BYTES + rows.n);
	sample_pages__fill(&t, page, vars, sizeof vars / sizeof *vars);
	sample_reply_field(rq, SLICE("Content-Security-Policy"), SLICE("default-src 'self'"));
	sample_reply_text(rq, status, SAMPLE_HTML, &t);
}

void sample_route_home(struct sample_request *rq)
{
	sample_pages__html(rq, 200, web_home_html, slice_of(NULL, 0));
}

void sample_route_not_found(struct sample_request *rq)
{
	sample_pages__html(rq, 404, web_missing_html, slice_of(NULL, 0));
}

/* ---- the form */

static int sample_pages__hex(char c)
{
	if (slice_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes urlencoded bytes in place (WHATWG URL 5.1); a lone '%' stays. */
static struct slice sample_pages__decode(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		int high = p[i] == '%' && n - i > 2 ? sample_pages__hex(p[i + 1]) : -1;
		int low = high >= 0 ? sample_pages__hex(p[i + 2]) : -1;
		if (low >= 0) {
			p[to++] = (char)(high << 4 | low);
			i += 2;
		} else {
			p[to++] = p[i] == '+' ? ' ' : p[i];
		}
	}
	return slice_of(p, to);
}

static void sample_pages__cell(struct text *t, const char *open, struct slice raw, const char *close)
{
	text_add(t, slice_str(open));
	text_html(t, sample_pages__decode((char *)(uintptr_t)raw.p, raw.n));
	text_add(t, slice_str(close));
}

/* The body has come: a table with a row for each name and value. */
static void sample_pages__form_echo(struct sample_request *rq, struct slice rest)
{
	size_t cap = 256 + rest.n * PAGES_ROW_FACTOR;
	char *rows = mem_alloc(cap);
	struct text t = text_of(rows, cap);

	text_add(&t, SLICE("<table>\n<caption>This is what arrived</caption>\n"));
	while (rest.n) {
		struct slice value = slice_split(&rest, '&');
		if (value.n == 0)
			continue;
		struct slice name = slice_split(&value, '=');
		sample_pages__cell(&t, "<tr><th scope=\"row\">", name, "</th>");
		sample_pages__cell(&t, "<td>", value, "</td></tr>\n");
	}
	text_add(&t, SLICE("</table>\n"));
	CHECK(!t.bad); /* PAGES_ROW_FACTOR allows for the worst pair */
	sample_pages__html(rq, 200, web_form_html, text_slice(&t));
	mem_free(rows);
}

static void sample_pages__form_body(struct sample_request *rq, struct slice data, bool end)
{
	struct text *t = rq->state;

	text_add(t, data);
	if (t->bad) {
		rq->x->ops->read(rq->x, false); /* the rest is not wanted: the answer says that the connection ends */
		sample_reply_note(rq, 413, SLICE("The form takes at most 16384 bytes.\n"));
	} else if (end) {
		sample_pages__form_echo(rq, text_slice(t));
	}
}

void sample_route_form(struct sample_request *rq)
{
	static const struct sample_flow flow = { .on_body = sample_pages__form_body };
	const struct http_request *q = &rq->x->req;
	struct text *t;
	char *mem;

	if (q->method_id != METHOD_POST) {
		sample_pages__html(rq, 200, web_form_html, slice_of(NULL, 0));
		return;
	}
	const struct field *type = field_find(q->fields, q->fields_n, FIELD_CONTENT_TYPE);
	struct slice kind = type ? type->value : slice_of(NULL, 0);
	if (!slice_eq_nocase(slice_trim(slice_split(&kind, ';')), SLICE("application/x-www-form-urlencoded"))) {
		sample_reply_note(rq, 415, SLICE("The form takes application/x-www-form-urlencoded.\n"));
		return;
	}
	t = arena_alloc(rq->x->arena, sizeof *t);
	mem = arena_alloc(rq->x->arena, PAGES_FORM_BYTES_MAX);
	if (!t || !mem) {
		sample_reply_note(rq, 431, SLICE("The request is too large.\n"));
		return;
	}
	*t = text_of(mem, PAGES_FORM_BYTES_MAX);
	rq->state = t;
	if (q->has_body)
		sample_reply_read(rq, &flow);
	else
		sample_pages__form_echo(rq, text_slice(t));
}

/* ---- small answers */

void sample_route_cookie(struct sample_request *rq)
{
	const struct http_request *q = &rq->x->req;
	const struct field *sent = field_find(q->fields, q->fields_n, FIELD_COOKIE);
	struct text t = sample_reply_room(rq, 128 + (sent ? sent->value.n : 0));

	text_add(&t, SLICE("Your browser sent "));
	text_add(&t, sent ? sent->value : SLICE("no cookie"));
	text_add(&t, SLICE(" and gets one now.\n"));
	sample_reply_field(rq, SLICE("Set-Cookie"), SLICE("berth=7; Path=/; HttpOnly; SameSite=Lax"));
	sample_reply_text(rq, 200, SAMPLE_TEXT, &t);
}

void sample_route_private(struct sample_request *rq)
{
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("private, max-age=60"));
	sample_reply_note(rq, 200, SLICE("This is for one visitor only.\n"));
}

void sample_route_vary(struct sample_request *rq)
{
	static const struct {
		const char *language, *greeting;
	} known[] = { { "en", "Hello from the harbour.\n" },
		      { "de", "Moin aus dem Hafen.\n" },
		      { "fr", "Bonjour du port.\n" } };
	const struct http_request *q = &rq->x->req;
	const struct field *wish = field_find(q->fields, q->fields_n, FIELD_ACCEPT_LANGUAGE);
	struct slice rest = wish ? wish->value : slice_of(NULL, 0), range;
	size_t chosen = 0;
	bool found = false;

	/* The first known one as listed; weights are not looked at. */
	while (!found && field_list_next(&rest, &range)) {
		for (size_t i = 0; !found && i < sizeof known / sizeof *known; i++) {
			found = slice_starts_nocase(range, slice_str(known[i].language));
			chosen = found ? i : chosen;
		}
	}
	sample_reply_field(rq, SLICE("Vary"), SLICE("Accept-Language"));
	sample_reply_field(rq, SLICE("Content-Language"), slice_str(known[chosen].language));
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("public, max-age=60"));
	sample_reply_note(rq, 200, slice_str(known[chosen].greeting));
}

void sample_route_redirect(struct sample_request *rq)
{
	sample_reply_field(rq, SLICE("Location"), SLICE("/"));
	sample_reply_note(rq, 302, SLICE("The front page is at /\n"));
}

/* The status that a path under /status/ names: 200 to 599, three digits; 0 otherwise. */
static uint16_t sample_pages__status(struct slice path)
{
	struct slice digits = slice_from(path, strlen("/status/"));
	uint64_t status;

	if (digits.n != 3 || !slice_u64(digits, &status) || status < 200 || status > 599)
		return 0;
	return (uint16_t)status;
}

bool sample_route_is_status(const struct sample_site *s, struct slice path)
{
	return sample_pages__status(path) != 0;
}

void sample_route_status(struct sample_request *rq)
{
	uint16_t status = sample_pages__status(rq->path);

	if (status_has_no_body(status) || status == 205) {
		sample_reply_empty(rq, status);
		return;
	}
	struct text t = sample_reply_room(rq, 128);
	text_u64(&t, status);
	text_byte(&t, ' ');
	text_add(&t, status_reason(status));
	text_byte(&t, '\n');
	sample_reply_text(rq, status, SAMPLE_TEXT, &t);
}
