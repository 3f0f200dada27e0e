/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame: every frame there and back, cut at every byte, and with lengths that lie. */
#include "test_door.h"

#include "base/rng.h"
#include "door/frame.h"

/* Reads any payload with the reader of its type; the result does not matter, that it ends does. */
static enum err read_any(uint8_t type, struct slice p)
{
	struct frame_hello h;
	struct frame_item item;
	struct frame_welcome w;
	struct frame_put put;
	struct frame_ack a;
	struct frame_counter one;
	struct slice rest;
	struct frame_command_call call;
	struct frame_reply reply;
	struct frame_event event;
	uint32_t n;
	enum err e = OK;

	switch (type) {
	case FRAME_HELLO:
		e = frame_read_hello(p, &h);
		for (uint32_t i = 0; e == OK && i < h.count; i++)
			e = frame_item_take(&h.items, &item);
		return e != OK ? e : h.items.n ? ERR_FRAME : OK;
	case FRAME_WELCOME:
		return frame_read_welcome(p, &w);
	case FRAME_PUT:
	case FRAME_DELETE:
		return frame_read_put(p, type == FRAME_PUT, &put);
	case FRAME_ACK:
		return frame_read_ack(p, &a);
	case FRAME_COMMAND:
		return frame_read_command(p, &call);
	case FRAME_REPLY:
		return frame_read_reply(p, &reply);
	case FRAME_EVENT:
		return frame_read_event(p, &event);
	case FRAME_COUNTERS:
		e = frame_read_counters(p, &n, &rest);
		for (uint32_t i = 0; e == OK && i < n; i++)
			e = frame_counter_take(&rest, &one);
		return e != OK ? e : rest.n ? ERR_FRAME : OK;
	default:
		return p.n ? ERR_FRAME : OK;
	}
}

static const struct frame_put put_sample = {
	.seq = 0x0102030405060708,
	.revision = 99,
	.kind = SLICE_INIT("zone"),
	.name = SLICE_INIT("a.test"),
	.json = SLICE_INIT("{\"x\":1}"),
};
static const struct frame_ack ack_sample = {
	.seq = 5,
	.revision = 6,
	.live_us = 7,
	.error = ERR_PLAN,
	.kind = SLICE_INIT("zone"),
	.name = SLICE_INIT("a.test"),
	.where = SLICE_INIT("hosts[0]"),
	.text = SLICE_INIT("is bad"),
};

static const struct frame_command_call command_sample = { 8, FRAME_COMMAND_PURGE, SLICE_INIT("{\"p\":2}") };
static const struct frame_reply reply_sample = {
	.seq = 8,
	.took_us = 1000,
	.error = ERR_RANGE,
	.where = SLICE_INIT("files[0]"),
	.text = SLICE_INIT("is no URL"),
	.json = SLICE_INIT("[]"),
};

static const struct frame_event event_sample = { SLICE_INIT("text"), SLICE_INIT("{\"text\":\"hello\"}") };

/* One frame of each type into b. */
static void write_all(struct buf *b)
{
	const struct frame_item items[] = { { SLICE("zone"), SLICE("a.test"), 1, 2 },
					    { SLICE("zone"), SLICE("b.test"), 3, 4 } };
	const struct frame_counter counters[] = { { SLICE("requests"), 17 }, { SLICE("cache_hit"), UINT64_MAX } };
	const struct frame_hello h = { .pid = 42, .generation = 3, .count = 2, .name = SLICE("node-1") };
	const struct frame_welcome w = { ERR_FRAME, SLICE("too old") };
	struct buf list;

	buf_init(&list, 4096);
	assert_int_equal(frame_item_write(&list, &items[0]), OK);
	assert_int_equal(frame_item_write(&list, &items[1]), OK);
	assert_int_equal(frame_write_hello(b, &h, buf_slice(&list), true), OK);
	assert_int_equal(frame_write_welcome(b, &w), OK);
	assert_int_equal(frame_write_put(b, &put_sample), OK);
	assert_int_equal(frame_write_delete(b, &put_sample), OK);
	assert_int_equal(frame_write_empty(b, FRAME_SYNCED), OK);
	assert_int_equal(frame_write_ack(b, &ack_sample), OK);
	assert_int_equal(frame_write_command(b, &command_sample), OK);
	assert_int_equal(frame_write_reply(b, &reply_sample), OK);
	assert_int_equal(frame_write_counters(b, counters, 2), OK);
	assert_int_equal(frame_write_event(b, &event_sample), OK);
	assert_int_equal(frame_write_empty(b, FRAME_PING), OK);
	assert_int_equal(frame_write_empty(b, FRAME_PONG), OK);
	buf_fini(&list);
}

static struct frame next(struct buf *b)
{
	struct frame f;
	size_t used;

