/* SPDX-License-Identifier: Apache-2.0 */
/*
 * theirs: libmodsecurity behind the same pipes as probe.c, for comparisons; looked up when it runs, so that nothing is
 * needed to build. usage: waf-theirs FILE...   writes {"rules": [ids of rules that it logged]} for each request.
 */
#include "message.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct theirs {
	void *(*init)(void);
	void (*set_log_cb)(void *m, void (*fn)(void *ctx, const void *line));
	void *(*create_rules_set)(void);
	int (*rules_add_file)(void *rules, const char *path, const char **ret_error);
	void *(*new_transaction)(void *m, void *rules, void *ctx);
	int (*process_connection)(void *t, const char *client, int port, const char *server, int server_port);
	int (*process_uri)(void *t, const char *uri, const char *method, const char *version);
	int (*add_n_request_header)(void *t, const unsigned char *name, size_t n, const unsigned char *v, size_t vn);
	int (*process_request_headers)(void *t);
	int (*append_request_body)(void *t, const unsigned char *p, size_t n);
	int (*process_request_body)(void *t);
	int (*add_n_response_header)(void *t, const unsigned char *name, size_t n, const unsigned char *v, size_t vn);
	int (*process_response_headers)(void *t, int status, const char *protocol);
	int (*append_response_body)(void *t, const unsigned char *p, size_t n);
	int (*process_response_body)(void *t);
	int (*process_logging)(void *t);
	void (*transaction_cleanup)(void *t);
	int (*rules_cleanup)(void *rules);
	void (*cleanup)(void *m);
};

static const char *const names[] = { "init",
				     "set_log_cb",
				     "create_rules_set",
				     "rules_add_file",
				     "new_transaction",
				     "process_connection",
				     "process_uri",
				     "add_n_request_header",
				     "process_request_headers",
				     "append_request_body",
				     "process_request_body",
				     "add_n_response_header",
				     "process_response_headers",
				     "append_response_body",
				     "process_response_body",
				     "process_logging",
				     "transaction_cleanup",
				     "rules_cleanup",
				     "cleanup" };

enum { IDS_MAX = 512 };
static unsigned long found[IDS_MAX];
static size_t found_n;

static bool open_library(struct theirs *f)
{
	void *library = dlopen("libmodsecurity.so.3", RTLD_NOW), **to = (void **)f;

	for (size_t i = 0; library && i < sizeof names / sizeof *names; i++) {
		char name[64];
		snprintf(name, sizeof name, "msc_%s", names[i]);
		if (!(to[i] = dlsym(library, name)))
			library = NULL;
	}
	if (!library)
		fprintf(stderr, "libmodsecurity.so.3 is not there, or not as expected\n");
	return library != NULL;
}

static void on_line(void *ctx, const void *line)
{
	struct slice s = slice_str(line);
	const char *at = memmem(s.p, s.n, "[id \"", 5);

	if (at && found_n < IDS_MAX)
		found[found_n++] = strtoul(at + 5, NULL, 10);
}

static char *text_of_slice(struct slice s)
{
	return strndup(s.p ? s.p : "", s.n);
}

static void add(void *t, int (*fn)(void *, const unsigned char *, size_t, const unsigned char *, size_t),
		const struct message *m)
{
	for (size_t i = 0; i < m->fields_n; i++)
		fn(t, (const unsigned char *)m->fields[i].name.p, m->fields[i].name.n,
		   (const unsigned char *)m->fields[i].value.p, m->fields[i].value.n);
}

static void run(const struct theirs *f, void *m, void *rules, const struct message_pair *p)
{
	void *t = f->new_transaction(m, rules, NULL);
	const struct message *q = &p->request, *w = &p->answer;
	struct slice version = slice_starts(q->first[2], SLICE("HTTP/")) ? slice_from(q->first[2], 5) : q->first[2];
	char *uri = text_of_slice(q->first[1]), *method = text_of_slice(q->first[0]), *v = text_of_slice(version);

	f->process_connection(t, "127.0.0.9", 1024, "127.0.0.1", 80);
	f->process_uri(t, uri, method, v);
	add(t, f->add_n_request_header, q);
	f->process_request_headers(t);
	if (q->body.n)
		f->append_request_body(t, (const unsigned char *)q->body.p, q->body.n);
	f->process_request_body(t);
	if (p->has_answer) {
		uint64_t status = 200;
		(void)slice_u64(slice_first(w->first[1], 3), &status);
		add(t, f->add_n_response_header, w);
		f->process_response_headers(t, (int)status, "HTTP/1.1");
		if (w->body.n)
			f->append_response_body(t, (const unsigned char *)w->body.p, w->body.n);
		f->process_response_body(t);
	}
	f->process_logging(t);
	f->transaction_cleanup(t);
	free(uri);
	free(method);
	free(v);
}

int main(int argc, char **argv)
{
	static struct message_pair pair;
	static struct theirs f;
	const char *error = NULL;

	if (argc < 2 || !open_library(&f))
		return 1;
	void *m = f.init(), *rules = f.create_rules_set();
	f.set_log_cb(m, on_line);
	for (int i = 1; i < argc; i++)
		if (f.rules_add_file(rules, argv[i], &error) < 0) {
			fprintf(stderr, "libmodsecurity: %s\n", error ? error : "no reason given");
			return 1;
		}
	while (message_next(&pair)) {
		found_n = 0;
		run(&f, m, rules, &pair);
		printf("{\"rules\": [");
		for (size_t i = 0; i < found_n; i++)
			printf("%s%lu", i ? ", " : "", found[i]);
		printf("]}\n");
		fflush(stdout);
		message_done(&pair);
	}
	f.rules_cleanup(rules);
	f.cleanup(m);
	return 0;
}
