/* SPDX-License-Identifier: Apache-2.0 */
/* renewing: see renewing.h. One question at a time: a look at what is next → its directory → the window → stored. */
#include "api/renewing.h"

#include "acme/acme_doc.h"
#include "api/api_call.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/certificate.h"
#include "supervisor/say.h"

#include <stdio.h>

enum {
	RENEWING__ANSWER_BYTES_MAX = 1 << 18,
	RENEWING__REQUEST_MS = 30000,
	RENEWING__IDLE_MS = 3600000,
	RENEWING__ASK_MS = 6 * 3600000, /* when the CA says nothing (RFC 9773 section 4.3.3) */
	RENEWING__ASK_MS_MAX = 86400000,
	RENEWING__DIRECTORY_MS = 86400000, /* a directory is read again after this */
};

/* Where a directory answers; url "" when it has no renewal information. */
struct renewing__directory {
	char url[ACME_URL_BYTES];
	uint64_t good_until_ms; /* 0: not read yet */
};

struct api_renewing {
	struct api_issuing_setup to;
	struct loop_timer timer;
	struct renewing__directory directories[NODE_ACME_MAX];
	bool busy, freeing;
	/* the question under way */
	struct state_certificate cert;
	size_t at; /* of its directory */
	struct web_call *call;
	int64_t due_ms, ask_ms;
};

static void renewing__later(struct api_renewing *r, uint64_t ms)
{
	if (!r->freeing)
		loop_timer_set(r->to.loop, &r->timer, loop_now_ms(r->to.loop) + ms);
}

/* ---- the end of a question ---- */

