/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_bench: the firewall engine beside libmodsecurity, same rules, same requests, same core, in turns. bench/waf
 * builds and starts it. Time is the thread's CPU time; a figure is the median of the rounds.
 */
#include "disk.h"
#include "waf/plan.h"

#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9, FIELDS = 20, BODY_BYTES = 120 * 1024, ARENA_BYTES = 64 << 20 };

struct request {
	const char *name, *method, *target;
	struct eval_field fields[FIELDS];
	size_t fields_n;
	char *body;
	size_t body_n;
	const char *answer; /* HTML, or NULL */
	size_t answer_n;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void add(struct request *q, const char *name, const char *value)
{
	q->fields[q->fields_n++] = (struct eval_field){ slice_str(name), slice_str(value) };
}

static void browser(struct request *q)
{
	add(q, "Host", "www.example.com");
	add(q, "User-Agent",
	    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36");
	add(q, "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8");
	add(q, "Accept-Language", "en-GB,en;q=0.9,de;q=0.8");
	add(q, "Accept-Encoding", "gzip, deflate, br");
	add(q, "Referer", "https://www.example.com/shop/garden/tools?page=2");
	add(q, "Connection", "keep-alive");
	add(q, "Upgrade-Insecure-Requests", "1");
	add(q, "Sec-Fetch-Dest", "document");
	add(q, "Sec-Fetch-Mode", "navigate");
	add(q, "Sec-Fetch-Site", "same-origin");
	add(q, "Cache-Control", "max-age=0");
	add(q, "Cookie",
	    "session=4f2a9c81d7e6b350; theme=light; _ga=GA1.2.1204938475.1718000000; lang=en; cart=17; consent=yes");
}

static void json_body(struct request *q, int items)
{
	size_t n = 0;

	q->body = malloc(BODY_BYTES);
	n += (size_t)snprintf(q->body, BODY_BYTES, "{\"order\":{\"customer\":\"Anna Example\",\"items\":[");
	for (int i = 0; i < items; i++)
		n += (size_t)snprintf(q->body + n, BODY_BYTES - n,
				      "%s{\"sku\":\"GT-%04d\",\"name\":\"Garden trowel, stainless, size "
				      "%d\",\"price\":{\"amount\":%d.95,\"currency\":"
				      "\"EUR\"},\"quantity\":%d,\"gift\":false,\"note\":\"Please wrap it well; thank "
				      "you very much for the quick answer\","
				      "\"tags\":[\"garden\",\"steel\",\"new "
				      "arrivals\"],\"weight\":0.%d,\"warehouse\":\"north-%d\",\"url\":"
				      "\"https://www.example.com/p/%d\"}",
				      i ? "," : "", i, i % 7, 10 + i, 1 + i % 3, 1 + i % 9, i % 4, 1000 + i);
	n += (size_t)snprintf(q->body + n, BODY_BYTES - n, "]}}");
	q->body_n = n;
	add(q, "Content-Type", "application/json");
}

static void form_body(struct request *q)
{
	size_t n = 0;

	q->body = malloc(BODY_BYTES);
	for (int i = 0; i < 20; i++)
		n += (size_t)snprintf(q->body + n, BODY_BYTES - n,
				      "%sfield_%d=some+ordinary+text+%d%%2C+with+a+comma+and+M%%C3%%BCnchen",
				      i ? "&" : "", i, i * 37);
	q->body_n = n;
	add(q, "Content-Type", "application/x-www-form-urlencoded");
}

static void multipart_body(struct request *q)
{
	size_t n = 0;
	uint32_t x = 1;

	q->body = malloc(BODY_BYTES);
	for (int i = 0; i < 3; i++)
		n += (size_t)snprintf(
			q->body + n, BODY_BYTES - n,
			"--XyZ\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nsome text number %d\r\n", i, i);
	n += (size_t)snprintf(q->body + n, BODY_BYTES - n,
			      "--XyZ\r\nContent-Disposition: form-data; name=\"photo\"; "
			      "filename=\"garden.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
	for (int i = 0; i < 100 * 1024; i++)
		q->body[n++] = (char)((x = x * 1103515245 + 12345) >> 16);
	n += (size_t)snprintf(q->body + n, BODY_BYTES - n, "\r\n--XyZ--\r\n");
	q->body_n = n;
	add(q, "Content-Type", "multipart/form-data; boundary=XyZ");
}

static char *html(size_t *ret_n)
{
	char *p = malloc(24 * 1024);
	size_t n = 0;

	while (n < 20 * 1024)
		n += (size_t)snprintf(p + n, 24 * 1024 - n,
				      "<div class=\"item\"><h2>Garden trowel %zu</h2><p>Stainless steel, ash handle. "
				      "In stock, ships today.</p></div>\n",
				      n);
	*ret_n = n;
	return p;
}

static size_t requests(struct request *q)
{
	static char lengths[7][16];
	static const char page[] = "/shop/garden/tools?page=3&sort=price&q=steel+trowel&utm_source=newsletter";

	q[0] = (struct request){ .name = "GET page", .method = "GET", .target = page };
	q[1] = (struct request){ .name = "GET static", .method = "GET", .target = "/assets/css/main.3f2a1b.css" };
	q[2] = (struct request){ .name = "form 20", .method = "POST", .target = "/account/address" };
	q[3] = (struct request){ .name = "JSON 2 KB", .method = "POST", .target = "/api/orders" };
	q[4] = (struct request){ .name = "JSON 20 KB", .method = "POST", .target = "/api/orders" };
	q[5] = (struct request){ .name = "multipart 100 KB", .method = "POST", .target = "/upload" };
	q[6] = (struct request){ .name = "answer 20 KB HTML", .method = "GET", .target = page };
	for (int i = 0; i < 7; i++)
		browser(&q[i]);
	form_body(&q[2]);
	json_body(&q[3], 6);
	json_body(&q[4], 62);
	multipart_body(&q[5]);
	q[6].answer = html(&q[6].answer_n);
	for (int i = 0; i < 7; i++)
		if (q[i].body_n) {
			snprintf(lengths[i], sizeof lengths[i], "%zu", q[i].body_n);
			add(&q[i], "Content-Length", lengths[i]);
		}
	return 7;
}

struct ours {
	struct rule_set *set;
	struct plan *plan;
	struct eval_scratch scratch;
	struct arena_pool pool;
	struct arena arena;
	size_t events; /* logged, of the last request */
};

static void run_ours(struct ours *o, const struct request *q)
{
	struct eval_request r = { .method = slice_str(q->method),
				  .target = slice_str(q->target),
				  .protocol = SLICE("HTTP/1.1"),
				  .fields = q->fields,
				  .fields_n = q->fields_n,
				  .client_ip = SLICE("192.0.2.7"),
				  .server_ip = SLICE("192.0.2.1"),
				  .server_name = SLICE("www.example.com"),
				  .id = SLICE("1") };
	struct eval_field type = { SLICE("Content-Type"), SLICE("text/html; charset=utf-8") };
	struct eval_answer answer = { 200, SLICE("HTTP/1.1"), &type, 1 };
	struct eval_verdict v;
	struct eval *e = eval_new(o->set, o->plan, &o->scratch, &o->arena, &r);

	if (!e || eval_head(e, &v) != OK || eval_body(e, slice_of(q->body, q->body_n), q->body_n, &v) != OK ||
	    (q->answer && (eval_answer_head(e, &answer, &v) != OK ||
			   eval_answer_body(e, slice_of(q->answer, q->answer_n), q->answer_n, &v) != OK)) ||
	    eval_end(e) != OK) {
		fprintf(stderr, "our engine failed on %s\n", q->name);
		exit(1);
	}
	o->events = 0;
	for (const struct eval_event *event = eval_events(e); event; event = event->next)
		o->events += event->log;
	arena_reset(&o->arena);
}

static size_t logged;

static void on_log(void *ctx, const void *line)
{
	logged++;
}

static void run_theirs(ModSecurity *m, RulesSet *rules, const struct request *q)
{
	Transaction *t = msc_new_transaction(m, rules, NULL);

	msc_process_connection(t, "192.0.2.7", 1024, "192.0.2.1", 80);
	msc_process_uri(t, q->target, q->method, "1.1");
	for (size_t i = 0; i < q->fields_n; i++)
		msc_add_n_request_header(t, (const unsigned char *)q->fields[i].name.p, q->fields[i].name.n,
					 (const unsigned char *)q->fields[i].value.p, q->fields[i].value.n);
	msc_process_request_headers(t);
	if (q->body_n)
		msc_append_request_body(t, (const unsigned char *)q->body, q->body_n);
	msc_process_request_body(t);
	if (q->answer) {
		msc_add_response_header(t, (const unsigned char *)"Content-Type",
					(const unsigned char *)"text/html; charset=utf-8");
		msc_process_response_headers(t, 200, "HTTP/1.1");
		msc_append_response_body(t, (const unsigned char *)q->answer, q->answer_n);
		msc_process_response_body(t);
	}
	msc_process_logging(t);
	msc_transaction_cleanup(t);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof *v, by_value);
	return v[ROUNDS / 2];
}

/* For a profiler: WAF_BENCH_TIMES makes our part longer. */
static int times(void)
{
	const char *text = getenv("WAF_BENCH_TIMES");
	int n = text ? atoi(text) : 1;

	return n > 0 ? n : 1;
}

static void compare(struct ours *o, ModSecurity *m, RulesSet *rules, const struct request *q)
{
	double ours[ROUNDS], theirs[ROUNDS];

	for (int round = -1; round < ROUNDS; round++) {
		int n = (q->body_n > 10000 ? 40 : 200) * times(), few = m ? (q->body_n > 10000 ? 1 : 3) : 0;
		double start = now_us();
		for (int i = 0; i < n; i++)
			run_ours(o, q);
		double mid = now_us();
		logged = 0;
		for (int i = 0; i < few; i++)
			run_theirs(m, rules, q);
		if (round < 0)
			continue;
		ours[round] = (mid - start) / n;
		theirs[round] = few ? (now_us() - mid) / few : 0;
	}
	double a = median(ours), b = median(theirs);
	printf("%-18s %10.1f %12.1f %8.1f   %zu / %zu\n", q->name, a, b, b / a, o->events, logged);
	fflush(stdout);
}

/* WAF_BENCH_STORE: a folder that keeps compiled databases from run to run. */
static const char *store_path(char *path, size_t cap, const uint8_t *key)
{
	int n = snprintf(path, cap, "%s/", getenv("WAF_BENCH_STORE"));

	for (int i = 0; i < 16; i++)
		n += snprintf(path + n, cap - (size_t)n, "%02x", key[i]);
	return path;
}

static bool store_load(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct buf *ret)
{
	char path[512], bytes[65536];
	FILE *f = fopen(store_path(path, sizeof path, key), "rb");
	size_t n;

	if (!f)
		return false;
	while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
		buf_add(ret, slice_of(bytes, n));
	fclose(f);
	return true;
}

static void store_save(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct slice bytes)
{
	char path[512];
	FILE *f = fopen(store_path(path, sizeof path, key), "wb");

	if (!f)
		return;
	fwrite(bytes.p, 1, bytes.n, f);
	fclose(f);
}

static bool store_stop(void *arg)
{
	return false;
}

int main(int argc, char **argv)
{
	static struct request q[8];
	const struct scan_store store = { NULL, store_load, store_save, store_stop };
	struct disk disk;
	struct ours o = { 0 };
	struct diag d;
	char text[4096] = "";
	const char *error = NULL;
	ModSecurity *m = NULL;
	RulesSet *rules = NULL;

	if (argc < 3) {
		fprintf(stderr, "usage: waf_bench LEVEL FILE... (LEVEL with a minus: our engine only)\n");
		return 2;
	}
	bool alone = argv[1][0] == '-';
	for (int i = 2; i < argc; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "Include %s\n", argv[i]);
	disk_init(&disk);
	diag_init(&d);
	double start = now_us();
	o.set = disk_rules(&disk, text);
	double loaded = now_us();
	if (!o.set || plan_new_stored(o.set, (unsigned)(argv[1][alone] - '0'),
				      getenv("WAF_BENCH_STORE") ? &store : NULL, &o.plan, &d) != OK) {
		fprintf(stderr, "%s\n", d.text);
		return 1;
	}
	struct plan_report r = plan_report(o.plan);
	printf("rules read in %.0f ms, plan made in %.1f s, %.1f MB; %zu pattern rules in it, %zu always run\n",
	       (loaded - start) / 1e3, (now_us() - loaded) / 1e6, (double)r.bytes / 1e6, r.rules, r.always);
	eval_scratch_init(&o.scratch, o.set->options.match_limit);
	arena_pool_init(&o.pool, 1024);
	arena_init(&o.arena, &o.pool, ARENA_BYTES);
	if (plan_scratch_init(o.plan, &o.scratch) != OK)
		return 1;
	if (!alone) {
		m = msc_init();
		msc_set_log_cb(m, on_log);
		rules = msc_create_rules_set();
		for (int i = 2; i < argc; i++)
			if (msc_rules_add_file(rules, argv[i], &error) < 0) {
				fprintf(stderr, "libmodsecurity: %s\n", error);
				return 1;
			}
	}
	printf("us a request           ours libmodsecurity   ratio   events ours / theirs\n");
	size_t n = requests(q);
	const char *only = getenv("WAF_BENCH_ONLY"); /* the beginning of a request's name */
	for (size_t i = 0; i < n; i++)
		if (!only || strncmp(q[i].name, only, strlen(only)) == 0)
			compare(&o, m, rules, &q[i]);
	return 0;
}
