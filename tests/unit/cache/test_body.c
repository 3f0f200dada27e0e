#include "test_cache.h"
int test_body(void) { return 0; }
