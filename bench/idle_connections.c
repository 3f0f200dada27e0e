/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idle_connections: opens COUNT keep-alive connections to 127.0.0.1:PORT, one after the other, asks each once for PATH
 * and reads the whole answer, then holds them open.
 *   idle_connections PORT COUNT HOST PATH
 * Writes "open N" when it is done (N < COUNT: the rest was refused, or not answered with 200), holds until its
 * standard input ends, then writes "alive N", the connections that the server has not closed meanwhile.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, COUNT_MAX = 1000000 };

static size_t head_bytes(const char *answer, size_t n)
{
	const char *end = memmem(answer, n, "\r\n\r\n", 4);

	return end ? (size_t)(end - answer) + 4 : 0;
}

/* Content-Length of a whole head that is followed by a NUL; 0 when there is none. */
static size_t body_bytes(const char *head)
{
	const char *field = strcasestr(head, "\r\ncontent-length:");

	return field ? strtoul(strchr(field, ':') + 1, NULL, 10) : 0;
}

/* Reads one answer; whether it came whole and was a 200. */
static bool answer_read(int fd)
{
	static char buf[ANSWER_BYTES + 1];
	size_t n = 0, head = 0, whole = SIZE_MAX;

	while (n < whole) {
		ssize_t got = recv(fd, buf + n, ANSWER_BYTES - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = '\0';
		if (!head && (head = head_bytes(buf, n)))
			whole = head + body_bytes(buf);
	}
	return strncmp(buf, "HTTP/1.1 200", 12) == 0;
}

static int open_one(const struct sockaddr_in *to, const char *request, size_t n)
{
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (const void *)to, sizeof *to) == 0 && send(fd, request, n, MSG_NOSIGNAL) == (ssize_t)n &&
	    answer_read(fd))
		return fd;
	fprintf(stderr, "idle_connections: %s\n", strerror(errno));
	close(fd);
	return -1;
}

static bool is_alive(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct rlimit files;
	char request[512], byte;

	if (argc != 5) {
		fputs("usage: idle_connections PORT COUNT HOST PATH\n", stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	long count = strtol(argv[2], NULL, 10), opened = 0, alive = 0;
	if (count < 1 || count > COUNT_MAX)
		return 2;
	int *fds = calloc((size_t)count, sizeof *fds);
	if (!fds)
		return 1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[4], argv[3]);
	if (n < 0 || (size_t)n >= sizeof request)
		return 2;
	while (opened < count && (fds[opened] = open_one(&to, request, (size_t)n)) >= 0)
		opened++;
	printf("open %ld\n", opened);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (long i = 0; i < opened; i++)
		alive += is_alive(fds[i]);
	printf("alive %ld\n", alive);
	return 0;
}
