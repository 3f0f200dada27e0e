/* SPDX-License-Identifier: Apache-2.0 */
/* settings: see settings.h. */
#include "cmd/settings.h"

#include "base/mem.h"

#include <stdio.h>

struct settings *settings_new(void)
{
	struct settings *s = mem_alloc(sizeof *s);

	s->sets = (struct args_list){ s->set_items, 0, CONFIG_SETS_MAX };
	buf_init(&s->text, CONFIG_BYTES_MAX);
	return s;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	buf_fini(&s->text);
	mem_free(s);
}

bool settings_read(struct settings *s)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct diag d;

	diag_init(&d);
	if (!s->file) {
		fprintf(stderr, "seawall: --config FILE is missing; `seawall serve --help` shows a smallest file\n");
		return false;
	}
	enum err e = config_load(s->file, &s->text, &d);
	if (e == OK) {
		s->source = (struct config_source){ s->file, buf_slice(&s->text), s->sets.items, s->sets.n };
		e = config_parse(&s->source, &s->node, &d);
	}
	if (e != OK)
		fprintf(stderr, "seawall: %s\n", diag_print(&d, text, sizeof text));
	return e == OK;
}
