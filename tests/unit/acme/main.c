/* SPDX-License-Identifier: Apache-2.0 */
/* unit-acme: the tests of src/acme, one group per file. */
#include "test_acme.h"

int main(void)
{
	return test_acme_caa() + test_acme_doc() + test_acme_jws() + test_acme_job() + test_acme_probe();
}
