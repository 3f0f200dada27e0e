/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login: where and as whom commands ask when nothing else is said: what `seawall login` wrote into
 * $XDG_CONFIG_HOME/seawall/login (default ~/.config), mode 0600, two lines: the API's URL and the token.
 */
#ifndef CLIENT_LOGIN_H
#define CLIENT_LOGIN_H

#include "client/cli.h"

/* out: *ret_api, *ret_token, which live as long as the run. False when there is no login, or it cannot be read. */
bool login_read(struct cli *c, const char **ret_api, const char **ret_token);
/* Writes it. Returns CLIENT_OK or complains. */
int login_write(struct cli *c, const char *api, const char *token);
/* Removes it. Returns CLIENT_OK or complains; there was none: CLIENT_OK. */
int login_remove(struct cli *c);

#endif
