/* SPDX-License-Identifier: Apache-2.0 */
/* tops: see tops.h. */
#include "edge/tops.h"

#include "base/hash.h"
#include "edge/request.h"
#include "wire/uri.h"

static const char *const tops__names[TOPS_KINDS] = { "path", "network", "agent" };

struct tops_entry *tops_count(struct tops_list *l, uint32_t hash, uint32_t weight)
{
	struct tops_entry *least = NULL;

	for (size_t i = 0; i < l->n; i++) {
		if (l->e[i].hash == hash) {
			l->e[i].count += weight;
			return NULL;
		}
		if (!least || l->e[i].count < least->count)
			least = &l->e[i];
	}
	if (l->n < TOPS_ENTRIES) {
		least = &l->e[l->n++];
		least->count = 0;
	}
	least->hash = hash;
	least->count += weight;
	return least;
}

static void tops__text(struct tops_list *l, struct slice s, uint32_t weight)
{
	s = slice_first(s, TOPS_TEXT_BYTES);
	struct tops_entry *e = tops_count(l, hash_check32(s), weight);
	if (!e)
		return;
	memcpy(e->text, s.p, s.n);
	e->n = (uint16_t)s.n;
}

static void tops__network(struct tops_list *l, const struct ip *client, uint32_t weight)
{
	struct ip_prefix net = { .bits = client->family == 6 ? 48 : 24 };

	net.ip = ip_network(client, net.bits);
	struct tops_entry *e = tops_count(l, hash_check32(slice_of(&net.ip, sizeof net.ip)), weight);
	if (!e)
		return;
	char ip[IP_TEXT_BYTES];
	size_t n = ip_print(&net.ip, ip);
	struct text t = text_of(e->text, sizeof e->text);
	text_add(&t, slice_of(ip, n));
	text_byte(&t, '/');
	text_u64(&t, net.bits);
	e->n = (uint16_t)t.n;
}

void tops_add(struct tops *t, const struct request *r)
{
	uint32_t weight = t->seen++ < TOPS_ALL ? 1 : TOPS_EACH;

	if (weight > 1 && t->seen % TOPS_EACH)
		return;
	const struct field *agent = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	tops__text(&t->lists[TOPS_PATH], uri_path(r->q->path), weight);
	tops__network(&t->lists[TOPS_NETWORK], &r->q->client.ip, weight);
	tops__text(&t->lists[TOPS_AGENT], agent ? agent->value : SLICE(""), weight);
}

/* The largest of those that are not told; NULL: none. */
static const struct tops_entry *tops__next(const struct tops_list *l, uint32_t told)
{
	const struct tops_entry *best = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (!(told >> i & 1) && (!best || l->e[i].count > best->count))
			best = &l->e[i];
	return best;
}

static void tops__list(const struct tops_list *l, struct text *out)
{
	const struct tops_entry *e;
	uint32_t told = 0;

	for (int n = 0; n < TOPS_TOLD && (e = tops__next(l, told)); n++) {
		told |= 1u << (e - l->e);
		text_add(out, n ? SLICE(",[") : SLICE("["));
		text_json(out, slice_of(e->text, e->n));
		text_byte(out, ',');
		text_u64(out, e->count);
		text_byte(out, ']');
	}
}

void tops_json(const struct tops *t, struct text *out)
{
	for (size_t i = 0; i < TOPS_KINDS; i++) {
		text_byte(out, i ? ',' : '{');
		text_json(out, slice_str(tops__names[i]));
		text_add(out, SLICE(":["));
		tops__list(&t->lists[i], out);
		text_byte(out, ']');
	}
	text_byte(out, '}');
}
