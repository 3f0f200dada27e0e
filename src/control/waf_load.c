/* SPDX-License-Identifier: Apache-2.0 */
/* waf_load: see waf_load.h. What is read while the rules are judged is what the item holds, so that both are the same.
 */
#include "control/waf_load.h"

#include "base/mem.h"
#include "model/waf_item.h"
#include "waf/waf_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAF_LOAD__FILES_MAX = 1024, WAF_LOAD__GLOBS_MAX = 64, WAF_LOAD__BYTES_MAX = 64 << 20 };

struct waf_load {
	struct waf_item item;
	size_t bytes; /* read so far */
};

static struct slice waf_load__dup(struct slice s)
{
	return slice_of(mem_dup(s), s.n);
}

/* ---- reading ---- */

static enum err waf_load__bytes(int fd, struct buf *b)
{
	struct stat st;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR_NOT_FOUND;
	for (char *at; (at = buf_room(b, 65536)) && (n = read(fd, at, 65536)) > 0;)
		buf_commit(b, (size_t)n);
	return n < 0 ? ERR_SYSTEM : b->full ? ERR_RANGE : OK;
}

/* As seclang_source.read: each file once. */
static enum err waf_load__read(void *ctx, const char *path, struct slice *ret)
{
	struct waf_load *l = ctx;
	const struct waf_file *known = waf_item_file(&l->item, slice_str(path));
	struct buf b;

	if (known) {
		*ret = known->bytes;
		return OK;
	}
	if (l->item.files_n == WAF_LOAD__FILES_MAX)
		return ERR_RANGE;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM;
	buf_init(&b, WAF_LOAD__BYTES_MAX - l->bytes);
	enum err e = waf_load__bytes(fd, &b);
	close(fd);
	if (e == OK) {
		struct waf_file *f = &l->item.files[l->item.files_n++];
		*f = (struct waf_file){ waf_load__dup(slice_str(path)), waf_load__dup(buf_slice(&b)) };
		l->bytes += f->bytes.n;
		*ret = f->bytes;
	}
	buf_fini(&b);
	return e;
}

/* What a pattern stands for, looked up once. NULL: there are too many patterns. */
static const struct waf_glob *waf_load__glob(struct waf_load *l, const char *pattern)
{
	struct waf_item *item = &l->item;
	glob_t found = { 0 };

	for (size_t i = 0; i < item->globs_n; i++)
		if (slice_eq(item->globs[i].pattern, slice_str(pattern)))
			return &item->globs[i];
	if (item->globs_n == WAF_LOAD__GLOBS_MAX)
		return NULL;
	struct waf_glob *g = &item->globs[item->globs_n++];
	g->pattern = waf_load__dup(slice_str(pattern));
	size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	g->paths = mem_alloc_array(n + 1, sizeof *g->paths);
	for (size_t i = 0; i < n && i < WAF_LOAD__FILES_MAX; i++)
		g->paths[g->paths_n++] = waf_load__dup(slice_str(found.gl_pathv[i]));
	globfree(&found);
	return g;
}

static enum err waf_load__match(void *ctx, const char *pattern, size_t i, char *ret_path, size_t cap)
{
	const struct waf_glob *g = waf_load__glob(ctx, pattern);

	return g && i < g->paths_n && slice_cstr(g->paths[i], ret_path, cap) ? OK : ERR_NOT_FOUND;
}

/* ---- what [waf] rules names ---- */

static bool waf_load__add(struct waf_load *l, const char *path)
{
	if (l->item.load_n == WAF_LOAD__FILES_MAX)
		return false;
	l->item.load[l->item.load_n++] = waf_load__dup(slice_str(path));
	return true;
}