static void renewing__store(struct api_call *call)
{
	const struct api_renewing *r = api_call_arg(call);
	enum err e = state_certificate_asked(call->state, r->cert.id, r->due_ms, r->ask_ms);

	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void renewing__stored(void *arg, const char *why)
{
	struct api_renewing *r = arg;

	state_certificate_fini(&r->cert);
	r->busy = false;
	renewing__later(r, why ? RENEWING__IDLE_MS : 1);
}

/* retry_after_s: as the CA said, 0: nothing. */
static void renewing__end(struct api_renewing *r, uint64_t retry_after_s)
{
	const struct api_job job = { renewing__store, renewing__stored, r };
	uint64_t wait = retry_after_s < RENEWING__ASK_MS_MAX / 1000 ? retry_after_s * 1000 : RENEWING__ASK_MS_MAX;

	if (wait == 0)
		wait = RENEWING__ASK_MS;
	if (wait < r->to.node->limits.acme_ask_ms_min)
		wait = r->to.node->limits.acme_ask_ms_min;
	r->ask_ms = loop_wall_ms(r->to.loop) + (int64_t)wait;
	api_do(r->to.api, &job);
}

/* ---- the window ---- */

/*
 * A moment of the window, the same each time for one certificate and window, others for others: a CA does not get all
 * renewals at once (RFC 9773 section 4.2). Not so late that a tenth of the life would not be left.
 */
static int64_t renewing__moment(const struct state_certificate *c, const struct acme_window *w)
{
	static const struct hash_key no_key;
	int64_t latest = c->until_ms - (c->until_ms - c->from_ms) / 10;
	uint64_t length = (uint64_t)(w->end_s - w->start_s) * 1000;
	int64_t at = w->start_s * 1000 + (int64_t)(hash_bytes(&no_key, slice_str(c->id)) % length);

	return at < latest ? at : latest;
}

static void renewing__window(void *arg, const struct web_answer *a)
{
	struct api_renewing *r = arg;
	struct acme_window w;
	struct diag d;

	r->call = NULL;
	diag_init(&d);
	r->due_ms = r->cert.due_ms;
	if (a->error == OK && a->status == 200 && acme_doc_window(a->body, &w, &d) == OK) {
		r->due_ms = renewing__moment(&r->cert, &w);
		if (r->due_ms != r->cert.due_ms)
			say("acme", "event=renewal_moved zone=%s in_s=%lld", r->cert.zone_name,
			    (long long)(r->due_ms - loop_wall_ms(r->to.loop)) / 1000);
	}
	renewing__end(r, a->error == OK ? a->retry_after_s : 0);
}

static void renewing__get(struct api_renewing *r, const char *url, web_done_fn fn)
{
	const struct web_request q = { .method = "GET",
				       .url = url,
				       .ca_file = r->to.node->acme_ca_file,
				       .timeout_ms = RENEWING__REQUEST_MS,
				       .body_bytes_max = RENEWING__ANSWER_BYTES_MAX };

	r->call = web_send(r->to.web, &q, fn, r);
}

static void renewing__ask(struct api_renewing *r)
{
	char url[ACME_URL_BYTES + STATE_CERTIFICATE_RENEWAL_BYTES + 2];
	const char *base = r->directories[r->at].url;
	size_t n = strlen(base);

	if (n == 0) { /* this authority says nothing about renewals */
		r->due_ms = r->cert.due_ms;
		renewing__end(r, RENEWING__ASK_MS_MAX / 1000);
		return;
	}
	snprintf(url, sizeof url, "%s%s%s", base, base[n - 1] == '/' ? "" : "/", r->cert.renewal_id);
	renewing__get(r, url, renewing__window);
}

/* ---- directories ---- */

static void renewing__directory_came(void *arg, const struct web_answer *a)
{
	struct api_renewing *r = arg;
	struct renewing__directory *dir = &r->directories[r->at];
	struct acme_directory *read = mem_alloc(sizeof *read);
	struct diag d;

	r->call = NULL;
	diag_init(&d);
	bool good = a->error == OK && a->status == 200 && acme_doc_directory(a->body, read, &d) == OK;
	if (good) {
		memcpy(dir->url, read->renewal_info, sizeof dir->url);
		dir->good_until_ms = loop_now_ms(r->to.loop) + RENEWING__DIRECTORY_MS;
	}
	mem_free(read);
	r->due_ms = r->cert.due_ms;
	if (good)
		renewing__ask(r);
	else
		renewing__end(r, a->error == OK ? a->retry_after_s : 0);
}

/* Which of the node's directories issued the certificate; SIZE_MAX: none that is still asked. */
static size_t renewing__directory_of(const struct api_renewing *r)
{
	for (size_t i = 0; i < r->to.node->acme_n; i++)
		if (strcmp(r->to.node->acme[i], r->cert.directory) == 0)
			return i;
	return SIZE_MAX;
}

static void renewing__look(struct loop_timer *t)
{
	struct api_renewing *r = LOOP_OWNER(t, struct api_renewing, timer);
	int64_t now = loop_wall_ms(r->to.loop), next;

	if (r->busy)
		return;
	if (!state_certificate_to_ask(r->to.state, now, &r->cert, &next)) {
		int64_t wait = next == INT64_MAX || next - now > RENEWING__IDLE_MS ? RENEWING__IDLE_MS : next - now;
		renewing__later(r, wait > 0 ? (uint64_t)wait : 1000);
		return;
	}
	r->busy = true;
	r->at = renewing__directory_of(r);
	r->due_ms = r->cert.due_ms;
	if (r->at == SIZE_MAX)
		renewing__end(r, RENEWING__ASK_MS_MAX / 1000);
	else if (loop_now_ms(r->to.loop) >= r->directories[r->at].good_until_ms)
		renewing__get(r, r->to.node->acme[r->at], renewing__directory_came);
	else
		renewing__ask(r);
}

/* ---- life ---- */

struct api_renewing *api_renewing_new(const struct api_issuing_setup *setup)
{
	struct api_renewing *r = mem_alloc(sizeof *r);

	r->to = *setup;
	loop_timer_init(&r->timer, renewing__look);
	renewing__later(r, 1000);
	return r;
}

void api_renewing_wake(struct api_renewing *r)
{
	if (!r->busy)
		renewing__later(r, 1000);
}

void api_renewing_free(struct api_renewing *r)
{
	if (!r)
		return;
	r->freeing = true;
	loop_timer_cancel(r->to.loop, &r->timer);
	if (r->call)
		web_cancel(r->call);
	state_certificate_fini(&r->cert);
	mem_free(r);
}
