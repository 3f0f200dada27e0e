/* SPDX-License-Identifier: Apache-2.0 */
/* sample_png: draws the sample app's photo: a harbour in the evening, as a PNG of about 57 KB (W3C PNG, RFC 1950,
 * 1951). */
#ifndef SAMPLE_SAMPLE_PNG_H
#define SAMPLE_SAMPLE_PNG_H

#include "base/slice.h"

/* The file's bytes in heap memory, always the same ones. Caller frees (mem_free of the slice's pointer). */
struct slice sample_png_draw(void);

#endif
