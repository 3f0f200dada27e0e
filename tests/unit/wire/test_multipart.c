/* SPDX-License-Identifier: Apache-2.0 */
/* Form bodies with CR LF and with LF alone, as real clients send them. */
#include "groups.h"

#include "base/text.h"
#include "wire/multipart.h"

#include <stdlib.h>

static void parts(void **state)
{
	static const struct {
		const char *type, *body, *want; /* name=body| … and how it ended */
	} rows[] = {
		{ "multipart/form-data; boundary=B",
		  "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"z.txt\"\r\nContent-Type: "
		  "text/plain\r\n\r\n"
		  "a\r\nb\r\n--B\r\nContent-Disposition: form-data; name=\"proxied\"\r\n\r\ntrue\r\n--B--\r\n",
		  "file=a\r\nb|proxied=true|end" },
		{ "Multipart/Form-Data; charset=x; boundary=\"----B\"",
		  "------B\nContent-Disposition: form-data; name=\"file\"\n\na\nb\n------B--\n", "file=a\nb|end" },
		{ "multipart/form-data; boundary=B", "--B\ncontent-disposition: form-data; name=file\n\n--B--",
		  "file=|end" },
		{ "multipart/form-data; boundary=B", "words before\n--B \n\nx\n--B--words", "bad" },
		{ "multipart/form-data; boundary=B", "--B\n\n--Bx\n--B--", "=--Bx|end" },
		{ "multipart/form-data; boundary=B", "--B--\n", "end" },
		{ "multipart/form-data; boundary=B", "", "bad" },
		{ "multipart/form-data; boundary=B", "--B\nno colon\n\nx\n--B--", "bad" },
		{ "multipart/form-data; boundary=B", "--B\nA: b", "bad" },
		{ "multipart/form-data; boundary=B", "--B\n\nnever ends", "bad" },
		{ "multipart/form-data", "--B\n\nx\n--B--", "type" },
		{ "text/plain; boundary=B", "--B\n\nx\n--B--", "type" },
		{ "multipart/form-data; boundary=\"open", "", "type" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[512], *p = exact_copy(slice_str(rows[i].body));
		struct text t = text_of(out, sizeof(out));
		struct multipart_part part;
		struct multipart m;
		enum err e = multipart_init(&m, slice_str(rows[i].type), slice_of(p, strlen(rows[i].body)));

		if (e != OK)
			text_add(&t, SLICE("type"));
		while (e == OK && (e = multipart_next(&m, &part)) == OK) {
			text_add(&t, part.name);
			text_byte(&t, '=');
			text_add(&t, part.body);
			text_byte(&t, '|');
		}
		if (t.n == 0 || out[0] != 't')
			text_add(&t, e == ERR_CLOSED ? SLICE("end") : SLICE("bad"));
		free(p);
		assert_slice_eq(text_slice(&t), slice_str(rows[i].want), __FILE__, __LINE__);
	}
}

int test_multipart(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(parts) };

	return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
