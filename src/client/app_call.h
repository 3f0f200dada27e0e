/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_call: what commands about apps share: which app, requests below /v1, what their refusals mean, and the lines that
 * users of Scalingo's command line know ("-----> done", " !     no").
 */
#ifndef CLIENT_APP_CALL_H
#define CLIENT_APP_CALL_H

#include "client/cli.h"

/* Options of every command about apps; the first rows of its table. */
#define APP_CALL_OPTIONS                                                                                               \
	{ "--app", VERB_TEXT, "NAME", "the app; default: SEAWALL_APP or SCALINGO_APP (-a)", NULL },                    \
	{                                                                                                              \
		"--region", VERB_TEXT, "NAME", "the region that the node must be of", NULL                             \
	}

/* Opens c->call at /v1 of the node's API. Returns CLIENT_OK or what to exit with. */
int app_call_open(struct cli *c);
/* The app's name, in *ret; complains when none is given. Returns CLIENT_OK or CLIENT_USAGE. */
int app_call_name(struct cli *c, const char **ret);
/* "/apps/NAME" and what stands behind it; NULL after a complaint that no app is given. */
const char *app_call_path(struct cli *c, const char *behind);

/*
 * One request below /v1. body: taken over, NULL: none. out: *ret the whole answer (new reference; json_null without a
 * body), NULL ret: not wanted. Returns CLIENT_OK, or what to exit with after printing the refusal.
 */
int app_call_send(struct cli *c, const char *method, const char *path, json_t *body, json_t **ret);
/* The member of the answer to GET below the app: "domains" of /apps/NAME/domains. out: *ret, new reference. */
int app_call_get(struct cli *c, const char *behind, const char *member, json_t **ret);
/* Waits for the operation of the last answer's Location, when there is one. out: *ret_ms how long it took. */
int app_call_wait(struct cli *c, int64_t *ret_ms);

/* "-----> " and the line, on stdout. */
void app_call_done(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "       " and the line. */
void app_call_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "  /!\  " and the line. */
void app_call_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* " !     An error occurred:" on stderr, the line on stdout; returns CLIENT_FAILED. */
int app_call_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Asks a question on the terminal; false when it is not answered with the word. */
bool app_call_confirm(struct cli *c, const char *question, const char *word);

/* "2026/01/31 12:30:00" of a member; "" when it is missing. */
const char *app_call_time(struct cli *c, const json_t *object, const char *name) __attribute__((returns_nonnull));

#endif
