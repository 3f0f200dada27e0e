/* SPDX-License-Identifier: Apache-2.0 */
/* pages: see pages.h. */
#include "platform/pages.h"

#include "api/api_call.h"
#include "base/mem.h"
#include "base/text.h"
#include "state/app_page.h"
#include "state/record_input.h"
#include "state/variable.h"
#include "sys/clock.h"

#include <stdio.h>

/* One page on its way: asked for, then stored by a job. */
struct pages__fetch {
	struct pages__fetch *next;
	struct platform_pages *owner;
	char app[STATE_APP_ID_BYTES];
	enum state_app_page page;
	struct web_call *call; /* NULL: the job has it */
	char *html;            /* NULL: there is none any more */
	size_t html_n;
	enum err stored;
};

struct platform_pages {
	struct platform_pages_setup to;
	struct pages__fetch *all;
	size_t n;
};

struct platform_pages *platform_pages_new(const struct platform_pages_setup *setup)
{
	struct platform_pages *p = mem_alloc(sizeof *p);

	p->to = *setup;
	return p;
}

static void pages__end(struct pages__fetch *f)
{
	struct pages__fetch **at = &f->owner->all;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->owner->n--;
	if (f->call)
		web_cancel(f->call);
	mem_free(f->html);
	mem_free(f);
}

void platform_pages_free(struct platform_pages *p)
{
	if (!p)
		return;
	while (p->all)
		pages__end(p->all);
	mem_free(p);
}

/* ---- storing ---- */

static void pages__store(struct api_call *call)
{
	struct pages__fetch *f = api_call_arg(call);
	struct state_app a;
	enum err e = state_app_get(call->state, slice_str(f->app), &a);

	if (e == OK)
		e = state_app_page_put(call->state, a.id, f->page, slice_of(f->html, f->html_n));
	if (e != OK && e != ERR_NOT_FOUND)
		api_fail_store(call, e);
	else
		api_ok(call, json_null());
}

static void pages__stored(void *arg, const char *why)
{
	struct pages__fetch *f = arg;
	char line[512];

	if (why) {
		int n = snprintf(line, sizeof line, "the page of %s cannot be put in place: %.300s",
				 state_app_page_variable(f->page), why);
		platform_logs_add(f->owner->to.logs, f->app, "manager", clock_wall_ms(), slice_of(line, (size_t)n));
	}
	pages__end(f);
}

static void pages__job(struct pages__fetch *f)
{
	const struct api_job job = { .fn = pages__store, .done = pages__stored, .arg = f };

	f->call = NULL;
	api_do(f->owner->to.api, &job);
}

/* ---- fetching ---- */

/* Why an answer is no page; NULL: it is one. */
static const char *pages__wrong(const struct web_answer *a, char out[static 64])
{
	if (a->error != OK)
		return a->reason;
	if (a->status != 200) {
		snprintf(out, 64, "the server answered %u", a->status);
		return out;
	}
	if (!text_is_utf8(a->body) || slice_find(a->body, '\0') != SIZE_MAX)
		return "it is not text in UTF-8";
	return NULL;
}

static void pages__came(void *arg, const struct web_answer *a)
{
	struct pages__fetch *f = arg;
	char text[64], line[640];
	const char *wrong = pages__wrong(a, text);

	f->call = NULL;
	if (a->error == ERR_CLOSED) {
		pages__end(f);
		return;
	}
	if (wrong) {
		int n = snprintf(line, sizeof line, "the page of %s cannot be had: %.400s",
				 state_app_page_variable(f->page), wrong);
		platform_logs_add(f->owner->to.logs, f->app, "manager", clock_wall_ms(), slice_of(line, (size_t)n));
		pages__end(f);
		return;
	}
	f->html = mem_alloc(a->body.n + 1);
	memcpy(f->html, a->body.p, a->body.n);
	f->html_n = a->body.n;
	pages__job(f);
}

static bool pages__public(const struct ip *ip)
{
	return !state_record_input_private(ip);
}

static void pages__one(struct platform_pages *p, const char *app_id, enum state_app_page page, struct slice url)
{
	char text[2048];

	if (p->n == PLATFORM_PAGES_WAITING_MAX)
		return;
	struct pages__fetch *f = mem_alloc(sizeof *f);
	*f = (struct pages__fetch){ .next = p->all, .owner = p, .page = page };
	slice_cstr(slice_str(app_id), f->app, sizeof f->app);
	p->all = f;
	p->n++;
	if (url.n == 0 || !slice_cstr(url, text, sizeof text)) {
		pages__job(f);
		return;
	}
	const struct web_request rq = { .method = "GET",
					.url = text,
					.accept = "text/html",
					.timeout_ms = PLATFORM_PAGES_MS,
					.body_bytes_max = PLATFORM_PAGES_BYTES_MAX,
					.allowed = p->to.node->allow_private ? NULL : pages__public };
	f->call = web_send(p->to.web, &rq, pages__came, f);
}

void platform_pages_look(struct platform_pages *p, const char *app_id)
{
	struct buf url;

	buf_init(&url, STATE_VARIABLE_VALUE_MAX);
	for (int i = 0; i < STATE_APP_PAGES; i++) {
		enum state_app_page page = (enum state_app_page)i;
		buf_clear(&url);
		enum err e = state_variable_value(p->to.state, p->to.seal, app_id,
						  slice_str(state_app_page_variable(page)), &url);
		if (e == OK || e == ERR_NOT_FOUND)
			pages__one(p, app_id, page, e == OK ? buf_slice(&url) : SLICE(""));
	}
	buf_fini(&url);
}
