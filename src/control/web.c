/* SPDX-License-Identifier: Apache-2.0 */
/* web: see web.h. The loop's thread hands calls over in a list under a lock; the thread of libcurl owns them until it
 * posts them back. */
#include "control/web.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "wire/date.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

enum { WEB__CONNECT_MS = 15000, WEB__CONNECTIONS_MAX = 16, WEB__WAIT_MS = 60000, WEB__CACHED = 8 };

struct web_call {
	struct loop_task done; /* posted back */
	struct web_call *next, **at;
	web_done_fn fn; /* NULL: cancelled */
	void *arg;
	char *method, *url, *content_type, *ca_file, *accept, *connect, *bearer;
	char *body_out;
	size_t body_out_n;
	uint64_t timeout_ms;
	/* the thread's until it is posted */
	CURL *curl;
	struct curl_slist *fields, *way;
	struct buf body;
	struct web_answer answer;
	bool (*allowed)(const struct ip *ip);
	bool barred; /* by it */
};

struct web {
	struct loop *loop;
	pthread_t thread;
	CURLM *multi;
	pthread_mutex_t lock;
	struct web_call *fresh; /* handed over, not taken yet */
	bool stop;
	struct web_call *running; /* the thread's list */
};

/* ---- lists ---- */

static void web__link(struct web_call **list, struct web_call *c)
{
	c->next = *list;
	c->at = list;
	if (c->next)
		c->next->at = &c->next;
	*list = c;
}

static void web__unlink(struct web_call *c)
{
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
}

/* ---- one transfer, on the thread of libcurl ---- */

static size_t web__on_body(char *p, size_t size, size_t n, void *arg)
{
	struct web_call *c = arg;

	return buf_add(&c->body, slice_of(p, size * n)) ? size * n : 0;
}

static void web__keep(struct slice value, char ret[static WEB_FIELD_BYTES])
{
	if (!slice_cstr(value, ret, WEB_FIELD_BYTES))
		ret[0] = '\0';
}

/* Seconds, or a date that is still to come (RFC 9110 section 10.2.3). */
static uint64_t web__retry_after(struct slice value)
{
	int64_t now_s = clock_wall_ms() / 1000, at_s;
	uint64_t s;

	if (slice_u64(value, &s))
		return s;
	return date_parse(value, now_s, &at_s) == OK && at_s > now_s ? (uint64_t)(at_s - now_s) : 0;
}

static size_t web__on_field(char *p, size_t size, size_t n, void *arg)
{
	struct web_call *c = arg;
	struct slice value = slice_of(p, size * n), name = slice_split(&value, ':');

	while (value.n && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	value = slice_trim(value);
	if (slice_eq_nocase(name, SLICE("location")))
		web__keep(value, c->answer.location);
	else if (slice_eq_nocase(name, SLICE("replay-nonce")))
		web__keep(value, c->answer.replay_nonce);
	else if (slice_eq_nocase(name, SLICE("retry-after")))
		c->answer.retry_after_s = web__retry_after(value);
	return size * n;
}

static void web__field(struct web_call *c, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof line, "%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(c->fields, line);
	CHECK(more);
	c->fields = more;
}

static void web__set_body(struct web_call *c)
{
	if (c->body_out_n || strcmp(c->method, "POST") == 0) {
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_out_n);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, c->body_out);
	}
	if (c->content_type)
		web__field(c, "Content-Type", c->content_type);
	if (c->accept)
		web__field(c, "Accept", c->accept);
	web__field(c, "Expect", ""); /* not sent: no waiting for 100 */
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->fields);
	if (strcmp(c->method, "HEAD") == 0)
		curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, c->method);
}

/* libcurl is about to connect: not to an address that is not allowed. */
static curl_socket_t web__open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct web_call *c = arg;
	struct sockaddr_storage sa = { 0 };
	struct ip_port at;

	memcpy(&sa, &to->addr, to->addrlen < sizeof sa ? to->addrlen : sizeof sa);
	if (!ip_from_sockaddr(&sa, &at) || !c->allowed(&at.ip)) {
		c->barred = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Where the connection goes instead, and who asks. */
static void web__set_way(struct web_call *c)
{
	char text[128];

	if (c->connect) {
		snprintf(text, sizeof text, "::%s", c->connect);
		c->way = curl_slist_append(NULL, text);
		CHECK(c->way);
		curl_easy_setopt(c->curl, CURLOPT_CONNECT_TO, c->way);
	}
	if (c->bearer) {
		curl_easy_setopt(c->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c->curl, CURLOPT_XOAUTH2_BEARER, c->bearer);
	}
}

static void web__begin(struct web *w, struct web_call *c)
{
	c->curl = curl_easy_init();
	CHECK(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->curl, CURLOPT_URL, c->url);
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, ""); /* no hidden way out by an environment variable */
	curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "seawall/" SEAWALL_VERSION);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)c->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)WEB__CONNECT_MS);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, web__on_body);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, web__on_field);
	curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
	if (c->ca_file)
		curl_easy_setopt(c->curl, CURLOPT_CAINFO, c->ca_file);
	if (c->allowed) {
		curl_easy_setopt(c->curl, CURLOPT_OPENSOCKETFUNCTION, web__open);
		curl_easy_setopt(c->curl, CURLOPT_OPENSOCKETDATA, c);
	}
	web__set_body(c);
	web__set_way(c);
	web__link(&w->running, c);
	CHECK(curl_multi_add_handle(w->multi, c->curl) == CURLM_OK);
}

