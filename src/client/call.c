/* SPDX-License-Identifier: Apache-2.0 */
/* call: see call.h. */
#include "client/call.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "client/cli.h"

#include <curl/curl.h>

enum {
	CALL__LOCATION_BYTES = 1024,
	CALL__NO_ROUTE = 7003,    /* the code for an unknown path: mostly an unknown zone in it */
	CALL__TOKEN_GOOD = 10000, /* the message of tokens/verify, which says what its result says */
	CALL__EXISTS = 81057,     /* the older code that stands beside 81058 for old clients */
};

struct call {
	struct cli *cli;
	char *base, *token, *ca_file, *whose;
	CURL *curl;
	struct curl_slist *auth;
	struct buf body;
	char live[CALL_LIVE_BYTES], location[CALL__LOCATION_BYTES];
	char trouble[CURL_ERROR_SIZE];
	bool is_text;
	long status;
};

struct call *call_new(struct cli *c, const struct call_at *at)
{
	struct call *call = mem_alloc(sizeof *call);

	call->cli = c;
	call->base = mem_dup(slice_str(at->base));
	call->token = mem_dup(slice_str(at->token));
	call->ca_file = at->ca_file ? mem_dup(slice_str(at->ca_file)) : NULL;
	call->whose = mem_dup(slice_str(at->whose));
	buf_init(&call->body, CALL_BYTES_MAX);
	CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
	call->curl = curl_easy_init();
	CHECK(call->curl);
	return call;
}

void call_free(struct call *call)
{
	if (!call)
		return;
	curl_easy_cleanup(call->curl);
	buf_fini(&call->body);
	explicit_bzero(call->token, strlen(call->token));
	mem_free(call->base);
	mem_free(call->token);
	mem_free(call->ca_file);
	mem_free(call->whose);
	mem_free(call);
	curl_global_cleanup();
}

const char *call_live(const struct call *call)
{
	return call->live;
}

const char *call_location(const struct call *call)
{
	return call->location;
}

const char *call_token(const struct call *call)
{
	return call->token;
}

long call_status(const struct call *call)
{
	return call->status;
}

/* ---- the transfer ---- */

static size_t call__receive(char *p, size_t size, size_t n, void *arg)
{
	struct call *call = arg;

	return buf_add(&call->body, slice_of(p, size * n)) ? size * n : 0;
}

static size_t call__header(char *p, size_t size, size_t n, void *arg)
{
	struct call *call = arg;
	struct slice value = slice_of(p, size * n), name = slice_split(&value, ':');

	while (value.n && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	value = slice_trim(value);
	if (slice_eq_nocase(name, SLICE("seawall-live")))
		slice_cstr(value, call->live, sizeof call->live);
	if (slice_eq_nocase(name, SLICE("location")))
		slice_cstr(value, call->location, sizeof call->location);
	if (slice_eq_nocase(name, SLICE("content-type")))
		call->is_text = slice_starts_nocase(value, SLICE("text/plain"));
	return size * n;
}

static struct curl_slist *call__head(struct call *call, const struct call_body *body)
{
	const char *auth = cli_format(call->cli, "Authorization: Bearer %s", call->token);
	struct curl_slist *head = curl_slist_append(NULL, auth);

	if (body && body->json)
		head = curl_slist_append(head, "Content-Type: application/json");
	else if (body && body->raw_type)
		head = curl_slist_append(head, cli_format(call->cli, "Content-Type: %s", body->raw_type));
	head = curl_slist_append(head, "Expect:");
	CHECK(head);
	return head;
}

static void call__options(struct call *call, const char *method, const char *url, const struct curl_slist *head)
{
	CURL *curl = call->curl;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, head);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "seawall/" SEAWALL_VERSION);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 120000L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->trouble);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, call__receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, call__header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
	if (call->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, call->ca_file);
}

/* Whether a body of that method is sent even when it is empty: clients and servers agree on Content-Length: 0. */
static bool call__has_body(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0;
}

