/* SPDX-License-Identifier: Apache-2.0 */
/* app_call: see app_call.h. */
#include "client/app_call.h"

#include "base/check.h"
#include "client/target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

enum { APP_CALL__WAIT_S = 900, APP_CALL__ANSWER_BYTES = 256 };

/* ---- lines ---- */

static void app_call__line(FILE *out, const char *lead, const char *fmt, va_list ap)
{
	fputs(lead, out);
	vfprintf(out, fmt, ap);
	fputc('\n', out);
}

void app_call_done(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	app_call__line(stdout, "-----> ", fmt, ap);
	va_end(ap);
}

void app_call_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	app_call__line(stdout, "       ", fmt, ap);
	va_end(ap);
}

void app_call_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	app_call__line(stdout, "  /!\\  ", fmt, ap);
	va_end(ap);
}

int app_call_fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, " !     An error occurred:\n");
	va_start(ap, fmt);
	app_call__line(stdout, "       ", fmt, ap);
	va_end(ap);
	return CLIENT_FAILED;
}

bool app_call_confirm(struct cli *c, const char *question, const char *word)
{
	char answer[APP_CALL__ANSWER_BYTES];

	printf("%s ", question);
	fflush(stdout);
	if (!fgets(answer, sizeof answer, stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, word) == 0;
}

const char *app_call_time(struct cli *c, const json_t *object, const char *name)
{
	const char *text = cli_member(c, object, name);

	if (strlen(text) < strlen("2026-01-31T12:30:00"))
		return "";
	return cli_format(c, "%.4s/%.2s/%.2s %.8s", text, text + 5, text + 8, text + 11);
}

/* ---- which app ---- */

int app_call_name(struct cli *c, const char **ret)
{
	const char *name = cli_text(c, "--app");

	if (!name)
		name = getenv("SEAWALL_APP");
	if (!name)
		name = getenv("SCALINGO_APP");
	if (!name || !name[0])
		return cli_misuse(c, "which app? Give --app NAME, or SEAWALL_APP in the environment");
	*ret = name;
	return CLIENT_OK;
}

const char *app_call_path(struct cli *c, const char *behind)
{
	const char *name;

	if (app_call_name(c, &name) != CLIENT_OK)
		return NULL;
	return cli_format(c, "/apps/%s%s", cli_escape(c, name), behind);
}

/* ---- requests ---- */

static int app_call__region(struct cli *c)
{
	const char *want = cli_text(c, "--region"), *have;
	json_t *answer;

	if (!want)
		return CLIENT_OK;
	int status = app_call_send(c, "GET", "/regions", NULL, &answer);
	if (status != CLIENT_OK)
		return status;
	have = cli_member(c, json_array_get(json_object_get(answer, "regions"), 0), "name");
	if (strcmp(have, want) != 0)
		status = app_call_fail("this node is of the region %s, not %s", have, cli_clean(c, want));
	json_decref(answer);
	return status;
}

int app_call_open(struct cli *c)
{
	int status = target_open_v1(c);

	return status == CLIENT_OK ? app_call__region(c) : status;
}

/* What is wrong with the fields, as the users of that command line know it. */
static int app_call__invalid(struct cli *c, const json_t *errors)
{
	const char *field;
	json_t *messages;

	fflush(stdout);
	fprintf(stderr, " !     422 Unprocessable Content\n");
	json_object_foreach((json_t *)(uintptr_t)errors, field, messages)
		fprintf(stderr, "* %s \xe2\x86\x92 %s\n", cli_clean(c, field), cli_names(c, messages));
	return CLIENT_FAILED;
}

static int app_call__complain(struct cli *c, long status, const json_t *answer)
{
	const char *resource = cli_member(c, answer, "resource"), *error = cli_member(c, answer, "error");
	const json_t *errors = json_object_get(answer, "errors");

	if (status == 422 && json_is_object(errors))
		return app_call__invalid(c, errors);
	if (status == 404 && strcmp(resource, "app") == 0)
		return app_call_fail(
			"The app was not found on this node: the name may be mistyped, or it is an app of another "
			"node");
	if (status == 404)
		return app_call_fail("%s not found", resource[0] ? resource : "path");
	app_call_fail("%s (%ld)", error[0] ? error : "refused without a reason", status);
	return status == 401 || status == 403 || status >= 500 ? CLIENT_AWAY : CLIENT_FAILED;
}

int app_call_send(struct cli *c, const char *method, const char *path, json_t *body, json_t **ret)
{
	const struct call_body b = { .json = body };
	json_t *answer;
	long status = call_try(c->call, method, path, &b, &answer);
	int exit_status = CLIENT_OK;

	json_decref(body);
	if (status == 0)
		return CLIENT_AWAY;
	if (status >= 300)
		exit_status = app_call__complain(c, status, answer);
	if (ret && exit_status == CLIENT_OK)
		*ret = json_incref(answer);
	json_decref(answer);
	return exit_status;
}

int app_call_get(struct cli *c, const char *behind, const char *member, json_t **ret)
{
	const char *path = app_call_path(c, behind);
	json_t *answer;

	if (!path)
		return CLIENT_USAGE;
	int status = app_call_send(c, "GET", path, NULL, &answer);
	if (status != CLIENT_OK)
		return status;
	json_t *v = json_object_get(answer, member);
	*ret = v ? json_incref(v) : json_null();
	json_decref(answer);
	return CLIENT_OK;
}

int app_call_wait(struct cli *c, int64_t *ret_ms)
{
	const char *location = call_location(c->call), *id = strrchr(location, '/');
	const struct timespec second = { 1, 0 }, soon = { 0, 100 * 1000 * 1000 };
	json_t *operation;

	*ret_ms = 0;
	if (!location[0] || !id)
		return CLIENT_OK;
	const char *behind = cli_format(c, "/operations/%s", cli_escape(c, id + 1));
	for (int i = 0; i < APP_CALL__WAIT_S; i++) {
		int status = app_call_get(c, behind, "operation", &operation);
		if (status != CLIENT_OK)
			return status;
		const char *word = cli_member(c, operation, "status"), *error = cli_member(c, operation, "error");
		json_decref(operation);
		if (strcmp(word, "done") == 0)
			return CLIENT_OK;
		if (strcmp(word, "error") == 0)
			return app_call_fail("%s", error);
		nanosleep(i < 10 ? &soon : &second, NULL);
		*ret_ms += i < 10 ? 100 : 1000;
	}
	return app_call_fail("the operation has not ended within %d minutes", APP_CALL__WAIT_S / 60);
}
