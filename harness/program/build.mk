# SPDX-License-Identifier: MIT
# Op programs: the sources that everything which reads or writes them links.

program-sources := $(addprefix harness/program/,binary.c file.c lenient.c print.c table.c text.c)
