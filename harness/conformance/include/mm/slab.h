/* SPDX-License-Identifier: MIT */
/* The structures of the allocator, which the tests look into. */
#ifndef CONFORMANCE_MM_SLAB_H
#define CONFORMANCE_MM_SLAB_H

#include "slub/types.h"

#endif /* CONFORMANCE_MM_SLAB_H */
