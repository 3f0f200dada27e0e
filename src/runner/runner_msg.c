/* SPDX-License-Identifier: Apache-2.0 */
/* runner_msg: see runner_msg.h. */
#include "runner/runner_msg.h"

/* ---- reading ---- */

static struct slice runner_msg__text(struct cursor *c, size_t bytes_max)
{
	struct slice s = cursor_bytes(c, cursor_u16(c));

	if (s.n > bytes_max || slice_find(s, '\0') != SIZE_MAX)
		c->bad = true;
	return s;
}

static enum err runner_msg__end(const struct cursor *c)
{
	return c->bad || c->at != c->n ? ERR_FRAME : OK;
}

enum err runner_msg_read_start(struct slice payload, struct runner_start *ret)
{
	struct cursor c = cursor_of(payload);
	struct runner_start s = { .id = cursor_u64(&c), .generation = cursor_u64(&c), .memory_bytes = cursor_u64(&c) };

	s.flags = cursor_u8(&c);
	s.app = runner_msg__text(&c, RUNNER_APP_BYTES - 1);
	s.label = runner_msg__text(&c, RUNNER_LABEL_BYTES - 1);
	s.command = runner_msg__text(&c, RUNNER_COMMAND_BYTES_MAX);
	s.folder = runner_msg__text(&c, RUNNER_FOLDER_BYTES_MAX);
	s.variables_n = cursor_u16(&c);
	s.variables = cursor_bytes(&c, cursor_left(&c));
	TRY(runner_msg__end(&c));
	if (s.id == 0 || s.app.n == 0 || s.label.n == 0 || s.command.n == 0 || s.variables_n > RUNNER_VARIABLES_MAX ||
	    (s.folder.n && s.folder.p[0] != '/'))
		return ERR_FRAME;
	struct slice rest = s.variables;
	for (size_t i = 0; i < s.variables_n; i++) {
		struct runner_variable v;
		TRY(runner_msg_variable_take(&rest, &v));
	}
	if (rest.n)
		return ERR_FRAME;
	*ret = s;
	return OK;
}

/* Letters, digits and underscores, no digit first. */
static bool runner_msg__name(struct slice s)
{
	if (s.n == 0 || s.n > 64 || slice_is_digit(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !slice_is_digit(c) && c != '_')
			return false;
	}
	return true;
}

enum err runner_msg_variable_take(struct slice *rest, struct runner_variable *ret)
{
	struct cursor c = cursor_of(*rest);
	struct runner_variable v = { .name = runner_msg__text(&c, 64) };

	v.value = runner_msg__text(&c, RUNNER_VALUE_BYTES_MAX);
	if (c.bad || !runner_msg__name(v.name))
		return ERR_FRAME;
	*rest = slice_from(*rest, c.at);
	*ret = v;
	return OK;
}

enum err runner_msg_read_id(struct slice payload, uint64_t *ret)
{
	struct cursor c = cursor_of(payload);
	uint64_t id = cursor_u64(&c);

	TRY(runner_msg__end(&c));
	*ret = id;
	return OK;
}

enum err runner_msg_read_instance(struct slice payload, struct runner_instance *ret)
{
	struct cursor c = cursor_of(payload);
	struct runner_instance i = { .id = cursor_u64(&c),
				     .generation = cursor_u64(&c),
				     .memory_bytes = cursor_u64(&c) };
	uint8_t state = cursor_u8(&c);

	i.port = cursor_u16(&c);
	i.pid = cursor_u32(&c);
	i.status = cursor_u32(&c);
	i.started_ms = cursor_u64(&c);
	i.used_bytes = cursor_u64(&c);
	i.cpu_ms = cursor_u64(&c);
	i.app = runner_msg__text(&c, RUNNER_APP_BYTES - 1);
	i.label = runner_msg__text(&c, RUNNER_LABEL_BYTES - 1);
	i.why = runner_msg__text(&c, RUNNER_WHY_BYTES - 1);
	TRY(runner_msg__end(&c));
	if (state < RUNNER_STARTING || state > RUNNER_ENDED || i.id == 0)
		return ERR_FRAME;
	i.state = (enum runner_state)state;
	*ret = i;
	return OK;
}

enum err runner_msg_read_output(struct slice payload, struct runner_output *ret)
{
	struct cursor c = cursor_of(payload);
	struct runner_output o = { .id = cursor_u64(&c), .wall_ms = cursor_u64(&c), .dropped = cursor_u32(&c) };

	o.app = runner_msg__text(&c, RUNNER_APP_BYTES - 1);
	o.label = runner_msg__text(&c, RUNNER_LABEL_BYTES - 1);
	o.lines = cursor_bytes(&c, cursor_u32(&c));
	TRY(runner_msg__end(&c));
	*ret = o;
	return OK;
}

/* ---- writing ---- */

