/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the machine's side share: machine.c, locks.c. */
#ifndef HARNESS_LINUX_MACHINE_H
#define HARNESS_LINUX_MACHINE_H

/* A finding unless the running task may sleep; @what it is about to do. */
void machine_may_sleep(const char *what);

#endif /* HARNESS_LINUX_MACHINE_H */
