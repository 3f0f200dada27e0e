#include "test_cache.h"
int test_evict(void) { return 0; }
