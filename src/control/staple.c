/* SPDX-License-Identifier: Apache-2.0 */
/* staple: see staple.h. */
#include "control/staple.h"

#include "base/base64.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/json_write.h"
#include "supervisor/say.h"
#include "tls/tls_cert.h"
#include "tls/tls_ocsp.h"

#include <stdio.h>

enum {
	STAPLE__TIMEOUT_MS = 15000,
	STAPLE__AT_ONCE = 8,
	STAPLE__AGAIN_MS = 5000,
	STAPLE__MINUTE_MS = 60000,
	STAPLE__HOUR_MS = 3600000,
	STAPLE__SOURCE_BYTES = 80,
	STAPLE__ITEM_BYTES = 65536,
	STAPLE__SHOW_MS = 5000,
};

/* One certificate with a responder. */
struct staple__cert {
	struct staple__cert *next;
	struct staple *owner;
	char *name;  /* of its item */
	char *chain; /* PEM */
	struct tls_ocsp_question question;
	struct web_call *call; /* under way, or NULL */
	int64_t due_ms;        /* wall clock: when to ask */
	unsigned failures;     /* in a row */
	bool shown;            /* its item is wanted */
	bool gone;             /* the certificate is not wanted any more: to be tidied up */
};

struct staple {
	struct control *control;
	struct web *web;
	struct loop_timer timer;
	struct staple__cert *certs;
	size_t calls_n;
};

static void staple__later(struct staple *s, uint64_t ms)
{
	struct loop *l = control_loop(s->control);

	loop_timer_set(l, &s->timer, loop_now_ms(l) + ms);
}

static int64_t staple__now_ms(const struct staple *s)
{
	return loop_wall_ms(control_loop(s->control));
}

/* ---- what edges show ---- */

static void staple__nothing(void *arg, const struct publish_result *result)
{
}

static void staple__publish(const struct staple__cert *c, struct slice json)
{
	char source[STAPLE__SOURCE_BYTES];

	snprintf(source, sizeof source, "ocsp/%.40s", c->question.leaf);
	const struct publish_item item = { source, json };
	const struct publish_call call = { .items = &item,
					   .n = 1,
					   .due_ms = control_now_ms(c->owner->control) + STAPLE__SHOW_MS,
					   .fn = staple__nothing };
	control_publish(c->owner->control, &call);
}

static void staple__show(struct staple__cert *c, struct slice der, const struct tls_ocsp_answer *answer)
{
	struct buf base64, json;

	buf_init(&base64, STAPLE__ITEM_BYTES);
	buf_init(&json, STAPLE__ITEM_BYTES);
	enum err e = base64_write(der, &base64);
	struct slice text = buf_slice(&base64);
	json_t *root = e == OK ? json_pack("{s:s, s:s, s:I, s:s%}", "kind", "staple", "name", c->question.leaf, "until",
					   (json_int_t)answer->until_s, "response", text.p, text.n)
			       : NULL;
	if (root && json_write(root, &json) == OK) {
		staple__publish(c, buf_slice(&json));
		c->shown = true;
	}
	json_decref(root);
	buf_fini(&base64);
	buf_fini(&json);
}

/* ---- asking ---- */

static void staple__failed(struct staple__cert *c, const char *why)
{
	unsigned shift = c->failures < 10 ? c->failures : 10;
	int64_t wait_ms = (int64_t)STAPLE__AGAIN_MS << shift;

	if (c->failures == 0)
		say("control", "event=ocsp_failed certificate=%s responder=%s reason=\"%s\"", c->name, c->question.url,
		    why);
	c->failures++;
	c->due_ms = staple__now_ms(c->owner) + (wait_ms < STAPLE__HOUR_MS ? wait_ms : STAPLE__HOUR_MS);
}

static void staple__good(struct staple__cert *c, struct slice der, const struct tls_ocsp_answer *answer)
{
	int64_t half_s = answer->from_s + (answer->until_s - answer->from_s) / 2, now_ms = staple__now_ms(c->owner);

	c->failures = 0;
	c->due_ms = half_s * 1000;
	if (c->due_ms < now_ms + STAPLE__MINUTE_MS)
		c->due_ms =
			now_ms + STAPLE__MINUTE_MS; /* a responder that gives old answers is not asked all the time */
	staple__show(c, der, answer);
}

static void staple__answered(void *arg, const struct web_answer *a)
{
	struct staple__cert *c = arg;
	struct staple *s = c->owner;
	struct tls_ocsp_answer answer;
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct diag d;

	c->call = NULL;
	s->calls_n--;
	diag_init(&d);
	if (a->error != OK) {
		staple__failed(c, a->reason);
	} else if (a->status != 200) {
		snprintf(text, sizeof text, "the responder answers with status %u", a->status);
		staple__failed(c, text);
	} else if (tls_ocsp_judge(slice_str(c->chain), a->body, staple__now_ms(s) / 1000, &answer, &d) != OK) {
		staple__failed(c, diag_print(&d, text, sizeof text));
	} else if (answer.state == TLS_OCSP_GOOD) {
		staple__good(c, a->body, &answer);
	} else {
		staple__failed(c, answer.state == TLS_OCSP_REVOKED ? "the certificate is revoked"
								   : "the responder does not know the certificate");
	}
	staple__later(s, 0);
}

