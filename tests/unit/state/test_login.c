/* SPDX-License-Identifier: Apache-2.0 */
/* test_login: people: what is kept of their secrets, what ends their sessions, and codes that are good once. */
#include "test_state.h"

#include "state/login.h"
#include "state/session.h"

#include <stdio.h>

static const char kept[] = "scrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static struct state_login login_of(struct state *st, const char *email, bool admin)
{
	struct state_login l = { .token = { .status = "active", .policies = json_array(), .admin = admin } };

	snprintf(l.token.name, sizeof l.token.name, "%s", email);
	snprintf(l.password, sizeof l.password, "%s", kept);
	assert_int_equal(state_login_add(st, &l), OK);
	return l;
}

static void session_of(struct state *st, const struct state_login *l, struct state_session *s,
		       char value[static STATE_SESSION_VALUE_BYTES])
{
	*s = (struct state_session){ .address = "192.0.2.1" };
	memcpy(s->token_id, l->token.id, sizeof s->token_id);
	assert_int_equal(state_session_add(st, s, value), OK);
}

static struct seal seal_of(uint8_t first)
{
	uint8_t key[SEAL_KEY_BYTES] = { first };
	struct seal s;

	seal_init(&s, key);
	return s;
}

/* The code of the secret as people copy it, some steps from now. */
static void code_of(struct state *st, const struct seal *seal, const struct state_login *l, int64_t steps,
		    char ret[static 10])
{
	char purpose[80];
	struct buf secret;

	snprintf(purpose, sizeof purpose, "totp %s", l->token.id);
	buf_init(&secret, 100);
	assert_int_equal(seal_open(seal, slice_str(purpose), slice_str(l->totp), &secret), OK);
	assert_int_equal(totp_code(buf_slice(&secret), totp_step(st->now_ms / 1000) + steps, TOTP_DIGITS, ret), OK);
	seal_wipe_buf(&secret);
}

static void addresses(void **state)
{
	assert_true(state_login_email_fits(SLICE("a@b")));
	assert_true(state_login_email_fits(SLICE("Anna.Maria+x@example.test")));
	assert_false(state_login_email_fits(SLICE("")));
	assert_false(state_login_email_fits(SLICE("@b")));
	assert_false(state_login_email_fits(SLICE("a@")));
	assert_false(state_login_email_fits(SLICE("a@b@c")));
	assert_false(state_login_email_fits(SLICE("a b@c")));
	assert_false(state_login_email_fits(SLICE("a\n@c")));
	assert_false(state_login_email_fits(SLICE("\xc3\xbc@c")));
}

static void count_token(void *arg, const struct state_token *t)
{
	++*(size_t *)arg;
}

static void count_login(void *arg, const struct state_login *l)
{
	++*(size_t *)arg;
}

static void a_person_is_no_token_that_is_shown(void **state)
{
	struct state *st = test_state_new();
	struct state_login l = login_of(st, "Anna@Example.test", true), got,
			   twice = { .token = { .status = "active" } };
	size_t tokens = 0, logins = 0;
	int64_t total;

	assert_int_equal(state_login_get(st, SLICE("ANNA@example.TEST"), &got), OK);
	assert_string_equal(got.token.name, "anna@example.test");
	assert_true(got.token.admin && got.token.login);
	state_login_fini(&got);
	assert_int_equal(state_login_get(st, slice_str(l.token.id), &got), OK);
	state_login_fini(&got);
	assert_int_equal(state_login_get(st, SLICE("anna@example.tes"), &got), ERR_NOT_FOUND);
	snprintf(twice.token.name, sizeof twice.token.name, "aNNA@example.test");
	assert_int_equal(state_login_add(st, &twice), ERR_EXISTS);
	assert_int_equal(state_token_list(st, 0, 100, count_token, &tokens, &total), OK);
	assert_int_equal(tokens + (size_t)total, 0);
	assert_int_equal(state_token_remove(st, l.token.id), ERR_NOT_FOUND);
	assert_int_equal(state_login_list(st, 0, 100, count_login, &logins, &total), OK);
	assert_int_equal(logins, 1);
	assert_int_equal(total, 1);
	/* Another token of the administrator is no reason to lose people who may do everything. */
	uint8_t hash[CRYPTO_SHA256_BYTES] = { 1 };
	assert_int_equal(state_token_admin(st, hash), OK);
	hash[0] = 2;
	assert_int_equal(state_token_admin(st, hash), OK);
	assert_int_equal(state_login_get(st, SLICE("anna@example.test"), &got), OK);
	assert_true(got.token.admin);
	state_login_fini(&got);
	state_login_fini(&l);
	state_close(st);
}

static void what_ends_sessions(void **state)
{
	struct state *st = test_state_new();
	struct state_login l = login_of(st, "a@b.test", false), other = login_of(st, "c@d.test", false);
	char one[STATE_SESSION_VALUE_BYTES], two[STATE_SESSION_VALUE_BYTES], others[STATE_SESSION_VALUE_BYTES];
	struct state_session s, mine, got;

	session_of(st, &l, &mine, one);
	session_of(st, &l, &s, two);
	session_of(st, &other, &s, others);
	assert_int_equal(state_login_set_password(st, &l, kept, mine.id), OK);
	assert_int_equal(state_session_find(st, slice_str(one), &got), OK);
	assert_int_equal(state_session_find(st, slice_str(two), &got), ERR_NOT_FOUND);
	assert_int_equal(state_session_find(st, slice_str(others), &got), OK);
	assert_int_equal(state_login_save(st, &l, ""), OK);
	assert_int_equal(state_session_find(st, slice_str(one), &got), ERR_NOT_FOUND);
	session_of(st, &l, &s, one);
	assert_int_equal(state_login_remove(st, l.token.id), OK);
	assert_int_equal(state_session_find(st, slice_str(one), &got), ERR_NOT_FOUND);
	assert_int_equal(state_login_remove(st, l.token.id), ERR_NOT_FOUND);
	assert_int_equal(state_session_find(st, slice_str(others), &got), OK);
	state_login_fini(&l);
	state_login_fini(&other);
	state_close(st);
}

