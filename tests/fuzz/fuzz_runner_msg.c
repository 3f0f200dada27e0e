/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_runner_msg: bytes on the socket between control and the runner, which may be root. What is read lies inside its
 * input, within its bounds, and is written again as the same bytes. */
#include "fuzz.h"
#include "runner/runner_msg.h"

static bool text(struct slice in, struct slice s, size_t max)
{
	return s.n <= max && (s.n == 0 || fuzz_inside(in, s)) && slice_find(s, '\0') == SIZE_MAX;
}

/* As it was written, behind the head of its frame. */
static void same(const struct buf *b, struct slice payload)
{
	FUZZ_CHECK(slice_eq(slice_from(buf_slice(b), FRAME_HEAD_BYTES), payload));
}

static void start(struct slice payload, struct buf *b)
{
	struct runner_variable variables[RUNNER_VARIABLES_MAX];
	struct runner_start s;

	if (runner_msg_read_start(payload, &s) != OK)
		return;
	FUZZ_CHECK(s.id != 0 && s.command.n > 0 && text(payload, s.command, RUNNER_COMMAND_BYTES_MAX));
	FUZZ_CHECK(text(payload, s.app, RUNNER_APP_BYTES - 1) && text(payload, s.label, RUNNER_LABEL_BYTES - 1));
	FUZZ_CHECK(s.folder.n == 0 || s.folder.p[0] == '/');
	struct slice rest = s.variables;
	for (size_t i = 0; i < s.variables_n; i++) {
		FUZZ_CHECK(runner_msg_variable_take(&rest, &variables[i]) == OK);
		FUZZ_CHECK(variables[i].name.n > 0 && slice_find(variables[i].name, '=') == SIZE_MAX);
	}
	FUZZ_CHECK(rest.n == 0 && runner_msg_write_start(b, &s, variables) == OK);
	same(b, payload);
}

static void others(struct slice payload, struct buf *b)
{
	struct runner_instance i;
	struct runner_output o;
	uint64_t id;

	if (runner_msg_read_instance(payload, &i) == OK) {
		FUZZ_CHECK(i.state >= RUNNER_STARTING && i.state <= RUNNER_ENDED);
		FUZZ_CHECK(text(payload, i.label, RUNNER_LABEL_BYTES - 1) &&
			   text(payload, i.why, RUNNER_WHY_BYTES - 1));
		FUZZ_CHECK(runner_msg_write_instance(b, &i) == OK);
		same(b, payload);
		buf_clear(b);
	}
	if (runner_msg_read_output(payload, &o) == OK) {
		FUZZ_CHECK(o.lines.n == 0 || fuzz_inside(payload, o.lines));
		FUZZ_CHECK(runner_msg_write_output(b, &o) == OK);
		same(b, payload);
		buf_clear(b);
	}
	if (runner_msg_read_id(payload, &id) == OK)
		FUZZ_CHECK(payload.n == 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice payload = slice_of(data, n);
	struct buf b;

	buf_init(&b, RUNNER_PAYLOAD_BYTES_MAX + FRAME_HEAD_BYTES);
	others(payload, &b);
	start(payload, &b);
	buf_fini(&b);
	return 0;
}
