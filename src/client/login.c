/* SPDX-License-Identifier: Apache-2.0 */
/* login: see login.h. */
#include "client/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOGIN__BYTES_MAX = 4096 };

/* The folder of our file; NULL: nobody's home is known. */
static const char *login__folder(struct cli *c)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		return cli_format(c, "%s/seawall", config);
	return home && home[0] == '/' ? cli_format(c, "%s/.config/seawall", home) : NULL;
}

bool login_read(struct cli *c, const char **ret_api, const char **ret_token)
{
	const char *folder = login__folder(c);
	char text[LOGIN__BYTES_MAX];
	struct stat st;

	if (!folder)
		return false;
	int fd = open(cli_format(c, "%s/login", folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	/* A file that others may write says nothing about us. */
	bool ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
	ssize_t n = ours ? read(fd, text, sizeof text) : -1;
	close(fd);
	struct slice rest = slice_of(text, n > 0 ? (size_t)n : 0), api = slice_split(&rest, '\n'),
		     token = slice_split(&rest, '\n');
	if (api.n == 0 || token.n == 0)
		return false;
	*ret_api = cli_format(c, "%.*s", SLICE_ARG(api));
	*ret_token = cli_format(c, "%.*s", SLICE_ARG(token));
	explicit_bzero(text, sizeof text);
	return true;
}

static int login__make(struct cli *c, const char *folder)
{
	const char *above = cli_format(c, "%.*s", (int)slice_rfind(slice_str(folder), '/'), folder);

	if ((mkdir(above, 0700) != 0 && errno != EEXIST) || (mkdir(folder, 0700) != 0 && errno != EEXIST))
		return cli_fail(c, "%s cannot be made: %s", folder, strerrordesc_np(errno));
	return CLIENT_OK;
}

int login_write(struct cli *c, const char *api, const char *token)
{
	const char *folder = login__folder(c);

	if (!folder)
		return cli_fail(c, "there is no HOME to write the login to");
	int status = login__make(c, folder);
	if (status != CLIENT_OK)
		return status;
	const char *path = cli_format(c, "%s/login", folder), *fresh = cli_format(c, "%s.new", path);
	const char *text = cli_format(c, "%s\n%s\n", api, token);
	unlink(fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		good &= close(fd) == 0;
	if (good && rename(fresh, path) == 0)
		return CLIENT_OK;
	return cli_fail(c, "%s cannot be written: %s", path, strerrordesc_np(errno));
}

int login_remove(struct cli *c)
{
	const char *folder = login__folder(c);

	if (!folder || unlink(cli_format(c, "%s/login", folder)) == 0 || errno == ENOENT)
		return CLIENT_OK;
	return cli_fail(c, "the login cannot be removed: %s", strerrordesc_np(errno));
}