/* One request; the answer's bytes are in call->body. Returns false after a complaint. */
static bool call__perform(struct call *call, const char *method, const char *path, const struct call_body *body)
{
	const char *url = cli_format(call->cli, "%s%s", call->base, path);
	struct slice raw = body && body->json       ? cli_dump(call->cli, body->json)
			   : body && body->raw_type ? body->raw
						    : slice_of("", 0);
	struct curl_slist *head = call__head(call, body);

	buf_clear(&call->body);
	call->live[0] = call->location[0] = call->trouble[0] = '\0';
	call->is_text = false;
	call->status = 0;
	call__options(call, method, url, head);
	if (raw.n || call__has_body(method)) {
		curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)raw.n);
		curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, raw.n ? raw.p : "");
	}
	CURLcode code = curl_easy_perform(call->curl);
	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &call->status);
	curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(head);
	if (code == CURLE_OK)
		return true;
	cli_fail(call->cli, "cannot ask %s at %s: %s%s", call->whose, call->base,
		 call->body.full    ? "the answer is too large"
		 : call->trouble[0] ? call->trouble
				    : curl_easy_strerror(code),
		 code == CURLE_COULDNT_CONNECT ? "\nDoes the node run, and is [listen] api set? `seawall doctor` looks."
					       : "");
	call->status = 0;
	return false;
}

/* ---- streams ---- */

struct call__stream {
	struct call *call;
	bool (*fn)(void *arg, struct slice data);
	void *arg;
	bool enough;
};

static size_t call__piece(char *p, size_t size, size_t n, void *arg)
{
	struct call__stream *s = arg;
	long status = 0;

	curl_easy_getinfo(s->call->curl, CURLINFO_RESPONSE_CODE, &status);
	s->enough = status == 200 && !s->fn(s->arg, slice_of(p, size * n));
	return s->enough ? 0 : size * n;
}

int call_stream(struct call *call, const char *url, bool (*fn)(void *arg, struct slice data), void *arg,
		long *ret_status)
{
	struct call__stream s = { .call = call, .fn = fn, .arg = arg };

	call->trouble[0] = '\0';
	call__options(call, "GET", url, NULL);
	curl_easy_setopt(call->curl, CURLOPT_TIMEOUT_MS, 0L); /* it lasts as long as somebody reads */
	curl_easy_setopt(call->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(call->curl, CURLOPT_LOW_SPEED_TIME, 90L); /* pings come every 20 s */
	curl_easy_setopt(call->curl, CURLOPT_WRITEFUNCTION, call__piece);
	curl_easy_setopt(call->curl, CURLOPT_WRITEDATA, &s);
	CURLcode code = curl_easy_perform(call->curl);
	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, ret_status);
	if (code == CURLE_OK || s.enough)
		return CLIENT_OK;
	cli_fail(call->cli, "the stream ended: %s", call->trouble[0] ? call->trouble : curl_easy_strerror(code));
	return CLIENT_AWAY;
}

/* ---- what an envelope says ---- */

static void call__error(struct call *call, const json_t *error, const char *lead)
{
	struct cli *c = call->cli;
	const json_t *source = json_object_get(error, "source"), *chain = json_object_get(error, "error_chain");
	const char *pointer = cli_member(c, source, "pointer");
	size_t i;
	json_t *each;

	fprintf(stderr, "%s%s (code %lld%s%s)\n", lead, cli_member(c, error, "message"),
		(long long)json_integer_value(json_object_get(error, "code")), pointer[0] ? ", at " : "", pointer);
	json_array_foreach(chain, i, each)
	{
		fprintf(stderr, "    %s (code %lld)\n", cli_member(c, each, "message"),
			(long long)json_integer_value(json_object_get(each, "code")));
	}
}

int call_complain(struct call *call, const json_t *envelope)
{
	const json_t *errors = json_object_get(envelope, "errors"), *messages = json_object_get(envelope, "messages");
	json_t *each;
	size_t i;
	bool away = call->status == 401 || call->status == 403 || call->status >= 500;

	if (json_array_size(errors) == 0)
		cli_fail(call->cli, "%s at %s answered %ld without a reason", call->whose, call->base, call->status);
	json_array_foreach(errors, i, each)
	{
		if (i == 0)
			cli_fail(call->cli, "refused by %s:", call->whose);
		if (i == 0 || json_integer_value(json_object_get(each, "code")) != CALL__EXISTS)
			call__error(call, each, "  ");
	}
	json_array_foreach(messages, i, each)
	{
		fprintf(stderr, "  %s\n", cli_member(call->cli, each, "message"));
	}
	if (strncmp(call->whose, "the API", 7) == 0 &&
	    json_integer_value(json_object_get(json_array_get(errors, 0), "code")) == CALL__NO_ROUTE)
		fprintf(stderr, "  `seawall zones list` shows the zones that this token may see.\n");
	if (call->status == 401 || call->status == 403)
		fprintf(stderr, "  Which token is used: --token-file, SEAWALL_TOKEN, or DATA/admin.token; "
				"`seawall tokens verify` asks what it is worth.\n");
	return away ? CLIENT_AWAY : CLIENT_FAILED;
}

