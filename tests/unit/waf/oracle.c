/* SPDX-License-Identifier: Apache-2.0 */
/* oracle: see oracle.h. */
#include "oracle.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool oracle_open(struct oracle *o)
{
	o->library = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
	if (o->library) {
		void *sqli = dlsym(o->library, "libinjection_sqli"), *xss = dlsym(o->library, "libinjection_xss");
		memcpy(&o->sqli, &sqli, sizeof sqli);
		memcpy(&o->xss, &xss, sizeof xss);
	}
	if (!o->library || !o->sqli || !o->xss) {
		fprintf(stderr, "libmodsecurity3 is needed: %s\n", dlerror());
		return false;
	}
	return true;
}

void oracle_close(struct oracle *o)
{
	dlclose(o->library);
}

static const char *const sql[] = {
	"1",
	"0",
	"2.5",
	".5",
	"1e5",
	"1.e",
	"0x1F",
	"0b01",
	"1f",
	"1d;",
	"'",
	"\"",
	"`",
	"''",
	"\\'",
	"\\",
	"(",
	")",
	",",
	";",
	" ",
	" ",
	" ",
	"\t",
	"\n",
	"\v",
	"\xa0",
	"--",
	"-- ",
	"#",
	"/*",
	"*/",
	"/*!",
	"/**/",
	"-",
	"+",
	"*",
	"/",
	"%",
	"=",
	"<",
	">",
	"<=>",
	"<>",
	"!=",
	"!",
	"||",
	"&&",
	"|",
	"&",
	"^",
	"~",
	"@",
	"@@",
	"@x",
	"::",
	":",
	":=",
	"{",
	"}",
	"[",
	"]",
	"$",
	"$$",
	"$1,000",
	"$tag$",
	"select",
	"UNION",
	"union all",
	"select",
	"from",
	"where",
	"or",
	"and",
	"not",
	"xor",
	"in",
	"like",
	"not like",
	"between",
	"is",
	"null",
	"true",
	"group by",
	"order by",
	"limit",
	"having",
	"insert into",
	"into outfile",
	"into dumpfile",
	"update",
	"delete",
	"drop",
	"exec",
	"declare",
	"if",
	"case",
	"when",
	"then",
	"end",
	"else",
	"waitfor delay",
	"sleep(",
	"benchmark(",
	"user(",
	"user",
	"database()",
	"current_user",
	"password",
	"version()",
	"char(",
	"concat(",
	"int",
	"varchar",
	"binary",
	"collate",
	"utf8_general_ci",
	"n'x'",
	"q'[a]'",
	"nq'(b)'",
	"x'AF'",
	"b'01'",
	"e'\\n'",
	"u&'x'",
	"foo",
	"bar.baz",
	"t.*",
	"a",
	"x",
	"table",
	"information_schema.tables",
	"sp_password",
	"?",
	"\x80\xfe",
	"o'neill",
	"\\N",
	"select.1",
	"select`x`",
	"unhex",
	"begin",
	"goto",
};

static const char *const html[] = {
	"<",
	"</",
	">",
	"/",
	"/>",
	"<!--",
	"-->",
	"--!>",
	"<!",
	"<!doctype ",
	"<![CDATA[",
	"]]>",
	"<?",
	"<%",
	"%>",
	"<script",
	"script",
	"<svg",
	"<a ",
	"<img ",
	"<xss",
	"<sty\0le",
	"=",
	" = ",
	"'",
	"\"",
	"`",
	" ",
	"\t",
	"\n",
	"\v",
	"href",
	"src",
	"style",
	"onload",
	"onx",
	"on",
	"xlink:href",
	"xmlns",
	"attributename",
	"filter",
	"to",
	"by",
	"values",
	"data:",
	"javascript:",
	"vbscript:",
	"view-source:",
	"java&#10;script:",
	"&#106;ava",
	"&#x6A;ava",
	"&#x6a",
	"&#",
	"&#x",
	"&#1",
	"&amp;",
	"j\na\0va",
	"x",
	"foo",
	"1",
	"[if",
	"xml",
	"import",
	"entity",
	"\xfe\x80",
	"-",
	"!",
	"?",
	"<b>",
	"</b>",
	"<iframe",
	"<link",
	"a",
	"?import ",
	"!ENTITY ",
};

size_t oracle_text(struct rng *r, int kind, char *out, size_t cap)
{
	const char *const *pieces = kind ? html : sql;
	size_t count = kind ? sizeof html / sizeof *html : sizeof sql / sizeof *sql, n = 0;

	for (size_t left = 1 + rng_next(r) % 11; left; left--) {
		const char *piece = pieces[rng_next(r) % count];
		size_t length = strlen(piece);
		if (n + length + 3 > cap)
			break;
		memcpy(out + n, piece, length);
		n += length;
		if (rng_next(r) % 24 == 0)
			out[n++] = (char)(rng_next(r) % 255); /* 0xff: where we differ on purpose, see README */
		else if (!kind && rng_next(r) % 3 == 0)
			out[n++] = ' ';
	}
	out[n] = 0;
	return n;
}