/* Room for one frame: the head is written, *out stands behind it. NULL past the bound of b. */
static char *runner_msg__begin(struct buf *b, uint8_t type, size_t payload_n, struct cursor_out *out)
{
	size_t n = FRAME_HEAD_BYTES + payload_n;
	char *at = payload_n <= RUNNER_PAYLOAD_BYTES_MAX ? buf_room(b, n) : NULL;

	if (!at)
		return NULL;
	*out = cursor_out_of(at, n);
	cursor_put_u32(out, (uint32_t)payload_n);
	cursor_put_u16(out, RUNNER_VERSION);
	cursor_put_u8(out, type);
	cursor_put_u8(out, 0);
	return at;
}

static enum err runner_msg__commit(struct buf *b, const struct cursor_out *out)
{
	if (out->bad || out->at != out->n)
		return ERR_QUEUE_FULL;
	buf_commit(b, out->n);
	return OK;
}

static void runner_msg__put(struct cursor_out *out, struct slice text)
{
	if (text.n > UINT16_MAX)
		out->bad = true;
	cursor_put_u16(out, (uint16_t)text.n);
	cursor_put_bytes(out, text);
}

enum err runner_msg_write_start(struct buf *b, const struct runner_start *s, const struct runner_variable *variables)
{
	size_t n = 8 * 3 + 1 + 2 * 4 + s->app.n + s->label.n + s->command.n + s->folder.n + 2;
	struct cursor_out out;

	for (size_t i = 0; i < s->variables_n; i++)
		n += 4 + variables[i].name.n + variables[i].value.n;
	if (!runner_msg__begin(b, RUNNER_START, n, &out))
		return ERR_QUEUE_FULL;
	cursor_put_u64(&out, s->id);
	cursor_put_u64(&out, s->generation);
	cursor_put_u64(&out, s->memory_bytes);
	cursor_put_u8(&out, s->flags);
	runner_msg__put(&out, s->app);
	runner_msg__put(&out, s->label);
	runner_msg__put(&out, s->command);
	runner_msg__put(&out, s->folder);
	cursor_put_u16(&out, s->variables_n);
	for (size_t i = 0; i < s->variables_n; i++) {
		runner_msg__put(&out, variables[i].name);
		runner_msg__put(&out, variables[i].value);
	}
	return runner_msg__commit(b, &out);
}

enum err runner_msg_write_id(struct buf *b, enum runner_type type, uint64_t id)
{
	struct cursor_out out;

	if (!runner_msg__begin(b, (uint8_t)type, 8, &out))
		return ERR_QUEUE_FULL;
	cursor_put_u64(&out, id);
	return runner_msg__commit(b, &out);
}

enum err runner_msg_write_instance(struct buf *b, const struct runner_instance *i)
{
	size_t n = 8 * 3 + 1 + 2 + 4 + 4 + 8 * 3 + 2 * 3 + i->app.n + i->label.n + i->why.n;
	struct cursor_out out;

	if (!runner_msg__begin(b, RUNNER_INSTANCE, n, &out))
		return ERR_QUEUE_FULL;
	cursor_put_u64(&out, i->id);
	cursor_put_u64(&out, i->generation);
	cursor_put_u64(&out, i->memory_bytes);
	cursor_put_u8(&out, (uint8_t)i->state);
	cursor_put_u16(&out, i->port);
	cursor_put_u32(&out, i->pid);
	cursor_put_u32(&out, i->status);
	cursor_put_u64(&out, i->started_ms);
	cursor_put_u64(&out, i->used_bytes);
	cursor_put_u64(&out, i->cpu_ms);
	runner_msg__put(&out, i->app);
	runner_msg__put(&out, i->label);
	runner_msg__put(&out, i->why);
	return runner_msg__commit(b, &out);
}

enum err runner_msg_write_listed(struct buf *b)
{
	struct cursor_out out;

	if (!runner_msg__begin(b, RUNNER_LISTED, 0, &out))
		return ERR_QUEUE_FULL;
	return runner_msg__commit(b, &out);
}

enum err runner_msg_write_output(struct buf *b, const struct runner_output *o)
{
	size_t n = 8 * 2 + 4 + 2 * 2 + o->app.n + o->label.n + 4 + o->lines.n;
	struct cursor_out out;

	if (!runner_msg__begin(b, RUNNER_OUTPUT, n, &out))
		return ERR_QUEUE_FULL;
	cursor_put_u64(&out, o->id);
	cursor_put_u64(&out, o->wall_ms);
	cursor_put_u32(&out, o->dropped);
	runner_msg__put(&out, o->app);
	runner_msg__put(&out, o->label);
	cursor_put_u32(&out, (uint32_t)o->lines.n);
	cursor_put_bytes(&out, o->lines);
	return runner_msg__commit(b, &out);
}