/* ---- requests ---- */

long call_try(struct call *call, const char *method, const char *path, const struct call_body *body, json_t **ret)
{
	json_error_t bad;

	*ret = NULL;
	if (!call__perform(call, method, path, body))
		return 0;
	struct slice s = buf_slice(&call->body);
	if (call->is_text && call->status == 200)
		*ret = json_pack("{s:b,s:s%}", "success", 1, "result", s.n ? s.p : "", s.n);
	else if (s.n == 0 && call->status >= 200 && call->status < 300)
		*ret = json_pack("{s:b,s:n}", "success", 1, "result");
	else
		*ret = json_loadb(s.n ? s.p : "", s.n, JSON_ALLOW_NUL, &bad);
	if (json_is_object(*ret))
		return call->status;
	json_decref(*ret);
	*ret = NULL;
	cli_fail(call->cli, "%s answered %ld, but not in JSON; is this the API?", call->base, call->status);
	return 0;
}

/* What the API says beside a success: warnings that people should see. */
static void call__notes(struct call *call, const json_t *messages)
{
	json_t *each;
	size_t i;

	json_array_foreach(messages, i, each)
	{
		if (json_integer_value(json_object_get(each, "code")) != CALL__TOKEN_GOOD)
			fprintf(stderr, "note: %s\n", cli_member(call->cli, each, "message"));
	}
}

int call_send(struct call *call, const char *method, const char *path, const struct call_body *body, json_t **ret)
{
	json_t *envelope;

	if (ret)
		*ret = NULL;
	if (call_try(call, method, path, body, &envelope) == 0)
		return CLIENT_AWAY;
	if (!json_is_true(json_object_get(envelope, "success"))) {
		int status = call_complain(call, envelope);
		json_decref(envelope);
		return status;
	}
	call__notes(call, json_object_get(envelope, "messages"));
	json_t *result = json_object_get(envelope, "result");
	if (ret)
		*ret = result ? json_incref(result) : json_null();
	json_decref(envelope);
	return CLIENT_OK;
}

int call_get(struct call *call, const char *path, json_t **ret)
{
	return call_send(call, "GET", path, NULL, ret);
}

int call_json(struct call *call, const char *method, const char *path, json_t *body, json_t **ret)
{
	struct call_body b = { .json = body };

	CHECK(body);
	int status = call_send(call, method, path, &b, ret);
	json_decref(body);
	return status;
}

/* One page; out: *ret_last says that there is none behind it. */
static int call__page(struct call *call, const char *path, json_t *all, bool *ret_last)
{
	json_t *envelope;
	int status = CLIENT_OK;

	if (call_try(call, "GET", path, NULL, &envelope) == 0)
		return CLIENT_AWAY;
	const json_t *info = json_object_get(envelope, "result_info"), *pages = json_object_get(info, "total_pages");
	json_t *result = json_object_get(envelope, "result");
	if (!json_is_true(json_object_get(envelope, "success")))
		status = call_complain(call, envelope);
	else
		json_array_extend(all, result);
	*ret_last = json_array_size(result) == 0 || !info ||
		    (pages && json_integer_value(json_object_get(info, "page")) >= json_integer_value(pages));
	json_decref(envelope);
	return status;
}

int call_list(struct call *call, const char *path, int per_page, json_t **ret)
{
	json_t *all = json_array();
	char mark = strchr(path, '?') ? '&' : '?';
	bool last = false;
	int status = CLIENT_OK;

	*ret = NULL;
	for (int i = 1; !last && status == CLIENT_OK && json_array_size(all) < CALL_ITEMS_MAX; i++)
		status = call__page(call, cli_format(call->cli, "%s%cper_page=%d&page=%d", path, mark, per_page, i),
				    all, &last);
	if (status == CLIENT_OK && !last)
		status = cli_fail(call->cli, "%s%s lists more than %d things", call->base, path, (int)CALL_ITEMS_MAX);
	if (status == CLIENT_OK)
		*ret = json_incref(all);
	json_decref(all);
	return status;
}
