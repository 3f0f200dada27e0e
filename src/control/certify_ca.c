/* SPDX-License-Identifier: Apache-2.0 */
/* certify_ca: see certify_ca.h. */
#include "control/certify_ca.h"

#include "supervisor/rundir.h"
#include "sys/clock.h"
#include "tls/tls_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { CERTIFY_CA__BYTES_MAX = 65536, CERTIFY_CA__PATH_BYTES = NODE_PATH_BYTES + 32 };

static enum err certify_ca__fail(struct diag *d, const char *path, const char *what)
{
	return diag_set(d, ERR_SYSTEM, path, "%s: %s", what, strerrordesc_np(errno));
}

/* ERR_NOT_FOUND: there is no such file. */
static enum err certify_ca__read(const char *path, struct buf *text, struct diag *d)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : certify_ca__fail(d, path, "cannot open");
	ssize_t n = 0;
	for (char *at; (at = buf_room(text, 4096)) && (n = read(fd, at, 4096)) > 0;)
		buf_commit(text, (size_t)n);
	close(fd);
	return n < 0 ? certify_ca__fail(d, path, "cannot read") : OK;
}

static enum err certify_ca__write(const char *path, struct slice text, struct diag *d)
{
	char temp[CERTIFY_CA__PATH_BYTES + 8];

	snprintf(temp, sizeof temp, "%s.new", path);
	unlink(temp);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return certify_ca__fail(d, temp, "cannot create");
	bool ok = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0 && rename(temp, path) == 0;
	enum err e = ok ? OK : certify_ca__fail(d, path, "cannot write");
	close(fd);
	unlink(temp);
	return e;
}

static enum err certify_ca__make(const struct node_config *node, const char *path, const struct seal *seal,
				 struct tls_ca **ret, struct diag *d)
{
	struct tls_ca *ca;
	struct buf text;

	if (tls_ca_make(node->name, clock_wall_ms() / 1000, &ca) != OK)
		return diag_set(d, ERR_SYSTEM, path, "a certification authority cannot be made");
	buf_init(&text, CERTIFY_CA__BYTES_MAX);
	enum err e = tls_ca_save(ca, seal, &text);
	if (e != OK)
		diag_set(d, e, path, "%s", err_text(e));
	else
		e = certify_ca__write(path, buf_slice(&text), d);
	buf_fini(&text);
	if (e == OK)
		*ret = ca;
	else
		tls_ca_free(ca);
	return e;
}

static enum err certify_ca__show(const struct node_config *node, const struct tls_ca *ca, const char *file,
				 struct diag *d)
{
	struct buf pem;

	buf_init(&pem, CERTIFY_CA__BYTES_MAX);
	enum err e = tls_ca_root(ca, &pem);
	if (e != OK)
		diag_set(d, e, file, "%s", err_text(e));
	else
		e = rundir_write(node, file, buf_slice(&pem), d);
	buf_fini(&pem);
	return e;
}

enum err certify_ca_open(const struct node_config *node, const struct seal *seal, const struct certify_ca_files *files,
			 struct tls_ca **ret, struct diag *d)
{
	char path[CERTIFY_CA__PATH_BYTES];
	struct tls_ca *ca = NULL;
	struct buf text;

	snprintf(path, sizeof path, "%s/state/%s", node->data, files->state);
	buf_init(&text, CERTIFY_CA__BYTES_MAX);
	enum err e = certify_ca__read(path, &text, d);
	if (e == OK) {
		e = tls_ca_load(buf_slice(&text), seal, &ca, d);
		diag_within(d, path, " ");
	} else if (e == ERR_NOT_FOUND) {
		e = certify_ca__make(node, path, seal, &ca, d);
	}
	buf_fini(&text);
	if (e != OK)
		return e;
	e = certify_ca__show(node, ca, files->run, d);
	if (e == OK)
		*ret = ca;
	else
		tls_ca_free(ca);
	return e;
}
