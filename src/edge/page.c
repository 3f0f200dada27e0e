/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: what the edge says itself: error pages, negotiated on Accept (HTML, JSON as RFC 9457, plain text), and the
 * node's own paths under /cdn-cgi/. An error page names the code, the ray and one sentence that helps; it never names
 * an origin.
 */
#include "acme/acme_probe.h"
#include "base/text.h"
#include "edge/passage.h"
#include "edge/request.h"
#include "http/status.h"
#include "wire/uri.h"

enum { PAGE__BYTES_MAX = 6144 };

struct page__advice {
	uint16_t status;
	unsigned code;
	struct slice help;
};

static const struct page__advice page__advices[] = {
	{ 400, 0, SLICE_INIT("Your browser or program sent a request that this server cannot read without guessing.") },
	{ 403, 1003, SLICE_INIT("This server is reached by a site's name, not by its address.") },
	{ 403, 1000,
	  SLICE_INIT("The site's records point back to this server. The owner should set them to the address of the "
		     "site's own server.") },
	{ 403, 1002,
	  SLICE_INIT("The site's records point to an address that this server does not ask. The owner should set them "
		     "to the public address of the site's own server.") },
	{ 403, 1006, SLICE_INIT("The owner of this site does not let your address in.") },
	{ 403, 1010, SLICE_INIT("The owner of this site does not let in programs that do not say what they are.") },
	{ 403, 1020,
	  SLICE_INIT(
		  "A rule of this site refused the request. The owner finds which one in the log under the ray id.") },
	{ 403, 1106, SLICE_INIT("This page is open to some addresses only, and yours is not one of them.") },
	{ 429, 1015,
	  SLICE_INIT("Too many requests came from your network within a short time. Please wait a moment and try "
		     "again.") },
	{ 405, 0, SLICE_INIT("This method is not available here.") },
	{ 408, 0, SLICE_INIT("The request took too long to arrive. Please try again.") },
	{ 413, 0, SLICE_INIT("What you are sending is larger than this site accepts.") },
	{ 414, 0, SLICE_INIT("The address of this page is too long.") },
	{ 431, 0, SLICE_INIT("Your browser sent too many headers; deleting this site's cookies often helps.") },
	{ 502, 0,
	  SLICE_INIT("The site's server answered that it cannot reach what is behind it. Please try again in a "
		     "minute.") },
	{ 503, 0, SLICE_INIT("The site is busy right now. Please try again in a moment.") },
	{ 504, 0,
	  SLICE_INIT("The site's server answered that what is behind it took too long. Please try again in a few "
		     "minutes.") },
	{ 508, 0,
	  SLICE_INIT("The request came back to where it started. The site's owner should check that its origin is not "
		     "this server.") },
	{ 520, 0,
	  SLICE_INIT("The site's server gave an answer that cannot be passed on. The owner finds the exact reason in "
		     "the log under the ray id.") },
	{ 521, 0, SLICE_INIT("The site's server refuses connections. The owner should check that it is running.") },
	{ 522, 0,
	  SLICE_INIT("The site's server did not accept the connection in time. The owner should check its load and "
		     "firewall.") },
	{ 523, 0,
	  SLICE_INIT("The site's server cannot be reached over the network. The owner should check its address and "
		     "routes.") },
	{ 524, 0,
	  SLICE_INIT("The site's server took too long to answer. The owner can raise the timeout for slow pages.") },
	{ 525, 0,
	  SLICE_INIT(
		  "No encrypted connection to the site's server could be made. The owner should check that it speaks "
		  "TLS on its port, or choose another SSL mode.") },
	{ 526, 0,
	  SLICE_INIT("The certificate of the site's server is not valid for this name. The owner should renew it, or "
		     "choose "
		     "another SSL mode.") },
	{ 530, 1001, SLICE_INIT("No site with this name is served here. If it is yours, add the name to its zone.") },
	{ 530, 1016,
	  SLICE_INIT("The name of the site's server cannot be resolved. The owner should check the record that this "
		     "name points to.") },
};

static struct slice page__help(uint16_t status, unsigned code)
{
	for (size_t i = 0; i < sizeof page__advices / sizeof page__advices[0]; i++)
		if (page__advices[i].status == status && page__advices[i].code == code)
			return page__advices[i].help;
	return status < 500 ? SLICE("The request cannot be answered.")
			    : SLICE("Something went wrong. Please try again later.");
}

/*
 * The advice, and which check of the origin's TLS failed. A date is the visitor's business; names in a certificate are
 * not, since they may be the origin's own: those stand in the log and in explain.
 */