static void web__judge(struct web_call *c, CURLcode result)
{
	struct web_answer *a = &c->answer;
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	a->status = (unsigned)status;
	a->body = buf_slice(&c->body);
	if (result == CURLE_OK)
		return;
	a->error = c->body.full ? ERR_BODY_LARGE : result == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_SYSTEM;
	snprintf(a->reason, sizeof a->reason, "%.150s: %s", c->url,
		 c->body.full ? "the answer is too large"
		 : c->barred  ? "the address is private; [origin] allow_private would allow it"
			      : curl_easy_strerror(result));
}

/* Off the thread and back to the loop. */
static void web__end(struct web *w, struct web_call *c)
{
	curl_multi_remove_handle(w->multi, c->curl);
	curl_easy_cleanup(c->curl);
	curl_slist_free_all(c->fields);
	curl_slist_free_all(c->way);
	c->curl = NULL;
	c->fields = NULL;
	web__unlink(c);
	loop_post(w->loop, &c->done);
}

/* Takes what was handed over; false when the thread is to end. */
static bool web__take(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	struct web_call *fresh = w->fresh;
	bool stop = w->stop;
	w->fresh = NULL;
	pthread_mutex_unlock(&w->lock);
	while (fresh) {
		struct web_call *c = fresh;
		fresh = c->next;
		web__begin(w, c);
	}
	return !stop;
}

static void *web__run(void *arg)
{
	struct web *w = arg;
	CURLMsg *m;
	int running, left;

	while (web__take(w)) {
		curl_multi_perform(w->multi, &running);
		while ((m = curl_multi_info_read(w->multi, &left))) {
			struct web_call *c = NULL;
			CURLcode result = m->data.result;
			if (m->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
			web__judge(c, result);
			web__end(w, c);
		}
		curl_multi_poll(w->multi, NULL, 0, WEB__WAIT_MS, NULL);
	}
	while (w->running) {
		struct web_call *c = w->running;
		c->answer.error = ERR_CLOSED;
		snprintf(c->answer.reason, sizeof c->answer.reason, "the control process is ending");
		web__end(w, c);
	}
	return NULL;
}

/* ---- the loop's side ---- */

static void web__free_call(struct web_call *c)
{
	mem_free(c->method);
	mem_free(c->url);
	mem_free(c->content_type);
	mem_free(c->ca_file);
	mem_free(c->accept);
	mem_free(c->connect);
	mem_free(c->bearer);
	mem_free(c->body_out);
	buf_fini(&c->body);
	mem_free(c);
}

static void web__done(struct loop_task *t)
{
	struct web_call *c = LOOP_OWNER(t, struct web_call, done);

	if (c->fn) {
		web_done_fn fn = c->fn;
		c->fn = NULL;
		fn(c->arg, &c->answer);
	}
	web__free_call(c);
}

/* A thread that no signal is delivered to. */
static bool web__spawn(struct web *w)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&w->thread, NULL, web__run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e == 0;
}

enum err web_new(struct loop *loop, struct web **ret_web)
{
	struct web *w = mem_alloc(sizeof *w);

	w->loop = loop;
	pthread_mutex_init(&w->lock, NULL);
	w->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
	if (w->multi) {
		curl_multi_setopt(w->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)WEB__CONNECTIONS_MAX);
		curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)WEB__CACHED);
	}
	if (!w->multi || !web__spawn(w)) {
		curl_multi_cleanup(w->multi);
		pthread_mutex_destroy(&w->lock);
		mem_free(w);
		return ERR_SYSTEM;
	}
	*ret_web = w;
	return OK;
}

static char *web__dup(const char *s)
{
	return s && s[0] ? mem_dup(slice_str(s)) : NULL;
}

struct web_call *web_send(struct web *w, const struct web_request *r, web_done_fn fn, void *arg)
{
	struct web_call *c = mem_alloc(sizeof *c);

	c->done.fn = web__done;
	c->fn = fn;
	c->arg = arg;
	c->method = mem_dup(slice_str(r->method));
	c->url = mem_dup(slice_str(r->url));
	c->content_type = web__dup(r->content_type);
	c->ca_file = web__dup(r->ca_file);
	c->accept = web__dup(r->accept);
	c->connect = web__dup(r->connect);
	c->bearer = web__dup(r->bearer);
	c->body_out = mem_dup(r->body);
	c->body_out_n = r->body.n;
	c->timeout_ms = r->timeout_ms;
	buf_init(&c->body, r->body_bytes_max);
	c->allowed = r->allowed;
	pthread_mutex_lock(&w->lock);
	c->next = w->fresh;
	w->fresh = c;
	pthread_mutex_unlock(&w->lock);
	curl_multi_wakeup(w->multi);
	return c;
}

void web_cancel(struct web_call *call)
{
	call->fn = NULL;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_mutex_unlock(&w->lock);
	curl_multi_wakeup(w->multi);
	pthread_join(w->thread, NULL);
	loop_turn(w->loop, 0); /* what was posted back is told */
	curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	pthread_mutex_destroy(&w->lock);
	mem_free(w);
}
