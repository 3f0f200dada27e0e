/* SPDX-License-Identifier: Apache-2.0 */
/* test_peer: control's end of the door against an edge that the test plays. */
#include "test_control.h"

#include "base/mem.h"
#include "control/kinds.h"
#include "control/peer.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends, and what the edge got, as words. */
struct scene {
	struct limits limits;
	struct desired *desired;
	struct peer *peer;
	struct link edge;
	char got[2000];
	uint64_t last_revision;
	struct frame_put last;
	char last_name[64];
};

static void on_leaving(void *arg, struct desired_item *item)
{
	peer_leaving(((struct scene *)arg)->peer, item);
}

static void on_entering(void *arg, struct desired_item *item)
{
	peer_entering(((struct scene *)arg)->peer, item);
}

static void on_removed(void *arg, const char *name)
{
	peer_removed(((struct scene *)arg)->peer, name);
}

static void open_scene(struct scene *s)
{
	struct desired_watch watch = { on_leaving, on_entering, on_removed, NULL, s };
	int fds[2];

	*s = (struct scene){ 0 };
	limits_init(&s->limits);
	s->desired = desired_new(&s->limits, kinds_all(), &watch);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	s->peer = peer_new(fds[0], &s->limits, s->desired, 1000);
	link_init(&s->edge, fds[1], s->limits.plan_item_bytes_max, s->limits.door_queue_bytes_max);
}

static void close_scene(struct scene *s)
{
	desired_free(s->desired);
	peer_free(s->peer);
	link_fini(&s->edge);
}

static void put_zone(struct scene *s, const char *file, const char *zone)
{
	char json[300];

	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"%s\",\"hosts\":[{\"name\":\"%s\",\"origins\":[\"192.0.2.1:80\"]}]}",
		 zone, zone);
	assert_int_equal(desired_put(s->desired, file, slice_str(json), 5000), OK);
}

static enum err on_edge(void *arg, const struct frame *f)
{
	struct scene *s = arg;
	size_t n = strlen(s->got);
	struct frame_welcome w;
	const char *more = "";

	if (f->type == FRAME_PUT || f->type == FRAME_DELETE) {
		assert_int_equal(frame_read_put(f->payload, f->type == FRAME_PUT, &s->last), OK);
		slice_cstr(s->last.name, s->last_name, sizeof s->last_name);
		assert_true(s->last.revision > s->last_revision);
		s->last_revision = s->last.revision;
		more = s->last_name;
	}
	if (f->type == FRAME_WELCOME) {
		assert_int_equal(frame_read_welcome(f->payload, &w), OK);
		more = err_name((enum err)w.error);
	}
	snprintf(s->got + n, sizeof s->got - n, "%s%s%s ", frame_type_name(f->type), more[0] ? ":" : "", more);
	return OK;
}

/* Lets both sides run; returns what the edge got. */
static const char *run(struct scene *s, bool may_delete)
{
	static char got[2000];

	s->got[0] = '\0';
	assert_int_equal(link_write(&s->edge), OK);
	assert_int_equal(peer_event(s->peer, POLLIN, 1000), OK);
	assert_int_equal(peer_pump(s->peer, may_delete, 1000), OK);
	assert_int_equal(link_read(&s->edge, on_edge, s), OK);
	memcpy(got, s->got, sizeof got);
	return got;
}

/* HELLO with zones that the edge has, of revision 100 and unknown content. */
static void hello(struct scene *s, const char *const *zones, size_t n, bool more)
{
	struct frame_hello h = { .pid = 42, .generation = 7, .name = SLICE("n"), .count = (uint32_t)n };
	struct buf items;

	buf_init(&items, 10000);
	for (size_t i = 0; i < n; i++) {
		struct frame_item it = { SLICE("zone"), slice_str(zones[i]), 100, 1 };
		assert_int_equal(frame_item_write(&items, &it), OK);
	}
	assert_int_equal(frame_write_hello(&s->edge.out, &h, buf_slice(&items), more), OK);
	buf_fini(&items);
}

static void ack(struct scene *s, const char *zone, enum err result)
{
	struct frame_ack a = { .revision = s->last_revision,
			       .error = result,
			       .kind = SLICE("zone"),
			       .name = slice_str(zone),
			       .where = SLICE("hosts[0]"),
			       .text = SLICE("is bad") };

	assert_int_equal(frame_write_ack(&s->edge.out, &a), OK);
}

