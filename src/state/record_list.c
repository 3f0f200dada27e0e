/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_list.h"

#include "base/buf.h"

enum { SQL_BYTES = 32768 };

/* A condition in SQL; each @ stands for the term's parameter. NULL: this field has no such comparison. */
static const char *const record_list__sql[][6] = {
	[STATE_RECORD_NAME] = { "name = @", "instr(name, @) > 0", "substr(name, 1, length(@)) = @",
				"substr(name, -length(@)) = @", NULL, NULL },
	[STATE_RECORD_CONTENT] = { "(plain = @ COLLATE NOCASE OR content = @ COLLATE NOCASE)",
				   "(instr(lower(plain), lower(@)) > 0 OR instr(lower(content), lower(@)) > 0)",
				   "substr(plain, 1, length(@)) = @ COLLATE NOCASE",
				   "substr(plain, -length(@)) = @ COLLATE NOCASE", NULL, NULL },
	[STATE_RECORD_COMMENT] = { "ifnull(comment, '') = @ COLLATE NOCASE",
				   "instr(lower(ifnull(comment, '')), lower(@)) > 0",
				   "substr(ifnull(comment, ''), 1, length(@)) = @ COLLATE NOCASE",
				   "substr(ifnull(comment, ''), -length(@)) = @ COLLATE NOCASE",
				   "(ifnull(comment, '') <> '' OR @ IS NULL)",
				   "(ifnull(comment, '') = '' OR @ IS NULL)" },
	[STATE_RECORD_TAG] = { "EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE t.value = @ COLLATE NOCASE)",
			       "EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE substr(t.value, 1, instr(@, ':')) "
			       "= "
			       "substr(@, 1, instr(@, ':')) COLLATE NOCASE AND instr(lower(substr(t.value, instr(@, "
			       "':') + "
			       "1)), lower(substr(@, instr(@, ':') + 1))) > 0)",
			       "EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE substr(t.value, 1, length(@)) = @ "
			       "COLLATE NOCASE)",
			       "EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE substr(t.value, 1, instr(@, ':')) "
			       "= "
			       "substr(@, 1, instr(@, ':')) COLLATE NOCASE AND substr(t.value, max(instr(@, ':') + 1, "
			       "length(t.value) - length(@) + instr(@, ':') + 1)) = substr(@, instr(@, ':') + 1) "
			       "COLLATE "
			       "NOCASE)",
			       "EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE t.value = @ COLLATE NOCASE OR "
			       "substr(t.value, 1, length(@) + 1) = @ || ':' COLLATE NOCASE)",
			       "NOT EXISTS(SELECT 1 FROM json_each(tags_json) AS t WHERE t.value = @ COLLATE NOCASE OR "
			       "substr(t.value, 1, length(@) + 1) = @ || ':' COLLATE NOCASE)" },
	[STATE_RECORD_TYPE] = { "type = @", NULL, NULL, NULL, NULL, NULL },
	[STATE_RECORD_PROXIED] = { "proxied = @", NULL, NULL, NULL, NULL, NULL },
	[STATE_RECORD_SEARCH] = { NULL,
				  "(instr(name, lower(@)) > 0 OR instr(lower(plain), lower(@)) > 0 OR "
				  "instr(lower(ifnull(comment, '')), lower(@)) > 0 OR instr(lower(tags_json), "
				  "lower(@)) > 0)",
				  NULL, NULL, NULL, NULL },
};

/* Types sort by their names. */
static const char record_list__type_order[] = "CASE type"
#define DNS_TYPE(name, number, format) " WHEN " #number " THEN '" #name "'"
#include "wire/dns_type.def"
#undef DNS_TYPE
					      " END";

/* Writes a condition with the number of its parameter. */
static void record_list__term(struct buf *sql, const struct state_record_term *t, size_t parameter)
{
	const char *text = record_list__sql[t->field][t->op];

	for (const char *p = text ? text : "(0 AND @ IS NULL)"; *p; p++) {
		if (*p == '@')
			buf_printf(sql, "?%zu", parameter);
		else
			buf_add_byte(sql, *p);
	}
}

static void record_list__where(struct buf *sql, const struct state_record_filter *f)
{
	const char *between = f->any ? " OR " : " AND ", *tag_between = f->tag_any ? " OR " : " AND ";
	size_t plain = 0, tags = 0;

	buf_printf(sql, " FROM dns_record WHERE zone_id = ?1");
	if (f->n)
		buf_printf(sql, " AND (");
	for (size_t i = 0; i < f->n; i++) {
		if (f->terms[i].field == STATE_RECORD_TAG)
			continue;
		buf_printf(sql, "%s", plain++ ? between : "");
		record_list__term(sql, &f->terms[i], i + 2);
	}
	for (size_t i = 0; i < f->n; i++) {
		if (f->terms[i].field != STATE_RECORD_TAG)
			continue;
		buf_printf(sql, "%s", tags++ ? tag_between : plain ? f->any ? " OR (" : " AND (" : "(");
		record_list__term(sql, &f->terms[i], i + 2);
	}
	buf_printf(sql, "%s%s", tags ? ")" : "", f->n ? ")" : "");
}

static void record_list__bind(struct store_use *u, const char *zone_id, const struct state_record_filter *f)
{
	store_put_text(u, slice_str(zone_id));
	for (size_t i = 0; i < f->n; i++) {
		const struct state_record_term *t = &f->terms[i];

		if (t->field == STATE_RECORD_TYPE || t->field == STATE_RECORD_PROXIED)
			store_put_int(u, t->number);
		else
			store_put_text(u, t->text.p ? t->text : SLICE(""));
	}
}

static enum err record_list__count(struct state *st, const char *zone_id, const struct state_record_filter *f,
				   struct buf *sql, int64_t *ret)
{
	buf_printf(sql, "SELECT count(*)");
	record_list__where(sql, f);
	buf_add_byte(sql, '\0');
	struct store_use u = store_use(st->store, buf_slice(sql).p);

	record_list__bind(&u, zone_id, f);
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_record_list(struct state *st, const char *zone_id, const struct state_record_filter *f,
			   void (*fn)(void *arg, const struct state_record *r), void *arg, int64_t *ret_total)
{
	static const char *const orders[] = { record_list__type_order, "name", "content", "ttl", "proxied" };
	struct state_record r;
	struct buf sql;
	enum err e;

	buf_init(&sql, SQL_BYTES);
	e = record_list__count(st, zone_id, f, &sql, ret_total);
	if (e == OK) {
		buf_clear(&sql);
		buf_printf(&sql, "SELECT " STATE_RECORD_COLUMNS);
		record_list__where(&sql, f);
		buf_printf(&sql, " ORDER BY %s %s, name, created_ms, rowid LIMIT ?%zu OFFSET ?%zu", orders[f->order],
			   f->descending ? "DESC" : "ASC", f->n + 2, f->n + 3);
		buf_add_byte(&sql, '\0');
		struct store_use u = store_use(st->store, buf_slice(&sql).p);

		record_list__bind(&u, zone_id, f);
		store_put_int(&u, f->limit);
		store_put_int(&u, f->offset);
		state_record_init(&r);
		while (store_next(&u)) {
			state_record_row(&u, &r);
			fn(arg, &r);
		}
		state_record_fini(&r);
		e = store_done(&u);
	}
	buf_fini(&sql);
	return e;
}
