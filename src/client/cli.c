/* SPDX-License-Identifier: Apache-2.0 */
/* cli: see cli.h. */
#include "client/cli.h"

#include "base/buf.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- saying that something is wrong ---- */

static void cli__say(const struct cli *c, const char *fmt, va_list ap)
{
	bool verb = c->verb && c->verb->name[0];

	fflush(stdout);
	fprintf(stderr, "seawall %s%s%s: ", c->noun->name, verb ? " " : "", verb ? c->verb->name : "");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int cli_fail(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli__say(c, fmt, ap);
	va_end(ap);
	return CLIENT_FAILED;
}

int cli_misuse(const struct cli *c, const char *fmt, ...)
{
	bool verb = c->verb && c->verb->name[0];
	va_list ap;

	va_start(ap, fmt);
	cli__say(c, fmt, ap);
	va_end(ap);
	if (c->verb)
		fprintf(stderr, "usage: seawall %s%s%s %s\n", c->noun->name, verb ? " " : "", c->verb->name,
			c->verb->args);
	fprintf(stderr, "`seawall %s%s%s --help` shows options and examples.\n", c->noun->name, verb ? " " : "",
		verb ? c->verb->name : "");
	return CLIENT_USAGE;
}

void cli_done(struct cli *c, const char *fmt, ...)
{
	const char *live = c->call ? call_live(c->call) : "";
	va_list ap;

	if (c->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (live[0])
		printf(" (live: %s)", cli_clean(c, live));
	putchar('\n');
}

/* ---- parsing ---- */

static int cli__option(struct cli *c, int argc, char **argv, int *at)
{
	struct slice value = slice_str(argv[*at]), name = slice_split(&value, '=');
	const struct verb_option *o = verb_option_find(c->verb, name);

	if (!o)
		return cli_misuse(c, "there is no option %.*s here", SLICE_ARG(name));
	if (o->kind == VERB_FLAG && value.p)
		return cli_misuse(c, "%s takes no value", o->name);
	if (o->kind != VERB_FLAG && !value.p && *at + 1 == argc)
		return cli_misuse(c, "%s needs a value: %s %s", o->name, o->name, o->value);
	if (c->given_n == CLI_OPTIONS_MAX)
		return cli_misuse(c, "more than %d options", (int)CLI_OPTIONS_MAX);
	const char *text = o->kind == VERB_FLAG ? NULL : value.p ? value.p : argv[++*at];
	c->given[c->given_n++] = (struct cli_given){ o, text };
	return CLIENT_OK;
}

/* Whether a word is an option: two dashes, or one and a letter that the verb knows. */
static bool cli__is_option(const struct cli *c, const char *word)
{
	return word[0] == '-' && word[1] && (word[1] == '-' || verb_option_find(c->verb, slice_str(word)));
}

/* One that looks like an option, but is none: not a number, nor a dash alone. */
static bool cli__is_odd(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "-h") != 0 && !slice_is_digit(word[1]);
}

static int cli__words(struct cli *c, int argc, char **argv)
{
	bool options = true;
	int status;

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (options && strcmp(word, "--") == 0) {
			options = false;
			continue;
		}
		if (options && cli__is_option(c, word)) {
			if ((status = cli__option(c, argc, argv, &i)) != CLIENT_OK)
				return status;
			continue;
		}
		if (options && cli__is_odd(word))
			return cli_misuse(c, "there is no option %s here (behind -- it would be a word)", word);
		if (c->words_n == CLI_WORDS_MAX)
			return cli_misuse(c, "more than %d words", (int)CLI_WORDS_MAX);
		c->words[c->words_n++] = word;
	}
	return CLIENT_OK;
}

static int cli__count_words(struct cli *c)
{
	size_t min, max;

	verb_words_range(c->verb, &min, &max);
	if (c->words_n < min) {
		struct slice name = verb_word_name(c->verb, c->words_n);
		return cli_misuse(c, "%.*s is missing", SLICE_ARG(name));
	}
	if (c->words_n > max)
		return cli_misuse(c, "\"%s\" is one word too many", c->words[max]);
	return CLIENT_OK;
}

