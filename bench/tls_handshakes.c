/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_handshakes: for SECONDS, one connection after the other to 127.0.0.1:PORT: TLS 1.3 handshake for HOST, one GET of
 * PATH with `Connection: close`, the whole answer, end.
 *   tls_handshakes PORT HOST PATH SECONDS full|resumed
 * resumed: each connection offers the newest ticket of the one before. Certificates are not judged. At the end writes
 * "done N resumed K failed M"; done counts answers with status 200.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536 };

static SSL_SESSION *newest;

static int keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(newest);
	newest = session;
	return 1; /* ours now */
}

static int open_socket(const struct sockaddr_in *to)
{
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* One request over a fresh session; whether it was answered with 200. */
static bool ask(SSL *ssl, const char *request, size_t n)
{
	static char answer[ANSWER_BYTES];
	size_t have = 0;
	int got;

	if (SSL_connect(ssl) != 1 || SSL_write(ssl, request, (int)n) != (int)n)
		return false;
	while (have < sizeof answer && (got = SSL_read(ssl, answer + have, (int)(sizeof answer - have))) > 0)
		have += (size_t)got;
	return have > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long done = 0, resumed = 0, failed = 0;
	char request[1024];

	if (argc != 6) {
		fprintf(stderr, "usage: tls_handshakes PORT HOST PATH SECONDS full|resumed\n");
		return 2;
	}
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons((unsigned short)atoi(argv[1])),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	bool resume = strcmp(argv[5], "resumed") == 0;
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[3],
			 argv[2]);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || n < 0 || (size_t)n >= sizeof request)
		return 1;
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep);
	for (double end = now_s() + atof(argv[4]); now_s() < end;) {
		int fd = open_socket(&to);
		SSL *ssl = fd >= 0 ? SSL_new(ctx) : NULL;
		if (!ssl) {
			failed++;
			continue;
		}
		SSL_set_fd(ssl, fd);
		SSL_set_tlsext_host_name(ssl, argv[2]);
		if (resume && newest)
			SSL_set_session(ssl, newest);
		bool ok = ask(ssl, request, (size_t)n);
		done += ok;
		failed += !ok;
		resumed += SSL_session_reused(ssl) == 1;
		SSL_shutdown(ssl);
		SSL_free(ssl);
		close(fd);
	}
	printf("done %lu resumed %lu failed %lu\n", done, resumed, failed);
	return 0;
}
