/* SPDX-License-Identifier: Apache-2.0 */
/* disk: see disk.h. */
#include "disk.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static enum err disk_read(void *ctx, const char *path, struct slice *ret_text)
{
	struct disk *disk = ctx;
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 20;

	if (!f)
		return ERR_NOT_FOUND;
	char *p = malloc(cap);
	while (p && (n += fread(p + n, 1, cap - n, f)) == cap)
		p = realloc(p, cap *= 2);
	fclose(f);
	if (!p || disk->n == DISK_FILES_MAX) {
		free(p);
		return ERR_MEMORY;
	}
	disk->files[disk->n++] = p;
	*ret_text = slice_of(p, n);
	return OK;
}

static enum err disk_match(void *ctx, const char *pattern, size_t i, char *ret_path, size_t cap)
{
	glob_t found;
	enum err e = ERR_NOT_FOUND;

	if (glob(pattern, 0, NULL, &found) != 0)
		return ERR_NOT_FOUND;
	if (i < found.gl_pathc && strlen(found.gl_pathv[i]) < cap) {
		snprintf(ret_path, cap, "%s", found.gl_pathv[i]);
		e = OK;
	}
	globfree(&found);
	return e;
}

void disk_init(struct disk *disk)
{
	*disk = (struct disk){ .source = { disk, disk_read, disk_match } };
}

void disk_fini(struct disk *disk)
{
	for (size_t i = 0; i < disk->n; i++)
		free(disk->files[i]);
	disk->n = 0;
}

struct rule_set *disk_rules(struct disk *disk, const char *text)
{
	struct rule_set *set = rule_set_new();
	struct seclang *l = seclang_new(set, &disk->source);
	struct diag d;
	char why[600];

	diag_init(&d);
	enum err e = seclang_load(l, slice_str(text), "start", &d);
	if (e == OK)
		e = seclang_finish(l, &d);
	seclang_free(l);
	if (e == OK)
		return set;
	fprintf(stderr, "%s\n", diag_print(&d, why, sizeof why));
	rule_set_free(set);
	return NULL;
}

struct rule_set *disk_debian_crs(struct disk *disk, const char *before)
{
	char text[4096];

	snprintf(text, sizeof text,
		 "%s\nInclude /etc/modsecurity/crs/crs-setup.conf\nInclude /usr/share/modsecurity-crs/rules/*.conf\n",
		 before);
	return disk_rules(disk, text);
}
