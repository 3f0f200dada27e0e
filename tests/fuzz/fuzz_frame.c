/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_frame: bytes on the door between control and edge. Frames lie inside their input and what is read is bounded. */
#include "door/frame.h"
#include "fuzz.h"

static void payload(const struct frame *f)
{
	struct frame_hello hello;
	struct frame_welcome welcome;
	struct frame_put put;
	struct frame_ack ack;
	struct frame_item item;
	struct frame_counter counter;
	struct frame_command_call command;
	struct frame_reply reply;
	struct frame_event event;
	struct slice rest;
	uint32_t n;

	if (frame_read_hello(f->payload, &hello) == OK)
		while (frame_item_take(&hello.items, &item) == OK)
			FUZZ_CHECK(fuzz_inside(f->payload, item.name) && item.name.n < FRAME_NAME_BYTES);
	if (frame_read_welcome(f->payload, &welcome) == OK)
		FUZZ_CHECK(fuzz_inside(f->payload, welcome.reason));
	for (int json = 0; json < 2; json++)
		if (frame_read_put(f->payload, json, &put) == OK)
			FUZZ_CHECK(put.kind.n > 0 && put.kind.n < FRAME_KIND_BYTES && put.name.n > 0 &&
				   put.name.n < FRAME_NAME_BYTES && fuzz_inside(f->payload, put.name));
	if (frame_read_ack(f->payload, &ack) == OK)
		FUZZ_CHECK(fuzz_inside(f->payload, ack.where) && fuzz_inside(f->payload, ack.text));
	if (frame_read_command(f->payload, &command) == OK)
		FUZZ_CHECK(command.kind > 0 && command.kind < FRAME_COMMAND_COUNT &&
			   fuzz_inside(f->payload, command.json));
	if (frame_read_reply(f->payload, &reply) == OK)
		FUZZ_CHECK(fuzz_inside(f->payload, reply.text) && fuzz_inside(f->payload, reply.json));
	if (frame_read_event(f->payload, &event) == OK)
		FUZZ_CHECK(event.kind.n > 0 && event.kind.n < FRAME_KIND_BYTES && event.json.n <= FRAME_EVENT_BYTES &&
			   fuzz_inside(f->payload, event.json));
	if (frame_read_counters(f->payload, &n, &rest) == OK)
		while (frame_counter_take(&rest, &counter) == OK)
			FUZZ_CHECK(fuzz_inside(f->payload, counter.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);
	struct frame f;
	size_t used;

	while (frame_take(in, 4096, &f, &used) == OK) {
		FUZZ_CHECK(used >= FRAME_HEAD_BYTES && used <= in.n && f.payload.n <= 4096);
		FUZZ_CHECK(f.payload.n == 0 || fuzz_inside(in, f.payload));
		payload(&f);
		in = slice_from(in, used);
	}
	return 0;
}
