/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll_responder: the least that can answer HTTP/1.1, as the ceiling to compare servers with, and the origin of the
 * benchmarks. One thread, one epoll; every CRLFCRLF read is answered with ready-made bytes, pipelined or not.
 *   epoll_responder PORT:BYTES PORT:BYTES:close PORT:origin …
 * BYTES: every answer has a body of that size; with close, the connection ends after the first.
 * origin: /64k… gives 64 KiB and any other name with a dot 1 KiB, both cacheable; all else 1 KiB that is not.
 * Writes "ready" when it listens on all of 127.0.0.1:PORT. Ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LISTENERS_MAX = 16, EVENTS = 256, READ_BYTES = 16384, TAIL_BYTES = 3, HEAD_BYTES = 512 };

/* Ready-made bytes; the date in them is kept right, for an origin with an old clock is served as stale. */
struct answer {
	char *bytes;
	size_t n;
	size_t date_at;
};

enum { ANSWER_SMALL, ANSWER_LARGE, ANSWER_DYNAMIC, ANSWERS };

/* What an event points to: a listener, or a connection (fd of the connection, all else of its listener). */
struct listener {
	int fd;
	bool origin, close;
	struct answer answer[ANSWERS];
};

struct conn {
	const struct listener *home;
	int fd;
	size_t tail_n;          /* bytes of tail */
	char tail[TAIL_BYTES];  /* the last of what was read, in which a CRLFCRLF may have begun */
	unsigned owed[ANSWERS]; /* answers still to write; an origin's clients do not mix kinds in a pipeline */
	size_t sent;            /* bytes of the present answer that are out */
	uint32_t watched;       /* by epoll: EPOLLIN or EPOLLOUT; 0: not yet, a connection of one request never is */
};

static struct listener listeners[LISTENERS_MAX];
static size_t listeners_n;

static void die(const char *what)
{
	fprintf(stderr, "epoll_responder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *must(void *p)
{
	if (!p)
		die("memory");
	return p;
}

static void answer_make(struct answer *a, size_t body_bytes, const char *cache_control, bool close_after)
{
	static const char date[] = "Thu, 01 Jan 1970 00:00:00 GMT";
	char head[HEAD_BYTES];
	int n = snprintf(head, sizeof head,
			 "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/css\r\nContent-Length: %zu\r\n"
			 "Cache-Control: %s\r\nETag: \"5f2c-%zx\"\r\n%s\r\n",
			 date, body_bytes, cache_control, body_bytes, close_after ? "Connection: close\r\n" : "");

	a->n = (size_t)n + body_bytes;
	a->bytes = must(malloc(a->n));
	memcpy(a->bytes, head, (size_t)n);
	memset(a->bytes + n, 'x', body_bytes);
	a->date_at = (size_t)(strstr(head, date) - head);
}

static void answer_date(struct answer *a, time_t now)
{
	char text[40];
	struct tm tm;
	size_t n = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));

	memcpy(a->bytes + a->date_at, text, n);
}

static void dates_keep(void)
{
	static time_t last;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	if (t.tv_sec == last)
		return;
	last = t.tv_sec;
	for (size_t i = 0; i < listeners_n; i++)
		for (int k = 0; k < ANSWERS; k++)
			answer_date(&listeners[i].answer[k], last);
}

/* PORT:BYTES, PORT:BYTES:close or PORT:origin */
static void listener_open(struct listener *l, const char *spec, int epoll)
{
	char *rest;
	long port = strtol(spec, &rest, 10);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int one = 1, patience_s = 5;

	if (*rest != ':')
		die(spec);
	l->origin = strcmp(rest + 1, "origin") == 0;
	l->close = strstr(rest, ":close") != NULL;
	size_t bytes = l->origin ? 1024 : strtoul(rest + 1, NULL, 10);
	answer_make(&l->answer[ANSWER_SMALL], bytes, "public, max-age=3600", l->close);
	answer_make(&l->answer[ANSWER_LARGE], 65536, "public, max-age=3600", false);
	answer_make(&l->answer[ANSWER_DYNAMIC], 1024, "no-store", false);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(l->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &patience_s, sizeof patience_s);
	if (bind(l->fd, (void *)&to, sizeof to) || listen(l->fd, 4096))
		die(spec);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &e))
		die("epoll_ctl");
}

