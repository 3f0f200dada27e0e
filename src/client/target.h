/* SPDX-License-Identifier: Apache-2.0 */
/* target: which API a command talks to, and with which token: options, environment, then the node's own files. */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include "client/cli.h"

/*
 * Opens c->call. The API: --api, else SEAWALL_API, else DATA/run/listen.json of the node that --config, SEAWALL_CONFIG
 * describes, else the login (login.h), else that of /etc/seawall/seawall.conf. The token: --token-file, else
 * SEAWALL_TOKEN, else DATA/admin.token of that node, else the login's. Returns
 * CLIENT_OK, or CLIENT_USAGE / CLIENT_AWAY after saying what is missing and how to give it.
 */
int target_open(struct cli *c);
/* As target_open, with other names for the options --api and --token-file. */
int target_open_as(struct cli *c, const char *api_option, const char *token_option);
/* As target_open, for the API of apps: c->call is at /v1 of the same server. */
int target_open_v1(struct cli *c);
/* The same with that token (NULL: as target_open finds one), regardless of a login. out: *ret_base, which a login
 * keeps. */
int target_open_with(struct cli *c, const char *token, const char **ret_base);
/* Fills c->node from the configuration file. Returns CLIENT_OK, or CLIENT_USAGE / CLIENT_FAILED after a sentence. */
int target_node(struct cli *c);
/* The API's address of a node that runs, as a base URL, or NULL. *ret_why: why not, a sentence without full stop. */
const char *target_listen(struct cli *c, const char **ret_why);
/* The first address of a kind of listener ("dns", "http" …) of a node that runs, as it can be reached from here, or
 * NULL. *ret_why: why not, a sentence without full stop. c->node is filled (target_node). */
const char *target_listen_at(struct cli *c, const char *kind, const char **ret_why);
/* A base URL out of what people type: scheme and /client/v4 are added when missing. NULL when it is no URL. */
const char *target_base(struct cli *c, const char *typed);
/* Reads a token file: one line. Returns CLIENT_OK or complains. out: *ret lives as long as the run. */
int target_token_file(struct cli *c, const char *path, const char **ret);

#endif
