/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_page: pages that stand for the router's own when an app does not answer: what the URLs in some variables of the
 * app held when it was deployed, restarted or scaled last.
 */
#ifndef STATE_APP_PAGE_H
#define STATE_APP_PAGE_H

#include "state/app.h"

enum state_app_page {
	STATE_APP_PAGE_ERROR,
	STATE_APP_PAGE_TIMEOUT,
	STATE_APP_PAGE_STOPPED,
	STATE_APP_PAGE_NO_FRONT,
	STATE_APP_PAGES
};

/* The variable that holds the URL of a page: "SCALINGO_APP_ERROR_URL" … Process lifetime. */
const char *state_app_page_variable(enum state_app_page page);
/* Stores a page; html is UTF-8 without NUL; p NULL: there is none any more. Touches the app when that changes
 * something. errors: as store_done. */
enum err state_app_page_put(struct state *st, const char *app_id, enum state_app_page page, struct slice html) MUST_USE;
/* Adds the member "pages" to an app's item, when there are any. errors: as store_done. */
enum err state_app_page_compile(struct state *st, const char *app_id, json_t *item) MUST_USE;

#endif