static void conn_drop(struct conn *c)
{
	close(c->fd);
	free(c);
}

static void conn_wait(int epoll, struct conn *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (c->watched == events)
		return;
	if (epoll_ctl(epoll, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e))
		die("epoll_ctl");
	c->watched = events;
}

/* Writes what is owed as far as the socket takes it; false when the connection is over. */
static bool conn_write(int epoll, struct conn *c)
{
	for (int k = 0; k < ANSWERS; k++) {
		const struct answer *a = &c->home->answer[k];
		while (c->owed[k]) {
			ssize_t n = send(c->fd, a->bytes + c->sent, a->n - c->sent, MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				return false;
			c->sent += n > 0 ? (size_t)n : 0;
			if (c->sent < a->n) {
				conn_wait(epoll, c, EPOLLOUT);
				return true;
			}
			c->sent = 0;
			c->owed[k]--;
			if (c->home->close)
				return false;
		}
	}
	conn_wait(epoll, c, EPOLLIN);
	return true;
}

static int origin_choose(const char *request, size_t n)
{
	const char *path = memchr(request, '/', n),
		   *end = path ? memchr(path, ' ', n - (size_t)(path - request)) : NULL;

	if (!end || !memchr(path, '.', (size_t)(end - path)))
		return ANSWER_DYNAMIC;
	return end - path > 4 && memcmp(path, "/64k", 4) == 0 ? ANSWER_LARGE : ANSWER_SMALL;
}

/* Counts the requests that end in these bytes and keeps the last three for the next read. */
static void conn_count(struct conn *c, const char *p, size_t n)
{
	const char *at = p, *end = p + n, *hit;

	while ((hit = memmem(at, (size_t)(end - at), "\r\n\r\n", 4))) {
		c->owed[c->home->origin ? origin_choose(at, (size_t)(hit - at)) : ANSWER_SMALL]++;
		at = hit + 4;
	}
	c->tail_n = (size_t)(end - at) < TAIL_BYTES ? (size_t)(end - at) : TAIL_BYTES;
	memcpy(c->tail, end - c->tail_n, c->tail_n);
}

static bool conn_read(int epoll, struct conn *c)
{
	char buf[TAIL_BYTES + READ_BYTES];

	memcpy(buf, c->tail, c->tail_n);
	ssize_t n = recv(c->fd, buf + c->tail_n, READ_BYTES, 0);
	if (n < 0 && errno == EAGAIN) {
		conn_wait(epoll, c, EPOLLIN);
		return true;
	}
	if (n <= 0)
		return false;
	conn_count(c, buf, c->tail_n + (size_t)n);
	return conn_write(epoll, c);
}

/* The kernel gives connections that have something to read, so each is read at once. */
static void conns_accept(int epoll, const struct listener *l)
{
	int fd, one = 1;

	while ((fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct conn *c = must(calloc(1, sizeof *c));
		c->home = l;
		c->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (!conn_read(epoll, c))
			conn_drop(c);
	}
}

static void serve(int epoll)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);
		dates_keep();
		for (int i = 0; i < n; i++) {
			void *what = events[i].data.ptr;
			if (!what)
				return;
			if (what >= (void *)listeners && what < (void *)(listeners + LISTENERS_MAX)) {
				conns_accept(epoll, what);
				continue;
			}
			struct conn *c = what;
			if (!(c->watched == EPOLLOUT ? conn_write(epoll, c) : conn_read(epoll, c)))
				conn_drop(c);
		}
	}
}

int main(int argc, char **argv)
{
	struct epoll_event in = { .events = EPOLLIN, .data.ptr = NULL };
	struct rlimit files;
	int epoll = epoll_create1(0);

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (argc < 2 || argc > LISTENERS_MAX + 1) {
		fputs("usage: epoll_responder PORT:BYTES|PORT:BYTES:close|PORT:origin …\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		listener_open(&listeners[listeners_n++], argv[i], epoll);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in))
		die("standard input must be a pipe");
	puts("ready");
	fflush(stdout);
	serve(epoll);
	return 0;
}
