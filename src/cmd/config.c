/* SPDX-License-Identifier: Apache-2.0 */
/* config: see config.h. inih splits the lines; one table says which keys there are and what each value must be. */
#include "cmd/config.h"

#include "cmd/config_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <unistd.h>

enum { CONFIG__LINE_BYTES = 8192, CONFIG__LIMITS = sizeof(struct limits) / sizeof(uint64_t) };

struct config__key {
	const char *section, *name;
	config_value_fn fn; /* NULL: designed, not available in this version */
};

static const struct config__key config__keys[] = {
	{ "node", "name", config_value_name },
	{ "node", "data", config_value_data },
	{ "node", "user", config_value_user },
	{ "node", "workers", config_value_workers },
	{ "listen", "http", config_value_http },
	{ "listen", "https", config_value_https },
	{ "listen", "api", config_value_api },
	{ "plan", "folder", config_value_plan_folder },
	{ "log", "access", config_value_access_log },
	{ "log", "dns", config_value_dns_log },
	{ "listen", "dns", config_value_dns },
	{ "listen", "platform_http", config_value_platform_http },
	{ "listen", "platform_https", config_value_platform_https },
	{ "edge", "addresses", config_value_addresses },
	{ "edge", "nameservers", config_value_nameservers },
	{ "edge", "activation", config_value_activation },
	{ "resolver", "servers", config_value_resolvers },
	{ "acme", "directory", config_value_acme_directory },
	{ "acme", "ca_file", config_value_acme_ca_file },
	{ "acme", "contact", config_value_acme_contact },
	{ "acme", "challenge", config_value_acme_challenge },
	{ "acme", "eab_kid", config_value_acme_eab_kid },
	{ "acme", "eab_hmac_key_file", config_value_acme_eab_key_file },
	{ "origin", "ca_file", config_value_ca_file },
	{ "origin", "allow_private", config_value_allow_private },
	{ "platform", "region", config_value_platform_region },
	{ "platform", "suffix", config_value_platform_suffix },
	{ "platform", "processes", config_value_platform_processes },
	{ "platform", "check_port", config_value_platform_check_port },
	{ "platform", "user", config_value_platform_user },
	{ "platform", "trusted_edges", config_platform_trusted_edges },
	{ "shield", "allow", config_platform_shield_allow },
	{ "shield", "kernel_drop", config_platform_kernel_drop },
	{ "waf", "rules", config_value_waf_rules },
	{ "log", "audit", config_value_audit_log },
	{ "log", "audit_id_header", config_value_audit_id_header },
	{ "fleet", "etcd", NULL },
};

enum { CONFIG__KEYS = sizeof config__keys / sizeof config__keys[0] };

struct config__reader {
	const struct config_source *source;
	struct slice rest; /* of the file */
	int line;
	int seen[CONFIG__KEYS];          /* line on which a key stood; 0: not yet */
	int limits_seen[CONFIG__LIMITS]; /* the same for the rows of limits.def */
	struct config_value v;           /* what the value parsers work on */
	struct diag *d;
};

/* ---- one setting ---- */

static bool config__section_known(const char *section)
{
	if (strcmp(section, "limits") == 0)
		return true;
	for (size_t i = 0; i < CONFIG__KEYS; i++)
		if (strcmp(config__keys[i].section, section) == 0)
			return true;
	return false;
}

static const struct config__key *config__find(const char *section, const char *name)
{
	for (size_t i = 0; i < CONFIG__KEYS; i++)
		if (strcmp(config__keys[i].section, section) == 0 && strcmp(config__keys[i].name, name) == 0)
			return &config__keys[i];
	return NULL;
}

static enum err config__unknown(const char *section, const char *name, struct diag *d)
{
	char known[200] = "";
	size_t n = 0;

	if (section[0] == '\0')
		return diag_set(d, ERR_CONFIG, NULL, "stands before the first [section]");
	if (!config__section_known(section))
		return diag_set(d, ERR_CONFIG, NULL, "there is no section [%s]", section);
	for (size_t i = 0; i < CONFIG__KEYS && n < sizeof known; i++)
		if (strcmp(config__keys[i].section, section) == 0 && config__keys[i].fn)
			n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", config__keys[i].name);
	if (n == 0)
		return diag_set(d, ERR_CONFIG, NULL, "there is no such setting");
	return diag_set(d, ERR_CONFIG, NULL, "there is no such setting; [%s] has %s", section, known);
}