static void an_edge_gets_what_it_lacks(void **state)
{
	static const char *const has[] = { "a.test", "old.test" };
	struct scene s;

	open_scene(&s);
	put_zone(&s, "a.json", "a.test");
	put_zone(&s, "b.json", "b.test");
	assert_string_equal(run(&s, true), "");
	hello(&s, has, 2, false);
	assert_string_equal(run(&s, true), "WELCOME:OK PUT:a.test PUT:b.test DELETE:old.test SYNCED ");
	assert_int_equal(s.peer->pid, 42);
	assert_int_equal(s.peer->generation, 7);
	assert_string_equal(run(&s, true), "");
	put_zone(&s, "c.json", "c.test");
	assert_string_equal(run(&s, true), "PUT:c.test ");
	assert_false(peer_find(s.peer, SLICE("zone/c.test"))->live);
	ack(&s, "c.test", OK);
	assert_string_equal(run(&s, true), "");
	assert_true(peer_find(s.peer, SLICE("zone/c.test"))->live);
	desired_remove(s.desired, "c.json", 6000);
	assert_string_equal(run(&s, true), "DELETE:c.test ");
	ack(&s, "c.test", OK);
	run(&s, true);
	assert_false(peer_find(s.peer, SLICE("zone/c.test"))->live);
	close_scene(&s);
}

static void what_the_edge_has_is_not_sent(void **state)
{
	struct scene s;
	struct frame_hello h = { .pid = 1, .count = 1, .name = SLICE("n") };
	struct buf items;

	open_scene(&s);
	put_zone(&s, "a.json", "a.test");
	struct frame_item it = { SLICE("zone"), SLICE("a.test"), 99999999,
				 desired_find(s.desired, SLICE("zone/a.test"))->hash };
	buf_init(&items, 1000);
	assert_int_equal(frame_item_write(&items, &it), OK);
	assert_int_equal(frame_write_hello(&s.edge.out, &h, buf_slice(&items), false), OK);
	buf_fini(&items);
	assert_string_equal(run(&s, true), "WELCOME:OK SYNCED ");
	/* Its revision is above ours: the next one goes above it. */
	assert_int_equal(desired_put(s.desired, "a.json",
				     SLICE("{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[{\"name\":\"x.a.test\","
					   "\"origins\":[\"192.0.2.1:80\"]}]}"),
				     5000),
			 OK);
	assert_string_equal(run(&s, true), "PUT:a.test ");
	assert_true(s.last_revision > 99999999);
	close_scene(&s);
}

static void a_change_before_its_turn_is_sent_once(void **state)
{
	struct scene s;

	open_scene(&s);
	put_zone(&s, "a.json", "a.test");
	put_zone(&s, "b.json", "b.test");
	hello(&s, NULL, 0, false);
	assert_int_equal(link_write(&s.edge), OK);
	assert_int_equal(peer_event(s.peer, POLLIN, 1000), OK); /* welcome: a.test would be next */
	desired_remove(s.desired, "a.json", 6000);
	put_zone(&s, "c.json", "c.test");
	assert_string_equal(run(&s, true), "WELCOME:OK PUT:b.test PUT:c.test SYNCED ");
	close_scene(&s);
}

static void unknown_items_wait_while_files_are_unclear(void **state)
{
	static const char *const has[] = { "old.test", "gone.test" };
	struct scene s;

	open_scene(&s);
	put_zone(&s, "g.json", "gone.test");
	hello(&s, has, 2, false);
	assert_string_equal(run(&s, false), "WELCOME:OK PUT:gone.test SYNCED ");
	ack(&s, "gone.test", OK);
	/* What was wanted and is not any more goes all the same. */
	desired_remove(s.desired, "g.json", 6000);
	assert_string_equal(run(&s, false), "DELETE:gone.test ");
	assert_string_equal(run(&s, true), "DELETE:old.test ");
	close_scene(&s);
}

static const char *refused_item;

static void on_refused(const struct peer *p, const char *item, const char *reason)
{
	refused_item = "seen";
	assert_string_equal(item, "zone/a.test");
	assert_string_equal(reason, "hosts[0]: is bad");
}

