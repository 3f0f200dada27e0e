/* SPDX-License-Identifier: Apache-2.0 */
/* users_cmd: `seawall users`: people who sign in to the dashboard with a password. */
#include "base/crypto.h"
#include "base/password.h"
#include "client/columns.h"
#include "client/policy.h"
#include "client/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { USERS_CMD__CODE_BYTES = 32 };

static const char *users_cmd__path(struct cli *c, const char *behind)
{
	return cli_format(c, "/seawall/users/%s%s", cli_escape(c, cli_word(c, 0)), behind);
}

static int users_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "E-MAIL", "STATUS", "MAY", "SECOND FACTOR", "LAST USED", "ID" };
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_list(c->call, "/seawall/users", 50, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 6, 0);
	json_array_foreach(list, i, each)
	{
		columns_add(&t, cli_member(c, each, "email"));
		columns_add(&t, cli_member(c, each, "status"));
		columns_add(&t, json_is_true(json_object_get(each, "admin")) ? "everything" : "by policies");
		columns_add(&t, json_is_true(json_object_get(each, "two_factor")) ? "on" : "off");
		columns_add(&t, cli_value(c, json_object_get(each, "last_used_on")));
		columns_add(&t, cli_member(c, each, "id"));
	}
	columns_end(&t, "Nobody signs in with a password; `seawall users add` makes somebody who does.");
	json_decref(list);
	return CLIENT_OK;
}

/* ---- secrets are asked for, never words of the command, which others on the machine could read ---- */

/* One line without its end; at most cap - 1 bytes. False at the end of the input, or when it is longer. */
static bool users_cmd__line(int fd, char *ret, size_t cap)
{
	size_t n = 0;
	char one;
	ssize_t got;

	while ((got = read(fd, &one, 1)) == 1 && one != '\n') {
		if (n == cap - 1)
			return false;
		ret[n++] = one;
	}
	if (n && ret[n - 1] == '\r')
		n--;
	ret[n] = '\0';
	return got == 1 || n > 0;
}

/* Asks at the terminal; hide: what is typed is not shown. */
static int users_cmd__ask(struct cli *c, const char *question, bool hide, char *ret, size_t cap)
{
	struct termios before, quiet;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return cli_misuse(c, "there is no terminal to ask at; give it on standard input, with --stdin");
	bool can_hide = hide && tcgetattr(fd, &before) == 0;
	if (can_hide) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fd, TCSAFLUSH, &quiet);
	}
	dprintf(fd, "%s", question);
	bool good = users_cmd__line(fd, ret, cap);
	if (can_hide) {
		tcsetattr(fd, TCSAFLUSH, &before);
		dprintf(fd, "\n");
	}
	close(fd);
	return good ? CLIENT_OK : cli_fail(c, "nothing was typed, or too much");
}

/* The new password: a line of standard input, or typed twice. */
static int users_cmd__password(struct cli *c, char ret[static PASSWORD_BYTES_MAX + 2])
{
	char again[PASSWORD_BYTES_MAX + 2] = "";
	int status = CLIENT_OK;

	if (cli_flag(c, "--stdin")) {
		if (!users_cmd__line(STDIN_FILENO, ret, PASSWORD_BYTES_MAX + 2))
			status = cli_fail(c, "standard input has no password, or one of more than %d bytes",
					  PASSWORD_BYTES_MAX);
	} else {
		status = users_cmd__ask(c, "New password: ", true, ret, PASSWORD_BYTES_MAX + 2);
		if (status == CLIENT_OK)
			status = users_cmd__ask(c, "Once more: ", true, again, sizeof again);
		if (status == CLIENT_OK && strcmp(ret, again) != 0)
			status = cli_fail(c, "the two are not the same");
	}
	crypto_wipe(again, sizeof again);
	if (status == CLIENT_OK && !password_fits(slice_str(ret)))
		status = cli_fail(c, "a password has %d to %d bytes, without control characters", PASSWORD_BYTES_MIN,
				  PASSWORD_BYTES_MAX);
	return status;
}

/* ---- people ---- */

static int users_cmd__body(struct cli *c, json_t **ret)
{
	json_t *policies = NULL;
	bool admin = cli_flag(c, "--admin"), some = cli_flag(c, "--permission");

	if (admin == some)
		return cli_misuse(c, "give either --admin (may do everything) or --permission, `seawall tokens "
				     "permissions` lists them");
	if (some) {
		int status = policy_of_options(c, &policies);
		if (status != CLIENT_OK)
			return status;
	}
	*ret = json_pack("{s:s, s:o*}", "email", cli_word(c, 0), "policies", policies);
	if (admin)
		json_object_set_new(*ret, "admin", json_true());
	if (cli_text(c, "--expires"))
		json_object_set_new(*ret, "expires_on", json_string(cli_text(c, "--expires")));
	policy_from_options(c, *ret);
	return CLIENT_OK;
}

static int users_cmd__add(struct cli *c)
{
	char password[PASSWORD_BYTES_MAX + 2] = "";
	json_t *body = NULL, *made;
	int status = users_cmd__body(c, &body);

	if (status == CLIENT_OK)
		status = users_cmd__password(c, password);
	if (status == CLIENT_OK) {
		json_object_set_new(body, "password", json_string(password));
		status = call_json(c->call, "POST", "/seawall/users", json_incref(body), &made);
	}
	crypto_wipe(password, sizeof password);
	json_decref(body);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(made);
	else
		cli_done(c, "%s may sign in", cli_member(c, made, "email"));
	json_decref(made);
	return CLIENT_OK;
}