static struct slice page__detail(const struct request *r, uint16_t status, unsigned code)
{
	struct slice help = page__help(status, code);
	enum tls_check check = (enum tls_check)r->tls_check;
	bool dated = (check == TLS_CHECK_EXPIRED || check == TLS_CHECK_NOT_YET) && r->reason.n > 1;

	if (r->error == ERR_ORIGIN_REDIRECTS && r->detail)
		return slice_str(r->detail);
	if (check == TLS_CHECK_NONE || code || (status != 525 && status != 526))
		return help;
	struct slice s =
		dated ? arena_printf(r->arena, "%.*s I%.*s.", SLICE_ARG(help), SLICE_ARG(slice_from(r->reason, 1)))
		      : arena_printf(r->arena, "%.*s %s", SLICE_ARG(help), tls_trouble_sentence(check));
	return s.n ? s : help;
}

/* Codes of the seed edge (support/troubleshooting/cloudflare-errors), as far as this edge gives them. */
static const struct page__code {
	unsigned code;
	uint16_t status;
	struct slice title;
} page__codes[] = {
	{ 1000, 403, SLICE_INIT("DNS points to this server") },
	{ 1001, 530, SLICE_INIT("Unknown site") },
	{ 1002, 403, SLICE_INIT("DNS points to a restricted address") },
	{ 1003, 403, SLICE_INIT("Direct access by address") },
	{ 1006, 403, SLICE_INIT("Access denied: your address") },
	{ 1010, 403, SLICE_INIT("Access denied: your browser") },
	{ 1015, 429, SLICE_INIT("You are being rate limited") },
	{ 1016, 530, SLICE_INIT("Origin name cannot be resolved") },
	{ 1020, 403, SLICE_INIT("Access denied") },
	{ 1106, 403, SLICE_INIT("Access denied: this page is locked") },
};

static const struct page__code *page__code(unsigned code)
{
	for (size_t i = 0; i < sizeof page__codes / sizeof page__codes[0]; i++)
		if (page__codes[i].code == code)
			return &page__codes[i];
	return NULL;
}

uint16_t page_code_status(unsigned code)
{
	const struct page__code *c = page__code(code);

	return c ? c->status : 530;
}

static struct slice page__title(uint16_t status, unsigned code)
{
	const struct page__code *c = page__code(code);

	if (c)
		return c->title;
	struct slice s = status_reason(status);
	return s.n ? s : SLICE("Error");
}

static const char *page__category(const struct request *r)
{
	if (r->error == ERR_RATE)
		return "rate_limit";
	if (r->error == ERR_BLOCKED || r->error == ERR_CHALLENGE || r->error == ERR_EXPIRED)
		return "access_denied";
	switch (err_class(r->error)) {
	case ERRC_ORIGIN:
		return "origin";
	case ERRC_LIMIT:
		return "rate_limit";
	case ERRC_CONFIG:
		return "dns";
	case ERRC_PEER:
	case ERRC_NONE:
	case ERRC_SYSTEM:
	case ERRC_AGAIN:
	case ERRC_CLOSED:
		break;
	}
	return "edge";
}

static void page__json(struct request *r, struct text *t, uint16_t status, unsigned code)
{
	text_printf(t, "{\"type\":\"about:blank\",\"title\":");
	text_json(t, page__title(status, code));
	text_printf(t, ",\"status\":%u,\"detail\":", status);
	text_json(t, page__detail(r, status, code));
	if (r->tls_check)
		text_printf(t, ",\"check\":\"%s\"", tls_trouble_name((enum tls_check)r->tls_check));
	text_printf(t, ",\"instance\":\"%.*s\",\"error_code\":%u,\"error_name\":", (int)r->ray_n, r->ray_text,
		    code ? code : status);
	text_json(t, slice_str(err_name(r->error)));
	text_printf(t, ",\"error_category\":\"%s\",\"ray_id\":\"%.*s\",\"retryable\":%s}\n", page__category(r),
		    (int)r->ray_n, r->ray_text, status >= 500 && status != 508 ? "true" : "false");
}

static void page__plain(struct request *r, struct text *t, uint16_t status, unsigned code)
{
	text_printf(t, "%u %.*s\n\n%.*s\n\nray %.*s\n", code ? code : status, SLICE_ARG(page__title(status, code)),
		    SLICE_ARG(page__detail(r, status, code)), (int)r->ray_n, r->ray_text);
}

