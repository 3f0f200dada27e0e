/* SPDX-License-Identifier: Apache-2.0 */
/* test_web: requests over libcurl's thread against a small server: answers, fields, bounds, times, ends. */
#include "test_control.h"

#include "control/web.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static uint16_t port;
static char asked[4096]; /* the last request whole */

static const char *answer_for(const char *request)
{
	if (strstr(request, "/fields "))
		return "HTTP/1.1 201 Created\r\nLocation:  https://ca/acct/1 \r\nReplay-Nonce: n-1\r\nRetry-After: "
		       "17\r\n"
		       "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
	if (strstr(request, "/date "))
		return "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\nContent-Length: 0\r\n"
		       "Connection: close\r\n\r\n";
	if (strstr(request, "/moved "))
		return "HTTP/1.1 302 Found\r\nLocation: /fields\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	if (strstr(request, "/big "))
		return "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n"
		       "0123456789012345678901234567890123456789012345678901234567890123456789";
	if (strstr(request, "/silent "))
		return NULL;
	return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
}

/* One connection at a time; a request without an answer holds its connection until the client leaves. */
static void *serve(void *arg)
{
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd)) {
		size_t n = 0;
		memset(asked, 0, sizeof asked);
		while (n < sizeof asked - 1) {
			ssize_t got = read(fd, asked + n, sizeof asked - 1 - n);
			if (got <= 0)
				break;
			n += (size_t)got;
			const char *body = strstr(asked, "\r\n\r\n");
			const char *length = strcasestr(asked, "content-length: ");
			if (body && n >= (size_t)(body + 4 - asked) + (length ? (size_t)(length[16] - '0') : 0))
				break;
		}
		if (strstr(asked, "/quit "))
			break;
		const char *text = answer_for(asked);
		char gone;
		if (text)
			assert_true(write(fd, text, strlen(text)) > 0);
		else
			while (read(fd, &gone, 1) > 0)
				;
	}
	return NULL;
}

struct seen {
	int times;
	enum err error;
	unsigned status;
	char body[64], location[64], nonce[64], reason[WEB_REASON_BYTES];
	uint64_t retry_after_s;
	struct loop *loop;
};

static void on_done(void *arg, const struct web_answer *a)
{
	struct seen *s = arg;

	s->times++;
	s->error = a->error;
	s->status = a->status;
	s->retry_after_s = a->retry_after_s;
	slice_cstr(a->body, s->body, sizeof s->body);
	snprintf(s->location, sizeof s->location, "%.60s", a->location);
	snprintf(s->nonce, sizeof s->nonce, "%.60s", a->replay_nonce);
	memcpy(s->reason, a->reason, sizeof s->reason);
}

static struct web_request get(const char *path, char url[static 100])
{
	snprintf(url, 100, "http://127.0.0.1:%u%s", port, path);
	return (struct web_request){ .method = "GET", .url = url, .timeout_ms = 20000, .body_bytes_max = 1000 };
}

static void ask(struct loop *l, struct web *w, const struct web_request *r, struct seen *s)
{
	memset(s, 0, sizeof *s);
	web_send(w, r, on_done, s);
	for (int i = 0; s->times == 0 && i < 3000; i++)
		loop_turn(l, 10);
	assert_int_equal(s->times, 1);
}

