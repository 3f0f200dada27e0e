/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_bans: plan items of kind bans, and the set that is made of them. What is taken holds whole networks; an address
 * of a ban is held until its time and not after, unless it is allowed; what is refused has a reason.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "model/ban_list.h"
#include "shield/ban_set.h"

static bool is_allowed(const struct ban_list *l, const struct ip *ip)
{
	for (size_t i = 0; i < l->allow_n; i++)
		if (ip_in(ip, &l->allow[i]))
			return true;
	return false;
}

/* The last second at which one of the bans holds the address. */
static int64_t end_of(const struct ban_list *l, const struct ip *ip)
{
	int64_t end = 0;

	for (size_t i = 0; i < l->bans_n; i++)
		if (ip_in(ip, &l->bans[i].net) && l->bans[i].until_s > end)
			end = l->bans[i].until_s;
	return end;
}

static void check_set(const struct ban_list *l)
{
	const struct hash_key secret = { 5, 6 };
	struct ban_set_net *nets = mem_alloc_array(l->bans_n + l->allow_n + 1, sizeof *nets);

	for (size_t i = 0; i < l->bans_n; i++)
		nets[i] = (struct ban_set_net){ l->bans[i].net, l->bans[i].until_s, false };
	for (size_t i = 0; i < l->allow_n; i++)
		nets[l->bans_n + i] = (struct ban_set_net){ l->allow[i], 0, true };
	struct ban_set *s = ban_set_new(nets, l->bans_n + l->allow_n, &secret);
	for (size_t i = 0; i < l->bans_n; i++) {
		const struct ip *ip = &l->bans[i].net.ip;
		int64_t end = end_of(l, ip);
		FUZZ_CHECK(ban_set_holds(s, ip, end - 1) == !is_allowed(l, ip));
		FUZZ_CHECK(!ban_set_holds(s, ip, end));
	}
	ban_set_free(s);
	mem_free(nets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct limits limits;
	struct ban_list *l;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	if (ban_list_from_json(slice_of(data, n), &limits, &l, &d) != OK) {
		FUZZ_CHECK(d.code != OK && d.text[0]);
		return 0;
	}
	FUZZ_CHECK(l->bans_n <= limits.bans_max);
	check_set(l);
	ban_list_free(l);
	return 0;
}
