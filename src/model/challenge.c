/* SPDX-License-Identifier: Apache-2.0 */
/* challenge: see challenge.h. */
#include "model/challenge.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/json_read.h"
#include "wire/uri.h"

void challenge_unref(struct challenge *c)
{
	if (!c)
		return;
	OBJ(c, OBJ_CHALLENGE);
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	c->magic = OBJ_FREED;
	mem_free(c);
}

/* base64url and the dot between a token and a thumbprint. */
static bool challenge__is_plain(struct slice s, size_t most)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !slice_is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return s.n > 0 && s.n <= most;
}

static enum err challenge__fail(struct json_read *r, const char *member, const char *text)
{
	size_t mark = json_read_in(r, member);

	json_read_fail(r, "%s", text);
	json_read_out(r, mark);
	return ERR_PLAN;
}

static enum err challenge__read(const json_t *root, struct challenge **ret, struct diag *d)
{
	static const struct json_read_member members[] = {
		{ "kind", JSON_READ_STRING, true },  { "name", JSON_READ_STRING, true },
		{ "host", JSON_READ_STRING, true },  { "answer", JSON_READ_STRING, true },
		{ "type", JSON_READ_STRING, false }, { NULL, JSON_READ_STRING, false }
	};
	struct json_read r = json_read_at_root(d);
	char canonical[256];
	struct uri_host host;

	TRY(json_read_object(&r, root, members));
	struct slice token = json_read_string(json_object_get(root, "name"));
	struct slice answer = json_read_string(json_object_get(root, "answer"));
	struct slice name = json_read_string(json_object_get(root, "host"));
	const json_t *type = json_object_get(root, "type");
	bool tls = type && slice_eq(json_read_string(type), SLICE("tls-alpn-01"));
	if (type && !tls && !slice_eq(json_read_string(type), SLICE("http-01")))
		return challenge__fail(&r, "type", "must be http-01 or tls-alpn-01");
	if (!challenge__is_plain(token, CHALLENGE_TOKEN_MAX))
		return challenge__fail(&r, "name", "is no token in base64url");
	if (!challenge__is_plain(answer, CHALLENGE_ANSWER_MAX))
		return challenge__fail(&r, "answer", "is no key authorization");
	if (uri_host_parse(name, &host) != OK || host.is_ip || host.name.n != name.n || name.n >= sizeof canonical)
		return challenge__fail(&r, "host", "is no host name");
	name = uri_host_canonical(host.name, canonical);
	struct challenge *c = mem_alloc(sizeof *c + token.n + name.n + answer.n);
	char *at = (char *)(c + 1);
	c->magic = OBJ_CHALLENGE;
	c->tls = tls;
	atomic_init(&c->refs, 1);
	memcpy(at, token.p, token.n);
	memcpy(at + token.n, name.p, name.n);
	memcpy(at + token.n + name.n, answer.p, answer.n);
	c->token = slice_of(at, token.n);
	c->host = slice_of(at + token.n, name.n);
	c->answer = slice_of(at + token.n + name.n, answer.n);
	*ret = c;
	return OK;
}

enum err challenge_from_json(struct slice json, struct challenge **ret, struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = challenge__read(root, ret, d);
	json_decref(root);
	return e;
}

static enum err challenge__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
				 struct diag *d)
{
	struct challenge *c;

	TRY(challenge_from_json(json, &c, d));
	*ret = c;
	return OK;
}

static void challenge__drop(void *object)
{
	challenge_unref(object);
}

static struct slice challenge__name(const void *object)
{
	return ((const struct challenge *)object)->token;
}

const struct kind challenge_kind = {
	.name = "challenge",
	.build = challenge__build,
	.drop = challenge__drop,
	.object_name = challenge__name,
};