static void answers_come_back(void **state)
{
	struct web_request r;
	struct loop *l;
	struct web *w;
	struct seen s;
	char url[100], way[40];

	assert_int_equal(loop_new(&l), OK);
	assert_int_equal(web_new(l, &w), OK);
	r = get("/hello", url);
	ask(l, w, &r, &s);
	assert_true(s.error == OK && s.status == 200);
	assert_string_equal(s.body, "hello");
	assert_non_null(strstr(asked, "User-Agent: seawall/"));
	r = get("/fields", url);
	r.method = "POST";
	r.content_type = "application/jose+json";
	r.body = SLICE("{\"a\":1}");
	ask(l, w, &r, &s);
	assert_true(s.error == OK && s.status == 201 && s.retry_after_s == 17);
	assert_string_equal(s.location, "https://ca/acct/1");
	assert_string_equal(s.nonce, "n-1");
	assert_non_null(strstr(asked, "POST /fields HTTP/1.1\r\n"));
	assert_non_null(strstr(asked, "Content-Type: application/jose+json\r\n"));
	assert_non_null(strstr(asked, "\r\n\r\n{\"a\":1}"));
	assert_null(strstr(asked, "Expect:"));
	r = get("/hello", url);
	r.url = "http://name.example.test/hello"; /* which nobody resolves */
	snprintf(way, sizeof way, "127.0.0.1:%u", port);
	r.connect = way;
	r.bearer = "to-ken";
	ask(l, w, &r, &s);
	assert_true(s.error == OK && s.status == 200);
	assert_non_null(strstr(asked, "Host: name.example.test\r\n"));
	assert_non_null(strstr(asked, "Authorization: Bearer to-ken\r\n"));
	r = get("/hello", url);
	r.method = "HEAD";
	ask(l, w, &r, &s);
	assert_true(s.error == OK && s.status == 200 && s.body[0] == '\0');
	r = get("/date", url);
	ask(l, w, &r, &s);
	assert_true(s.status == 503 && s.retry_after_s > 86400);
	r = get("/moved", url);
	ask(l, w, &r, &s);
	assert_true(s.status == 302);
	web_free(w);
	loop_free(l);
}

static void trouble_has_a_reason(void **state)
{
	struct web_request r;
	struct loop *l;
	struct web *w;
	struct seen s;
	char url[100];

	assert_int_equal(loop_new(&l), OK);
	assert_int_equal(web_new(l, &w), OK);
	r = get("/big", url);
	r.body_bytes_max = 10;
	ask(l, w, &r, &s);
	assert_int_equal(s.error, ERR_BODY_LARGE);
	assert_non_null(strstr(s.reason, "too large"));
	r = get("/silent", url);
	r.timeout_ms = 50;
	ask(l, w, &r, &s);
	assert_int_equal(s.error, ERR_TIMEOUT);
	r = get("/hello", url);
	r.url = "ftp://127.0.0.1/x";
	ask(l, w, &r, &s);
	assert_int_equal(s.error, ERR_SYSTEM);
	assert_true(s.reason[0] != '\0');
	r = get("/hello", url);
	r.ca_file = "/nonexistent.pem";
	r.url = "https://127.0.0.1:1/x";
	ask(l, w, &r, &s);
	assert_int_equal(s.error, ERR_SYSTEM);
	web_free(w);
	loop_free(l);
}

static void the_end_is_told_and_cancelled_calls_are_not(void **state)
{
	struct seen s = { 0 }, cancelled = { 0 };
	struct web_request r;
	struct loop *l;
	struct web *w;
	char url[100];

	assert_int_equal(loop_new(&l), OK);
	assert_int_equal(web_new(l, &w), OK);
	r = get("/silent", url);
	web_send(w, &r, on_done, &s);
	web_cancel(web_send(w, &r, on_done, &cancelled));
	web_free(w);
	assert_int_equal(s.times, 1);
	assert_int_equal(s.error, ERR_CLOSED);
	assert_int_equal(cancelled.times, 0);
	web_free(NULL);
	loop_free(l);
}

int test_web(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back),
		cmocka_unit_test(trouble_has_a_reason),
		cmocka_unit_test(the_end_is_told_and_cancelled_calls_are_not),
	};
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	pthread_t server;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&at, n) || listen(listener, 16) ||
	    getsockname(listener, (struct sockaddr *)&at, &n) || pthread_create(&server, NULL, serve, NULL))
		return 1;
	port = ntohs(at.sin_port);
	int failed = cmocka_run_group_tests_name("web", tests, NULL, NULL);
	shutdown(listener, SHUT_RDWR);
	pthread_join(server, NULL);
	close(listener);
	return failed;
}
