/* SPDX-License-Identifier: Apache-2.0 */
/* uri: see uri.h. */
#include "wire/uri.h"

#include "base/ip.h"
#include "wire/scan.h"

enum { URI__NAME_MAX = 253, URI__LABEL_MAX = 63 };

/* Reads the port behind the name: nothing, ":" or ":" and digits. */
static enum err uri__port(struct slice s, uint32_t *ret_port)
{
	uint64_t port;

	*ret_port = 0;
	if (s.n == 0)
		return OK;
	if (s.p[0] != ':')
		return ERR_HOST;
	s = slice_from(s, 1);
	if (s.n == 0)
		return OK;
	if (s.n > 5 || !slice_u64(s, &port) || port == 0 || port > 65535)
		return ERR_HOST;
	*ret_port = (uint32_t)port;
	return OK;
}

/* "[IPv6]" with what follows it (RFC 3986 3.2.2; no zone, no IPvFuture). */
static enum err uri__bracketed(struct slice s, struct uri_host *ret)
{
	struct uri_host host = { .is_ip = true };
	size_t end = slice_find(s, ']');
	struct ip ip;

	if (end == SIZE_MAX)
		return ERR_HOST;
	host.name = slice_of(s.p + 1, end - 1);
	if (ip_parse(host.name, &ip) != OK || ip.family != 6)
		return ERR_HOST;
	TRY(uri__port(slice_from(s, end + 1), &host.port));
	*ret = host;
	return OK;
}

/* The length of the labels and dots at the start of s; 0 when a label is empty or too long. */
static size_t uri__name_bytes(struct slice s)
{
	size_t at = 0;

	while (at < s.n) {
		size_t end = scan_while(s.p, at, s.n, SCAN_HOST);
		if (end == at)
			return at == s.n || s.p[at] != '.' ? at : 0;
		if (end - at > URI__LABEL_MAX)
			return 0;
		at = end;
		if (at == s.n || s.p[at] != '.')
			break;
		at++;
	}
	return at;
}

enum err uri_host_parse(struct slice s, struct uri_host *ret)
{
	struct uri_host host = { .is_ip = false };
	struct ip ip;

	if (s.n && s.p[0] == '[')
		return uri__bracketed(s, ret);
	host.name = slice_first(s, uri__name_bytes(s));
	size_t bytes = host.name.n;
	if (bytes && host.name.p[bytes - 1] == '.')
		bytes--;
	if (bytes == 0 || bytes > URI__NAME_MAX)
		return ERR_HOST;
	TRY(uri__port(slice_from(s, host.name.n), &host.port));
	if (slice_is_digit(s.p[0]) && slice_is_digit(s.p[bytes - 1]))
		host.is_ip = ip_parse(slice_first(host.name, bytes), &ip) == OK;
	*ret = host;
	return OK;
}

struct slice uri_host_canonical(struct slice name, char *out)
{
	size_t n = name.n;

	if (n && name.p[n - 1] == '.')
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = slice_lower(name.p[i]);
	return slice_of(out, n);
}

struct slice uri_path(struct slice path_and_query)
{
	return slice_first(path_and_query, slice_find(path_and_query, '?'));
}

struct slice uri_query(struct slice path_and_query)
{
	size_t mark = slice_find(path_and_query, '?');
	return mark == SIZE_MAX ? slice_of(NULL, 0) : slice_from(path_and_query, mark + 1);
}

struct slice uri_extension(struct slice path)
{
	size_t slash = slice_rfind(path, '/');
	struct slice segment = slash == SIZE_MAX ? path : slice_from(path, slash + 1);
	size_t dot = slice_rfind(segment, '.');

	return dot == SIZE_MAX ? slice_from(segment, segment.n) : slice_from(segment, dot + 1);
}

static int uri__hex(char c)
{
	if (slice_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uri_decode(struct slice s, bool plus, char *out, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%') {
			int high = i + 2 < s.n ? uri__hex(s.p[i + 1]) : -1, low = high >= 0 ? uri__hex(s.p[i + 2]) : -1;
			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[n++] = c;
	}
	*ret_n = n;
	return true;
}