	assert_int_equal(frame_take(buf_slice(b), 1 << 20, &f, &used), OK);
	b->from += used; /* not consumed: the payload stays readable */
	assert_int_equal(f.version, FRAME_VERSION);
	return f;
}

static void frames_go_there_and_back(void **state)
{
	struct frame_hello h;
	struct frame_item item;
	struct frame_welcome w;
	struct frame_put p;
	struct frame_ack a;
	struct frame_counter one;
	struct frame_command_call call;
	struct frame_reply reply;
	struct frame_event event;
	struct slice rest;
	uint32_t n;
	struct buf b;

	buf_init(&b, 1 << 20);
	write_all(&b);
	struct frame f = next(&b);
	assert_int_equal(f.type, FRAME_HELLO);
	assert_int_equal(f.flags, FRAME_MORE);
	assert_int_equal(frame_read_hello(f.payload, &h), OK);
	assert_int_equal(h.pid, 42);
	assert_int_equal(h.generation, 3);
	assert_true(slice_eq(h.name, SLICE("node-1")));
	assert_int_equal(h.count, 2);
	assert_int_equal(frame_item_take(&h.items, &item), OK);
	assert_int_equal(frame_item_take(&h.items, &item), OK);
	assert_true(slice_eq(item.name, SLICE("b.test")) && item.revision == 3 && item.hash == 4);
	assert_int_equal(h.items.n, 0);
	f = next(&b);
	assert_int_equal(frame_read_welcome(f.payload, &w), OK);
	assert_int_equal(w.error, ERR_FRAME);
	assert_true(slice_eq(w.reason, SLICE("too old")));
	f = next(&b);
	assert_int_equal(f.type, FRAME_PUT);
	assert_int_equal(frame_read_put(f.payload, true, &p), OK);
	assert_true(p.seq == put_sample.seq && p.revision == 99 && slice_eq(p.json, put_sample.json));
	assert_true(slice_eq(p.kind, SLICE("zone")) && slice_eq(p.name, SLICE("a.test")));
	f = next(&b);
	assert_int_equal(f.type, FRAME_DELETE);
	assert_int_equal(frame_read_put(f.payload, false, &p), OK);
	assert_int_equal(p.json.n, 0);
	f = next(&b);
	assert_true(f.type == FRAME_SYNCED && f.payload.n == 0);
	f = next(&b);
	assert_int_equal(frame_read_ack(f.payload, &a), OK);
	assert_true(a.seq == 5 && a.revision == 6 && a.live_us == 7 && a.error == ERR_PLAN);
	assert_true(slice_eq(a.where, ack_sample.where) && slice_eq(a.text, ack_sample.text));
	f = next(&b);
	assert_int_equal(frame_read_command(f.payload, &call), OK);
	assert_true(call.seq == 8 && call.kind == FRAME_COMMAND_PURGE && slice_eq(call.json, command_sample.json));
	f = next(&b);
	assert_int_equal(frame_read_reply(f.payload, &reply), OK);
	assert_true(reply.seq == 8 && reply.took_us == 1000 && reply.error == ERR_RANGE);
	assert_true(slice_eq(reply.where, reply_sample.where) && slice_eq(reply.text, reply_sample.text));
	assert_true(slice_eq(reply.json, SLICE("[]")));
	f = next(&b);
	assert_int_equal(frame_read_counters(f.payload, &n, &rest), OK);
	assert_int_equal(n, 2);
	assert_int_equal(frame_counter_take(&rest, &one), OK);
	assert_int_equal(frame_counter_take(&rest, &one), OK);
	assert_true(slice_eq(one.name, SLICE("cache_hit")) && one.value == UINT64_MAX && rest.n == 0);
	f = next(&b);
	assert_int_equal(f.type, FRAME_EVENT);
	assert_int_equal(frame_read_event(f.payload, &event), OK);
	assert_true(slice_eq(event.kind, event_sample.kind) && slice_eq(event.json, event_sample.json));
	assert_int_equal(next(&b).type, FRAME_PING);
	assert_int_equal(next(&b).type, FRAME_PONG);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
}

static void cut_frames_wait(void **state)
{
	struct frame f;
	size_t used;
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(frame_write_put(&b, &put_sample), OK);
	for (size_t n = 0; n < buf_len(&b); n++)
		assert_int_equal(frame_take(slice_first(buf_slice(&b), n), 1 << 20, &f, &used), ERR_AGAIN);
	assert_int_equal(frame_take(buf_slice(&b), 1 << 20, &f, &used), OK);
	assert_int_equal(used, buf_len(&b));
	assert_int_equal(frame_take(buf_slice(&b), f.payload.n, &f, &used), OK);
	assert_int_equal(frame_take(buf_slice(&b), f.payload.n - 1, &f, &used), ERR_FRAME_LARGE);
	assert_int_equal(frame_take(SLICE("\xff\xff\xff\xff\0\1\3\0"), 1 << 20, &f, &used), ERR_FRAME_LARGE);
	buf_fini(&b);
}

