/* SPDX-License-Identifier: Apache-2.0 */
/* validator: entity tags and byte ranges together, as conditional requests use them. */
#ifndef WIRE_VALIDATOR_H
#define WIRE_VALIDATOR_H

#include "wire/etag.h"
#include "wire/range.h"

#endif