/* A setting stands once in a file; --set (line 0) may say it again. errors: ERR_CONFIG. */
static enum err config__once(int *seen, int line, struct diag *d)
{
	if (line && *seen)
		return diag_set(d, ERR_CONFIG, NULL, "is given twice, first on line %d", *seen);
	if (line)
		*seen = line;
	return OK;
}

static enum err config__limit(struct config__reader *r, const char *name, struct slice value, int line)
{
	size_t n;
	const struct limit_info *rows = limits_table(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			TRY(config__once(&r->limits_seen[i], line, r->d));
	return limits_set(&r->v.node->limits, slice_str(name), value, r->d) == OK ? OK : ERR_CONFIG;
}

/* Applies one setting; d->where is left to the caller. line 0: from --set, which may repeat. */
static enum err config__apply(struct config__reader *r, const char *section, const char *name, const char *value,
			      int line)
{
	struct slice s = slice_trim(slice_str(value));
	const struct config__key *key = config__find(section, name);

	if (strcmp(section, "limits") == 0)
		return config__limit(r, name, s, line);
	if (!key)
		return config__unknown(section, name, r->d);
	if (!key->fn)
		return diag_set(r->d, ERR_CONFIG, NULL, "is not available in this version");
	TRY(config__once(&r->seen[key - config__keys], line, r->d));
	return key->fn(&r->v, s, r->d);
}

/* ---- the file, through inih ---- */

/* Gives inih one line, without the leading space that it would take for a continuation. */
static char *config__next_line(char *out, int cap, void *arg)
{
	struct config__reader *r = arg;
	char where[DIAG_WHERE_BYTES];

	if (!r->rest.p || r->rest.n == 0 || r->d->code != OK)
		return NULL;
	struct slice line = slice_trim(slice_split(&r->rest, '\n'));
	r->line++;
	snprintf(where, sizeof where, "%s:%d", r->source->file, r->line);
	if (line.n && line.p[line.n - 1] == '\r')
		line = slice_trim(slice_first(line, line.n - 1));
	if (line.n + 2 > (size_t)cap || slice_find(line, '\0') != SIZE_MAX) {
		diag_set(r->d, ERR_CONFIG, where, "the line is longer than %d bytes or not text", cap - 2);
		return NULL;
	}
	memcpy(out, line.p, line.n);
	out[line.n] = '\n';
	out[line.n + 1] = '\0';
	if (line.n && line.p[0] == '[') {
		struct slice name = slice_first(slice_from(line, 1), slice_find(slice_from(line, 1), ']'));
		char section[64];
		slice_cstr(name, section, sizeof section);
		if (!config__section_known(section))
			diag_set(r->d, ERR_CONFIG, where, "there is no section [%s]", section);
	}
	return out;
}

static int config__setting(void *arg, const char *section, const char *name, const char *value)
{
	struct config__reader *r = arg;
	char where[DIAG_WHERE_BYTES];

	if (r->d->code != OK)
		return 0;
	r->v.line = r->line;
	if (config__apply(r, section, name, value, r->line) == OK)
		return 1;
	snprintf(where, sizeof where, "%s:%d: [%s] %s", r->source->file, r->line, section, name);
	diag_within(r->d, where, ": ");
	return 0;
}

static enum err config__file(struct config__reader *r)
{
	char where[DIAG_WHERE_BYTES];

	/* inih's own knobs, which are variables of the library: lines longer than its 200 bytes. */
	ini_use_stack = false;
	ini_max_line = CONFIG__LINE_BYTES;
	ini_initial_alloc = CONFIG__LINE_BYTES;
	int bad = ini_parse_stream(config__next_line, r, config__setting, r);
	if (r->d->code != OK)
		return ERR_CONFIG;
	if (bad == 0)
		return OK;
	snprintf(where, sizeof where, "%s:%d", r->source->file, bad);
	return diag_set(r->d, ERR_CONFIG, where, "is neither [section], nor key = value, nor a # comment");
}

/* ---- --set ---- */

static enum err config__set(struct config__reader *r, const char *set)
{
	struct slice value = slice_str(set), key = slice_split(&value, '='), name = key;
	struct slice section = slice_split(&name, '.');
	char where[DIAG_WHERE_BYTES], section_text[64], name_text[64], value_text[CONFIG__LINE_BYTES];

