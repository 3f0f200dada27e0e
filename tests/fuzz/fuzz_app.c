/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_app: apps as plan items. What is built holds to the ranges that its header promises; a refusal has a reason. */
#include "fuzz.h"

#include "model/app.h"

static void check_app(const struct app *a)
{
	bool canonical = a->canonical.n == 0;

	FUZZ_CHECK(a->name.n && a->name.n <= APP_NAME_MAX && a->id.n);
	FUZZ_CHECK(a->hosts_n >= 1 && a->hosts_n <= APP_HOSTS_MAX && a->instances_n <= APP_INSTANCES_MAX);
	for (size_t i = 0; i < a->hosts_n; i++) {
		FUZZ_CHECK(a->hosts[i].n && a->hosts[i].n <= 253);
		canonical = canonical || slice_eq(a->hosts[i], a->canonical);
		for (size_t k = 0; k < a->hosts[i].n; k++)
			FUZZ_CHECK(a->hosts[i].p[k] == slice_lower(a->hosts[i].p[k]));
	}
	FUZZ_CHECK(canonical && a->default_host.n && a->default_host.p[0] != '*');
	for (size_t i = 0; i < a->instances_n; i++)
		FUZZ_CHECK(a->instances[i].at.port && a->instances[i].name.n && a->instances[i].id.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct limits limits;
	struct app *a;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	if (app_from_json(slice_of(data, n), 1, &limits, &a, &d) != OK) {
		FUZZ_CHECK(d.code != OK && d.text[0]);
		return 0;
	}
	check_app(a);
	app_unref(a);
	return 0;
}
