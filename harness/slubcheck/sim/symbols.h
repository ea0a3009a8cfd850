/* SPDX-License-Identifier: MIT */
/* Names of functions and variables of this program, static too, as its symbol table has them. */
#ifndef SLUBCHECK_SYMBOLS_H
#define SLUBCHECK_SYMBOLS_H

#include <stdint.h>

/* What @address lies in; "" when that is not known, as in a program that is stripped. */
const char *symbol_of(uintptr_t address);

#endif /* SLUBCHECK_SYMBOLS_H */
