/* SPDX-License-Identifier: Apache-2.0 */
/* message: see message.h. */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice message__line(struct slice *rest)
{
	struct slice line = slice_split(rest, '\n');

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

void message_read(struct slice s, struct message *m)
{
	struct slice line = message__line(&s);
	size_t space = slice_find(line, ' '), last = slice_rfind(line, ' ');

	*m = (struct message){ .fields_n = 0 };
	m->first[0] = slice_first(line, space);
	if (space != SIZE_MAX && last > space) {
		m->first[1] = slice_of(line.p + space + 1, last - space - 1);
		m->first[2] = slice_from(line, last + 1);
	} else if (space != SIZE_MAX) {
		m->first[1] = slice_from(line, space + 1);
	}
	while (s.p && s.n && (line = message__line(&s)).n) {
		size_t colon = slice_find(line, ':');
		if (m->fields_n == MESSAGE_FIELDS_MAX || colon == SIZE_MAX)
			continue;
		m->fields[m->fields_n++] =
			(struct eval_field){ slice_first(line, colon), slice_trim(slice_from(line, colon + 1)) };
	}
	m->body = s;
}

struct slice message_field(const struct message *m, struct slice name)
{
	for (size_t i = 0; i < m->fields_n; i++)
		if (slice_eq_nocase(m->fields[i].name, name))
			return m->fields[i].value;
	return SLICE("");
}

/* The chunks of a body joined. Caller frees. */
static char *message__unchunk(struct message *m)
{
	struct slice s = m->body;
	char *out = malloc(s.n + 1);
	size_t n = 0;

	while (s.n) {
		struct slice line = message__line(&s);
		size_t size = 0;
		for (size_t i = 0; i < line.n; i++) {
			char c = slice_lower(line.p[i]);
			int d = slice_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
			if (d < 0)
				break;
			size = size * 16 + (size_t)d;
		}
		if (size == 0)
			break;
		struct slice chunk = slice_first(s, size);
		memcpy(out + n, chunk.p, chunk.n);
		n += chunk.n;
		s = slice_from(s, size);
		message__line(&s);
	}
	m->body = slice_of(out, n);
	return out;
}

bool message_next(struct message_pair *ret)
{
	char line[128];
	uint64_t n[2] = { 0, 0 };

	*ret = (struct message_pair){ 0 };
	if (!fgets(line, sizeof line, stdin))
		return false;
	char *space = strchr(line, ' ');
	if (!space || !slice_u64(slice_of(line, (size_t)(space - line)), &n[0]) ||
	    !slice_u64(slice_of(space + 1, strcspn(space + 1, "\n")), &n[1]))
		return false;
	ret->bytes = malloc(n[0] + n[1] + 1);
	if (!ret->bytes || fread(ret->bytes, 1, n[0] + n[1], stdin) != n[0] + n[1])
		return false;
	message_read(slice_of(ret->bytes, n[0]), &ret->request);
	if (slice_eq_nocase(message_field(&ret->request, SLICE("Transfer-Encoding")), SLICE("chunked")))
		ret->unchunked = message__unchunk(&ret->request);
	ret->has_answer = n[1] > 0;
	message_read(slice_of(ret->bytes + n[0], n[1]), &ret->answer);
	return true;
}

void message_done(struct message_pair *p)
{
	free(p->bytes);
	free(p->unchunked);
	p->bytes = p->unchunked = NULL;
}
