/* /proc: a table of entries, each of which makes its text while it is opened. */
#ifndef LINUX_PROC_H
#define LINUX_PROC_H

#include "task.h"
#include "text.h"

/* What an entry is about: a process (or thread), and within it, say, a descriptor. */
struct proc_subject {
    int pid, number;
};

struct proc_entry {
    const char *name;
    uint32_t mode;
    /* A file. */
    void (*show)(struct text *text, const struct proc_subject *subject);
    /* A directory: its entries, ended by one without a name; and those that are numbers, the least
     * of which is not below `from`, or -1. `each` is what such a one is. */
    const struct proc_entry *entries;
    int (*next)(const struct proc_subject *subject, int from);
    const struct proc_entry *each;
    bool is_process; /* the number becomes the subject's pid */
    /* A link: what it leads to, referenced; or, if it leads to a path, that. */
    int (*follow)(const struct proc_subject *subject, struct dentry **target);
    void (*target)(struct text *text, const struct proc_subject *subject);
};

extern const struct proc_entry proc_root, proc_process;

void show_cpuinfo(struct text *text, const struct proc_subject *subject);

#endif