	snprintf(where, sizeof where, "--set %.*s", SLICE_ARG(slice_first(key, 100)));
	if (!value.p || !name.p || slice_find(value, '\n') != SIZE_MAX)
		return diag_set(r->d, ERR_CONFIG, where, "must be section.key=value");
	if (!slice_cstr(slice_trim(section), section_text, sizeof section_text) ||
	    !slice_cstr(slice_trim(name), name_text, sizeof name_text) ||
	    !slice_cstr(value, value_text, sizeof value_text))
		return diag_set(r->d, ERR_CONFIG, where, "is too long");
	if (config__apply(r, section_text, name_text, value_text, 0) == OK)
		return OK;
	diag_within(r->d, where, ": ");
	return ERR_CONFIG;
}

/* ---- the whole ---- */

enum err config_load(const char *file, struct buf *text, struct diag *d)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;

	if (fd < 0)
		return diag_set(d, ERR_CONFIG, file, "cannot open: %s", strerrordesc_np(errno));
	for (char *at; (at = buf_room(text, 65536)) && (n = read(fd, at, 65536)) > 0;)
		buf_commit(text, (size_t)n);
	int why = errno;
	close(fd);
	if (text->full)
		return diag_set(d, ERR_CONFIG, file, "is larger than %d bytes", CONFIG_BYTES_MAX);
	if (n < 0)
		return diag_set(d, ERR_CONFIG, file, "cannot read: %s", strerrordesc_np(why));
	return OK;
}

enum err config_parse(const struct config_source *source, struct node_config *ret, struct diag *d)
{
	struct config__reader r = { .source = source, .rest = source->text, .d = d };

	TRY(config_value_begin(&r.v, ret, source->file, d));
	TRY(config__file(&r));
	config_value_relative_to_cwd(&r.v);
	for (size_t i = 0; i < source->sets_n; i++)
		TRY(config__set(&r, source->sets[i]));
	if (node_listens(ret, LISTEN_HTTP) + node_listens(ret, LISTEN_PLATFORM_HTTP) +
		    node_listens(ret, LISTEN_PLATFORM_HTTPS) ==
	    0)
		return diag_set(d, ERR_CONFIG, source->file,
				"[listen] http is missing: where visitors connect, like "
				"http = 127.0.0.1:8080");
	return config_value_end(&r.v, d);
}

enum err config_pack(const struct config_source *source, struct buf *blob)
{
	buf_printf(blob, "%s\n%zu\n", source->file, source->sets_n);
	for (size_t i = 0; i < source->sets_n; i++)
		buf_printf(blob, "%s\n", source->sets[i]);
	return buf_add(blob, source->text) ? OK : ERR_QUEUE_FULL;
}

/* The next line of the blob as a string. */
static char *config__unpack_line(char **at, char *end)
{
	char *line = *at, *newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;

	if (!newline)
		return NULL;
	*newline = '\0';
	*at = newline + 1;
	return line;
}

enum err config_unpack(char *blob, size_t n, const char **sets, struct config_source *ret)
{
	char *at = blob, *end = blob + n;
	uint64_t count;

	ret->file = config__unpack_line(&at, end);
	const char *number = ret->file ? config__unpack_line(&at, end) : NULL;
	if (!number || !slice_u64(slice_str(number), &count) || count > CONFIG_SETS_MAX)
		return ERR_CONFIG;
	for (size_t i = 0; i < count; i++) {
		sets[i] = config__unpack_line(&at, end);
		if (!sets[i])
			return ERR_CONFIG;
	}
	ret->sets = sets;
	ret->sets_n = count;
	ret->text = slice_of(at, (size_t)(end - at));
	return OK;
}