static bool cli__asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int cli__no_verb(const struct cli *c, const char *word)
{
	fprintf(stderr, "seawall %s: there is no \"%s\"; there is", c->noun->name, word);
	for (const struct verb *v = c->noun->verbs; v->run; v++)
		fprintf(stderr, "%s %s", v == c->noun->verbs ? "" : ",", v->name);
	fprintf(stderr, "\n`seawall %s --help` tells more.\n", c->noun->name);
	return CLIENT_USAGE;
}

int cli_parse(struct cli *c, int argc, char **argv, bool *ret_done)
{
	bool help = cli__asks_for_help(argc, argv);
	int skip = 1;

	*ret_done = true;
	c->noun = verb_noun_find(slice_str(argv[0]));
	CHECK(c->noun);
	if (!verb_alone(c->noun)) {
		if (argc < 2 || argv[1][0] == '-') {
			verb_help_noun(c->noun, help ? stdout : stderr);
			return help ? CLIENT_OK : CLIENT_USAGE;
		}
		skip = 2;
	}
	c->verb = verb_find(c->noun, slice_str(skip == 2 ? argv[1] : ""));
	if (!c->verb)
		return cli__no_verb(c, argv[1]);
	if (help) {
		verb_help(c->noun, c->verb, stdout);
		return CLIENT_OK;
	}
	int status = cli__words(c, argc - skip, argv + skip);
	if (status == CLIENT_OK)
		status = cli__count_words(c);
	c->json = cli_flag(c, "--json");
	*ret_done = status != CLIENT_OK;
	return status;
}

/* ---- words and options ---- */

const char *cli_word(const struct cli *c, size_t i)
{
	return i < c->words_n ? c->words[i] : NULL;
}

const char *cli_text(const struct cli *c, const char *option)
{
	for (size_t i = c->given_n; i-- > 0;)
		if (strcmp(c->given[i].option->name, option) == 0)
			return c->given[i].value;
	return NULL;
}

bool cli_flag(const struct cli *c, const char *option)
{
	return cli_count(c, option) > 0;
}

const char *cli_next(const struct cli *c, const char *option, size_t *at)
{
	while (*at < c->given_n) {
		const struct cli_given *g = &c->given[(*at)++];
		if (strcmp(g->option->name, option) == 0)
			return g->value;
	}
	return NULL;
}

size_t cli_count(const struct cli *c, const char *option)
{
	size_t n = 0;

	for (size_t i = 0; i < c->given_n; i++)
		n += strcmp(c->given[i].option->name, option) == 0;
	return n;
}

bool cli_number(const char *word, uint64_t min, uint64_t max, json_int_t *ret)
{
	uint64_t n;

	if (!slice_u64(slice_str(word), &n) || n < min || n > max)
		return false;
	*ret = (json_int_t)n;
	return true;
}

/* ---- text ---- */

static char *cli__room(struct cli *c, size_t n)
{
	char *p = arena_alloc(&c->arena, n);

	if (p)
		return p;
	cli_fail(c, "gives up after using %d MiB of memory", CLI_BYTES_MAX >> 20);
	exit(CLIENT_FAILED);
}

const char *cli_format(struct cli *c, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(n >= 0);
	char *p = cli__room(c, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

const char *cli_escape(struct cli *c, const char *word)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(word), at = 0;
	char *p = cli__room(c, n * 3 + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)word[i];
		if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || strchr("-._~", b)) {
			p[at++] = (char)b;
			continue;
		}
		p[at++] = '%';
		p[at++] = hex[b >> 4];
		p[at++] = hex[b & 15];
	}
	p[at] = '\0';
	return p;
}

