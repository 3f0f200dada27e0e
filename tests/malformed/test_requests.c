/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malformed: every case of requests.txt through the parsers, with the product's limits: head, body and what is left
 * over, as the edge reads a connection. Each case is also given in pieces, which must end alike.
 */
#include "base/limits.h"
#include "wire/h1_chunk.h"
#include "wire/h1_head.h"

#include <stdio.h>
#include <stdlib.h>

enum { BYTES_MAX = 1 << 18, CASES_MIN = 150, FIELDS_CAP = 1024, NAMES_MAX = 1024 };

/* What a connection's bytes come to. */
struct outcome {
	enum err e;      /* OK: whole requests and nothing left; ERR_AGAIN: the last is not over */
	bool in_body;    /* e is about a body */
	size_t requests; /* whole ones */
};

struct bounds {
	struct h1_bounds head, trailer;
	size_t chunk_ext_bytes_max;
};

struct testcase {
	char name[80], verdict[80], why[512];
	char *bytes;
	size_t n;
	int line;
};

static struct field fields[FIELDS_CAP];
static int failures;

static struct bounds bounds_of_product(void)
{
	struct limits l;

	limits_init(&l);
	return (struct bounds){
		.head = { l.head_bytes_max, l.target_bytes_max, l.head_fields_max },
		.trailer = { l.trailer_bytes_max, 0, l.head_fields_max },
		.chunk_ext_bytes_max = l.chunk_ext_bytes_max,
	};
}

/* Reads a chunked body and its trailer section; *in moves behind them. */
static enum err read_chunked(struct slice *in, const struct bounds *b)
{
	struct h1_chunk c;
	struct slice data;
	size_t n, used;

	h1_chunk_init(&c, b->chunk_ext_bytes_max);
	while (c.state != H1_CHUNK_TRAILER)
		TRY(h1_chunk_next(&c, in, &data));
	TRY(h1_trailer_parse(*in, &b->trailer, fields, &n, &used));
	*in = slice_from(*in, used);
	return OK;
}

static enum err read_body(struct slice *in, const struct h1_request *req, const struct bounds *b)
{
	if (req->framing == H1_CHUNKED)
		return read_chunked(in, b);
	if (req->framing == H1_LENGTH && req->content_length > in->n)
		return ERR_AGAIN;
	*in = slice_from(*in, req->framing == H1_LENGTH ? (size_t)req->content_length : 0);
	return OK;
}

static struct outcome read_connection(struct slice in, const struct bounds *b)
{
	struct outcome o = { OK, false, 0 };

	do {
		struct h1_request req;
		size_t used;
		o.in_body = false;
		o.e = h1_request_parse(in, &b->head, fields, &req, &used);
		if (o.e != OK)
			return o;
		in = slice_from(in, used);
		o.in_body = true;
		o.e = read_body(&in, &req, b);
		if (o.e != OK)
			return o;
		o.requests++;
	} while (in.n);
	return o;
}

static void fail(const struct testcase *c, const char *what)
{
	fprintf(stderr, "requests.txt:%d: [%s] want %s: %s\n", c->line, c->name, c->verdict, what);
	failures++;
}

static void check(const struct testcase *c, const struct bounds *b)
{
	struct outcome o = read_connection(slice_of(c->bytes, c->n), b);
	char got[80];

	if (o.e == OK && o.requests == 1)
		snprintf(got, sizeof got, "accept");
	else if (o.e == OK)
		snprintf(got, sizeof got, "accept %zu", o.requests);
	else if (o.e == ERR_AGAIN)
		snprintf(got, sizeof got, "wait%s", o.in_body ? " in body" : "");
	else
		snprintf(got, sizeof got, "refuse %d%s", err_status(o.e), o.in_body ? " in body" : "");
	if (strcmp(got, c->verdict) != 0) {
		char what[160];
		snprintf(what, sizeof what, "got %s (%s)", got, err_name(o.e));
		fail(c, what);
	}
	if (!strstr(c->why, "RFC "))
		fail(c, "the reason names no RFC");

	/* No beginning is refused otherwise than the whole, and none of a refused head is accepted. */
	for (size_t n = 0; n<c->n; n += c->n> 4096 ? 997 : 1) {
		struct outcome part = read_connection(slice_of(c->bytes, n), b);
		bool final = part.e != OK && part.e != ERR_AGAIN;
		if (final && (part.e != o.e || part.in_body != o.in_body))
			fail(c, "a beginning is refused otherwise");
		if (part.requests > o.requests)
			fail(c, "a beginning has more requests");
	}
}

