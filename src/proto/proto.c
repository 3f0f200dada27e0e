/* SPDX-License-Identifier: Apache-2.0 */
/* proto: see proto.h. */
#include "proto/proto.h"

#include "base/mem.h"
#include "proto/h1_server.h"
#include "proto/h2_server.h"
#include "proto/secure.h"

enum { PROTO__ARENA_BLOCKS_KEPT = 2048 };

void proto_flush(struct proto *p)
{
	h1_server_flush(p);
	h2_server_flush(p);
}

static void proto__turn(void *arg)
{
	proto_flush(arg);
}

void proto_init(struct proto *p, struct loop *loop, const struct limits *limits, struct counters *counters,
		const struct exchange_handler *handler, void *server)
{
	*p = (struct proto){
		.loop = loop, .limits = limits, .counters = counters, .handler = handler, .server = server
	};
	arena_pool_init(&p->arenas, PROTO__ARENA_BLOCKS_KEPT);
	p->fields = mem_alloc_array(limits->head_fields_max, sizeof *p->fields);
	p->in = mem_alloc(PROTO_IN_BYTES);
	p->out = mem_alloc(PROTO_OUT_BYTES);
	loop_on_turn(loop, proto__turn, p);
}

void proto_close_all(struct proto *p)
{
	secure_close_all(p);
	h1_server_close_all(p);
	h2_server_close_all(p);
}

size_t proto_close_those(struct proto *p, proto_ends_fn fn, void *arg)
{
	return secure_close_those(p, fn, arg) + h1_server_close_those(p, fn, arg) + h2_server_close_those(p, fn, arg);
}

void proto_fini(struct proto *p)
{
	proto_close_all(p);
	h1_server_free_kept(p);
	mem_free(p->fields);
	mem_free(p->in);
	mem_free(p->out);
	arena_pool_fini(&p->arenas);
}

bool proto_make_room(struct proto *p, bool tls)
{
	bool room = p->conns_n + p->secures_n < p->limits->conns_max;

	if (tls && p->secures_n >= p->limits->tls_handshakes_max) {
		counter_add(p->counters, conns_pushed_out, 1);
		return rest_make_room(&p->shaking);
	}
	if (room || !rest_make_room(&p->resting))
		return room;
	counter_add(p->counters, conns_pushed_out, 1);
	return true;
}

void proto_drain(struct proto *p)
{
	p->draining = true;
	h1_server_close_idle(p);
	h2_server_drain(p);
}
