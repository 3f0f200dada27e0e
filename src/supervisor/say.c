/* SPDX-License-Identifier: Apache-2.0 */
/* say: see say.h. */
#include "supervisor/say.h"

#include "base/text.h"
#include "sys/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SAY__LINE_BYTES = 1024 };

/* Year, month, day of a number of days since 1970 (Howard Hinnant's civil_from_days, for days >= 0). */
static void say__date(int64_t days, int ret[static 3])
{
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	ret[1] = (int)(mp < 10 ? mp + 3 : mp - 9);
	ret[0] = (int)(yoe + era * 400 + (ret[1] <= 2));
	ret[2] = (int)(doy - (153 * mp + 2) / 5 + 1);
}

void say(const char *who, const char *fmt, ...)
{
	char line[SAY__LINE_BYTES];
	int64_t ms = clock_wall_ms(), s = ms / 1000;
	int date[3];
	va_list ap;

	say__date(s / 86400, date);
	int n = snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s: ", date[0], date[1], date[2],
			 (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60), (int)(ms % 1000), who);
	if (n < 0 || (size_t)n >= sizeof line - 1)
		return;
	size_t len = (size_t)n, room = sizeof line - 1 - len;
	va_start(ap, fmt);
	n = vsnprintf(line + len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		len += (size_t)n < room ? (size_t)n : room - 1;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody listens; there is nowhere else to say so */
}
