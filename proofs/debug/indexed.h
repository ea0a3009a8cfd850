/* SPDX-License-Identifier: MIT */
/*
 * The sizes of objects and of the zones in front of them that S8.object_index is about.
 */
#ifndef PROOF_INDEXED_H
#define PROOF_INDEXED_H

static const unsigned int indexed_sizes[] = {16, 128, 1360}, indexed_zones[] = {0, 8};

#endif /* PROOF_INDEXED_H */
