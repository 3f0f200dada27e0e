/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish: live at once or not at all, against an edge that the test plays. */
#include "test_control.h"

#include "base/mem.h"
#include "control/kinds.h"
#include "control/publish.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* The edge refuses zones that this names. */
struct scene {
	struct limits limits;
	struct desired *desired;
	struct publishes *publishes;
	struct peer *peer;
	struct link edge;
	const char *refuses;
	bool silent;
	int ended;
	struct publish_result result;
};

static void on_leaving(void *arg, struct desired_item *item)
{
	struct scene *s = arg;

	if (s->peer)
		peer_leaving(s->peer, item);
}

static void on_entering(void *arg, struct desired_item *item)
{
	struct scene *s = arg;

	if (s->peer)
		peer_entering(s->peer, item);
}

static void on_removed(void *arg, const char *key)
{
	struct scene *s = arg;

	if (s->peer)
		peer_removed(s->peer, key);
}

static void on_done(void *arg, const struct publish_result *r)
{
	struct scene *s = arg;

	s->ended++;
	s->result = *r;
}

static void open_scene(struct scene *s, bool with_edge)
{
	struct desired_watch watch = { on_leaving, on_entering, on_removed, NULL, s };
	int fds[2];

	*s = (struct scene){ 0 };
	limits_init(&s->limits);
	s->desired = desired_new(&s->limits, kinds_all(), &watch);
	s->publishes = publish_new(s->desired);
	if (!with_edge)
		return;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	s->peer = peer_new(fds[0], &s->limits, s->desired, 1000);
	link_init(&s->edge, fds[1], s->limits.plan_item_bytes_max, s->limits.door_queue_bytes_max);
	struct frame_hello hello = { .pid = 7, .generation = 1 };
	assert_int_equal(frame_write_hello(&s->edge.out, &hello, SLICE(""), false), OK);
	assert_int_equal(link_write(&s->edge), OK);
}

static void close_scene(struct scene *s)
{
	peer_free(s->peer);
	s->peer = NULL;
	publish_free(s->publishes);
	desired_free(s->desired);
	if (s->edge.magic)
		link_fini(&s->edge);
}

static enum err on_edge(void *arg, const struct frame *f)
{
	struct scene *s = arg;
	struct frame_put put;
	char name[64];

	if (f->type != FRAME_PUT && f->type != FRAME_DELETE)
		return OK;
	assert_int_equal(frame_read_put(f->payload, f->type == FRAME_PUT, &put), OK);
	slice_cstr(put.name, name, sizeof name);
	bool refused = s->refuses && strcmp(name, s->refuses) == 0 && f->type == FRAME_PUT;
	const struct frame_ack ack = { .seq = put.seq,
				       .revision = put.revision,
				       .error = refused ? ERR_PLAN : OK,
				       .kind = put.kind,
				       .name = put.name,
				       .where = refused ? SLICE("hosts[0]") : SLICE(""),
				       .text = refused ? SLICE("not here") : SLICE("") };
	if (s->silent)
		return OK;
	return frame_write_ack(&s->edge.out, &ack);
}

/* Both sides say what they have to say, a few times. */
static void play(struct scene *s, uint64_t now_ms)
{
	struct peer *const peers[] = { s->peer };

	for (int i = 0; i < 6; i++) {
		if (s->peer) {
			assert_int_equal(peer_event(s->peer, POLLIN | POLLOUT, now_ms), OK);
			assert_int_equal(peer_pump(s->peer, true, now_ms), OK);
			assert_int_equal(link_read(&s->edge, on_edge, s), OK);
			assert_int_equal(link_write(&s->edge), OK);
		}
		publish_tick(s->publishes, peers, s->peer != NULL, now_ms, 6000);
	}
}

static const char *zone_json(char json[static 300], const char *zone, int port)
{
	snprintf(json, 300,
		 "{\"kind\":\"zone\",\"name\":\"%s\",\"hosts\":[{\"name\":\"%s\",\"origins\":[\"192.0.2.1:%d\"]}]}",
		 zone, zone, port);
	return json;
}