const char *cli_zone_path(struct cli *c, const char *behind)
{
	struct slice zone = slice_str(cli_word(c, 0));

	if (zone.n > 1 && zone.p[zone.n - 1] == '.')
		zone.n--;
	return cli_format(c, "/zones/%s%s", cli_escape(c, cli_format(c, "%.*s", SLICE_ARG(zone))), behind);
}

/* Length of the UTF-8 sequence at s (RFC 3629) and its code point; 0 when it is none. */
static size_t cli__decode(const unsigned char *s, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
	uint32_t c = len == 1 ? s[0] : s[0] & (0x7fU >> len);

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*ret = c;
	return c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0 : len;
}

/* Length of the character at s, or 0 for what a terminal must not get: no UTF-8, controls, what turns the direction of
 * text. */
static size_t cli__character(const unsigned char *s, size_t n)
{
	static const uint32_t bad[][2] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0x200e, 0x200f }, { 0x202a, 0x202e }, { 0x2066, 0x2069 }
	};
	uint32_t c;
	size_t len = cli__decode(s, n, &c);

	for (size_t i = 0; len && i < sizeof bad / sizeof bad[0]; i++)
		if (c >= bad[i][0] && c <= bad[i][1])
			return 0;
	return len;
}

const char *cli_clean(struct cli *c, const char *text)
{
	size_t n = strlen(text);
	char *p = cli__room(c, n + 1);

	for (size_t i = 0; i < n;) {
		size_t len = cli__character((const unsigned char *)text + i, n - i);
		memcpy(p + i, text + i, len);
		if (len == 0)
			p[i++] = '?';
		i += len;
	}
	p[n] = '\0';
	return p;
}

const char *cli_member(struct cli *c, const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return cli_clean(c, s ? s : "");
}

const char *cli_value(struct cli *c, const json_t *value)
{
	if (json_is_string(value))
		return cli_clean(c, json_string_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (json_is_integer(value))
		return cli_format(c, "%lld", (long long)json_integer_value(value));
	if (!value || json_is_null(value))
		return "-";
	return cli_clean(c, cli_dump(c, value).p);
}

const char *cli_time(struct cli *c, const json_t *object, const char *name)
{
	const char *text = cli_member(c, object, name);
	struct slice s = slice_str(text);

	if (s.n < 16 || s.p[10] != 'T')
		return s.n ? text : "-";
	return cli_format(c, "%.10s %.5s", text, text + 11);
}

const char *cli_names(struct cli *c, const json_t *list)
{
	const char *text = "";
	json_t *each;
	size_t i;

	json_array_foreach(list, i, each) text = cli_format(c, "%s%s%s", text, i ? ", " : "", cli_value(c, each));
	return text;
}

struct slice cli_dump(struct cli *c, const json_t *value)
{
	size_t n = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *p = cli__room(c, n + 1);

	json_dumpb(value, p, n, JSON_COMPACT | JSON_ENCODE_ANY);
	p[n] = '\0';
	return slice_of(p, n);
}

void cli_print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

/* ---- files ---- */

int cli_read_file(struct cli *c, const char *path, size_t max, struct slice *ret)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	struct buf b;

	if (fd < 0)
		return cli_fail(c, "%s: %s", path, strerrordesc_np(errno));
	size_t step = 65536;
	buf_init(&b, max + step);
	for (char *at; (at = buf_room(&b, step)) && (n = read(fd, at, step)) > 0;)
		buf_commit(&b, (size_t)n);
	int why = n < 0 ? errno : 0;
	if (!input)
		close(fd);
	struct slice s = buf_slice(&b);
	bool full = b.full || s.n > max;
	if (!full && why == 0) {
		char *copy = cli__room(c, s.n + 1);
		memcpy(copy, s.n ? s.p : "", s.n);
		copy[s.n] = '\0';
		*ret = slice_of(copy, s.n);
	}
	buf_fini(&b);
	if (full)
		return cli_fail(c, "%s is too large: more than %zu bytes", path, max);
	return why ? cli_fail(c, "%s: %s", path, strerrordesc_np(why)) : CLIENT_OK;
}
