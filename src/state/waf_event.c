/* SPDX-License-Identifier: Apache-2.0 */
/* waf_event: see waf_event.h. */
#include "state/waf_event.h"

enum err state_waf_event_add(struct state *st, int64_t seq, struct slice json)
{
	struct store_use u = store_use(st->store, "INSERT INTO waf_event(seq, event_json) VALUES(?1, ?2)");

	store_put_int(&u, seq);
	store_put_text(&u, json);
	return store_done(&u);
}

enum err state_waf_event_forget(struct state *st, int64_t before)
{
	struct store_use u = store_use(st->store, "DELETE FROM waf_event WHERE seq < ?1");

	store_put_int(&u, before);
	return store_done(&u);
}

enum err state_waf_event_each(struct state *st, void (*fn)(void *arg, int64_t seq, struct slice json), void *arg)
{
	struct store_use u = store_use(st->store, "SELECT seq, event_json FROM waf_event ORDER BY seq");

	while (store_next(&u))
		fn(arg, store_int(&u, 0), store_text(&u, 1));
	return store_done(&u);
}
