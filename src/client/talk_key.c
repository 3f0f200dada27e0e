/* SPDX-License-Identifier: Apache-2.0 */
/* talk_key: shared keys out of files, see talk.h. */
#include "base/base64.h"
#include "base/crypto.h"
#include "client/talk.h"

enum { TALK_KEY__FILE_BYTES = 4096, TALK_KEY__SECRET_MIN = 16 };

/* The next word of a key file: quotes, braces, semicolons and white space divide. Empty at the end. */
static struct slice talk_key__word(struct slice *rest)
{
	static const char dividers[] = " \t\r\n\"{};";
	size_t from = 0, to;

	while (from < rest->n && strchr(dividers, rest->p[from]))
		from++;
	for (to = from; to < rest->n && !strchr(dividers, rest->p[to]);)
		to++;
	struct slice word = slice_of(rest->p + from, to - from);
	*rest = slice_from(*rest, to);
	return word;
}

/* "NAME SECRET", or: key "NAME" { algorithm hmac-sha256; secret "SECRET"; }; false when a word is not understood. */
static bool talk_key__words(struct slice text, struct slice *name, struct slice *secret, struct slice *algorithm)
{
	struct slice word = talk_key__word(&text);

	*algorithm = SLICE("hmac-sha256");
	if (!slice_eq(word, SLICE("key"))) {
		*name = word;
		*secret = talk_key__word(&text);
		return secret->n && talk_key__word(&text).n == 0;
	}
	*name = talk_key__word(&text);
	while ((word = talk_key__word(&text)).n) {
		if (slice_eq(word, SLICE("algorithm")))
			*algorithm = talk_key__word(&text);
		else if (slice_eq(word, SLICE("secret")))
			*secret = talk_key__word(&text);
		else
			return false;
	}
	return secret->n > 0;
}

int talk_key_file(struct cli *c, const char *path, struct dns_tsig_key *ret)
{
	struct slice text, name = { 0 }, secret = { 0 }, algorithm;
	struct buf bytes;
	int status = cli_read_file(c, path, TALK_KEY__FILE_BYTES, &text);

	if (status != CLIENT_OK)
		return status;
	if (!talk_key__words(text, &name, &secret, &algorithm))
		return cli_fail(c, "%s: expected one line NAME SECRET, or a key clause as tsig-keygen writes it", path);
	if (!slice_eq_nocase(algorithm, SLICE("hmac-sha256")))
		return cli_fail(c, "%s: the algorithm %s is not supported; make a key for hmac-sha256", path,
				cli_clean(c, cli_format(c, "%.*s", SLICE_ARG(algorithm))));
	if (dns_name_parse(name, &dns_name_root, &ret->name) != OK)
		return cli_fail(c, "%s: the key's name is no domain name", path);
	buf_init(&bytes, DNS_TSIG_SECRET_BYTES_MAX);
	bool good = base64_read(secret, &bytes) == OK && buf_len(&bytes) >= TALK_KEY__SECRET_MIN;
	if (good) {
		ret->secret_n = buf_len(&bytes);
		memcpy(ret->secret, buf_slice(&bytes).p, ret->secret_n);
	}
	if (bytes.p)
		crypto_wipe(bytes.p, bytes.cap);
	buf_fini(&bytes);
	return good ? CLIENT_OK
		    : cli_fail(c, "%s: the secret must be base64 of %d to %d bytes", path, TALK_KEY__SECRET_MIN,
			       DNS_TSIG_SECRET_BYTES_MAX);
}
