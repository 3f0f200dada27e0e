/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: see certificate.h. */
#include "model/certificate.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/text.h"
#include "model/json_read.h"
#include "wire/uri.h"

static const struct json_read_member certificate__members[] = {
	{ "kind", JSON_READ_STRING, true },      { "name", JSON_READ_STRING, true },
	{ "hosts", JSON_READ_ARRAY, true },      { "chain", JSON_READ_STRING, true },
	{ "key", JSON_READ_STRING, true },       { "priority", JSON_READ_INT, false },
	{ "listener", JSON_READ_STRING, false }, { NULL, JSON_READ_STRING, false },
};

/* What the build carries from member to member. */
struct certificate__from {
	struct json_read r;
	struct certificate *c;
	struct text memory; /* the room behind the struct */
};

static struct slice certificate__keep(struct certificate__from *b, struct slice s)
{
	size_t at = b->memory.n;

	text_add(&b->memory, s);
	text_byte(&b->memory, '\0');
	CHECK(!b->memory.bad);
	return slice_of(b->memory.p + at, s.n);
}

static enum err certificate__name(struct certificate__from *b, const json_t *root)
{
	struct slice s = json_read_string(json_object_get(root, "name"));
	size_t mark = json_read_in(&b->r, "name");

	if (s.n == 0 || s.n > CERTIFICATE_NAME_MAX)
		return json_read_fail(&b->r, "must be 1 to %d bytes long", CERTIFICATE_NAME_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !slice_is_digit(s.p[i]) && !memchr(".-_", s.p[i], 3))
			return json_read_fail(&b->r, "must be of lower-case letters, digits, '.', '-' and '_'");
	b->c->name = certificate__keep(b, s);
	json_read_out(&b->r, mark);
	return OK;
}

static enum err certificate__host(struct certificate__from *b, const json_t *v, struct slice *ret)
{
	struct slice s = json_read_string(v);
	char canonical[2 + 256] = "*.";
	struct uri_host host;
	size_t star = slice_starts(s, SLICE("*.")) ? 2 : 0;

	if (!json_is_string(v))
		return json_read_fail(&b->r, "must be a string");
	if (uri_host_parse(slice_from(s, star), &host) != OK || host.name.n != s.n - star || (star && host.is_ip))
		return json_read_fail(&b->r, "\"%.*s\" is not a host name, or \"*.\" and one",
				      SLICE_ARG(slice_first(s, 80)));
	struct slice name = uri_host_canonical(host.name, canonical + star);
	*ret = certificate__keep(b, slice_of(canonical, star + name.n));
	return OK;
}

static enum err certificate__hosts(struct certificate__from *b, const json_t *root)
{
	const json_t *hosts = json_object_get(root, "hosts");
	size_t mark = json_read_in(&b->r, "hosts"), n = json_array_size(hosts);

	if (n == 0 || n > CERTIFICATE_HOSTS_MAX)
		return json_read_fail(&b->r, "must hold 1 to %d names", CERTIFICATE_HOSTS_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(&b->r, i);
		TRY(certificate__host(b, json_array_get(hosts, i), &b->c->hosts[i]));
		json_read_out(&b->r, inner);
	}
	b->c->hosts_n = n;
	json_read_out(&b->r, mark);
	return OK;
}

static enum err certificate__key(struct certificate__from *b, const json_t *root)
{
	static const int64_t range[2] = { 0, CERTIFICATE_PRIORITY_MAX };
	struct slice key = json_read_string(json_object_get(root, "key"));
	int64_t priority = 0;

	static const char *const listeners[] = { "edge", "platform", NULL };
	int listener = 0;

	TRY(json_read_int(&b->r, root, "priority", range, &priority));
	TRY(json_read_choice(&b->r, root, "listener", listeners, &listener));
	b->c->platform = listener == 1;
	b->c->priority = (uint32_t)priority;
	b->c->chain = certificate__keep(b, json_read_string(json_object_get(root, "chain")));
	size_t mark = json_read_in(&b->r, "key");
	if (!seal_is(key))
		return json_read_fail(&b->r, "is not sealed; a private key does not stand in a plan item as it is");
	json_read_out(&b->r, mark);
	b->c->key = certificate__keep(b, key);
	return OK;
}

static enum err certificate__read(const json_t *root, struct certificate **ret, struct diag *d)
{
	struct certificate__from b = { .r = json_read_at_root(d) };

	TRY(json_read_object(&b.r, root, certificate__members));
	const json_t *hosts = json_object_get(root, "hosts");
	size_t names = json_string_length(json_object_get(root, "name")) + 1, n = json_array_size(hosts);
	size_t bytes = names + json_string_length(json_object_get(root, "chain")) + 1 +
		       json_string_length(json_object_get(root, "key")) + 1;
	if (n > CERTIFICATE_HOSTS_MAX)
		n = CERTIFICATE_HOSTS_MAX;
	for (size_t i = 0; i < n; i++)
		bytes += json_string_length(json_array_get(hosts, i)) + 1;
	b.c = mem_alloc(sizeof *b.c + n * sizeof *b.c->hosts + bytes);
	b.c->hosts = (struct slice *)(void *)(b.c + 1);
	b.memory = text_of(b.c->hosts + n, bytes);
	enum err e = certificate__name(&b, root);
	if (e == OK)
		e = certificate__hosts(&b, root);
	if (e == OK)
		e = certificate__key(&b, root);
	if (e == OK)
		*ret = b.c;
	else
		certificate_free(b.c);
	return e;
}

enum err certificate_from_json(struct slice json, struct certificate **ret, struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = certificate__read(root, ret, d);
	json_decref(root);
	return e;
}

void certificate_free(struct certificate *c)
{
	mem_free(c);
}