static void page__html(struct request *r, struct text *t, uint16_t status, unsigned code)
{
	struct slice title = page__title(status, code);

	text_add(t, SLICE("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>"));
	text_html(t, title);
	text_add(t, SLICE("</title><style>:root{color-scheme:light dark}body{font:16px/1.5 "
			  "system-ui,sans-serif;max-width:36rem;"
			  "margin:15vh auto 0;padding:0 "
			  "1.5rem;color:#1c2733;background:#f7f9fb}h1{font-size:1.6rem;margin:0}"
			  ".c{font-size:3.5rem;font-weight:700;color:#b3541e;line-height:1}p{margin:.75rem 0}"
			  "footer{margin-top:2.5rem;font-size:.875rem;color:#5a6775}code{font-family:ui-monospace,"
			  "monospace}"
			  "@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#12181f}.c{color:#f0a06a}"
			  "footer{color:#9aa7b4}}</style></head><body><main><div class=\"c\">"));
	text_u64(t, code ? code : status);
	text_add(t, SLICE("</div><h1>"));
	text_html(t, title);
	text_add(t, SLICE("</h1><p>"));
	text_html(t, page__detail(r, status, code));
	text_add(t, SLICE("</p></main><footer>Ray <code>"));
	text_add(t, slice_of(r->ray_text, r->ray_n));
	text_add(t, SLICE("</code> &middot; "));
	text_add(t, worker_date(r->w));
	text_add(t, SLICE(" &middot; Seawall</footer></body></html>\n"));
}

struct slice page_error(struct request *r, uint16_t status, unsigned code, struct slice *ret_type)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_ACCEPT);
	struct slice accept = f ? f->value : slice_of(NULL, 0);
	char *mem = arena_alloc(r->arena, PAGE__BYTES_MAX);
	struct text t = text_of(mem, PAGE__BYTES_MAX);
	unsigned html = field_accept_quality(accept, SLICE("text"), SLICE("html"));
	unsigned json = field_accept_quality(accept, SLICE("application"), SLICE("json"));
	unsigned problem = field_accept_quality(accept, SLICE("application"), SLICE("problem+json"));
	unsigned plain = field_accept_quality(accept, SLICE("text"), SLICE("plain"));

	if (mem && (problem > html || json > html)) {
		*ret_type = problem > json ? SLICE("application/problem+json") : SLICE("application/json");
		page__json(r, &t, status, code);
	} else if (mem && plain > html) {
		*ret_type = SLICE("text/plain; charset=utf-8");
		page__plain(r, &t, status, code);
	} else if (mem) {
		*ret_type = SLICE("text/html; charset=utf-8");
		page__html(r, &t, status, code);
	}
	if (mem && !t.bad)
		return text_slice(&t);
	*ret_type = SLICE("text/plain; charset=utf-8");
	return SLICE("The request cannot be answered.\n");
}

/* ---- the node's own paths */

static enum flow page__send(struct request *r, struct text *t)
{
	struct field fields[] = {
		{ .name = SLICE("Content-Type"), .value = SLICE("text/plain") },
		{ .name = SLICE("Cache-Control"), .value = SLICE("no-store") },
		{ .name = SLICE("Access-Control-Allow-Origin"), .value = SLICE("*") },
		{ .name = SLICE("Date"), .value = worker_date(r->w) },
		{ .name = SLICE("Server"), .value = SLICE("seawall") },
		{ .name = SLICE("CF-Ray"), .value = slice_of(r->ray_text, r->ray_n) },
	};
	struct http_response h = {
		.status = 200, .body = HTTP_BODY_LENGTH, .fields = fields, .fields_n = sizeof fields / sizeof fields[0]
	};

	if (t->bad || !t->p)
		return request_fail(r, ERR_ARENA_FULL, 0);
	r->page = text_slice(t);
	r->source = SOURCE_PAGE;
	h.length = r->page.n;
	r->answered = h.status;
	r->x->ops->head(r->x, &h);
	return request_go(r, STEP_SEND);
}

bool page_probe(struct request *r, enum flow *ret)
{
	struct slice token = slice_from(uri_path(r->q->path), PAGE_CHALLENGE_PREFIX.n);
	char canonical[256], answer[ACME_PROBE_ANSWER_BYTES];
	struct uri_host h;

	if (!acme_probe_is(token) || r->q->method_id != METHOD_GET || !r->w->seal ||
	    uri_host_parse(r->q->host, &h) != OK || h.name.n >= sizeof canonical ||
	    acme_probe_answer(r->w->seal, uri_host_canonical(h.name, canonical), token, answer) != OK)
		return false;
	struct text t = text_of(arena_alloc(r->arena, sizeof answer), sizeof answer);
	if (t.p)
		text_add(&t, slice_str(answer));
	*ret = page__send(r, &t);
	return true;
}

