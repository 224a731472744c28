/* The start of the first process; each step ends the VM if it fails. */
#ifndef LINUX_INIT_H
#define LINUX_INIT_H

struct process;

void init_files(struct process *process);
void init_identity(struct process *process);
void init_start(void); /* the running process gets its program */

void uts_start(const char *name); /* uts.c: the name of the machine */

#endif
