/* SPDX-License-Identifier: Apache-2.0 */
/* ban_set: see ban_set.h. Open addressing, at most half full. */
#include "shield/ban_set.h"

#include "base/mem.h"

enum { BAN_SET__LENGTHS = 129 };

/* The lengths of one family, longest first. */
struct ban_set__lengths {
	uint8_t bits[BAN_SET__LENGTHS];
	size_t n;
};

struct ban_set {
	struct hash_key secret;
	struct ban_set__lengths v4, v6;
	size_t n, mask;
	struct ban_set_net slots[]; /* family 0: free */
};

static uint64_t ban_set__hash(const struct ban_set *s, const struct ip_prefix *p)
{
	uint8_t key[18] = { p->ip.family, p->bits };

	memcpy(key + 2, p->ip.b, sizeof p->ip.b);
	return hash_bytes(&s->secret, slice_of(key, sizeof key));
}

/* The slot of that network, or the free one where it would be. */
static size_t ban_set__slot(const struct ban_set *s, const struct ip_prefix *p)
{
	size_t at = (size_t)ban_set__hash(s, p) & s->mask;

	while (s->slots[at].net.ip.family && !(s->slots[at].net.bits == p->bits && ip_eq(&s->slots[at].net.ip, &p->ip)))
		at = (at + 1) & s->mask;
	return at;
}

static void ban_set__length(struct ban_set__lengths *l, uint8_t bits)
{
	size_t at = 0;

	while (at < l->n && l->bits[at] > bits)
		at++;
	if (at < l->n && l->bits[at] == bits)
		return;
	memmove(l->bits + at + 1, l->bits + at, l->n - at);
	l->bits[at] = bits;
	l->n++;
}

struct ban_set *ban_set_new(const struct ban_set_net *nets, size_t n, const struct hash_key *secret)
{
	size_t slots = 16;

	while (slots < 2 * n)
		slots *= 2;
	struct ban_set *s = mem_alloc(sizeof *s + slots * sizeof s->slots[0]);
	s->secret = *secret;
	s->mask = slots - 1;
	for (size_t i = 0; i < n; i++) {
		struct ban_set_net *to = &s->slots[ban_set__slot(s, &nets[i].net)];
		if (to->net.ip.family == 0) {
			*to = nets[i];
			s->n++;
			ban_set__length(nets[i].net.ip.family == 4 ? &s->v4 : &s->v6, nets[i].net.bits);
			continue;
		}
		to->allowed = to->allowed || nets[i].allowed;
		to->until_s = to->until_s > nets[i].until_s ? to->until_s : nets[i].until_s;
	}
	return s;
}

void ban_set_free(struct ban_set *s)
{
	mem_free(s);
}

bool ban_set_holds(const struct ban_set *s, const struct ip *ip, int64_t now_s)
{
	bool banned = false;

	if (!s || !ip->family)
		return false;
	const struct ban_set__lengths *l = ip->family == 4 ? &s->v4 : &s->v6;
	for (size_t i = 0; i < l->n; i++) {
		const struct ip_prefix p = { ip_network(ip, l->bits[i]), l->bits[i] };
		const struct ban_set_net *at = &s->slots[ban_set__slot(s, &p)];
		if (at->net.ip.family && at->allowed)
			return false;
		banned = banned || (at->net.ip.family && now_s < at->until_s);
	}
	return banned;
}

size_t ban_set_count(const struct ban_set *s)
{
	return s ? s->n : 0;
}
