/* SPDX-License-Identifier: Apache-2.0 */
/* diag: see diag.h. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void diag_init(struct diag *d)
{
	d->code = OK;
	d->where[0] = '\0';
	d->text[0] = '\0';
}

enum err diag_set(struct diag *d, enum err code, const char *where, const char *fmt, ...)
{
	va_list ap;

	if (!d || d->code != OK)
		return code;
	d->code = code;
	snprintf(d->where, sizeof d->where, "%s", where ? where : "");
	va_start(ap, fmt);
	vsnprintf(d->text, sizeof d->text, fmt, ap);
	va_end(ap);
	return code;
}

void diag_within(struct diag *d, const char *outer, const char *separator)
{
	char joined[DIAG_WHERE_BYTES];

	if (!d || d->code == OK)
		return;
	int n = snprintf(joined, sizeof joined, "%s%s%s", outer, d->where[0] ? separator : "", d->where);
	if (n < 0)
		return;
	memcpy(d->where, joined, sizeof joined);
}

const char *diag_print(const struct diag *d, char *out, size_t cap)
{
	snprintf(out, cap, "%s%s%s", d->where, d->where[0] ? ": " : "", d->text);
	return out;
}