static void start(struct scene *s, const struct publish_item *items, size_t n)
{
	const struct publish_call call = { .items = items, .n = n, .due_ms = 2000, .fn = on_done, .arg = s };

	publish_start(s->publishes, &call, 5000);
}

static struct publish_item item(const char *source, const char *json)
{
	return (struct publish_item){ source, slice_str(json) };
}

static void it_is_live_when_the_edge_says_so(void **state)
{
	char a[300], b[300];
	struct scene s;

	open_scene(&s, true);
	play(&s, 1000);
	const struct publish_item items[] = { item("api/a", zone_json(a, "a.test", 1)),
					      item("api/b", zone_json(b, "b.test", 1)) };
	start(&s, items, 2);
	assert_int_equal(s.ended, 0);
	play(&s, 1001);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.result.error, OK);
	assert_int_equal(s.result.edges, 1);
	assert_int_equal(s.result.late, 0);
	/* The same again is live already; taken away it is gone. */
	start(&s, items, 2);
	play(&s, 1002);
	assert_int_equal(s.ended, 2);
	const struct publish_item gone = item("api/a", NULL);
	start(&s, &gone, 1);
	play(&s, 1003);
	assert_int_equal(s.ended, 3);
	assert_int_equal(s.result.error, OK);
	assert_null(desired_find(s.desired, SLICE("zone/a.test")));
	assert_false(publish_waiting(s.publishes));
	close_scene(&s);
}

static void a_refusal_takes_everything_back(void **state)
{
	char a[300], b[300], c[300];
	struct scene s;

	open_scene(&s, true);
	play(&s, 1000);
	const struct publish_item first = item("api/a", zone_json(a, "a.test", 1));
	start(&s, &first, 1);
	play(&s, 1001);
	uint64_t hash = desired_find(s.desired, SLICE("zone/a.test"))->hash;

	s.refuses = "b.test";
	const struct publish_item items[] = { item("api/a", zone_json(b, "a.test", 2)),
					      item("api/b", zone_json(c, "b.test", 1)) };
	start(&s, items, 2);
	play(&s, 1002);
	assert_int_equal(s.ended, 2);
	assert_int_equal(s.result.error, ERR_PLAN);
	assert_non_null(strstr(s.result.why.text, "hosts[0]: not here"));
	assert_int_equal(desired_find(s.desired, SLICE("zone/a.test"))->hash, hash);
	assert_null(desired_find(s.desired, SLICE("zone/b.test")));
	play(&s, 1003);
	assert_int_equal(peer_find(s.peer, SLICE("zone/a.test"))->hash, hash);

	/* What control itself refuses never travels. */
	s.refuses = NULL;
	const struct publish_item bad[] = { item("api/a", zone_json(b, "a.test", 3)),
					    item("api/c", "{\"kind\":\"zone\"}") };
	start(&s, bad, 2);
	play(&s, 1004);
	assert_int_equal(s.ended, 3);
	assert_int_equal(s.result.error, ERR_PLAN);
	assert_string_equal(s.result.why.where, "name");
	assert_int_equal(desired_find(s.desired, SLICE("zone/a.test"))->hash, hash);
	close_scene(&s);
}

static void an_edge_that_is_silent_or_away_is_not_waited_for_for_ever(void **state)
{
	char a[300];
	struct scene s;

	open_scene(&s, true);
	play(&s, 1000);
	s.silent = true;
	const struct publish_item one = item("api/a", zone_json(a, "a.test", 1));
	start(&s, &one, 1);
	play(&s, 1999);
	assert_int_equal(s.ended, 0);
	play(&s, 2000);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.result.error, OK);
	assert_int_equal(s.result.edges, 0);
	assert_int_equal(s.result.late, 1);
	close_scene(&s);

	open_scene(&s, false);
	start(&s, &one, 1);
	play(&s, 1000);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.result.edges + s.result.late, 0);
	/* Who waits when all ends is told. */
	start(&s, &one, 1);
	close_scene(&s);
	assert_int_equal(s.ended, 2);
}

int test_publish(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_live_when_the_edge_says_so),
		cmocka_unit_test(a_refusal_takes_everything_back),
		cmocka_unit_test(an_edge_that_is_silent_or_away_is_not_waited_for_for_ever),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