bool page_challenge(struct request *r, enum flow *ret)
{
	struct slice token = slice_from(uri_path(r->q->path), PAGE_CHALLENGE_PREFIX.n);
	struct uri_host h;
	char canonical[256];

	if ((r->q->method_id != METHOD_GET && r->q->method_id != METHOD_HEAD) || uri_host_parse(r->q->host, &h) != OK ||
	    h.name.n >= sizeof canonical)
		return false;
	struct slice answer = challenges_find(r->w->challenges, uri_host_canonical(h.name, canonical), token);
	if (!answer.p)
		return false;
	struct text t = text_of(arena_alloc(r->arena, answer.n), answer.n);
	if (t.p)
		text_add(&t, answer);
	*ret = page__send(r, &t);
	return true;
}

static void page__line(struct text *t, struct slice name, struct slice value)
{
	text_add(t, name);
	text_byte(t, '=');
	text_add(t, value);
	text_byte(t, '\n');
}

static enum flow page__trace(struct request *r)
{
	const struct http_request *q = r->q;
	const struct field *ua = field_find(q->fields, q->fields_n, FIELD_USER_AGENT);
	size_t cap = 1024 + q->host.n + (ua ? ua->value.n : 0);
	struct text t = text_of(arena_alloc(r->arena, cap), cap);
	char ip[IP_TEXT_BYTES];

	if (!t.p)
		return request_fail(r, ERR_ARENA_FULL, 0);
	text_add(&t, SLICE("fl="));
	text_u64(&t, r->w->number);
	text_byte(&t, '\n');
	page__line(&t, SLICE("h"), q->host);
	page__line(&t, SLICE("ip"), slice_of(ip, ip_print(&q->client.ip, ip)));
	text_add(&t, SLICE("ts="));
	text_ms(&t, (uint64_t)loop_wall_ms(r->w->loop));
	text_byte(&t, '\n');
	page__line(&t, SLICE("visit_scheme"), q->tls ? SLICE("https") : SLICE("http"));
	page__line(&t, SLICE("uag"), ua ? ua->value : SLICE(""));
	page__line(&t, SLICE("colo"), slice_of(r->w->site_code, 3));
	page__line(&t, SLICE("http"),
		   q->version == 20   ? SLICE("http/2")
		   : q->version == 10 ? SLICE("http/1.0")
				      : SLICE("http/1.1"));
	page__line(&t, SLICE("loc"), SLICE("XX"));
	page__line(&t, SLICE("tls"), q->tls_version ? slice_str(q->tls_version) : SLICE("off"));
	page__line(&t, SLICE("sni"), q->tls ? SLICE("plaintext") : SLICE("off"));
	page__line(&t, SLICE("warp"), SLICE("off"));
	page__line(&t, SLICE("gateway"), SLICE("off"));
	return page__send(r, &t);
}

/* The errors that an owner may look at before a visitor does: /cdn-cgi/error/NNN. */
static bool page__error_of(struct slice number, enum err *ret_error, unsigned *ret_code)
{
	static const enum err errors[] = { ERR_ORIGIN_CLOSED,
					   ERR_ORIGIN_CONNECT,
					   ERR_ORIGIN_CONNECT_TIMEOUT,
					   ERR_ORIGIN_UNREACHABLE,
					   ERR_ORIGIN_TLS,
					   ERR_ORIGIN_CERT,
					   ERR_ORIGIN_TIMEOUT,
					   ERR_ORIGIN_GATEWAY,
					   ERR_ORIGIN_GATEWAY_TIMEOUT,
					   ERR_LOOP,
					   ERR_OVERLOAD };
	uint64_t n;

	if (!slice_u64(number, &n))
		return false;
	*ret_code = n <= UINT16_MAX && page__code((unsigned)n) ? (unsigned)n : 0;
	*ret_error = ERR_NOT_FOUND;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0] && !*ret_code; i++)
		if ((uint64_t)err_status(errors[i]) == n)
			*ret_error = errors[i];
	return *ret_code || *ret_error != ERR_NOT_FOUND;
}

enum flow page_cdn_cgi(struct request *r)
{
	struct slice rest = r->q->path, path = slice_split(&rest, '?');
	struct slice error = SLICE("/cdn-cgi/error/");
	enum err e;
	unsigned code;

	if (slice_eq(path, SLICE("/cdn-cgi/trace")) &&
	    (r->q->method_id == METHOD_GET || r->q->method_id == METHOD_HEAD))
		return page__trace(r);
	if (slice_starts(path, PASSAGE_PREFIX))
		return passage_answer(r);
	if (slice_starts(path, error) && page__error_of(slice_from(path, error.n), &e, &code))
		return request_fail(r, e, code);
	return request_fail(r, ERR_NOT_FOUND, 0);
}
