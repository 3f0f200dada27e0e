/* SPDX-License-Identifier: Apache-2.0 */
/* app_page: see app_page.h. */
#include "state/app_page.h"

/* name: of the member in the plan item, and in the table. */
struct state_app_page__row {
	const char *name, *variable;
};

static const struct state_app_page__row state_app_page__rows[STATE_APP_PAGES] = {
	[STATE_APP_PAGE_ERROR] = { "error", "SCALINGO_APP_ERROR_URL" },
	[STATE_APP_PAGE_TIMEOUT] = { "timeout", "SCALINGO_TIMEOUT_ERROR_URL" },
	[STATE_APP_PAGE_STOPPED] = { "stopped", "SCALINGO_STOPPED_PAGE_URL" },
	[STATE_APP_PAGE_NO_FRONT] = { "no_front", "SCALINGO_NO_FRONT_ERROR_URL" },
};

const char *state_app_page_variable(enum state_app_page page)
{
	return state_app_page__rows[page].variable;
}

enum err state_app_page_put(struct state *st, const char *app_id, enum state_app_page page, struct slice html)
{
	struct store_use u =
		store_use(st->store, html.p ? "INSERT INTO app_page(app_id, name, html) VALUES(?1, ?2, ?3) "
					      "ON CONFLICT(app_id, name) DO UPDATE SET html = ?3 "
					      "WHERE html <> ?3"
					    : "DELETE FROM app_page WHERE app_id = ?1 AND name = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, slice_str(state_app_page__rows[page].name));
	if (html.p)
		store_put_text(&u, html);
	TRY(store_done(&u));
	if (store_changes(st->store))
		state_touch_app(st, app_id);
	return OK;
}

enum err state_app_page_compile(struct state *st, const char *app_id, json_t *item)
{
	struct store_use u = store_use(st->store, "SELECT name, html FROM app_page WHERE app_id = ?1");
	json_t *pages = json_object();

	store_put_text(&u, slice_str(app_id));
	while (store_next(&u)) {
		struct slice name = store_text(&u, 0), html = store_text(&u, 1);
		json_object_setn_new(pages, name.p, name.n, json_stringn(html.p ? html.p : "", html.n));
	}
	enum err e = store_done(&u);
	/* A maintenance by scaling the only type down shows the page that was made for it. */
	json_t *no_front = json_object_get(pages, "no_front");
	if (no_front && !json_object_get(pages, "stopped"))
		json_object_set(pages, "stopped", no_front);
	if (e == OK && json_object_size(pages))
		json_object_set(item, "pages", pages);
	json_decref(pages);
	return e;
}