static int users_cmd__set_password(struct cli *c)
{
	char password[PASSWORD_BYTES_MAX + 2] = "";
	json_t *person;
	int status = users_cmd__password(c, password);

	if (status == CLIENT_OK)
		status = call_json(c->call, "PUT", users_cmd__path(c, "/password"),
				   json_pack("{s:s}", "password", password), &person);
	crypto_wipe(password, sizeof password);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(person);
	else
		cli_done(c, "%s has another password; sessions are over", cli_member(c, person, "email"));
	json_decref(person);
	return CLIENT_OK;
}

static int users_cmd__delete(struct cli *c)
{
	json_t *gone;
	int status = call_send(c->call, "DELETE", users_cmd__path(c, ""), NULL, &gone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "deleted: %s", cli_word(c, 0));
	json_decref(gone);
	return CLIENT_OK;
}

/* ---- second factor ---- */

static int users_cmd__totp_off(struct cli *c)
{
	json_t *person;
	int status = call_send(c->call, "DELETE", users_cmd__path(c, "/totp"), NULL, &person);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(person);
	else
		cli_done(c, "%s signs in without a code", cli_member(c, person, "email"));
	json_decref(person);
	return CLIENT_OK;
}

/* Sends the code that the authenticator shows, and prints what recovery codes come back. */
static int users_cmd__totp_confirm(struct cli *c)
{
	char code[USERS_CMD__CODE_BYTES] = "";
	json_t *answer, *each;
	size_t i;
	int status = CLIENT_OK;

	if (!cli_flag(c, "--stdin"))
		status = users_cmd__ask(c, "The code that it shows now: ", false, code, sizeof code);
	else if (!users_cmd__line(STDIN_FILENO, code, sizeof code))
		status = cli_fail(c, "standard input has no code");
	if (status == CLIENT_OK)
		status = call_json(c->call, "PUT", users_cmd__path(c, "/totp"), json_pack("{s:s}", "code", code),
				   &answer);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(answer);
	} else {
		printf("On from now on. Recovery codes, each good once instead of a code, shown this time only:\n");
		json_array_foreach(json_object_get(answer, "recovery_codes"), i, each)
			printf("  %s\n", cli_value(c, each));
	}
	json_decref(answer);
	return CLIENT_OK;
}

static int users_cmd__totp(struct cli *c)
{
	json_t *answer;

	if (cli_flag(c, "--off"))
		return users_cmd__totp_off(c);
	int status = call_json(c->call, "POST", users_cmd__path(c, "/totp"), json_object(), &answer);
	if (status != CLIENT_OK)
		return status;
	/* On standard error with --json, whose standard output is the last answer. */
	fprintf(c->json ? stderr : stdout, "For the authenticator:\n  %s\nor by hand: %s\n",
		cli_member(c, answer, "url"), cli_member(c, answer, "secret"));
	fflush(stdout);
	json_decref(answer);
	return users_cmd__totp_confirm(c);
}

#define USERS_CMD__STDIN "a line of standard input, instead of asking at the terminal"

static const struct verb_option users_cmd__add_options[] = {
	{ "--admin", VERB_FLAG, NULL, "may do everything", NULL },
	{ "--permission", VERB_LIST, "NAME", "what they may do: \"DNS Write\", \"Zone Read\"", NULL },
	{ "--zone", VERB_LIST, "ZONE", "only in that zone; without it in all", NULL },
	{ "--expires", VERB_TEXT, "TIME", "until when: 2027-01-31T00:00:00Z", NULL },
	{ "--from", VERB_LIST, "NETWORK", "only from there: 192.0.2.0/24", NULL },
	{ "--stdin", VERB_FLAG, NULL, "the password is " USERS_CMD__STDIN, NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option users_cmd__password_options[] = {
	{ "--stdin", VERB_FLAG, NULL, "the password is " USERS_CMD__STDIN, NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option users_cmd__totp_options[] = {
	{ "--off", VERB_FLAG, NULL, "switch it off, for whoever lost their authenticator", NULL },
	{ "--stdin", VERB_FLAG, NULL, "the code is " USERS_CMD__STDIN, NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb users_cmd__verbs[] = {
	{ "list", "", "list who signs in with a password", NULL, NULL, "seawall users list", users_cmd__list, false },
	{ "add", "EMAIL", "let somebody sign in with a password", users_cmd__add_options, NULL,
	  "seawall users add anna@example.com --admin\n"
	  "seawall users add ben@example.com --permission 'DNS Write' --permission 'Zone Read' --zone example.com",
	  users_cmd__add, false },
	{ "password", "EMAIL", "give somebody another password and end their sessions", users_cmd__password_options,
	  NULL, NULL, users_cmd__set_password, false },
	{ "totp", "EMAIL", "ask somebody for a code besides the password, or no longer", users_cmd__totp_options, NULL,
	  "seawall users totp anna@example.com\nseawall users totp anna@example.com --off", users_cmd__totp, false },
	{ "delete", "EMAIL", "let somebody sign in no longer, and end their sessions", NULL, NULL, NULL,
	  users_cmd__delete, false },
	{ 0 },
};

const struct verb_noun users_cmd = { "users", "people who sign in to the dashboard with a password", NULL,
				     users_cmd__verbs };
