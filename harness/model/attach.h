/* SPDX-License-Identifier: MIT */
/* The reference model as an oracle of the drive of op programs. */
#ifndef HARNESS_MODEL_ATTACH_H
#define HARNESS_MODEL_ATTACH_H

/*
 * From now on every sequential run of drive_sim_run() is compared with the model; a difference is a
 * finding of oracle 5. Runs in which two calls are inside the allocator at once are left alone.
 */
void model_attach(void);

#endif /* HARNESS_MODEL_ATTACH_H */