static void refusals_are_kept(void **state)
{
	struct scene s;

	open_scene(&s);
	s.peer->refused = on_refused;
	put_zone(&s, "a.json", "a.test");
	hello(&s, NULL, 0, false);
	run(&s, true);
	ack(&s, "a.test", ERR_PLAN);
	run(&s, true);
	assert_string_equal(refused_item, "seen");
	const struct peer_item *it = peer_find(s.peer, SLICE("zone/a.test"));
	assert_false(it->live);
	assert_string_equal(it->reason, "hosts[0]: is bad");
	assert_true(it->refused_hash == desired_find(s.desired, SLICE("zone/a.test"))->hash);
	/* An answer to what was overtaken changes nothing. */
	s.last_revision = 1;
	ack(&s, "a.test", OK);
	ack(&s, "unknown.test", OK);
	run(&s, true);
	assert_false(peer_find(s.peer, SLICE("zone/a.test"))->live);
	close_scene(&s);
}

static void stale_ends_the_link(void **state)
{
	struct scene s;

	open_scene(&s);
	put_zone(&s, "a.json", "a.test");
	hello(&s, NULL, 0, false);
	run(&s, true);
	ack(&s, "a.test", ERR_PLAN_STALE);
	assert_int_equal(link_write(&s.edge), OK);
	assert_int_equal(peer_event(s.peer, POLLIN, 1000), ERR_CLOSED);
	close_scene(&s);
}

static void long_hellos_come_in_parts(void **state)
{
	static const char *const one[] = { "one.test" }, *const two[] = { "two.test" };
	struct scene s;

	open_scene(&s);
	hello(&s, one, 1, true);
	assert_string_equal(run(&s, true), "");
	hello(&s, two, 1, false);
	const char *got = run(&s, true);
	assert_non_null(strstr(got, "DELETE:one.test"));
	assert_non_null(strstr(got, "DELETE:two.test"));
	close_scene(&s);
}

static void another_version_is_told_why(void **state)
{
	struct scene s;
	struct frame_hello h = { .name = SLICE("n") };

	open_scene(&s);
	assert_int_equal(frame_write_hello(&s.edge.out, &h, SLICE(""), false), OK);
	s.edge.out.p[s.edge.out.from + 5] = 9; /* the version's low byte */
	assert_int_equal(link_write(&s.edge), OK);
	assert_int_equal(peer_event(s.peer, POLLIN, 1000), ERR_FRAME);
	assert_int_equal(link_read(&s.edge, on_edge, &s), OK);
	assert_string_equal(s.got, "WELCOME:ERR_FRAME ");
	close_scene(&s);
}

static void nonsense_ends_the_link(void **state)
{
	static const enum frame_type types[] = { FRAME_PING, FRAME_ACK, FRAME_PUT, FRAME_SYNCED };

	for (size_t i = 0; i < 8; i++) {
		struct scene s;
		open_scene(&s);
		if (i >= 4) { /* after a good HELLO these are wrong still, but for a ping */
			hello(&s, NULL, 0, false);
			run(&s, true);
		}
		assert_int_equal(frame_write_empty(&s.edge.out, types[i % 4]), OK);
		assert_int_equal(link_write(&s.edge), OK);
		assert_int_equal(peer_event(s.peer, POLLIN, 1000), i == 4 ? OK : ERR_FRAME);
		close_scene(&s);
	}
}

static void on_event(void *arg, const struct peer *p, const struct frame_event *e)
{
	char *out = arg;

	snprintf(out + strlen(out), 200 - strlen(out), "%.*s %.*s, ", SLICE_ARG(e->kind), SLICE_ARG(e->json));
}

static void counters_and_events_are_kept(void **state)
{
	struct scene s;
	const struct frame_counter counters[] = { { SLICE("requests"), 5 }, { SLICE("cache_hit"), 6 } };

	const struct frame_event text = { SLICE("text"), SLICE("{\"text\":\"disk full\"}") };
	const struct frame_event waf = { SLICE("waf"), SLICE("{\"text\":\"no\"}") };
	char heard[200] = "";

	open_scene(&s);
	s.peer->heard = on_event;
	s.peer->heard_arg = heard;
	hello(&s, NULL, 0, false);
	assert_int_equal(frame_write_event(&s.edge.out, &waf), OK);
	assert_int_equal(frame_write_counters(&s.edge.out, counters, 2), OK);
	assert_int_equal(frame_write_event(&s.edge.out, &text), OK);
	run(&s, true);
	assert_int_equal(s.peer->counters_n, 2);
	assert_string_equal(s.peer->counters[1].name, "cache_hit");
	assert_int_equal(s.peer->counters[1].value, 6);
	assert_string_equal(s.peer->event, "disk full");
	assert_string_equal(heard, "waf {\"text\":\"no\"}, text {\"text\":\"disk full\"}, ");
	close_scene(&s);
}