static void a_code_is_good_once(void **state)
{
	struct state *st = test_state_new();
	struct state_login l = login_of(st, "a@b.test", false), again;
	struct seal seal = seal_of(1);
	char secret[TOTP_TEXT_BYTES], codes[STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES], code[10], wrong[10] = "000000";

	assert_int_equal(state_login_totp_confirm(st, &seal, &l, SLICE("123456"), codes), ERR_NOT_FOUND);
	assert_int_equal(state_login_totp_begin(st, &seal, &l, secret), OK);
	assert_int_equal(strlen(secret), 32);
	assert_null(strstr(l.totp, secret));
	code_of(st, &seal, &l, 0, code);
	wrong[0] = code[0] == '9' ? '0' : (char)(code[0] + 1);
	memcpy(wrong + 1, code + 1, 5);
	assert_int_equal(state_login_totp_take(st, &seal, &l, slice_str(code)), ERR_BLOCKED); /* not on yet */
	assert_int_equal(state_login_totp_confirm(st, &seal, &l, slice_str(wrong), codes), ERR_BLOCKED);
	assert_int_equal(state_login_totp_confirm(st, &seal, &l, slice_str(code), codes), OK);
	assert_int_equal(state_login_totp_confirm(st, &seal, &l, slice_str(code), codes), ERR_NOT_FOUND);
	/* What confirmed it is used, and so it is in the database. */
	assert_int_equal(state_login_totp_take(st, &seal, &l, slice_str(code)), ERR_BLOCKED);
	assert_int_equal(state_login_get(st, SLICE("a@b.test"), &again), OK);
	assert_int_equal(state_login_totp_take(st, &seal, &again, slice_str(code)), ERR_BLOCKED);
	state_at(st, st->now_ms + 30000);
	code_of(st, &seal, &l, 0, code);
	assert_int_equal(state_login_totp_take(st, &seal, &again, slice_str(code)), OK);
	assert_int_equal(state_login_totp_take(st, &seal, &again, slice_str(code)), ERR_BLOCKED);
	code_of(st, &seal, &l, -1, code);
	assert_int_equal(state_login_totp_take(st, &seal, &again, slice_str(code)), ERR_BLOCKED);
	code_of(st, &seal, &l, 1, code);
	assert_int_equal(state_login_totp_take(st, &seal, &again, slice_str(code)), OK);
	struct seal other = seal_of(2);
	code_of(st, &seal, &l, 2, code);
	assert_int_equal(state_login_totp_take(st, &other, &again, slice_str(code)), ERR_SEAL_KEY);
	state_login_fini(&l);
	state_login_fini(&again);
	state_close(st);
}

static void recovery_codes(void **state)
{
	struct state *st = test_state_new();
	struct state_login l = login_of(st, "a@b.test", false), other = login_of(st, "c@d.test", false);
	struct seal seal = seal_of(1);
	char secret[TOTP_TEXT_BYTES], codes[STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES], code[10];

	assert_int_equal(state_login_totp_begin(st, &seal, &l, secret), OK);
	code_of(st, &seal, &l, 0, code);
	assert_int_equal(state_login_totp_confirm(st, &seal, &l, slice_str(code), codes), OK);
	struct store_use u = store_use(st->store, "SELECT count(*) FROM login_code WHERE instr(hash, ?1)");
	store_put_blob(&u, slice_str(codes[0]));
	assert_true(store_next(&u));
	assert_int_equal(store_int(&u, 0), 0);
	assert_int_equal(store_done(&u), OK);
	assert_int_equal(state_login_totp_take(st, &seal, &other, slice_str(codes[0])), ERR_BLOCKED);
	for (size_t i = 0; i < STATE_LOGIN_CODES; i++) {
		assert_int_equal(state_login_totp_take(st, &seal, &l, slice_str(codes[i])), OK);
		assert_int_equal(state_login_totp_take(st, &seal, &l, slice_str(codes[i])), ERR_BLOCKED);
		assert_int_equal(l.codes_left, STATE_LOGIN_CODES - 1 - i);
	}
	assert_int_equal(state_login_totp_off(st, &l), OK);
	assert_int_equal(state_login_totp_begin(st, &seal, &l, secret), OK);
	code_of(st, &seal, &l, 0, code);
	assert_int_equal(state_login_totp_confirm(st, &seal, &l, slice_str(code), codes), OK);
	assert_int_equal(state_login_totp_off(st, &l), OK);
	assert_int_equal(state_login_totp_take(st, &seal, &l, slice_str(codes[0])), ERR_BLOCKED);
	state_login_fini(&l);
	state_login_fini(&other);
	state_close(st);
}

int test_login(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),          cmocka_unit_test(a_person_is_no_token_that_is_shown),
		cmocka_unit_test(what_ends_sessions), cmocka_unit_test(a_code_is_good_once),
		cmocka_unit_test(recovery_codes),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
