/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_h2: what a client may send on an HTTP/2 connection, through a whole session with a handler that answers: nothing
 * may crash, leak or be told out of order. The preface is given; the first byte of the input says in how many pieces
 * the rest comes.
 */
#include "fuzz.h"
#include "proto/h2_server.h"
#include "sys/sock.h"

#include <sys/socket.h>
#include <unistd.h>

enum { PIECES_MAX = 8, TURNS = 4 };

struct world {
	struct loop *loop;
	struct limits limits;
	struct counters counters;
	struct proto proto;
	size_t open; /* exchanges that have begun and are not over */
};

static struct world *the_world;

static void answer(struct exchange *x, uint16_t status)
{
	static const struct field fields[] = { { .name = SLICE_INIT("x-a"), .value = SLICE_INIT("1") } };
	const struct http_response h = { .status = status, .body = HTTP_BODY_STREAM, .fields = fields, .fields_n = 1 };

	FUZZ_CHECK(the_world->open > 0);
	the_world->open--;
	x->owner = NULL;
	x->ops->head(x, &h);
	x->ops->write_all(x, SLICE("hello"));
	x->ops->finish(x, fields, 1);
}

static void begin(struct exchange *x)
{
	const struct http_request *q = &x->req;

	the_world->open++;
	FUZZ_CHECK(q->version == 20 && q->method.n > 0);
	for (size_t i = 0; i < q->fields_n; i++)
		FUZZ_CHECK(q->fields[i].name.n > 0 && q->fields[i].name.p[0] != ':');
	FUZZ_CHECK(q->method_id == METHOD_CONNECT || (q->path.n && (q->path.p[0] == '/' || q->path.p[0] == '*')));
	FUZZ_CHECK(!q->upgrade || q->method_id == METHOD_GET);
	if (!q->has_body) {
		answer(x, 200);
		return;
	}
	FUZZ_CHECK(x->ops->keep(x) == OK);
	x->owner = the_world;
	x->ops->read(x, true);
}

static void refuse(struct exchange *x, enum err why)
{
	FUZZ_CHECK(why != OK);
	the_world->open++;
	answer(x, 400);
}

static void on_body(struct exchange *x, struct slice data, bool end)
{
	FUZZ_CHECK(x->owner == the_world);
	if (end)
		answer(x, 200);
}

static void on_room(struct exchange *x)
{
}

static void on_gone(struct exchange *x, enum err why)
{
	FUZZ_CHECK(the_world->open > 0);
	the_world->open--;
}

static const struct exchange_handler handler = {
	.begin = begin, .refuse = refuse, .on_body = on_body, .on_room = on_room, .on_gone = on_gone
};

static void turns(struct world *w)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(w->loop, 0);
}

/* What the edge says is thrown away. */
static void drain(int fd)
{
	char in[65536];

	while (recv(fd, in, sizeof in, MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
	const struct ip_port peer = { .port = 1 };
	struct world w = { .open = 0 };
	int fds[2];

	if (n == 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		return 0;
	the_world = &w;
	limits_init(&w.limits);
	FUZZ_CHECK(loop_new(&w.loop) == OK);
	proto_init(&w.proto, w.loop, &w.limits, &w.counters, &handler, &w);
	h2_server_accept(&w.proto, fds[0], NULL, &peer, &peer);
	FUZZ_CHECK(send(fds[1], preface, sizeof preface, 0) == (ssize_t)sizeof preface);
	size_t pieces = 1 + data[0] % PIECES_MAX;
	for (size_t i = 0, at = 1; i < pieces && at < n; i++) {
		size_t part = i + 1 == pieces ? n - at : (n - at) / (pieces - i);
		if (part && send(fds[1], data + at, part, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		at += part;
		turns(&w);
		drain(fds[1]);
	}
	close(fds[1]);
	turns(&w);
	proto_close_all(&w.proto);
	turns(&w);
	FUZZ_CHECK(w.open == 0 && w.proto.conns_n == 0);
	proto_fini(&w.proto);
	loop_free(w.loop);
	return 0;
}
