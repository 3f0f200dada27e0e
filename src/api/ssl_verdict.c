/* SPDX-License-Identifier: Apache-2.0 */
/* ssl_verdict: see ssl_verdict.h. */
#include "api/ssl_verdict.h"

#include <stdarg.h>
#include <stdio.h>

/* Whether it sends GET / to the same page under that scheme. */
static bool ssl_verdict__sends_to(const struct ssl_verdict_origin *o, const struct probe_seen *seen,
				  struct slice scheme)
{
	struct slice rest = slice_str(seen->location), host;

	if (seen->error != OK || seen->status < 301 || seen->status > 308 || !slice_starts_nocase(rest, scheme))
		return false;
	rest = slice_from(rest, scheme.n);
	host = slice_split(&rest, '/');
	return slice_eq_nocase(host, slice_str(o->host)) && rest.n == 0;
}

static bool ssl_verdict__say(char ret[static SSL_VERDICT_BYTES], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Always true, for a return. */
static bool ssl_verdict__say(char ret[static SSL_VERDICT_BYTES], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ret, SSL_VERDICT_BYTES, fmt, args);
	va_end(args);
	return true;
}

static bool ssl_verdict__plain(const struct ssl_verdict_origin *o, enum zone_ssl mode,
			       char ret[static SSL_VERDICT_BYTES])
{
	if (o->plain.error != OK)
		return ssl_verdict__say(ret, "it does not speak plain HTTP on port %u: %s", o->plain_port,
					err_text(o->plain.error));
	if (!ssl_verdict__sends_to(o, &o->plain, SLICE("https://")))
		return false;
	return ssl_verdict__say(ret, "it sends everybody to https, and %s asks it in plain HTTP again: a redirect loop",
				mode == ZONE_SSL_OFF ? "off sends them back and" : "flexible");
}

static bool ssl_verdict__tls(const struct ssl_verdict_origin *o, bool strict, char ret[static SSL_VERDICT_BYTES])
{
	if (o->tls.error == ERR_ORIGIN_TLS)
		return ssl_verdict__say(ret, "%s", o->tls.trouble.text);
	if (o->tls.error != OK)
		return ssl_verdict__say(ret, "it does not speak TLS on port %u: %s", o->tls_port,
					err_text(o->tls.error));
	if (strict && o->tls.trouble.check != TLS_CHECK_NONE)
		return ssl_verdict__say(ret, "%s", o->tls.trouble.text);
	if (o->always && ssl_verdict__sends_to(o, &o->tls, SLICE("http://")))
		return ssl_verdict__say(ret, "it sends everybody to http, and always_use_https sends them back: %s",
					"a redirect loop");
	return false;
}

bool ssl_verdict_against(const struct ssl_verdict_origin *o, enum zone_ssl mode, char ret[static SSL_VERDICT_BYTES])
{
	switch (mode) {
	case ZONE_SSL_OFF:
	case ZONE_SSL_FLEXIBLE:
		return ssl_verdict__plain(o, mode, ret);
	case ZONE_SSL_FULL:
		return ssl_verdict__tls(o, false, ret);
	case ZONE_SSL_STRICT:
	case ZONE_SSL_ORIGIN_PULL:
		break;
	}
	return ssl_verdict__tls(o, true, ret);
}

bool ssl_verdict_beside(const struct ssl_verdict_origin *o, enum zone_ssl mode, char ret[static SSL_VERDICT_BYTES])
{
	bool as_visitor = mode == ZONE_SSL_FULL || mode == ZONE_SSL_STRICT;

	if (as_visitor && !o->always && o->plain.error != OK)
		return ssl_verdict__say(ret,
					"visitors over http are passed on in plain HTTP, which it does not speak (%s); "
					"always_use_https would send them to https",
					err_text(o->plain.error));
	if (mode == ZONE_SSL_FULL && o->tls.error == OK && o->tls.trouble.check != TLS_CHECK_NONE)
		return ssl_verdict__say(ret, "full does not look at the certificate; strict would refuse it: %s",
					o->tls.trouble.text);
	return false;
}
