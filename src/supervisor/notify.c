/* SPDX-License-Identifier: Apache-2.0 */
/* notify: see notify.h. */
#include "supervisor/notify.h"

#include "base/slice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *fmt, ...)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct slice path = slice_str(getenv("NOTIFY_SOCKET"));
	char text[512];
	va_list ap;

	if (path.n < 2 || (path.p[0] != '/' && path.p[0] != '@') || !slice_cstr(path, un.sun_path, sizeof un.sun_path))
		return;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0'; /* an abstract name: exactly these bytes */
	else
		len++;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	size_t text_n = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	if (sendto(fd, text, text_n, MSG_NOSIGNAL, (struct sockaddr *)&un, len) < 0)
		text_n = 0; /* nobody listens: that is the manager's business */
	close(fd);
}
