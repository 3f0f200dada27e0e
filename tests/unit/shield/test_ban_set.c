/* SPDX-License-Identifier: Apache-2.0 */
/* test_ban_set: longest and shortest networks, ends of bans, what is allowed; and every answer beside a slow look. */
#include "test_shield.h"

#include "base/mem.h"
#include "base/rng.h"
#include "shield/ban_set.h"

enum { NOW = 1000, LATER = 2000 };

static const struct hash_key secret = { 3, 4 };

static struct ban_set_net net(const char *text, int64_t until_s, bool allowed)
{
	struct ban_set_net n = { .until_s = until_s, .allowed = allowed };

	assert_int_equal(ip_prefix_parse(slice_str(text), &n.net), OK);
	return n;
}

static bool holds(const struct ban_set *s, const char *text, int64_t now_s)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	return ban_set_holds(s, &ip, now_s);
}

static void networks_of_any_length(void **state)
{
	const struct ban_set_net nets[] = { net("192.0.2.7", LATER, false), net("198.51.100.0/24", LATER, false),
					    net("2001:db8:1::/48", LATER, false), net("2001:db8:2::9", LATER, false) };
	struct ban_set *s = ban_set_new(nets, 4, &secret);

	assert_int_equal(ban_set_count(s), 4);
	assert_true(holds(s, "192.0.2.7", NOW));
	assert_false(holds(s, "192.0.2.6", NOW));
	assert_true(holds(s, "198.51.100.0", NOW));
	assert_true(holds(s, "198.51.100.255", NOW));
	assert_false(holds(s, "198.51.101.0", NOW));
	assert_true(holds(s, "2001:db8:1:ffff::1", NOW));
	assert_false(holds(s, "2001:db8:3::1", NOW));
	assert_true(holds(s, "2001:db8:2::9", NOW));
	assert_false(holds(s, "2001:db8:2::a", NOW));
	ban_set_free(s);
}

static void everybody_of_a_family(void **state)
{
	const struct ban_set_net nets[] = { net("0.0.0.0/0", LATER, false), net("10.0.0.0/8", 0, true) };
	struct ban_set *s = ban_set_new(nets, 2, &secret);

	assert_true(holds(s, "192.0.2.7", NOW));
	assert_true(holds(s, "255.255.255.255", NOW));
	assert_false(holds(s, "10.255.0.1", NOW));
	assert_false(holds(s, "::1", NOW));
	ban_set_free(s);
}

static void a_ban_ends_by_itself(void **state)
{
	const struct ban_set_net nets[] = { net("192.0.2.0/24", NOW + 10, false), net("192.0.2.7", NOW + 5, false),
					    net("192.0.2.7", NOW + 3, false) };
	struct ban_set *s = ban_set_new(nets, 3, &secret);

	assert_int_equal(ban_set_count(s), 2);
	/* The one for the address is over; that of its network is not. */
	assert_true(holds(s, "192.0.2.7", NOW + 7));
	assert_true(holds(s, "192.0.2.7", NOW + 9));
	assert_false(holds(s, "192.0.2.7", NOW + 10));
	ban_set_free(s);
	/* Given twice: the later end counts. */
	s = ban_set_new(nets + 1, 2, &secret);
	assert_true(holds(s, "192.0.2.7", NOW + 4));
	assert_false(holds(s, "192.0.2.7", NOW + 5));
	ban_set_free(s);
}

static void allowed_goes_before_every_ban(void **state)
{
	const struct ban_set_net nets[] = { net("192.0.2.0/24", LATER, false), net("192.0.2.7", 0, true),
					    net("198.51.100.0/24", 0, true),   net("198.51.100.9", LATER, false),
					    net("203.0.113.1", LATER, false),  net("203.0.113.1", 0, true) };
	struct ban_set *s = ban_set_new(nets, 6, &secret);

	assert_false(holds(s, "192.0.2.7", NOW));
	assert_true(holds(s, "192.0.2.8", NOW));
	assert_false(holds(s, "198.51.100.9", NOW));
	assert_false(holds(s, "203.0.113.1", NOW));
	ban_set_free(s);
}

static void nobody_is_banned_by_nothing(void **state)
{
	const struct ip none = { 0 };
	const struct ban_set_net all = net("0.0.0.0/0", LATER, false);
	struct ban_set *s = ban_set_new(NULL, 0, &secret);

	assert_false(holds(s, "192.0.2.7", NOW));
	assert_false(holds(NULL, "192.0.2.7", NOW));
	assert_int_equal(ban_set_count(NULL), 0);
	ban_set_free(s);
	s = ban_set_new(&all, 1, &secret);
	assert_false(ban_set_holds(s, &none, NOW));
	ban_set_free(s);
	ban_set_free(NULL);
}

static bool slowly(const struct ban_set_net *nets, size_t n, const struct ip *ip)
{
	bool banned = false;

	for (size_t i = 0; i < n; i++) {
		if (!ip_in(ip, &nets[i].net))
			continue;
		if (nets[i].allowed)
			return false;
		banned = banned || NOW < nets[i].until_s;
	}
	return banned;
}

/* A thousand random networks in a small space, so that they lie in each other, beside a look at each of them. */
static void as_a_look_at_every_network(void **state)
{
	enum { NETS = 1000, ASKED = 4000 };
	struct ban_set_net *nets = mem_alloc_array(NETS, sizeof *nets);
	struct rng rng;
	size_t yes = 0;

	rng_seed(&rng, 21);
	for (size_t i = 0; i < NETS; i++) {
		struct ip ip = { .family = i % 2 ? 6 : 4, .b = { 0x20, 1 } };
		uint64_t r = rng_next(&rng);
		memcpy(ip.b + 2, &r, 2);
		uint8_t bits = (uint8_t)(17 + (r >> 16) % (ip.family == 4 ? 16 : 48));
		nets[i] = (struct ban_set_net){ .net = { ip_network(&ip, bits), bits },
						.until_s = r >> 40 & 1 ? LATER : NOW,
						.allowed = bits >= 24 && (r >> 41) % 8 == 0 };
	}
	struct ban_set *s = ban_set_new(nets, NETS, &secret);
	for (size_t i = 0; i < ASKED; i++) {
		struct ip ip = { .family = i % 2 ? 6 : 4, .b = { 0x20, 1 } };
		uint64_t r = rng_next(&rng);
		memcpy(ip.b + 2, &r, 2);
		bool expected = slowly(nets, NETS, &ip);
		yes += expected;
		assert_int_equal(ban_set_holds(s, &ip, NOW), expected);
	}
	assert_true(yes > 0 && yes < ASKED);
	ban_set_free(s);
	mem_free(nets);
}

int test_ban_set(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_of_any_length),      cmocka_unit_test(everybody_of_a_family),
		cmocka_unit_test(a_ban_ends_by_itself),        cmocka_unit_test(allowed_goes_before_every_ban),
		cmocka_unit_test(nobody_is_banned_by_nothing), cmocka_unit_test(as_a_look_at_every_network),
	};

	return cmocka_run_group_tests_name("ban_set", tests, NULL, NULL);
}