/* A payload one byte short, or one byte long, is refused by its reader. */
static void wrong_lengths_are_refused(void **state)
{
	char longer[4096];
	struct frame f;
	size_t used;
	struct buf b;

	buf_init(&b, 1 << 20);
	write_all(&b);
	while (buf_len(&b)) {
		assert_int_equal(frame_take(buf_slice(&b), 1 << 20, &f, &used), OK);
		assert_int_equal(read_any(f.type, f.payload), OK);
		for (size_t n = 0; n < f.payload.n; n++)
			assert_int_equal(read_any(f.type, slice_first(f.payload, n)), ERR_FRAME);
		memcpy(longer, f.payload.p ? f.payload.p : "", f.payload.n);
		longer[f.payload.n] = 'x';
		assert_int_equal(read_any(f.type, slice_of(longer, f.payload.n + 1)), ERR_FRAME);
		buf_consume(&b, used);
	}
	buf_fini(&b);
}

static void names_have_bounds(void **state)
{
	char long_name[400];
	struct frame_put p = put_sample, got;
	struct frame f;
	size_t used;
	struct buf b;

	buf_init(&b, 1 << 20);
	memset(long_name, 'a', sizeof long_name);
	const struct slice kinds[] = { SLICE(""), SLICE("0123456789abcdef") };
	const struct slice names[] = { SLICE(""), slice_of(long_name, FRAME_NAME_BYTES) };
	for (size_t i = 0; i < 4; i++) {
		p.kind = i < 2 ? kinds[i] : put_sample.kind;
		p.name = i < 2 ? put_sample.name : names[i - 2];
		buf_clear(&b);
		assert_int_equal(frame_write_put(&b, &p), OK);
		assert_int_equal(frame_take(buf_slice(&b), 1 << 20, &f, &used), OK);
		assert_int_equal(frame_read_put(f.payload, true, &got), ERR_FRAME);
	}
	buf_fini(&b);
}

static void full_queues_take_nothing(void **state)
{
	struct buf b;

	buf_init(&b, 40);
	assert_int_equal(frame_write_put(&b, &put_sample), ERR_QUEUE_FULL);
	assert_int_equal(buf_len(&b), 0);
	buf_clear(&b);
	assert_int_equal(frame_write_empty(&b, FRAME_PING), OK);
	assert_int_equal(buf_len(&b), FRAME_HEAD_BYTES);
	buf_fini(&b);
}

static void long_texts_are_cut(void **state)
{
	char text[3000];
	struct frame_ack a = ack_sample;
	struct frame f;
	size_t used;
	struct buf b;

	memset(text, 'x', sizeof text);
	a.text = slice_of(text, sizeof text);
	buf_init(&b, 1 << 20);
	assert_int_equal(frame_write_ack(&b, &a), OK);
	assert_int_equal(frame_take(buf_slice(&b), 1 << 20, &f, &used), OK);
	assert_int_equal(frame_read_ack(f.payload, &a), OK);
	assert_int_equal(a.text.n, 1000);
	buf_fini(&b);
}

/* Damaged and random payloads end in an answer, whatever their lengths claim. */
static void random_bytes_do_no_harm(void **state)
{
	unsigned char bytes[200];
	struct rng rng;

	rng_seed(&rng, 20240601);
	for (int i = 0; i < 200000; i++) {
		size_t n = rng_next(&rng) % sizeof bytes;
		for (size_t k = 0; k < n; k++)
			bytes[k] = (unsigned char)(rng_next(&rng) >> (rng_next(&rng) % 3 ? 56 : 63));
		(void)!read_any((uint8_t)(1 + i % 11), slice_of(bytes, n));
	}
}

static void contents_hash_the_same_everywhere(void **state)
{
	assert_true(frame_content_hash(SLICE("a")) == frame_content_hash(SLICE("a")));
	assert_true(frame_content_hash(SLICE("a")) != frame_content_hash(SLICE("b")));
	assert_string_equal(frame_type_name(FRAME_PUT), "PUT");
	assert_string_equal(frame_type_name(0), "?");
	assert_string_equal(frame_type_name(200), "?");
}

int test_frame(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_go_there_and_back),  cmocka_unit_test(cut_frames_wait),
		cmocka_unit_test(wrong_lengths_are_refused), cmocka_unit_test(names_have_bounds),
		cmocka_unit_test(full_queues_take_nothing),  cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(random_bytes_do_no_harm),   cmocka_unit_test(contents_hash_the_same_everywhere),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