static void silence_ends_the_link(void **state)
{
	struct scene s;

	open_scene(&s);
	hello(&s, NULL, 0, false);
	run(&s, true);
	assert_int_equal(peer_tick(s.peer, 2000), OK);
	assert_int_equal(link_queued(&s.peer->link), 0);
	assert_int_equal(peer_tick(s.peer, 7000), OK);
	assert_int_equal(link_queued(&s.peer->link), FRAME_HEAD_BYTES);
	assert_int_equal(peer_tick(s.peer, 20000), ERR_CLOSED);
	close_scene(&s);
}

/* What a command came to, as words. */
static char name_early[] = "early", name_a[] = "a", name_b[] = "b", name_c[] = "c", name_none[] = "";
static char said[200];

static void on_reply(void *arg, const struct peer *p, const struct peer_reply *reply)
{
	size_t n = strlen(said);

	snprintf(said + n, sizeof said - n, "%s:%s:%.*s:%.*s ", (const char *)arg, err_name(reply->error),
		 SLICE_ARG(reply->text), SLICE_ARG(reply->json));
}

static enum err on_command(void *arg, const struct frame *f)
{
	struct scene *s = arg;
	struct frame_command_call call;

	if (f->type != FRAME_COMMAND)
		return OK;
	assert_int_equal(frame_read_command(f->payload, &call), OK);
	assert_int_equal(call.kind, FRAME_COMMAND_PURGE);
	assert_true(slice_eq(call.json, SLICE("{}")));
	struct frame_reply r = { .seq = call.seq, .error = OK, .json = SLICE("[1]") };
	return frame_write_reply(&s->edge.out, &r);
}

static void commands_are_answered(void **state)
{
	struct scene s;

	open_scene(&s);
	said[0] = '\0';
	assert_int_equal(peer_command(s.peer, FRAME_COMMAND_PURGE, SLICE("{}"), on_reply, name_early), ERR_CLOSED);
	hello(&s, NULL, 0, false);
	run(&s, true);
	assert_int_equal(peer_command(s.peer, FRAME_COMMAND_PURGE, SLICE("{}"), on_reply, name_a), OK);
	assert_int_equal(peer_command(s.peer, FRAME_COMMAND_PURGE, SLICE("{}"), on_reply, name_b), OK);
	assert_int_equal(peer_pump(s.peer, true, 1000), OK);
	assert_int_equal(link_read(&s.edge, on_command, &s), OK);
	run(&s, true);
	assert_string_equal(said, "a:OK::[1] b:OK::[1] ");
	/* An edge that leaves answers nothing more; who asked is told. */
	said[0] = '\0';
	assert_int_equal(peer_command(s.peer, FRAME_COMMAND_PURGE, SLICE("{}"), on_reply, name_c), OK);
	close_scene(&s);
	assert_string_equal(said, "c:ERR_CLOSED:the edge left: ");
}

static void commands_are_bounded_and_replies_must_match(void **state)
{
	struct scene s;
	struct frame_reply r = { .seq = 999999 };

	open_scene(&s);
	hello(&s, NULL, 0, false);
	run(&s, true);
	for (int i = 0; i < PEER_COMMANDS_MAX; i++)
		assert_int_equal(peer_command(s.peer, FRAME_COMMAND_DRAIN, SLICE(""), on_reply, name_none), OK);
	assert_int_equal(peer_command(s.peer, FRAME_COMMAND_DRAIN, SLICE(""), on_reply, name_none), ERR_QUEUE_FULL);
	assert_int_equal(frame_write_reply(&s.edge.out, &r), OK);
	assert_int_equal(link_write(&s.edge), OK);
	assert_int_equal(peer_event(s.peer, POLLIN, 1000), ERR_FRAME);
	close_scene(&s);
}

int test_peer(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edge_gets_what_it_lacks),
		cmocka_unit_test(what_the_edge_has_is_not_sent),
		cmocka_unit_test(a_change_before_its_turn_is_sent_once),
		cmocka_unit_test(unknown_items_wait_while_files_are_unclear),
		cmocka_unit_test(refusals_are_kept),
		cmocka_unit_test(stale_ends_the_link),
		cmocka_unit_test(long_hellos_come_in_parts),
		cmocka_unit_test(another_version_is_told_why),
		cmocka_unit_test(nonsense_ends_the_link),
		cmocka_unit_test(counters_and_events_are_kept),
		cmocka_unit_test(silence_ends_the_link),
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(commands_are_bounded_and_replies_must_match),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
