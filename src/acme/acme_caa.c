/* SPDX-License-Identifier: Apache-2.0 */
/* acme_caa: see acme_caa.h. */
#include "acme/acme_caa.h"

enum { ACME_CAA__CRITICAL = 0x80 };

bool acme_caa_read(struct slice rdata, struct acme_caa *ret)
{
	size_t tag_n = rdata.n >= 2 ? (uint8_t)rdata.p[1] : 0;

	if (tag_n == 0 || rdata.n < 2 + tag_n)
		return false;
	*ret = (struct acme_caa){ .flags = (uint8_t)rdata.p[0],
				  .tag = slice_first(slice_from(rdata, 2), tag_n),
				  .value = slice_from(rdata, 2 + tag_n) };
	return true;
}

static bool acme_caa__is_known(struct slice tag)
{
	static const struct slice known[] = { SLICE_INIT("issue"),        SLICE_INIT("issuewild"),
					      SLICE_INIT("iodef"),        SLICE_INIT("contactemail"),
					      SLICE_INIT("contactphone"), SLICE_INIT("issuemail"),
					      SLICE_INIT("issuevmc") };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (slice_eq_nocase(tag, known[i]))
			return true;
	return false;
}

/* The issuer's domain name of a value, before its parameters (RFC 8659 section 4.2); empty: nobody. */
static bool acme_caa__names(struct slice value, const struct acme_directory *directory)
{
	struct slice issuer = slice_trim(slice_split(&value, ';'));

	for (size_t i = 0; i < directory->identities_n; i++)
		if (slice_eq_nocase(issuer, slice_str(directory->identities[i])))
			return true;
	return false;
}

bool acme_caa_allows(const struct acme_caa *set, size_t n, const struct acme_directory *directory, bool wild)
{
	bool has_issue = false, has_wild = false, issue = false, issue_wild = false;

	for (size_t i = 0; i < n; i++) {
		if ((set[i].flags & ACME_CAA__CRITICAL) && !acme_caa__is_known(set[i].tag))
			return false;
		if (slice_eq_nocase(set[i].tag, SLICE("issue"))) {
			has_issue = true;
			issue |= acme_caa__names(set[i].value, directory);
		} else if (slice_eq_nocase(set[i].tag, SLICE("issuewild"))) {
			has_wild = true;
			issue_wild |= acme_caa__names(set[i].value, directory);
		}
	}
	if (directory->identities_n == 0)
		return true;
	if (wild && has_wild)
		return issue_wild;
	return !has_issue || issue;
}