static void staple__ask(struct staple__cert *c)
{
	const struct web_request q = { .method = "POST",
				       .url = c->question.url,
				       .content_type = "application/ocsp-request",
				       .body = buf_slice(&c->question.request),
				       .accept = "application/ocsp-response",
				       .timeout_ms = STAPLE__TIMEOUT_MS,
				       .body_bytes_max = TLS_OCSP_ANSWER_BYTES_MAX };

	c->call = web_send(c->owner->web, &q, staple__answered, c);
	c->owner->calls_n++;
}

static void staple__free_cert(struct staple__cert *c)
{
	if (c->call) {
		web_cancel(c->call);
		c->owner->calls_n--;
	}
	buf_fini(&c->question.request);
	mem_free(c->name);
	mem_free(c->chain);
	mem_free(c);
}

/* Whether somebody else shows the answer for the same leaf. */
static bool staple__shared(const struct staple__cert *c)
{
	for (const struct staple__cert *o = c->owner->certs; o; o = o->next)
		if (o != c && !o->gone && strcmp(o->question.leaf, c->question.leaf) == 0)
			return true;
	return false;
}

/* Publishing is not for inside of what desired.h tells, so it is done here. */
static void staple__tidy(struct staple *s)
{
	for (struct staple__cert **at = &s->certs; *at;) {
		struct staple__cert *c = *at;
		if (!c->gone) {
			at = &c->next;
			continue;
		}
		if (c->shown && !staple__shared(c))
			staple__publish(c, slice_of(NULL, 0));
		*at = c->next;
		staple__free_cert(c);
	}
}

static void staple__look(struct loop_timer *t)
{
	struct staple *s = LOOP_OWNER(t, struct staple, timer);
	int64_t now_ms = staple__now_ms(s), wait_ms = STAPLE__HOUR_MS;

	staple__tidy(s);
	for (struct staple__cert *c = s->certs; c; c = c->next) {
		if (c->call)
			continue;
		if (c->due_ms <= now_ms && s->calls_n < STAPLE__AT_ONCE)
			staple__ask(c);
		else if (c->due_ms > now_ms && c->due_ms - now_ms < wait_ms)
			wait_ms = c->due_ms - now_ms;
	}
	staple__later(s, (uint64_t)wait_ms);
}

/* ---- certificates come and go ---- */

static struct staple__cert *staple__find(struct staple *s, struct slice name)
{
	struct staple__cert *c = s->certs;

	while (c && (c->gone || !slice_eq(slice_str(c->name), name)))
		c = c->next;
	return c;
}

static void staple__removed(void *arg, struct slice name)
{
	struct staple *s = arg;
	struct staple__cert *c = staple__find(s, name);

	if (!c)
		return;
	c->gone = true;
	staple__later(s, 0);
}

static void staple__new_cert(struct staple *s, struct slice name, struct slice chain)
{
	struct staple__cert *c = mem_alloc(sizeof *c);

	if (tls_ocsp_ask(chain, &c->question) != OK) {
		mem_free(c);
		return;
	}
	c->owner = s;
	c->name = mem_dup(name);
	c->chain = mem_dup(chain);
	c->next = s->certs;
	s->certs = c;
	staple__later(s, 0);
}

static void staple__entering(void *arg, const struct desired_item *item)
{
	struct staple *s = arg;
	json_t *root = json_loadb(item->json, item->json_n, 0, NULL);
	const json_t *v = json_object_get(root, "chain");
	struct slice chain = slice_of(json_string_value(v), json_string_length(v)), name = slice_str(item->name);
	const struct staple__cert *old = staple__find(s, name);

	if (!old || !slice_eq(slice_str(old->chain), chain)) {
		staple__removed(s, name);
		if (chain.n)
			staple__new_cert(s, name, chain);
	}
	json_decref(root);
}

struct staple *staple_new(struct control *control, struct web *web)
{
	struct staple *s = mem_alloc(sizeof *s);

	s->control = control;
	s->web = web;
	loop_timer_init(&s->timer, staple__look);
	control_follow(control, &tls_cert_kind, &(struct control_follower){ staple__entering, staple__removed, s });
	return s;
}

void staple_free(struct staple *s)
{
	if (!s)
		return;
	control_follow(s->control, &tls_cert_kind, NULL);
	loop_timer_cancel(control_loop(s->control), &s->timer);
	while (s->certs) {
		struct staple__cert *c = s->certs;
		s->certs = c->next;
		staple__free_cert(c);
	}
	mem_free(s);
}
