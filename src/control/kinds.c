/* SPDX-License-Identifier: Apache-2.0 */
/* kinds: see kinds.h. A new kind is a line here and one in edge/publish.c. */
#include "control/kinds.h"

const struct kind *const *kinds_all(void)
{
	static const struct kind *const all[] = { &zone_kind, NULL };

	return all;
}