static unsigned hex(char c)
{
	return slice_is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* Appends text with its escapes undone. Returns false on an unknown one. */
static bool add_text(struct testcase *c, const char *s)
{
	for (; *s; s++) {
		char byte = *s;
		if (byte == '\\') {
			switch (*++s) {
			case 'r':
				byte = '\r';
				break;
			case 'n':
				byte = '\n';
				break;
			case 't':
				byte = '\t';
				break;
			case '\\':
			case '"':
				byte = *s;
				break;
			case 'x':
				if (!s[1] || !s[2])
					return false;
				byte = (char)(hex(s[1]) << 4 | hex(s[2]));
				s += 2;
				break;
			default:
				return false;
			}
		}
		if (c->n == BYTES_MAX)
			return false;
		c->bytes[c->n++] = byte;
	}
	return true;
}

/* Takes one line of a case. Returns false when it is none. */
static bool take_line(struct testcase *c, char *line)
{
	char *text = line[0] && line[1] == ' ' ? line + 2 : line + 1, *end;
	unsigned long count;

	switch (line[0]) {
	case '>':
		return add_text(c, text) && add_text(c, "\\r\\n");
	case '+':
		return add_text(c, text);
	case '*':
		count = strtoul(text, &end, 10);
		if (*end != ' ')
			return false;
		while (count--)
			if (!add_text(c, end + 1))
				return false;
		return true;
	case '=':
		return slice_cstr(slice_str(text), c->verdict, sizeof c->verdict);
	case ':':
		return slice_cstr(slice_str(text), c->why, sizeof c->why);
	default:
		return false;
	}
}

/* True when the name was not seen before. */
static bool is_new_name(const char *name)
{
	static char seen[NAMES_MAX][80];
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i], name) == 0)
			return false;
	if (count < NAMES_MAX)
		snprintf(seen[count++], sizeof seen[0], "%s", name);
	return true;
}

/* Runs all cases of the file. Returns how many there were. */
static int run(FILE *f, const struct bounds *b)
{
	static char line[4096], bytes[BYTES_MAX];
	struct testcase c = { .bytes = bytes };
	int number = 0, cases = 0;
	bool more = true;

	while (more) {
		more = fgets(line, sizeof line, f) != NULL;
		number++;
		line[more ? strcspn(line, "\n") : 0] = '\0';
		if (c.name[0] && (!more || line[0] == '[')) {
			check(&c, b);
			cases++;
		}
		if (line[0] == '[') {
			c = (struct testcase){ .bytes = bytes, .line = number };
			if (!slice_cstr(slice_of(line + 1, strcspn(line + 1, "]")), c.name, sizeof c.name) ||
			    !is_new_name(c.name))
				fail(&c, "the name is taken, or too long");
		} else if (line[0] && line[0] != '#' && !take_line(&c, line)) {
			fail(&c, line);
		}
	}
	return cases;
}

int main(int argc, char **argv)
{
	struct bounds b = bounds_of_product();
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!f) {
		fprintf(stderr, "usage: test-malformed requests.txt\n");
		return 2;
	}
	int cases = run(f, &b);
	fclose(f);
	printf("%d cases, %d failures\n", cases, failures);
	return failures || cases < CASES_MIN;
}
