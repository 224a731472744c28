/* Job control: sessions and process groups, as terminals know them. */
#ifndef LINUX_JOB_H
#define LINUX_JOB_H

#include <stdbool.h>

/* Of the running process. */
int job_session(void);
int job_group(void);
bool job_leads_session(void);

void job_signal(int group, int number);
void job_signal_process(int id, int number);

/* Whether nobody outside the group would see it stop and could let it go on. */
bool job_is_orphaned(int group);

/* 0 if there is such a group in the session; -ESRCH, -EPERM. */
int job_find_group(int group, int session);

/* The running process does from the background what only the foreground may: -EINTR, and its group
 * has the signal; -EIO if that would not help; 0 for SIGTTOU that is not wanted. */
int job_stop_background(int number);

#endif