/* The files of a folder that a pattern names, in order of names; how many. */
static size_t waf_load__add_all(struct waf_load *l, const char *folder, const char *pattern)
{
	char full[NODE_PATH_BYTES + 64];
	glob_t found = { 0 };
	size_t n = 0;

	snprintf(full, sizeof full, "%s/%s", folder, pattern);
	if (glob(full, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *name = strrchr(found.gl_pathv[i], '/') + 1;
			if (strcmp(name, "crs-setup.conf") == 0 && strcmp(pattern, "crs-setup.conf") != 0)
				continue;
			n += waf_load__add(l, found.gl_pathv[i]);
		}
	globfree(&found);
	return n;
}

static enum err waf_load__folder(struct waf_load *l, const char *folder, struct diag *d)
{
	if (waf_load__add_all(l, folder, "crs-setup.conf") == 0)
		waf_load__add_all(l, folder, "crs-setup.conf.example");
	waf_load__add_all(l, folder, "plugins/*-config.conf");
	waf_load__add_all(l, folder, "plugins/*-before.conf");
	if (waf_load__add_all(l, folder, "rules/*.conf") == 0 && waf_load__add_all(l, folder, "*.conf") == 0)
		return diag_set(d, ERR_CONFIG, folder, "holds no .conf file, neither itself nor in rules/");
	waf_load__add_all(l, folder, "plugins/*-after.conf");
	return OK;
}

static enum err waf_load__path(struct waf_load *l, const char *path, struct diag *d)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return diag_set(d, ERR_CONFIG, path, "%s; it must be there and readable for the user of control",
				strerrordesc_np(errno));
	if (S_ISDIR(st.st_mode))
		return waf_load__folder(l, path, d);
	return waf_load__add(l, path) ? OK : diag_set(d, ERR_CONFIG, path, "too many files");
}

static void waf_load__fini(struct waf_load *l)
{
	struct waf_item *item = mem_alloc(sizeof *item);

	*item = l->item;
	waf_item_free(item);
}

static bool waf_load__says(const struct waf_load *l, struct slice text)
{
	bool found = false;

	for (size_t i = 0; i < l->item.files_n && !found; i++)
		found = slice_contains(l->item.files[i].bytes, text);
	return found;
}

/* The Core Rule Set answers 500 to everything when nobody has set it up: better to be told before visitors are. */
static enum err waf_load__set_up(const struct waf_load *l, struct diag *d)
{
	if (!waf_load__says(l, SLICE("&TX:crs_setup_version")) || waf_load__says(l, SLICE("tx.crs_setup_version=")))
		return OK;
	return diag_set(
		d, ERR_CONFIG, NULL,
		"the Core Rule Set is named without its crs-setup.conf, which has to come first; of Debian's package: "
		"/etc/modsecurity/crs/crs-setup.conf, /usr/share/modsecurity-crs");
}

static enum err waf_load__all(struct waf_load *l, const struct node_config *node, struct waf_rules **ret,
			      struct diag *d)
{
	const struct seclang_source source = { l, waf_load__read, waf_load__match };
	for (size_t i = 0; i < node->waf_rules_n; i++)
		TRY(waf_load__path(l, node->waf_rules[i], d));
	TRY(waf_rules_build(&source, l->item.load, l->item.load_n, ret, d));
	return waf_load__set_up(l, d);
}

enum err waf_load(const struct node_config *node, struct buf *ret, struct waf_rules **ret_rules, struct diag *d)
{
	struct waf_load l = { 0 };

	l.item.name = waf_load__dup(SLICE(WAF_LOAD_NAME));
	l.item.load = mem_alloc_array(WAF_LOAD__FILES_MAX, sizeof *l.item.load);
	l.item.files = mem_alloc_array(WAF_LOAD__FILES_MAX, sizeof *l.item.files);
	l.item.globs = mem_alloc_array(WAF_LOAD__GLOBS_MAX, sizeof *l.item.globs);
	struct waf_rules *w = NULL;
	enum err e = waf_load__all(&l, node, &w, d);
	if (e == OK)
		e = waf_item_write(&l.item, ret);
	if (e == OK && buf_len(ret) > node->limits.plan_item_bytes_max)
		e = diag_set(d, ERR_RANGE, "[waf] rules", "take %zu bytes as a plan item; plan_item_bytes_max is %zu",
			     buf_len(ret), (size_t)node->limits.plan_item_bytes_max);
	waf_load__fini(&l);
	if (e == OK)
		*ret_rules = w;
	else
		waf_rules_free(w);
	return e;
}
