#include "test_cache.h"
int test_store(void) { return 0; }
